"""Where the values of variables and secrets come from: a prompt, standard input or a file, never the command line."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgelet_host.errors import EdgeletError

if TYPE_CHECKING:
    from edgelet_host.device.namespace import Entry


def read_value(what: str, file: str | None, hidden: bool, confirm: bool = True) -> str:
    """Read one value: from `file` ("-" for standard input), else from a prompt, or standard input where piped.

    One line end at the end is not part of it. hidden: it is a secret, which must not be empty; the prompt does not echo
    and, with confirm, asks twice.
    """
    if file is None and sys.stdin.isatty():
        # An empty answer is asked again.
        return str(click.prompt(what, hide_input=hidden, confirmation_prompt=hidden and confirm, err=True))
    value = read_text(file or "-").removesuffix("\n").removesuffix("\r")
    if hidden and not value:
        raise EdgeletError(f"{what} is empty: {place_of(file or '-')} has nothing in it")
    return value


def check_name(name: str, command: str) -> None:
    """Raise EdgeletError where a value came along with its name. command: which asks for it."""
    name, is_with_value, _ = name.partition("=")
    # The message has no value: it may be a secret.
    if is_with_value:
        raise EdgeletError(
            f"others see what is on the command line: 'edgelet {command} {name}' takes the value from a prompt, "
            "standard input or --file"
        )


def place_of(file: str) -> str:
    """Give the name of a file for people, "-" being standard input."""
    return "standard input" if file == "-" else file


def read_text(file: str) -> str:
    """Read a UTF-8 text file, "-" for standard input."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except OSError as e:
        raise EdgeletError(f"cannot read {file}: {e.strerror}") from None
    except UnicodeDecodeError:
        raise EdgeletError(f"{place_of(file)} is not UTF-8 text: save it as UTF-8") from None


def read_values(file: str) -> dict[str, str]:
    """Read several values: a JSON object of texts, or lines NAME=VALUE as in a .env file."""
    from edgelet_host.project import dotenv

    # Editors of Windows begin a file with a byte order mark.
    text = read_text(file).removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        try:
            values = json.loads(text)
        except ValueError as e:
            # The parser's own message has a position and no content.
            raise EdgeletError(f"{place_of(file)} is not valid JSON: {e}") from None
        if not all(isinstance(value, str) for value in values.values()):
            raise EdgeletError(f"{place_of(file)}: all values must be texts")
        return dict(values)
    return dotenv.parse(place_of(file), text)


def read_entries(file: str) -> list["Entry"]:
    """Read what KV gets: a JSON object of texts, or an array of objects as Workers' tools write it."""
    try:
        found = json.loads(read_text(file).removeprefix("\ufeff"))
    except ValueError as e:
        raise EdgeletError(f"{place_of(file)} is not valid JSON: {e}") from None
    if isinstance(found, dict):
        found = [{"key": key, "value": value} for key, value in found.items()]
    if not isinstance(found, list):
        raise EdgeletError(
            f"{place_of(file)}: it must be an object of texts, or an array of objects with key and value"
        )
    return [_entry(place_of(file), number, one) for number, one in enumerate(found, 1)]


_ENTRY_FIELDS = {"key", "value", "expiration_ttl", "metadata"}


def _entry(file: str, number: int, one: Any) -> "Entry":
    from edgelet_host.device.namespace import Entry

    place = f"{file}: entry {number}"
    if not isinstance(one, dict) or not isinstance(one.get("key"), str) or not isinstance(one.get("value"), str):
        raise EdgeletError(f"{place}: key and value must be texts")
    if unknown := sorted(one.keys() - _ENTRY_FIELDS):
        raise EdgeletError(f"{place}: it has {unknown[0]}; known are {', '.join(sorted(_ENTRY_FIELDS))}")
    ttl = one.get("expiration_ttl")
    if ttl is not None and (not isinstance(ttl, int) or isinstance(ttl, bool) or ttl < 1):
        raise EdgeletError(f"{place}: expiration_ttl must be a number of seconds, 1 or more")
    metadata = one.get("metadata")
    return Entry(one["key"], one["value"], ttl, None if metadata is None else json.dumps(metadata))
