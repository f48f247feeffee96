"""`edgelet new`."""

import contextlib
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from click.core import ParameterSource

from edgelet_host.commands.options import LateChoice


def _templates() -> Iterable[str]:
    from edgelet_host.project.template import template_names

    return template_names()


@click.command()
@click.argument("name", required=False, type=click.Path(path_type=Path))
@click.option(
    "--template",
    type=LateChoice(_templates),
    default="hello",
    show_default=True,
    help="What to begin with.",
)
@click.option(
    "--typescript/--javascript",
    default=None,
    help="In TypeScript, which needs Node.js and is the default where that is found; or in plain JavaScript.",
)
@click.option(
    "--from",
    "worker",
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="In place of a template, a copy of the Worker that wrangler's file there configures, or in that folder.",
)
@click.pass_context
def new(ctx: click.Context, name: Path | None, template: str, typescript: bool | None, worker: Path | None) -> None:
    """Make a project in a new folder NAME: edgelet.toml, a handler, a test and a README.

    With --from NAME may be left out, for that of the Worker. What of wrangler.toml, wrangler.json or wrangler.jsonc
    does not come along is told.

    Example: edgelet new door-bell --template lambda
    """
    if worker is not None:
        if ctx.get_parameter_source("template") is not ParameterSource.DEFAULT or typescript is not None:
            raise click.UsageError("--from brings its own files: leave out --template, --typescript and --javascript")
        _from_worker(name, worker)
        return
    if name is None:
        raise click.UsageError("Missing argument 'NAME'.")
    from edgelet_host.project.npm import has_nodejs
    from edgelet_host.project.template import has_typescript, make_project

    if typescript is None:
        typescript = has_typescript(template) and has_nodejs()
        if has_typescript(template) and not typescript:
            click.echo("In plain JavaScript, as there is no Node.js here, which TypeScript needs.", err=True)
    with _whole(name):
        files = make_project(name.absolute(), template, typescript)
    _list(name, files)


def _from_worker(name: Path | None, worker: Path) -> None:
    from edgelet_host.project.wrangler import find_worker, make_from_worker, name_of_worker

    file = find_worker(worker.absolute())
    name = name or Path(name_of_worker(file))
    with _whole(name):
        files, notes = make_from_worker(name.absolute(), file)
    for note in notes:
        click.echo(note, err=True)
    _list(name, files)


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """Leave nothing of a new folder where what is to be in it cannot be made. Raises EdgeletError where it is there."""
    from edgelet_host.project.template import check_place

    check_place(folder.absolute())
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _list(name: Path, files: Iterable[Path]) -> None:
    for path in files:
        click.echo(name / path.relative_to(name.absolute()))
    click.echo(f"Next: edgelet dev {shlex.quote(str(name))}", err=True)
