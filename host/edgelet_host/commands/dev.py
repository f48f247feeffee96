"""`edgelet dev`."""

from pathlib import Path

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="TCP port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--board", type=click.Choice(["pico"]), help="Run them on this board, emulated.")
def dev(paths: tuple[Path, ...], port: int, host: str, board: str | None) -> None:
    """Run projects on a local device and follow their changes.

    PATHS are folders with an edgelet.toml; by default the current folder, where it has one, else the login example.

    Example: edgelet dev examples/hello --port 9000
    """
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.paths import ROOT, cache_dir
    from edgelet_host.project.config import FILE
    from edgelet_host.session import run
    from edgelet_host.terminal import say

    folders = [path.resolve() for path in paths]
    if not folders and (Path.cwd() / FILE).exists():
        folders = [Path.cwd()]
    elif not folders:
        say(f"No {FILE} in this folder, so this is the login example. A project of your own: edgelet new NAME")
        folders = [ROOT / "examples" / "login"]
    compiler = ensure_compiler()
    if board is None and compiler.suffix == ".wasm":
        board = _instead()
    run(compiler, folders, cache_dir() / "dev" / str(port), host, port, board)


def _instead() -> str:
    """Give the emulated board that runs where the Linux firmware does not. Raises EdgeletError where that does not."""
    from edgelet_host.errors import EdgeletError
    from edgelet_host.paths import peer_name, prebuilt, this_system
    from edgelet_host.terminal import say

    others = "a board at USB with 'edgelet deploy', or Linux, whose firmware is much faster"
    if prebuilt(peer_name(this_system())) is None:
        wsl = " (on Windows its subsystem WSL)" if this_system().startswith("windows") else ""
        raise EdgeletError(f"nothing here runs functions on {this_system()}: take {others}{wsl}")
    say(f"No Linux firmware runs here, so this is an emulated Pico. Otherwise take {others}.")
    return "pico"
