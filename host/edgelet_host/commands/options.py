"""The options that several commands share."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgelet_host.commands.completion import complete_device, complete_function, complete_group
from edgelet_host.errors import EdgeletError

if TYPE_CHECKING:
    from edgelet_host.device.console import Device
    from edgelet_host.device.namespace import Namespace

device_option = click.option(
    "--device",
    "devices",
    multiple=True,
    envvar="EDGELET_DEVICE",
    metavar="PORT|NAME",
    shell_complete=complete_device,
    help="Serial port, pty, name or serial number of the device; by default the only one there is.",
)
group_option = click.option(
    "--group", shell_complete=complete_group, help="The devices of this group, which 'edgelet devices group' makes."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class LateChoice(click.Choice[str]):
    """One of the values that a function gives. It is called when they are wanted, not for each command's sake."""

    def __init__(self, values: Callable[[], Iterable[str]]) -> None:
        self._values = values
        self.case_sensitive = True

    @cached_property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]
        """The values."""
        return tuple(self._values())


@contextmanager
def chosen_device(devices: tuple[str, ...]) -> Iterator["Device"]:
    """Connect to the device that --device means."""
    from edgelet_host.device.console import connect
    from edgelet_host.device.targets import choose_target

    with connect(choose_target(devices).port) as device:
        yield device


@contextmanager
def chosen_namespace(devices: tuple[str, ...], function: str | None, binding: str) -> Iterator["Namespace"]:
    """Connect to the device that --device means, for a KV binding of the function that --function means."""
    from edgelet_host.device.namespace import Namespace

    with chosen_device(devices) as device:
        yield Namespace(device, function_name(device, function), binding)


function_argument = click.argument("function", shell_complete=complete_function)
function_option = click.option(
    "--function",
    shell_complete=complete_function,
    help="The function; by default the project's in this folder, else the only one on the device.",
)
file_option = click.option("--file", type=click.Path(), help="Read the value from this file, - for standard input.")


def require_function(device: "Device", name: str) -> None:
    """Raise EdgeletError where the device has no function of that name."""
    if name not in device.call("listing"):
        raise EdgeletError(f"there is no function {name}: 'edgelet list' shows those there are")


def function_name(device: "Device", given: str | None) -> str:
    """Give the function that a command means."""
    from edgelet_host.project.config import FILE, read_project

    if given:
        return given
    if (Path.cwd() / FILE).exists():
        return read_project(Path.cwd()).name
    names: list[str] = device.call("listing")
    if len(names) != 1:
        known = f"there are: {', '.join(names)}" if names else "there are none yet"
        raise EdgeletError(f"which function? Name it with --function ({known})")
    return names[0]
