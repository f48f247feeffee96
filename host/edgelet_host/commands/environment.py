"""`edgelet env` and `edgelet secret`: what a function finds in `process.env`."""

import secrets
from datetime import datetime

import click

from edgelet_host.commands.options import (
    chosen_device,
    device_option,
    file_option,
    function_name,
    function_option,
    json_option,
)
from edgelet_host.commands.values import check_name, place_of, read_value, read_values
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import print_json, print_table
from edgelet_host.units import count_text, printable

# Bytes of a generated secret: as many as SHA-256 has, what RFC 7518 section 3.2 asks of an HS256 key.
_SECRET_BYTES = 32


@click.group()
def env() -> None:
    """Variables that are set on the device; they come before those of edgelet.toml and take effect at once."""


@env.command("set")
@click.argument("name")
@file_option
@function_option
@device_option
def env_set(name: str, file: str | None, function: str | None, devices: tuple[str, ...]) -> None:
    """Set the variable NAME to what is typed, piped, or in a file.

    Example: echo https://id.example | edgelet env set ISSUER
    """
    check_name(name, "env set")
    value = read_value(name, file, hidden=False)
    with chosen_device(devices) as device:
        function = function_name(device, function)
        device.wait_for_job(device.call("set_variables", function, {name: value}))
    click.echo(f"{name} is set for {function}")


@env.command("unset")
@click.argument("name")
@function_option
@device_option
def env_unset(name: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Remove the variable NAME from the device.

    Example: edgelet env unset ISSUER
    """
    with chosen_device(devices) as device:
        function = function_name(device, function)
        if name not in device.call("variables", function):
            raise EdgeletError(f"{name} is not set on the device for {function}: 'edgelet env list' shows what is")
        device.wait_for_job(device.call("set_variables", function, {name: None}))
    click.echo(f"{name} is no longer set on the device for {function}")


@env.command("list")
@function_option
@device_option
@json_option
def env_list(function: str | None, devices: tuple[str, ...], as_json: bool) -> None:
    """List the variables that are set on the device.

    Example: edgelet env list --function login
    """
    with chosen_device(devices) as device:
        variables = device.call("variables", function_name(device, function))
    if as_json:
        print_json(variables)
    else:
        print_table(["NAME", "VALUE"], [[name, printable(value)] for name, value in sorted(variables.items())])


@env.command("pull")
@function_option
@device_option
def env_pull(function: str | None, devices: tuple[str, ...]) -> None:
    """Print the variables that are set on the device as a .env file.

    Example: edgelet env pull > .env
    """
    from edgelet_host.project import dotenv

    with chosen_device(devices) as device:
        variables = device.call("variables", function_name(device, function))
    for name, value in sorted(variables.items()):
        click.echo(dotenv.line(name, value))


@click.group()
def secret() -> None:
    """Secrets of a function; their values can be set and never read back. They take effect at once."""


@secret.command("put")
@click.argument("name")
@file_option
@function_option
@device_option
def secret_put(name: str, file: str | None, function: str | None, devices: tuple[str, ...]) -> None:
    """Set the secret NAME to what is typed (not shown), piped, or in a file.

    Example: edgelet secret put API_KEY --function login
    """
    check_name(name, "secret put")
    value = read_value(name, file, hidden=True)
    with chosen_device(devices) as device:
        function = function_name(device, function)
        device.wait_for_job(device.call("set_secrets", function, {name: value}))
    click.echo(f"secret {name} is set for {function}")


@secret.command("generate")
@click.argument("name")
@function_option
@device_option
def secret_generate(name: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Set the secret NAME to 32 random bytes in base64url, without showing them.

    Example: edgelet secret generate JWT_SECRET
    """
    with chosen_device(devices) as device:
        function = function_name(device, function)
        value = secrets.token_urlsafe(_SECRET_BYTES)
        device.wait_for_job(device.call("set_secrets", function, {name: value}))
    click.echo(f"secret {name} is set for {function}")


@secret.command("bulk")
@click.argument("file", default="-")
@function_option
@device_option
def secret_bulk(file: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Set all secrets in FILE, a JSON object or lines NAME=VALUE; by default from standard input.

    Example: edgelet secret bulk secrets.env
    """
    values = read_values(file)
    if not values:
        raise EdgeletError(f"{place_of(file)} has no secrets: it must be a JSON object, or lines NAME=VALUE")
    for name, value in values.items():
        if not value:
            raise EdgeletError(f"{name} is empty in {place_of(file)}; nothing is set")
    with chosen_device(devices) as device:
        function = function_name(device, function)
        device.wait_for_job(device.call("set_secrets", function, values))
    click.echo(f"{count_text(len(values), 'secret')} set for {function}")


@secret.command("delete")
@click.argument("name")
@function_option
@device_option
def secret_delete(name: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Remove the secret NAME from the device.

    Example: edgelet secret delete API_KEY
    """
    with chosen_device(devices) as device:
        function = function_name(device, function)
        if name not in [known for known, _ in device.call("secrets", function)]:
            raise EdgeletError(f"secret {name} is not set for {function}: 'edgelet secret list' shows what is")
        device.wait_for_job(device.call("set_secrets", function, {name: None}))
    click.echo(f"secret {name} is no longer set for {function}")


@secret.command("list")
@function_option
@device_option
@json_option
def secret_list(function: str | None, devices: tuple[str, ...], as_json: bool) -> None:
    """List the secrets' names and when they were set.

    Example: edgelet secret list --function login
    """
    with chosen_device(devices) as device:
        found = device.call("secrets", function_name(device, function))
    if as_json:
        print_json([{"name": name, "set": when} for name, when in found])
    else:
        rows = [[name, datetime.fromtimestamp(when).isoformat(" ", "seconds")] for name, when in found]
        print_table(["NAME", "SET"], rows)
