"""Builds and runs bench/arena.c: the arena allocator's speed on this machine."""

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "firmware" / "quickjs_module"
BASE = ROOT / "firmware" / "base_module"


def main():
    """Print the table; takes about a second."""
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "arena"
        sources = [ROOT / "bench" / "arena.c", *sorted((MODULE / "engine").glob("arena*.c")), BASE / "base_secret.c"]
        subprocess.run(["gcc", "-O2", f"-I{MODULE}", f"-I{BASE}", *sources, "-o", program], check=True)
        subprocess.run([program], check=True)


if __name__ == "__main__":
    main()
