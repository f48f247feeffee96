"""Builds and runs bench/restore.c: ways to bring an arena back to its image, in microseconds of CPU time a request.

A request writes to some pages of 4 KiB, which the ways that note the pages pay for too. `firmware/quickjs_module/port/
port_unix_pages.c` has the one by PAGEMAP_SCAN.
"""

import subprocess
import tempfile
from pathlib import Path

from edgelet_host.terminal import print_table

HEADS = (
    "image, KiB",
    "pages written",
    "memcpy",
    "memcpy, prefetched",
    "pages that differ",
    "mprotect and SIGSEGV",
    "userfaultfd and PAGEMAP_SCAN",
    "memcpy, huge pages",
    "private mapping, MADV_DONTNEED",
)


def main() -> None:
    """Print the table; takes about two seconds."""
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "restore"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", source, "-o", program], check=True)
        done = subprocess.run([program], check=True, capture_output=True, encoding="utf-8")
    print_table(HEADS, [line.split("\t") for line in done.stdout.splitlines()])


if __name__ == "__main__":
    main()
