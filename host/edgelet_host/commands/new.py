"""`edgelet new`."""

from collections.abc import Iterable
from pathlib import Path

import click

from edgelet_host.commands.options import LateChoice


def _templates() -> Iterable[str]:
    from edgelet_host.project.template import template_names

    return template_names()


@click.command()
@click.argument("name", type=click.Path(path_type=Path))
@click.option(
    "--template",
    type=LateChoice(_templates),
    default="hello",
    show_default=True,
    help="What to begin with.",
)
@click.option("--typescript", is_flag=True, help="In TypeScript; needs Node.js.")
def new(name: Path, template: str, typescript: bool) -> None:
    """Make a project in a new folder NAME: edgelet.toml, a handler, a test and a README.

    Example: edgelet new door-bell --template lambda
    """
    from edgelet_host.project.template import make_project

    for path in make_project(name.absolute(), template, typescript):
        click.echo(name / path.relative_to(name.absolute()))
    click.echo(f"Next: edgelet dev {name}", err=True)
