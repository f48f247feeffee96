"""Where in edgelet.toml something is, which its parser does not tell."""

import json
import re
from pathlib import Path

_TABLE = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def place(path: Path, *keys: str, value: object = None) -> str:
    """Give `path:line` of an entry, by its table's keys and its own; of its table, where it stands in that as a whole.

    value: one of those that it lists. Where nothing is found, the path.
    """
    text = path.read_text("utf-8-sig", "replace").splitlines()
    lines = _lines(text)
    for count in range(len(keys), 0, -1):
        if line := lines.get(keys[:count]):
            return f"{path}:{_of_value(text, line, lines, value)}"
    return str(path)


def _lines(text: list[str]) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text, 1):
        if key := _KEY.match(line):
            found.setdefault((*table, *_parts(key[1])), number)
        elif head := _TABLE.match(line):
            table = _parts(head[1])
            found.setdefault(table, number)
    return found


def _parts(key: str) -> tuple[str, ...]:
    return tuple("".join(part) for part in _PART.findall(key))


def _of_value(text: list[str], line: int, lines: dict[tuple[str, ...], int], value: object) -> int:
    """Give the line of a value in a list that begins in `line`, which may go on over several."""
    end = min((other for other in lines.values() if other > line), default=len(text) + 1)
    written = (json.dumps(value, default=str, ensure_ascii=False), f"'{value}'")
    for number in range(line, end):
        if value is not None and any(one in text[number - 1] for one in written):
            return number
    return line
