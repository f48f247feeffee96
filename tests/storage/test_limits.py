"""The table of limits, and that docs/limits.md says the same."""

import re
from pathlib import Path

import pytest
from storage_helpers import device_module

limits = device_module("limits")

DOCS = Path(__file__).parents[2] / "docs" / "limits.md"
SECTIONS = {"A function": "function", "The HTTP server": "server", "The device": "device"}
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def number(text):
    digits, _, unit = text.strip().partition(" ")
    return int(digits) * UNITS[unit]


def documented():
    """{(owner, name): (default on Linux, default on boards, least, most)}, each number where the row has one."""
    rows = {}
    for section in DOCS.read_text().split("\n## ")[1:]:
        owner = SECTIONS[section.partition("\n")[0]]
        for name, linux, boards, least, most in re.findall(
            r"^\| `(\w+)`[^|]*\|([^|]*)\|([^|]*)\| ([^|]*) to ([^|]*)\|", section, re.M
        ):
            rows[owner, name] = (linux.strip(), boards.strip(), number(least), number(most))
    return rows


@pytest.mark.parametrize("row", limits.TABLE, ids=lambda row: row[0])
def test_the_documentation_has_each_limit(row):
    name, owners, linux, boards, least, most, _ = row
    for owner in owners.split():
        shown = documented()[owner, name]
        assert shown[2:] == (least, most)
        for value, text in zip((linux, boards), shown, strict=False):
            assert value is None or number(text) == value


def test_the_documentation_has_no_other_limit():
    assert sorted(documented()) == sorted((owner, row[0]) for row in limits.TABLE for owner in row[1].split())
