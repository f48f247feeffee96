"""`edgelet types`."""

from pathlib import Path

import click


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
def types(path: Path) -> None:
    """Write the types for TypeScript of the project at PATH, by default this folder, into worker-configuration.d.ts.

    It has the variables, secrets and bindings of edgelet.toml, and all that handlers find on a device.

    Example: edgelet types
    """
    from edgelet_host.project.config import read_project
    from edgelet_host.project.declarations import write_types

    click.echo(path / write_types(read_project(path.resolve())).name)
