"""`edgelet shell`."""

import os
import sys

import click

from edgelet_host.commands.options import device_option


@click.command()
@device_option
def shell(devices: tuple[str, ...]) -> None:
    """Open the device's MicroPython prompt; Ctrl-] leaves it.

    The server goes on meanwhile. A command that you type may run for 2 minutes before a board's watchdog resets it.

    Example: edgelet shell
    """
    from edgelet_host.device.targets import choose_target

    port = choose_target(devices).port
    os.execv(sys.executable, [sys.executable, "-m", "mpremote", "connect", port, "repl"])
