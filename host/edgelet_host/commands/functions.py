"""`edgelet list`, `releases`, `rollback` and `delete`: the functions on a device."""

from datetime import datetime

import click

from edgelet_host.commands.options import chosen_device, device_option, function_argument, json_option, require_function
from edgelet_host.terminal import print_json, print_table
from edgelet_host.units import size_text


@click.command("list")
@device_option
@json_option
def list_functions(devices: tuple[str, ...], as_json: bool) -> None:
    """List the functions on the device.

    Example: edgelet list --json
    """
    with chosen_device(devices) as device:
        names = device.call("listing")
    if as_json:
        print_json(names)
    else:
        for name in names:
            click.echo(name)


@click.command()
@function_argument
@device_option
@json_option
def releases(function: str, devices: tuple[str, ...], as_json: bool) -> None:
    """List the releases of FUNCTION, newest first.

    Example: edgelet releases login
    """
    with chosen_device(devices) as device:
        require_function(device, function)
        found = device.call("releases", function)
    if as_json:
        print_json(found)
        return
    rows = []
    for one in found:
        state = next((state for state in ("active", "previous") if one[state]), "")
        when = datetime.fromtimestamp(one["time"]).isoformat(" ", "seconds")
        rows.append([one["id"], state, when, str(one["files"]), size_text(one["bytes"]), one["created_by"]])
    print_table(["RELEASE", "STATE", "COMMITTED", "FILES", "SIZE", "BY"], rows)


@click.command()
@function_argument
@click.argument("release", required=False)
@device_option
def rollback(function: str, release: str | None, devices: tuple[str, ...]) -> None:
    """Bring an earlier RELEASE of FUNCTION back into service, by default the previous one.

    Example: edgelet rollback login
    """
    with chosen_device(devices) as device:
        require_function(device, function)
        device.wait_for_job(device.call("rollback", function, release))
        [active] = [one["id"] for one in device.call("releases", function) if one["active"]]
    click.echo(f"{function} {active} is active")


@click.command()
@function_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@device_option
def delete(function: str, yes: bool, devices: tuple[str, ...]) -> None:
    """Delete FUNCTION from the device, with its releases, variables, secrets and stores.

    Example: edgelet delete login --yes
    """
    # Not to be held while somebody thinks.
    with chosen_device(devices) as device:
        require_function(device, function)
    if not yes:
        click.confirm(f"Delete {function} with its releases, variables, secrets and stores?", abort=True, err=True)
    with chosen_device(devices) as device:
        device.wait_for_job(device.call("delete", function))
    click.echo(f"{function} is deleted")
