"""What the owner says of devices: their names, and the groups that they are in.

Kept in `edgelet/devices.json` below the XDG configuration folder, outside every project, or where a link there leads:

    {"kitchen": "/dev/ttyACM0",                                          what is at that port, or at an address
     "board01": {"serial": "e66118604b5f3c2a", "groups": ["class1"]},    the board with that number, at any port
     "hall": {"place": "/dev/pts/4", "groups": ["class1"]}}

An address is one in the network: `kitchen.local` say, which the system resolves, by mDNS too.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Any
from urllib.parse import urlsplit

from edgelet_host.device import ports
from edgelet_host.errors import EdgeletError
from edgelet_host.locks import take
from edgelet_host.paths import config_dir
from edgelet_host.terminal import say

# For how long nobody is told whom a command waits for.
_SILENT_S = 1.0


@dataclass(frozen=True)
class Known:
    """What a name stands for: the USB serial number of a board, or else a serial port or an address."""

    serial: str = ""
    place: str = ""
    groups: tuple[str, ...] = ()

    def is_like(self, other: "Known") -> bool:
        """Whether both stand for the same device."""
        return (self.place, self.serial.casefold()) == (other.place, other.serial.casefold())


def _file() -> Path:
    return config_dir() / "devices.json"


def read_names() -> dict[str, Known]:
    """Read what is known, by name. Raises EdgeletError where the file is damaged."""
    path = _file()
    try:
        return {name: _parse(entry) for name, entry in json.loads(path.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError):
        raise EdgeletError(f"{path} is damaged: remove it and give the names again") from None


def _parse(entry: Any) -> Known:
    if isinstance(entry, str):
        return Known(place=entry)
    known = Known(entry.get("serial", ""), entry.get("place", ""), tuple(entry.get("groups", ())))
    if not all(isinstance(one, str) for one in (known.serial, known.place, *known.groups)):
        raise ValueError
    if bool(known.serial) == bool(known.place):
        raise ValueError
    return known


def change_names(change: Callable[[dict[str, Known]], dict[str, Known]]) -> tuple[dict[str, Known], dict[str, Known]]:
    """Replace what is known by what `change` makes of it; what was known before, and what is now.

    Whoever else wants to change it waits meanwhile. Raises EdgeletError where the file is damaged.
    """
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w", encoding="utf-8") as lock:
        _take(lock, path)
        before = read_names()
        after = change(before)
        if after != before:
            _write(path, after)
    return before, after


def _take(lock: IO[str], path: Path) -> None:
    try:
        take(lock, wait=False)
    except BlockingIOError:
        told = Timer(_SILENT_S, say, [f"Waiting for another edgelet, which changes {path} ..."])
        told.start()
        try:
            take(lock)
        finally:
            told.cancel()


def _write(path: Path, names: Mapping[str, Known]) -> None:
    # A link would be replaced by a file, and what it leads to, in a repository say, stay as it was.
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    entries = {name: _entry(known) for name, known in names.items()}
    fresh.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", "utf-8")
    fresh.replace(path)


def _entry(known: Known) -> object:
    if known.place and not known.groups:
        return known.place
    fields = {"serial": known.serial, "place": known.place, "groups": list(known.groups)}
    return {name: value for name, value in fields.items() if value}


def check_word(word: str, what: str) -> None:
    """Raise EdgeletError unless this can be a name or a group: one word, without slashes."""
    if not word or "/" in word or not word.isprintable() or " " in word:
        raise EdgeletError(f"{what} has no blanks and no slashes: {word!r}")


def with_name(names: Mapping[str, Known], name: str, known: Known, groups: tuple[str, ...] = ()) -> dict[str, Known]:
    """Give a device a name, in the place of one that it has; it stays in the groups in which it is, and joins others.

    Raises EdgeletError where that cannot be a name.
    """
    check_word(name, "a device's name")
    kept = {one: other for one, other in names.items() if one != name and not other.is_like(known)}
    before = [other.groups for other in names.values() if other.is_like(known)]
    joined = sorted({group for one in (*before, groups) for group in one})
    return kept | {name: Known(known.serial, known.place, tuple(joined))}


def nameless(before: Mapping[str, Known], after: Mapping[str, Known]) -> list[str]:
    """Give a line for each device that had a name before and has none after, as another one has it."""
    lost = [
        (name, known)
        for name, known in before.items()
        if name in after and not any(known.is_like(other) for other in after.values())
    ]
    return [
        f"{name} was {f'the board with serial number {known.serial}' if known.serial else known.place} until now, "
        "which has no name any more"
        for name, known in lost
    ]


def without_name(names: Mapping[str, Known], name: str) -> dict[str, Known]:
    """Forget a name. Raises EdgeletError where there is none such."""
    _require(names, name)
    return {one: known for one, known in names.items() if one != name}


def in_group(names: Mapping[str, Known], members: tuple[str, ...], group: str, leave: bool) -> dict[str, Known]:
    """Put named devices into a group, or have them leave it. Raises EdgeletError where that cannot be."""
    check_word(group, "a group")
    changed = dict(names)
    for name in members:
        known = _require(names, name)
        if known.place and is_address(known.place):
            raise EdgeletError(f"{name} is at {known.place} in the network, and groups are for devices at a console")
        if leave and group not in known.groups:
            raise EdgeletError(f"{name} is not in group {group}. 'edgelet devices' lists the groups")
        groups = set(known.groups) - {group} if leave else {*known.groups, group}
        changed[name] = Known(known.serial, known.place, tuple(sorted(groups)))
    return changed


def _require(names: Mapping[str, Known], name: str) -> Known:
    if name not in names:
        raise EdgeletError(f"no device is named {name}. 'edgelet devices' lists the names")
    return names[name]


def is_address(place: str) -> bool:
    """Whether this is HOST[:PORT] and not a serial port."""
    return not ports.is_port(place)


def checked_place(place: str) -> str:
    """Give a serial port as it is, and an address without what is superfluous. Raises EdgeletError."""
    address = place.removeprefix("http://").rstrip("/")
    if not is_address(address):
        return place
    try:
        parts = urlsplit(f"//{address}")
        is_good = parts.netloc == address and bool(parts.hostname) and parts.port != 0 and "@" not in address
    except ValueError:
        is_good = False
    if not is_good or not re.fullmatch(r"[\w.:\[\]-]+", address):
        raise EdgeletError(
            f"{place!r} is neither a serial port nor an address such as kitchen.local or 192.168.1.20:8080"
        )
    return address
