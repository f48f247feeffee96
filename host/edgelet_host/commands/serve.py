"""`edgelet serve`."""

from pathlib import Path

import click


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of what the gateway keeps.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="TCP port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that serve; by default one for each core.")
@click.option("--cert", type=click.Path(path_type=Path), help="Certificate with its chain, in PEM, for https.")
@click.option("--key", type=click.Path(path_type=Path), help="Its key, in PEM.")
def serve(data: Path, port: int, host: str, workers: int | None, cert: Path | None, key: Path | None) -> None:
    """Run the Linux firmware as a gateway that keeps its functions in a folder, with its log on stdout.

    Deploy to it with the other commands on the same machine. A certificate that is renewed is taken at once.

    Example: edgelet serve --data /var/lib/edgelet
    """
    from edgelet_host.device.certificate import Certificate
    from edgelet_host.firmware.builds import ensure_unix, processors
    from edgelet_host.session import serve as run

    if (cert is None) != (key is None):
        raise click.UsageError("--cert and --key belong together")
    certificate = Certificate(cert.absolute(), key.absolute()) if cert and key else None
    if certificate:
        certificate.check()
    run(ensure_unix(), data.absolute(), host, port, certificate, workers or min(processors(), 64))
