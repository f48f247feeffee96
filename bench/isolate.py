"""Builds and runs bench/isolate_bench.c: what a restore costs, and a request in a pristine image against a new context.

Ends with 1 when a bound of the design is missed: a restore costs at most two copies of the image and 1 us, a request
at most a fifth of one with a new runtime and context.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from edgelet_host.firmware import sources
from edgelet_host.firmware.builds import ensure_unix

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
MODULES = ("base_module", "quickjs_module")


def objects() -> list[Path]:
    """The firmware's objects of our modules and of what they use, but the binding and those that the bench includes."""
    engines = (ensure_unix().parent / "make").rglob("quickjs_module/engine/engine.o")
    build = max(engines, key=lambda path: path.stat().st_mtime).parents[2]
    files = [path for name in MODULES for path in (FIRMWARE / name).rglob("*.c")]
    made = [build / path.relative_to(FIRMWARE).with_suffix(".o") for path in files]
    hashes = [build / f"lib/mbedtls/library/{name}.o" for name in ("sha1", "sha256", "sha512", "platform_util")]
    return hashes + [path for path in made if path.stem not in ("build", "call", "run", "modquickjs")]


def main() -> None:
    """Print the numbers; takes some seconds."""
    linked = objects()
    includes = [f"-I{FIRMWARE / name}" for name in MODULES]
    includes += ["-isystem", sources.ensure("quickjs-ng")]
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "isolate"
        flags = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"]
        command = ["gcc", *flags, *includes, ROOT / "bench" / "isolate_bench.c", *linked, "-lm", "-o", program]
        subprocess.run(command, check=True)
        sys.exit(subprocess.run([program], check=False).returncode)


if __name__ == "__main__":
    main()
