"""`edgelet dev`."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="TCP port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--board", type=click.Choice(["pico", "pico-w"]), help="Run them on this board, emulated.")
def dev(paths: tuple[Path, ...], port: int, host: str, board: str | None) -> None:
    """Run projects on a local device and follow their changes.

    PATHS are folders with an edgelet.toml; by default the current folder, where it has one, else the login example.
    What the device keeps is there again when the same ones run at the same port.

    Example: edgelet dev examples/hello --port 9000
    """
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.paths import ROOT
    from edgelet_host.project.config import FILE, read_project
    from edgelet_host.session import board_instead, run
    from edgelet_host.terminal import say

    folders = list(dict.fromkeys(path.resolve() for path in paths))
    if not folders and (Path.cwd() / FILE).exists():
        folders = [Path.cwd()]
    elif not folders:
        say(
            f"No {FILE} in this folder, so this is the login example, where ada's password is 'correct horse'. "
            "A project of your own: edgelet new NAME"
        )
        folders = [ROOT / "examples" / "login"]
    for folder in folders:
        # What is wrong inside the file can be mended while it runs.
        if not (folder / FILE).exists():
            read_project(folder)
    if board:
        from edgelet_host import emulator

        emulator.check(board)
    compiler = ensure_compiler()
    run(compiler, folders, _data(folders, port), host, port, board or board_instead(compiler))


def _data(folders: Sequence[Path], port: int) -> Path:
    """Give the folder of a device that never has what others than these projects brought to theirs."""
    from edgelet_host.paths import cache_dir

    digest = hashlib.sha256("\n".join(sorted(map(str, folders))).encode()).hexdigest()
    return cache_dir() / "dev" / f"{port}-{digest[:16]}"
