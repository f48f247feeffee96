"""The hard stop of JavaScript on Linux: port_unix.c beside other signals."""

import platform
import subprocess
from pathlib import Path

import pytest
from edgelet_host.paths import FIRMWARE

MODULE = FIRMWARE / "quickjs_module"
SUPPORT = Path(__file__).parents[1] / "support"


FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{MODULE}", f"-I{SUPPORT}"]
FLAGS.append(f"-I{FIRMWARE / 'base_module'}")
PORT = [MODULE / "port" / f"port_unix{part}.c" for part in ("", "_fiber", "_pages")]
PORT.append(FIRMWARE / "base_module" / "base_secret.c")


def test_port(tmp_path):
    program = tmp_path / "port"
    subprocess.run(["gcc", *FLAGS, Path(__file__).with_name("unix_port.c"), *PORT, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_an_image_is_whole_again_whatever_was_written(tmp_path):
    program = tmp_path / "pages"
    subprocess.run(["gcc", *FLAGS, Path(__file__).with_name("unix_pages.c"), *PORT, "-o", program], check=True)
    for seed in ("1", "2"):
        done = subprocess.run([program, seed], capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == ("tracked\n" if _tells_what_was_written() else "untracked\n")


def _tells_what_was_written():
    major, minor = (int(part) for part in platform.release().split(".")[:2])
    # A container's filter may forbid it.
    is_filtered = "Seccomp:\t0\n" not in Path("/proc/self/status").read_text()
    return (major, minor) >= (6, 9) and platform.machine() in ("x86_64", "aarch64") and not is_filtered
