"""`edgelet devices` and `edgelet status`."""

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import click

from edgelet_host.commands.options import chosen_device, device_option, json_option
from edgelet_host.terminal import print_json, print_table, say
from edgelet_host.units import count_text, size_text, time_text

if TYPE_CHECKING:
    from edgelet_host.device.targets import Target


# Between two looks: sooner than a board that was plugged in answers.
_LOOK_S = 0.3


@click.group(invoke_without_command=True)
@click.option("--watch", is_flag=True, help="Tell what comes and goes, until Ctrl-C.")
@json_option
@click.pass_context
def devices(context: click.Context, watch: bool, as_json: bool) -> None:
    """List the devices that are connected, run here, or have a name; those in the network are asked for /healthz.

    --watch tells of boards at USB and of devices that run here, one line each; with --json one object each.

    Example: edgelet devices
    """
    from edgelet_host.device.targets import find_addresses, find_targets

    if context.invoked_subcommand:
        return
    if watch:
        with contextlib.suppress(KeyboardInterrupt):
            _watch(as_json)
        return
    found = find_targets() + find_addresses()
    if as_json:
        print_json([target.as_json() for target in found])
    elif found:
        rows = [
            [one.port or one.url, one.name, one.kind, _description(one), one.serial, " ".join(one.groups)]
            for one in found
        ]
        print_table(["PORT OR URL", "NAME", "KIND", "DESCRIPTION", "SERIAL NUMBER", "GROUPS"], rows)
    else:
        say("No device. Connect a board by USB, or start 'edgelet dev' in another terminal.")


def _watch(as_json: bool) -> None:
    from edgelet_host.device.targets import find_targets

    known: dict[str, Target] = {}
    while True:
        now = {one.port: one for one in find_targets() if one.kind != "named"}
        changes = [(known[port], False) for port in known if now.get(port) != known[port]]
        changes += [(one, True) for port, one in now.items() if known.get(port) != one]
        for target, is_there in changes:
            if as_json:
                click.echo(json.dumps({"there": is_there, **target.as_json()}))
            else:
                name = f" {target.name}" if target.name else ""
                click.echo(f"{'+' if is_there else '-'} {target.port}{name} ({_seen(target)})")
        known = now
        time.sleep(_LOOK_S)


def _description(target: "Target") -> str:
    return f"{target.description}, {target.url}" if target.kind == "local" else target.description


def _seen(target: "Target") -> str:
    number = f", serial number {target.serial}" if target.serial else ""
    return _description(target) + number


@devices.command("name")
@click.argument("place", metavar="PORT|ADDRESS")
@click.argument("name")
def devices_name(place: str, name: str) -> None:
    """Give the device at a serial port, or at HOST[:PORT] in the network, a NAME.

    A board with a USB serial number keeps it at other ports, and after it was unplugged; instead of its port that
    number may be given. Where another device has that name, it has none any more. It is for --device; an address is
    asked by 'edgelet devices' whether it answers.

    Example: edgelet devices name /dev/ttyACM0 kitchen
    """
    from edgelet_host.device.targets import set_name

    target, lost = set_name(name, place)
    for line in lost:
        say(line)
    number = f" (serial number {target.serial}, at whatever port)" if target.serial else ""
    click.echo(f"{target.port}{number} is {name} now")


@devices.command("forget")
@click.argument("name")
def devices_forget(name: str) -> None:
    """Forget the NAME of a device, and in which groups it is.

    Example: edgelet devices forget kitchen
    """
    from edgelet_host.device.known import change_names, without_name

    change_names(lambda names: without_name(names, name))
    click.echo(f"{name} is forgotten")


@devices.command("group")
@click.argument("members", nargs=-1, required=True, metavar="NAME...")
@click.argument("group")
@click.option("--leave", is_flag=True, help="Take them out of the group.")
def devices_group(members: tuple[str, ...], group: str, leave: bool) -> None:
    """Put the devices with these names into a GROUP, for 'edgelet deploy --group GROUP'.

    A device may be in several groups. One that nobody is in any more is gone.

    Example: edgelet devices group board01 board02 board03 class1
    """
    from edgelet_host.device.known import change_names, in_group

    change_names(lambda names: in_group(names, members, group, leave))
    click.echo(f"{', '.join(members)}: {'not in' if leave else 'in'} group {group} now")


@click.command()
@device_option
@json_option
def status(devices: tuple[str, ...], as_json: bool) -> None:
    """Show the device's board, firmware, memory and flash, and what its functions did since it started.

    CPU and TIME are the mean of a request.

    Example: edgelet status --device kitchen
    """
    with chosen_device(devices) as device:
        state = device.call("status")
    if as_json:
        print_json(state)
        return
    for label, value in _summary(state):
        click.echo(f"{label:10}  {value}")
    if state["functions"]:
        columns = ["FUNCTION", "RELEASE", "ROUTES", "REQUESTS", "ERRORS", "CPU", "TIME", "IMAGE"]
        print_table(columns, [_function_row(one) for one in state["functions"]])
    for one in state["functions"]:
        if one["problem"]:
            click.echo(f"{one['name']} answers 503: {one['problem']}")


def _summary(state: dict[str, Any]) -> list[tuple[str, str]]:
    release = " ".join(part for part in (state["version"], state["commit"]) if part)
    return [
        ("board", f"{state['machine']} ({state['platform']}), MicroPython {state['micropython']}"),
        ("firmware", f"{release}, {state['firmware']}, engine {state['engine']}"),
        ("network", _network(state)),
        ("up", f"{time_text(state['uptime_ms'] / 1000)}, clock {'set' if state['clock_set'] else 'not set'}"),
        ("heap", f"{size_text(state['heap_free'])} free, {size_text(state['heap_used'])} used"),
        ("flash", f"{size_text(state['flash_free'])} free of {size_text(state['flash_size'])}"),
        ("arena", size_text(state["arena_bytes"])),
        ("waiting", f"{count_text(state['waiting'], 'request')}, {size_text(state['parked_bytes'])} outside the arena"),
        ("parking", f"{_times(state, 'park')} out of the arena, {_times(state, 'resume')} back"),
    ]


def _times(state: dict[str, Any], what: str) -> str:
    count = state[f"{what}s"]
    return f"{count_text(count, 'time')} ({time_text(state[f'{what}_us'] / 1e6)})"


def _network(state: dict[str, Any]) -> str:
    from edgelet_host.device.provisioning import link_text

    link = state["link"] and f"{state['link']['name']} {link_text(state['link']['state'])}"
    own = state["access_point"]
    point = own and own["is_open"] and f"access point {own['name']}"
    return ", ".join(part for part in (state["hostname"], state["address"], link, point) if part)


def _function_row(one: dict[str, Any]) -> list[str]:
    requests = one["requests"]
    errors = ", ".join(f"{count} {kind}" for kind, count in sorted(one["errors"].items())) or "0"
    cpu = time_text(one["cpu_us"] / requests / 1e6) if requests else "-"
    wall = time_text(one["wall_us"] / requests / 1e6) if requests else "-"
    routes = " ".join(host + route for host in one["hosts"] or [""] for route in one["routes"])
    image = size_text(one["image_bytes"]) if one["image_bytes"] else "-"
    return [one["name"], one["release"], routes, str(requests), errors, cpu, wall, image]
