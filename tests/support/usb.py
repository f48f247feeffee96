"""Plays what the system tells of boards at USB: which ports there are, and which volumes are mounted.

    usb.py ARGUMENTS        the command line, where the boards are those of the folder $PLAYED_USB

There is a file for each board, with the path of its port and its serial number; and `mounts`, like that of /proc.
"""

import contextlib
import os
import sys
from pathlib import Path

MOUNTS = "mounts"


def play() -> None:
    """Have pyserial list the played boards, with what it tells of real ones: a Pico with MicroPython."""
    from edgelet_host.bootloader import flashing
    from serial.tools import list_ports
    from serial.tools.list_ports_common import ListPortInfo

    folder = Path(os.environ["PLAYED_USB"])

    def comports(include_links: bool = False) -> list[ListPortInfo]:
        found = []
        for file in folder.iterdir():
            if file.name == MOUNTS or file.name.startswith("."):
                continue
            # A board that is unplugged meanwhile.
            with contextlib.suppress(FileNotFoundError):
                port, _, serial = file.read_text().partition("\n")
                info = ListPortInfo(port, skip_link_detection=True)
                info.vid, info.pid, info.serial_number = 0x2E8A, 0x0005, serial or None
                info.description = "Board in FS mode - Board CDC"
                found.append(info)
        return found

    list_ports.comports = comports
    flashing._MOUNTS = folder / MOUNTS


def main() -> None:
    # Not this folder: what is tried comes from PYTHONPATH.
    del sys.path[0]
    play()
    from edgelet_host.cli import main as run

    run(prog_name="edgelet")


if __name__ == "__main__":
    main()
