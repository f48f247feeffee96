"""`edgelet serve`."""

from pathlib import Path

import click


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of what the gateway keeps.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="TCP port to listen on.")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")
def serve(data: Path, port: int, host: str) -> None:
    """Run the Linux firmware as a gateway that keeps its functions in a folder, with its log on stdout.

    Deploy to it with the other commands on the same machine.

    Example: edgelet serve --data /var/lib/edgelet
    """
    from edgelet_host.firmware.builds import ensure_unix
    from edgelet_host.session import serve as run

    run(ensure_unix(), data.absolute(), host, port)
