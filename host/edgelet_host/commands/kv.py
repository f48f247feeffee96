"""`edgelet kv`: the keys and values of a function's KV binding."""

import json
from typing import Any

import click

from edgelet_host.commands.options import (
    chosen_namespace,
    device_option,
    file_option,
    function_option,
    json_option,
)
from edgelet_host.commands.values import place_of, read_entries, read_value
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import print_json
from edgelet_host.units import count_text, printable


@click.group()
def kv() -> None:
    """Read and change what a function keeps in its KV bindings."""


@kv.command("get")
@click.argument("binding")
@click.argument("key")
@function_option
@device_option
def kv_get(binding: str, key: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Print the value of KEY in BINDING; one that is no text comes as its bytes, without a line end.

    Example: edgelet kv get USERS ada
    """
    with chosen_namespace(devices, function, binding) as namespace:
        value = namespace.get(key)
    if value is None:
        raise EdgeletError(f"{binding} has no key {key}: 'edgelet kv list {binding}' shows those there are")
    click.echo(value, nl=isinstance(value, str))


@kv.command("put")
@click.argument("binding")
@click.argument("key")
@click.option("--ttl", type=click.IntRange(min=1), help="Seconds until it expires; without it, never.")
@file_option
@function_option
@device_option
def kv_put(
    binding: str, key: str, ttl: int | None, file: str | None, function: str | None, devices: tuple[str, ...]
) -> None:
    """Set KEY in BINDING to what is typed, piped, or in a file.

    Example: edgelet kv put USERS ada --file ada.json
    """
    from edgelet_host.device.namespace import Entry

    value = read_value(key, file, hidden=False)
    with chosen_namespace(devices, function, binding) as namespace:
        namespace.put([Entry(key, value, ttl)])
    click.echo(f"{key} is set in {binding}")


@kv.command("bulk")
@click.argument("binding")
@click.argument("file", default="-")
@function_option
@device_option
def kv_bulk(binding: str, file: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Set all keys in FILE, by default from standard input.

    FILE is a JSON object of texts, or an array of {"key", "value", "expiration_ttl", "metadata"}, of which the last two
    may be missing.

    Example: edgelet kv bulk USERS users.json
    """
    from edgelet_host.terminal import progress

    entries = read_entries(file)
    if not entries:
        raise EdgeletError(f"{place_of(file)} has no keys")
    with chosen_namespace(devices, function, binding) as namespace, progress() as add:
        namespace.put(entries, add(binding))
    click.echo(f"{count_text(len(entries), 'key')} set in {binding}")


@kv.command("list")
@click.argument("binding")
@click.option("--prefix", default="", help="Only keys that begin with this.")
@function_option
@device_option
@json_option
def kv_list(binding: str, prefix: str, function: str | None, devices: tuple[str, ...], as_json: bool) -> None:
    """List the keys in BINDING.

    Example: edgelet kv list USERS --prefix a
    """
    with chosen_namespace(devices, function, binding) as namespace:
        keys = namespace.keys(prefix)
    if as_json:
        print_json([_entry(*one) for one in keys])
    else:
        for one in keys:
            click.echo(printable(one[0]))


def _entry(key: str, expiry: int | None, metadata: str | None) -> dict[str, Any]:
    return {"name": key, "expires": expiry, "metadata": None if metadata is None else json.loads(metadata)}


@kv.command("delete")
@click.argument("binding")
@click.argument("key")
@function_option
@device_option
def kv_delete(binding: str, key: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Remove KEY from BINDING.

    Example: edgelet kv delete USERS ada
    """
    with chosen_namespace(devices, function, binding) as namespace:
        if namespace.get(key) is None:
            raise EdgeletError(f"{binding} has no key {key}: 'edgelet kv list {binding}' shows those there are")
        namespace.delete(key)
    click.echo(f"{key} is removed from {binding}")
