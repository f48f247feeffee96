"""The commands of `edgelet`: parse, call, print. What they do is in the modules beside this."""

import os
import sys
from pathlib import Path

import click

from edgelet_host.commands import (
    build,
    deploy,
    devices,
    environment,
    flash,
    functions,
    logs,
    machine,
    projects,
    requests,
    store,
    tokens,
    users,
)
from edgelet_host.errors import EdgeletError

# Commands import what they use when they run, so that none waits at start-up for another's modules.


class _Commands(click.Group):
    """What commands have in common when something goes wrong that none of them expects."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for arg in args:
            if not arg.isascii() and arg.encode(errors="replace").decode() != arg:
                raise EdgeletError(f"the argument {arg!a} is no UTF-8 text")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OSError as e:
            # Of a file. Others are a closed pipe, which click knows, or a fault of ours.
            if e.filename is None:
                raise
            raise EdgeletError(f"cannot use {e.filename}: {e.strerror}") from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """JavaScript edge functions on a microcontroller."""
    # Who started this may have closed it.
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - until the process ends


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--quick", is_flag=True, help="Leave out the slow tests.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def test(quick: bool, pytest_args: tuple[str, ...]) -> None:
    """Check and test edgelet itself; further arguments go to pytest.

    Example: edgelet test --quick tests/test_firmware.py -k heap
    """
    from edgelet_host.checks import run_tests

    sys.exit(run_tests(quick, pytest_args))


@main.command()
@click.argument("name")
def bench(name: str) -> None:
    """Run the program NAME of edgelet's own bench folder.

    Example: edgelet bench build
    """
    from edgelet_host.checks import run_bench

    sys.exit(run_bench(name))


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="TCP port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--board", type=click.Choice(["pico"]), help="Run them on this board, emulated, about 15 times slower.")
def dev(paths: tuple[Path, ...], port: int, host: str, board: str | None) -> None:
    """Run projects on a local device and follow their changes.

    PATHS are folders with an edgelet.toml; by default examples/login in a checkout of edgelet, else the current folder.

    Example: edgelet dev examples/hello --port 9000
    """
    from edgelet_host.firmware.builds import ensure_unix
    from edgelet_host.paths import ROOT, cache_dir
    from edgelet_host.session import run

    folders = [path.resolve() for path in paths]
    if not folders:
        folders = [ROOT / "examples" / "login" if Path.cwd() == ROOT else Path.cwd()]
    run(ensure_unix(), folders, cache_dir() / "dev" / str(port), host, port, board)


for command in (
    build.build,
    deploy.deploy,
    flash.flash,
    devices.devices,
    devices.status,
    functions.list_functions,
    functions.releases,
    functions.rollback,
    functions.delete,
    environment.env,
    environment.secret,
    store.kv,
    logs.logs,
    requests.invoke,
    tokens.token,
    users.user,
    projects.new,
    machine.setup,
    machine.shell,
    machine.serve,
    machine.doctor,
):
    main.add_command(command)
