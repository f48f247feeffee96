"""`edgelet test-server`."""

from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def test_server(command: tuple[str, ...]) -> None:
    """Run COMMAND, a project's tests say, beside a local device that has the project in this folder.

    The device is a new one, and ends with the command, whose exit status this has. EDGELET_URL is the URL of the
    project's first route, EDGELET_DEVICE the device for other edgelet commands. Secrets are made up, or come from
    .dev.vars. Where the command fails, the device's log is printed.

    Example: edgelet test-server node --test
    """
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.project.config import read_project
    from edgelet_host.session import board_instead, run_command

    folder = Path.cwd()
    read_project(folder)
    compiler = ensure_compiler()
    click.get_current_context().exit(run_command(compiler, folder, command, board_instead(compiler)))
