"""The command line `edgelet`: its commands are in `commands`, and what they do in the packages beside that."""

import errno
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import click

from edgelet_host import __version__
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import cache_dir
from edgelet_host.terminal import has_colors

# Where each command is: a module of `commands` and the name there.
_PLACES = {
    "backup": ("backup", "backup"),
    "bench": ("contributing", "bench"),
    "build": ("build", "build"),
    "check": ("deploy", "check"),
    "completion": ("completion", "completion"),
    "delete": ("functions", "delete"),
    "deploy": ("deploy", "deploy"),
    "dev": ("dev", "dev"),
    "devices": ("devices", "devices"),
    "doctor": ("doctor", "doctor"),
    "env": ("environment", "env"),
    "flash": ("flash", "flash"),
    "invoke": ("invoke", "invoke"),
    "kv": ("kv", "kv"),
    "list": ("functions", "list_functions"),
    "logs": ("logs", "logs"),
    "new": ("new", "new"),
    "release": ("release", "release"),
    "releases": ("functions", "releases"),
    "restore": ("backup", "restore"),
    "rollback": ("functions", "rollback"),
    "secret": ("environment", "secret"),
    "serve": ("serve", "serve"),
    "setup": ("setup", "setup"),
    "shell": ("shell", "shell"),
    "status": ("devices", "status"),
    "tail": ("logs", "tail"),
    "test": ("contributing", "test"),
    "test-server": ("test_server", "test_server"),
    "token": ("tokens", "token"),
    "types": ("types", "types"),
    "user": ("users", "user"),
}


class _Commands(Mapping[str, click.Command]):
    """All commands by name. A module is loaded for its command, so that none waits at start-up for those of others."""

    def __getitem__(self, name: str) -> click.Command:
        module, place = _PLACES[name]
        command: click.Command = getattr(import_module(f"edgelet_host.commands.{module}"), place)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


class _Main(click.Group):
    """What commands have in common when something goes wrong that none of them expects."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for arg in args:
            if not arg.isascii() and arg.encode(errors="replace").decode() != arg:
                raise EdgeletError(f"the argument {arg!a} is no UTF-8 text")
        with _explained():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with _explained():
            return super().invoke(ctx)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as e:
        if isinstance(e, shutil.Error):
            # Of each file that could not be copied, with the paths once more in the reason.
            source, target, reason = e.args[0][0]
            raise EdgeletError(f"cannot copy {source} to {target}: {reason.partition(': ')[0]}") from None
        if e.errno in (errno.ENOSPC, errno.EDQUOT):
            of = f" for {e.filename}" if e.filename else ""
            raise EdgeletError(f"no space is left{of}: make room on the disk") from None
        # Of a file. Others are a closed pipe, which click knows, or a fault of ours.
        if e.filename is None:
            raise
        raise EdgeletError(f"cannot use {e.filename}: {e.strerror}{_advice(Path(str(e.filename)))}") from None


def _advice(path: Path) -> str:
    """Say what helps where the cache, or a folder that it is in, cannot be used; "" for anything else."""
    cache = cache_dir()
    if path.is_relative_to(cache) or cache.is_relative_to(path):
        return ". Set EDGELET_CACHE to a folder that can be written"
    return ""


@click.group(cls=_Main, commands=_Commands(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgelet", message="%(prog)s %(version)s")
def main() -> None:
    """JavaScript edge functions on a microcontroller."""
    if not has_colors():
        click.get_current_context().color = False
    # Who started this may have closed it.
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - until the process ends


# By which a shell asks for completions: PowerShell's are a class there, which click must know before it answers.
if "_EDGELET_COMPLETE" in os.environ:
    import_module("edgelet_host.commands.completion")
