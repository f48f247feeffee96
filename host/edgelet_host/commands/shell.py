"""`edgelet shell`."""

import os
import subprocess
import sys

import click

from edgelet_host.commands.options import device_option
from edgelet_host.errors import EdgeletError


@click.command()
@device_option
def shell(devices: tuple[str, ...]) -> None:
    """Open the device's MicroPython prompt; Ctrl-] leaves it.

    The server goes on meanwhile. A command that you type may run for 2 minutes before a board's watchdog resets it.

    Example: edgelet shell
    """
    from edgelet_host.device.targets import choose_target

    if not sys.stdin.isatty():
        raise EdgeletError("the prompt needs a terminal: 'edgelet invoke' sends a request without one")
    command = [sys.executable, "-m", "mpremote", "connect", choose_target(devices).port, "repl"]
    if sys.platform == "win32":
        # There exec leaves the console to the shell, which waits for nobody.
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(sys.executable, command)
