"""A table of boards, as spreadsheets save it: a line for each, with what to set on it.

    device,name,group,hostname,wifi_password
    e66118604b5f3c2a,board01,class1,board01,correct horse

What its cells hold may be secret, and is in no error.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgelet_host.device.known import Known, change_names, check_word, with_name
from edgelet_host.device.provisioning import typed_setting
from edgelet_host.device.targets import NOT_CONNECTED, Target, find_targets
from edgelet_host.errors import EdgeletError
from edgelet_host.runtime import config

# The column that says which board a line is for; those of what this computer calls it; and what must be a board's own.
_DEVICE = "device"
_NAME = "name"
_GROUP = "group"
_UNIQUE = (_DEVICE, _NAME, "hostname", "wifi_address")
# A spreadsheet takes the one that its language has.
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Row:
    """What to do with one board.

    line: its number in the file. device: serial number, name or port. name, group: what this computer calls it, "" for
    what it has. changes: settings and device secrets.
    """

    line: int
    device: str
    name: str
    group: str
    changes: dict[str, Any]


def parse(file: str, text: str) -> list[Row]:
    """Read the table. Raises EdgeletError with file and line where something in it cannot be."""
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    seen: dict[tuple[str, str], int] = {}
    line = 1
    try:
        columns = _columns(next(reader, []))
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(line, columns, cells))
                _check_unique(rows[-1], seen)
            line = reader.line_num + 1
        if not rows:
            raise ValueError("no board has a line here")
    except csv.Error:
        raise EdgeletError(f"{file}:{line}: a quotation mark is not closed, or stands inside a cell") from None
    except ValueError as e:
        raise EdgeletError(f"{file}:{line}: {e}") from None
    return rows


def _columns(names: Sequence[str]) -> list[str]:
    columns = [name.strip() for name in names]
    if _DEVICE not in columns:
        raise ValueError(
            f"the first line names the columns, and one of them is {_DEVICE!r}: a board's serial number, name or port"
        )
    known = [_DEVICE, _NAME, _GROUP, *config.DEVICE_SECRETS]
    for number, name in enumerate(columns, 1):
        if name not in known and name not in config.setting_names():
            raise ValueError(f"column {number} is none of {', '.join(known)}, and no setting of docs/cli.md")
        if name in columns[: number - 1]:
            raise ValueError(f"there are two columns {name}")
    return columns


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(columns):
        raise ValueError(f"the first line names {len(columns)} columns, and this one has {len(cells)}")
    # A blank may be a part of a password.
    values = {
        name: cell if name in config.DEVICE_SECRETS else cell.strip()
        for name, cell in zip(columns, cells, strict=True)
        if cell.strip()
    }
    device, name, group = (values.pop(column, "") for column in (_DEVICE, _NAME, _GROUP))
    if not device:
        raise ValueError(f"column {_DEVICE} is empty: it takes a board's serial number, name or port")
    for column, word in ((_NAME, name), (_GROUP, group)):
        if word:
            _check_word(column, word)
    return Row(line, device, name, group, {name: _value(name, text) for name, text in values.items()})


def _check_word(column: str, word: str) -> None:
    try:
        check_word(word, "")
    except EdgeletError:
        raise ValueError(f"column {column} takes one word without slashes") from None


def _value(name: str, text: str) -> object:
    if name in config.DEVICE_SECRETS:
        config.check_secret(name, text)
        return text
    value = typed_setting(name, text)
    config.check_setting(name, value)
    return value


def _check_unique(row: Row, seen: dict[tuple[str, str], int]) -> None:
    """Raise ValueError where another board has the same in a column. seen: the lines of what was there before."""
    values = row.changes | {_DEVICE: row.device, _NAME: row.name}
    for column in _UNIQUE:
        value = str(values.get(column, "")).casefold()
        if value and seen.setdefault((column, value), row.line) != row.line:
            raise ValueError(f"its {column} is that of line {seen[column, value]}, too")


def assign(rows: Sequence[Row]) -> list[tuple[Target, Row | None]]:
    """Find the device of each row, and call it what the row says; the boards without a row come last.

    A row whose device is not connected has a target without a port. Raises EdgeletError where two rows mean the same.
    """
    found = find_targets()
    assigned: list[tuple[Target, Row | None]] = []
    for row in rows:
        target = _find(row.device, found)
        others = [other.line for one, other in assigned if other and target.port and one.port == target.port]
        if others:
            raise EdgeletError(f"lines {others[0]} and {row.line} of the table are for the same device, {target.label}")
        if target.port and row.group and not (row.name or target.name):
            raise EdgeletError(f"line {row.line} of the table: a group is of devices with names, give a name, too")
        assigned.append((target, row))
    _remember(assigned)
    ports = {target.port for target, _ in assigned}
    rest = [(target, None) for target in found if target.kind == "board" and target.port not in ports]
    named = {target.port: target for target in find_targets() if target.port}
    return [(named.get(target.port, target), row) for target, row in assigned + rest]


def _find(wanted: str, found: Sequence[Target]) -> Target:
    for target in found:
        if target.kind != "named" and wanted in (target.name, target.port):
            return target
    for target in found:
        if target.serial and target.kind == "board" and target.serial.casefold() == wanted.casefold():
            return target
    return Target("", wanted, "named", NOT_CONNECTED)


def _remember(assigned: Sequence[tuple[Target, Row | None]]) -> None:
    """Keep names and groups of those that are connected, also where they change names with each other."""

    def remembered(before: dict[str, Known]) -> dict[str, Known]:
        names = before
        for target, row in assigned:
            name = (row and row.name) or target.name
            if row and target.port and name and (row.name or row.group):
                groups = [group for known in before.values() if known.is_like(target.known) for group in known.groups]
                names = with_name(names, name, target.known, (*groups, row.group) if row.group else tuple(groups))
        return names

    if any(row and (row.name or row.group) for _, row in assigned):
        change_names(remembered)
