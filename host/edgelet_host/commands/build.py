"""`edgelet build`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgelet_host.commands.completion import complete_board
from edgelet_host.commands.options import json_option
from edgelet_host.errors import EdgeletError

if TYPE_CHECKING:
    from edgelet_host.firmware.boards import Report


@click.command()
@click.option(
    "--board",
    metavar="NAME",
    shell_complete=complete_board,
    help="Build for this board of docs/boards.md, not Linux.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build"),
    show_default=True,
    help="Folder for a board's firmware.",
)
@click.option("--sanitize", is_flag=True, help="For Linux: with AddressSanitizer and UndefinedBehaviorSanitizer.")
@click.option(
    "--micropython",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An upstream MicroPython checkout to build from instead of the pinned source. "
    "The environment variable EDGELET_MICROPYTHON does the same for every command.",
)
@json_option
def build(board: str | None, output: Path, sanitize: bool, micropython: Path | None, as_json: bool) -> None:
    """Build the firmware for Linux and print its path, or a board's, and say what it takes of the board.

    Example: edgelet build --board EDGELET_PICO
    """
    if board:
        if sanitize:
            raise EdgeletError("--sanitize is for Linux only: a board has no room for it")
        _build_board(board, output, micropython, as_json)
        return
    from edgelet_host.firmware.builds import ensure_unix
    from edgelet_host.terminal import print_json

    firmware = ensure_unix(sanitize, micropython)
    if as_json:
        print_json({"files": [str(firmware)]})
    else:
        click.echo(firmware)


def _build_board(board: str, output: Path, micropython: Path | None, as_json: bool) -> None:
    from edgelet_host.firmware.boards import board_build, measure, write_outputs
    from edgelet_host.firmware.builds import ensure
    from edgelet_host.terminal import print_json

    made = board_build(board, micropython)
    firmware = ensure(made)
    files = write_outputs(made, output)
    report = measure(board, firmware) if made.port == "rp2" else None
    if as_json:
        sizes = asdict(report) | {"flash_free": report.flash_free} if report else {}
        print_json({**sizes, "board": board, "files": [str(path) for path in files]})
        return
    if report:
        _print_report(report)
    for path in files:
        click.echo(path)


def _print_report(report: "Report") -> None:
    from edgelet_host.terminal import print_table
    from edgelet_host.units import size_text

    slots = " and ".join(f"{number} slots of {size_text(size)}" for number, size in report.slots)
    rows = [
        ("flash: firmware", size_text(report.flash_used), f"{size_text(report.flash_free)} of its part are free"),
        ("flash: images", size_text(report.images), f"{slots}, one of each spare"),
        ("flash: files", size_text(report.filesystem), "functions, settings, secrets, static files, KV"),
        ("RAM: arena", size_text(report.arena), "for JavaScript"),
        ("RAM: other variables", size_text(report.data + report.bss - report.arena), f".data {report.data} bytes"),
        ("RAM: MicroPython", size_text(report.heap), "heap"),
    ]
    print_table(("part", "size", ""), rows)
