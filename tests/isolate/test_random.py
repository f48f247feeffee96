"""Random numbers of the isolates: random.c beside a port that counts."""

import subprocess
from pathlib import Path

from edgelet_host.firmware import sources
from edgelet_host.paths import FIRMWARE

MODULE = FIRMWARE / "quickjs_module"
BASE = FIRMWARE / "base_module"
SUPPORT = Path(__file__).parents[1] / "support"


def test_random(tmp_path):
    program = tmp_path / "random"
    flags = [
        "-std=gnu11",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        f"-I{MODULE}",
        f"-I{SUPPORT}",
        f"-I{BASE}",
    ]
    flags += ["-isystem", sources.ensure("quickjs-ng")]
    files = [Path(__file__).with_name("random_unit.c"), MODULE / "isolate" / "random.c", BASE / "base_secret.c"]
    subprocess.run(["gcc", *flags, *files, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
