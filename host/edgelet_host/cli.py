"""The command line `edgelet`: its commands are in `commands`, and what they do in the packages beside that."""

import os
import sys
from pathlib import Path

import click

from edgelet_host import __version__
from edgelet_host.commands import (
    build,
    completion,
    contributing,
    deploy,
    dev,
    devices,
    doctor,
    environment,
    flash,
    functions,
    invoke,
    kv,
    logs,
    new,
    serve,
    setup,
    shell,
    tokens,
    users,
)
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import has_colors

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
@click.version_option(__version__, prog_name="edgelet", message="%(prog)s %(version)s")
def main() -> None:
    """JavaScript edge functions on a microcontroller."""
    if not has_colors():
        click.get_current_context().color = False
    # Who started this may have closed it.
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - until the process ends


for command in (
    dev.dev,
    build.build,
    deploy.check,
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
    kv.kv,
    logs.logs,
    invoke.invoke,
    tokens.token,
    users.user,
    new.new,
    setup.setup,
    shell.shell,
    serve.serve,
    doctor.doctor,
    completion.completion,
    contributing.test,
    contributing.bench,
):
    main.add_command(command)
