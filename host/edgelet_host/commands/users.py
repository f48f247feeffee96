"""`edgelet user`: users of a function that checks passwords as examples/login does."""

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

import click

from edgelet_host.commands.options import (
    chosen_namespace,
    device_option,
    file_option,
    function_option,
    json_option,
)
from edgelet_host.commands.values import read_value
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import print_json
from edgelet_host.units import printable

if TYPE_CHECKING:
    from edgelet_host.device.namespace import Namespace

# Of a user's key, as examples/login has it.
_PREFIX = "user:"

# The most rounds of all users' records, as examples/login has it: each check takes as many.
_MOST = "iterations"

_LONGEST_NAME = 48

# Rounds of SHA-256, as OWASP recommends them for PBKDF2; on a board what a Pico W manages in a few seconds.
_ITERATIONS = 600000
_BOARD_ITERATIONS = 20000
_SALT_BYTES = 16
# NIST SP 800-63B, section 5.1.1.2.
_SHORTEST = 8


@click.group()
def user() -> None:
    """Users of a function that checks passwords as examples/login does."""


_binding_option = click.option("--binding", default="USERS", show_default=True, help="KV binding that has the users.")
_iterations_option = click.option(
    "--iterations",
    type=click.IntRange(min=1000),
    help=f"Of PBKDF2; by default {_ITERATIONS:,}, on a board {_BOARD_ITERATIONS:,}.",
)


@user.command("add")
@click.argument("name")
@_binding_option
@_iterations_option
@file_option
@function_option
@device_option
def user_add(
    name: str, binding: str, iterations: int | None, file: str | None, function: str | None, devices: tuple[str, ...]
) -> None:
    """Add the user NAME, with a password that is typed (not shown), piped, or in a file.

    The device gets a PBKDF2-HMAC-SHA256 record of it, under the key user:NAME.

    Example: edgelet user add ada
    """
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise EdgeletError(f"a user's name has 1 to {_LONGEST_NAME} characters, as examples/login takes them")
    password = _read_password(file)
    with chosen_namespace(devices, function, binding) as namespace:
        if namespace.get(_PREFIX + name) is not None:
            raise EdgeletError(f"there is a user {name}: 'edgelet user password {name}' gives them another password")
        _set(namespace, name, password, iterations)
    click.echo(f"user {name} is set in {binding}")


@user.command("password")
@click.argument("name")
@_binding_option
@_iterations_option
@file_option
@function_option
@device_option
def user_password(
    name: str, binding: str, iterations: int | None, file: str | None, function: str | None, devices: tuple[str, ...]
) -> None:
    """Give the user NAME another password, which is typed (not shown), piped, or in a file.

    Example: edgelet user password ada
    """
    password = _read_password(file)
    with chosen_namespace(devices, function, binding) as namespace:
        _require(namespace, name)
        _set(namespace, name, password, iterations)
    click.echo(f"user {name} has another password in {binding}")


@user.command("list")
@_binding_option
@function_option
@device_option
@json_option
def user_list(binding: str, function: str | None, devices: tuple[str, ...], as_json: bool) -> None:
    """List the users' names.

    Example: edgelet user list
    """
    with chosen_namespace(devices, function, binding) as namespace:
        keys = namespace.keys(_PREFIX)
    names = [key.removeprefix(_PREFIX) for key, *_ in keys]
    if as_json:
        print_json(names)
    else:
        for name in names:
            click.echo(printable(name))


@user.command("delete")
@click.argument("name")
@_binding_option
@function_option
@device_option
def user_delete(name: str, binding: str, function: str | None, devices: tuple[str, ...]) -> None:
    """Remove the user NAME. Tokens that they have stay valid until they expire.

    Example: edgelet user delete ada
    """
    with chosen_namespace(devices, function, binding) as namespace:
        _require(namespace, name)
        namespace.delete(_PREFIX + name)
    click.echo(f"user {name} is removed from {binding}")


def _read_password(file: str | None) -> str:
    password = read_value("Password", file, hidden=True)
    if len(password) < _SHORTEST:
        raise EdgeletError(f"the password must have at least {_SHORTEST} characters")
    return password


def _require(namespace: "Namespace", name: str) -> None:
    if namespace.get(_PREFIX + name) is None:
        raise EdgeletError(f"there is no user {name}: 'edgelet user list' shows those there are, 'user add' adds one")


def _set(namespace: "Namespace", name: str, password: str, iterations: int | None) -> None:
    from edgelet_host.device.namespace import Entry

    if iterations is None:
        iterations = _BOARD_ITERATIONS if namespace.is_on_board else _ITERATIONS
    entries = [Entry(_PREFIX + name, password_record(password, iterations))]
    most = namespace.get(_MOST)
    if not (isinstance(most, str) and most.isdecimal() and int(most) >= iterations):
        entries.append(Entry(_MOST, str(iterations)))
    namespace.put(entries)


def password_record(password: str, iterations: int) -> str:
    """Give what is kept of a password: pbkdf2-sha256$ITERATIONS$SALT$HASH, salt and hash in base64 (RFC 8018)."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    return f"pbkdf2-sha256${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
