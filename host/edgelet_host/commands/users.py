"""`edgelet user`: users of a function that checks passwords as examples/login does."""

import base64
import hashlib
import secrets

import click

from edgelet_host.commands.options import chosen_device, device_option, file_option, function_name, function_option
from edgelet_host.commands.values import read_value
from edgelet_host.errors import EdgeletError

# Few for a server: OWASP asks for 600,000 rounds of SHA-256. It is what a Pico W manages in a few seconds.
_ITERATIONS = 20000
_SALT_BYTES = 16
# NIST SP 800-63B, section 5.1.1.2.
_SHORTEST = 8


@click.group()
def user() -> None:
    """Users of a function that checks passwords as examples/login does."""


@user.command("add")
@click.argument("name")
@click.option("--binding", default="USERS", show_default=True, help="KV binding that has the users.")
@click.option("--iterations", type=click.IntRange(min=1000), default=_ITERATIONS, show_default=True, help="Of PBKDF2.")
@file_option
@function_option
@device_option
def user_add(
    name: str, binding: str, iterations: int, file: str | None, function: str | None, devices: tuple[str, ...]
) -> None:
    """Add the user NAME, or give them another password; it is typed (not shown), piped, or in a file.

    The device gets a PBKDF2-HMAC-SHA256 record of it, under the key user:NAME.

    Example: edgelet user add ada
    """
    password = read_value("Password", file, hidden=True)
    if len(password) < _SHORTEST:
        raise EdgeletError(f"the password must have at least {_SHORTEST} characters")
    record = password_record(password, iterations)
    with chosen_device(devices) as device:
        device.wait_for_job(device.call("kv_put", function_name(device, function), binding, f"user:{name}", record))
    click.echo(f"user {name} is set in {binding}")


def password_record(password: str, iterations: int) -> str:
    """Give what is kept of a password: pbkdf2-sha256$ITERATIONS$SALT$HASH, salt and hash in base64 (RFC 8018)."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    return f"pbkdf2-sha256${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
