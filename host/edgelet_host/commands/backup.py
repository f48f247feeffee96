"""`edgelet backup` and `edgelet restore`."""

import shlex
from pathlib import Path

import click

_data_option = click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Folder of the gateway: 'edgelet serve --data'."
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_data_option
def backup(file: Path, data: Path) -> None:
    """Write all that a gateway keeps to FILE, a gzipped tar: functions, settings, variables, KV and secrets.

    The gateway may run: it pauses for milliseconds. FILE has the secrets as they are: only its owner can read it
    (mode 0600), and who has it has them.

    Example: edgelet backup gateway.tar.gz --data /var/lib/edgelet
    """
    from edgelet_host.device.archive import backup as write
    from edgelet_host.units import size_text

    count = write(data.absolute(), file.absolute())
    click.echo(f"{file} has {count} files of {data}, secrets among them ({size_text(file.stat().st_size)})")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_data_option
def restore(file: Path, data: Path) -> None:
    """Make a gateway's folder, which is empty or not there, of a backup FILE. Start the gateway afterwards.

    What it had at the time of the backup it has again, secrets and KV too.

    Example: edgelet restore gateway.tar.gz --data /var/lib/edgelet
    """
    from edgelet_host.device.archive import restore as read

    count = read(file, data.absolute())
    click.echo(f"{data} has {count} files of {file}. Next: edgelet serve --data {shlex.quote(str(data))}")
