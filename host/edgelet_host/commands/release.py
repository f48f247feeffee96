"""`edgelet release`: for who works on edgelet itself, see CONTRIBUTING.md."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="Folder for the release, where it replaces one.",
)
@click.option(
    "--micropython",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An upstream MicroPython checkout, for the boards with a radio.",
)
@click.option("--check", is_flag=True, help="Build it a second time and compare: each byte must be the same.")
def release(output: Path, micropython: Path | None, check: bool) -> None:
    """Build what people download: Python packages, boards' firmwares, checksums, bill of materials.

    Example: edgelet release --check
    """
    from edgelet_host.release import dist

    folder = output.absolute()
    for path in dist.make(folder, micropython):
        click.echo(path)
    if check:
        dist.check(folder, micropython)
