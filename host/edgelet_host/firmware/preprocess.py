"""Preprocesses C files, one after the other: `python preprocess.py COMPILER [FLAG ...] FILE.c ...`.

MicroPython's makefiles name many at once, or standard input (-): then zig forgets which machine it compiles for.
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Print what the compiler makes of each file. Gives the first status that is not 0."""
    files = [argument for argument in arguments if argument.endswith(".c") or argument == "-"]
    command = [argument for argument in arguments if argument not in files]
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            if file == "-":
                file = str(Path(folder, "stdin.c"))
                Path(file).write_bytes(sys.stdin.buffer.read())
            if status := subprocess.run([*command, file], check=False).returncode:
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
