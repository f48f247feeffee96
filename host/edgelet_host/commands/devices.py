"""`edgelet devices` and `edgelet status`."""

from typing import Any

import click

from edgelet_host.commands.options import chosen_device, device_option, json_option
from edgelet_host.terminal import print_json, print_table, say


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def devices(context: click.Context, as_json: bool) -> None:
    """List the devices that are connected, run here, or have a name.

    Example: edgelet devices
    """
    from edgelet_host.targets import find_targets

    if context.invoked_subcommand:
        return
    found = find_targets()
    if as_json:
        print_json([target.as_json() for target in found])
    elif found:
        rows = [[one.port, one.name, one.kind, one.url or one.description] for one in found]
        print_table(["PORT", "NAME", "KIND", "DESCRIPTION"], rows)
    else:
        say("No device. Connect a board by USB, or start './edgelet dev' in another terminal.")


@devices.command("name")
@click.argument("port")
@click.argument("name")
def devices_name(port: str, name: str) -> None:
    """Give the device at PORT a NAME to use with --device.

    Example: edgelet devices name /dev/ttyACM0 kitchen
    """
    from edgelet_host.targets import set_name

    set_name(name, port)
    click.echo(f"{port} is {name} now")


@devices.command("forget")
@click.argument("name")
def devices_forget(name: str) -> None:
    """Forget the NAME of a device.

    Example: edgelet devices forget kitchen
    """
    from edgelet_host.targets import set_name

    set_name(name, None)
    click.echo(f"{name} is forgotten")


@click.command()
@device_option
@json_option
def status(devices: tuple[str, ...], as_json: bool) -> None:
    """Show the device's board, firmware, memory and flash, and what its functions did since it started.

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
        columns = ["FUNCTION", "RELEASE", "ROUTES", "REQUESTS", "ERRORS", "CPU/REQUEST", "TIME/REQUEST", "IMAGE"]
        print_table(columns, [_function_row(one) for one in state["functions"]])


def _summary(state: dict[str, Any]) -> list[tuple[str, str]]:
    kib = 1024
    return [
        ("board", f"{state['machine']} ({state['platform']}), MicroPython {state['micropython']}"),
        ("firmware", f"{state['firmware']}, engine {state['engine']}"),
        ("network", _network(state)),
        ("up", f"{state['uptime_ms'] // 1000} s, clock {'set' if state['clock_set'] else 'not set'}"),
        ("heap", f"{state['heap_free'] // kib} KB free, {state['heap_used'] // kib} KB used"),
        ("flash", f"{state['flash_free'] // kib} KB free of {state['flash_size'] // kib} KB"),
        ("arenas", f"{state['arenas']} of {state['arena_bytes'] // kib} KB"),
    ]


def _network(state: dict[str, Any]) -> str:
    wifi = state["wifi"] and f"Wi-Fi {state['wifi']}"
    return ", ".join(part for part in (state["hostname"], state["address"], wifi) if part)


def _function_row(one: dict[str, Any]) -> list[str]:
    requests = one["requests"]
    errors = ", ".join(f"{count} {kind}" for kind, count in sorted(one["errors"].items())) or "0"
    cpu = f"{one['cpu_us'] // requests} us" if requests else "-"
    wall = f"{one['wall_ms'] / requests:.1f} ms" if requests else "-"
    routes = " ".join(host + route for host in one["hosts"] or [""] for route in one["routes"])
    image = f"{one['image_bytes'] // 1024} KB" if one["image_bytes"] else "-"
    return [one["name"], one["release"], routes, str(requests), errors, cpu, wall, image]
