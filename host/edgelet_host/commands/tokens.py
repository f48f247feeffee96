"""`edgelet token`: JSON Web Tokens (RFC 7519) to try protected routes with."""

import re
import sys
import time
from typing import Any

import click

from edgelet_host.commands.values import read_value
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import print_json

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_secret_option = click.option("--secret-file", type=click.Path(), help="File with the secret; by default a prompt.")


@click.group()
def token() -> None:
    """Make and check JSON Web Tokens with HS256."""


def _seconds(context: click.Context, option: click.Parameter, value: str) -> int:
    match = re.fullmatch(r"(\d+)([smhd])", value)
    if not match:
        raise click.BadParameter("give a number and s, m, h or d, for example 1h")
    return int(match[1]) * _UNITS[match[2]]


@token.command("mint")
@click.option("--subject", required=True, help="Whom the token is about (sub).")
@click.option("--issuer", help="Who issues it (iss).")
@click.option("--audience", help="Whom it is for (aud).")
@click.option("--expires", callback=_seconds, default="1h", show_default=True, help="How long it is valid, 30m say.")
@click.option("--claim", "claims", multiple=True, metavar="NAME=VALUE", help="A further claim, as text.")
@_secret_option
def token_mint(
    subject: str,
    issuer: str | None,
    audience: str | None,
    expires: int,
    claims: tuple[str, ...],
    secret_file: str | None,
) -> None:
    """Print a token signed with the secret that is typed, piped, or in a file.

    Example: edgelet token mint --subject ada --secret-file secret.txt
    """
    import jwt

    now = int(time.time())
    payload: dict[str, Any] = {"sub": subject, "iat": now, "exp": now + expires}
    payload |= {name: value for name, value in (("iss", issuer), ("aud", audience)) if value}
    for claim in claims:
        name, equals, value = claim.partition("=")
        if not equals:
            raise EdgeletError("a claim is NAME=VALUE, for example --claim role=admin")
        payload[name] = value
    secret = _checked(read_value("Secret", secret_file, hidden=True))
    click.echo(jwt.encode(payload, secret, algorithm="HS256"))


@token.command("verify")
@click.option("--issuer", help="Who must have issued it (iss).")
@click.option("--audience", help="Whom it must be for (aud).")
@_secret_option
def token_verify(issuer: str | None, audience: str | None, secret_file: str | None) -> None:
    """Check the token that is typed or piped, and print its claims.

    Without --secret-file the secret is typed, too, or piped in the lines behind the token.

    Example: edgelet token verify --secret-file secret.txt < token.txt
    """
    import jwt

    given, secret = _token_and_secret(secret_file)
    try:
        # Without an audience to compare with, any will do.
        options: Any = {"verify_aud": audience is not None}
        claims = jwt.decode(given, secret, algorithms=["HS256"], audience=audience, issuer=issuer, options=options)
    except jwt.InvalidTokenError as e:
        raise EdgeletError(f"the token is not valid: {e}") from None
    print_json(claims)


@token.command("decode")
def token_decode() -> None:
    """Print header and claims of the token that is typed or piped, without checking its signature.

    Example: edgelet token decode < token.txt
    """
    import jwt

    given = read_value("Token", None, hidden=False)
    try:
        parts = jwt.decode_complete(given, options={"verify_signature": False})
    except jwt.InvalidTokenError as e:
        raise EdgeletError(f"this is no token: {e}") from None
    print_json({"header": parts["header"], "claims": parts["payload"]})


def _token_and_secret(secret_file: str | None) -> tuple[str, str]:
    if secret_file or sys.stdin.isatty():
        given = read_value("Token", None, hidden=False)
        return given, _checked(read_value("Secret", secret_file, hidden=True, confirm=False))
    given, _, secret = read_value("Token", "-", hidden=False).partition("\n")
    if not secret:
        raise EdgeletError("no secret: name its file with --secret-file, or pipe it behind the token's line")
    return given.removesuffix("\r"), _checked(secret)


def _checked(secret: str) -> str:
    if len(secret.encode()) < 32:
        raise EdgeletError("the secret is too short: HS256 needs 32 bytes or more. 'openssl rand -base64 32' makes one")
    return secret
