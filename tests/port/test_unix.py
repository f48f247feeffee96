"""The hard stop of JavaScript on Linux: port_unix.c beside other signals."""

import subprocess
from pathlib import Path

from edgelet_host.paths import FIRMWARE

MODULE = FIRMWARE / "quickjs_module"
SUPPORT = Path(__file__).parents[1] / "support"


def test_port(tmp_path):
    program = tmp_path / "port"
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{MODULE}", f"-I{SUPPORT}"]
    files = [Path(__file__).with_name("unix_port.c"), MODULE / "port" / "port_unix.c"]
    subprocess.run(["gcc", *flags, *files, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
