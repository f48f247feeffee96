"""`edgelet logs`."""

import contextlib
import json
import time
from collections.abc import Iterable
from typing import Any

import click

from edgelet_host.commands.completion import complete_function
from edgelet_host.commands.options import LateChoice, device_option, json_option, require_function

# How often the log is fetched.
_LOOK_S = 0.3


def _levels() -> Iterable[str]:
    from edgelet_host.runtime import names

    levels: tuple[str, ...] = names.LOG_LEVELS
    return levels


_one_function = click.option("--function", default="", shell_complete=complete_function, help="Of this function only.")
_one_level = click.option("--level", type=LateChoice(_levels), default="debug", help="Of this level and above.")


@click.command()
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@_one_function
@_one_level
@json_option
@device_option
def logs(follow: bool, function: str, level: str, as_json: bool, devices: tuple[str, ...]) -> None:
    """Print the device's log; with --json, an object a line.

    Example: edgelet logs --follow --function login --level warn
    """
    _show(follow, function, level, as_json, devices)


@click.command()
@_one_function
@_one_level
@json_option
@device_option
def tail(function: str, level: str, as_json: bool, devices: tuple[str, ...]) -> None:
    """Print the device's log until Ctrl-C: the same as logs --follow.

    Example: edgelet tail --function login
    """
    _show(True, function, level, as_json, devices)


def _show(follow: bool, function: str, level: str, as_json: bool, devices: tuple[str, ...]) -> None:
    from edgelet_host.device import ports
    from edgelet_host.device.console import connect
    from edgelet_host.device.log import Filter, fetch
    from edgelet_host.device.targets import choose_target

    port = choose_target(devices).port
    wanted = Filter(function, level)
    with contextlib.suppress(KeyboardInterrupt), ports.kept(port):
        with connect(port) as device:
            records, since, lost = fetch(device, 0)
            # The log may still have what a deleted function did.
            if function and not any(record.get("function") == function for record in records):
                require_function(device, function)
        _print(filter(wanted.takes, records), lost, as_json)
        while follow:
            time.sleep(_LOOK_S)
            with connect(port) as device:
                records, since, lost = fetch(device, since)
            _print(filter(wanted.takes, records), lost, as_json)


def _print(records: Iterable[dict[str, Any]], lost: int, as_json: bool) -> None:
    from edgelet_host.device.log import LEVEL_COLORS, log_line
    from edgelet_host.terminal import say

    for record in records:
        if as_json:
            click.echo(json.dumps(record))
        else:
            click.secho(log_line(record), fg=LEVEL_COLORS.get(record["level"]))
    if lost:
        say(f"{lost} lines are lost: the device had no room for them until they were read")
