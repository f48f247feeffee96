"""The table of limits, and that docs/limits.md says the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from console_helpers import run_on_device
from storage_helpers import LIBRARY, device_module

limits = device_module("limits")

DOCS = Path(__file__).parents[2] / "docs" / "limits.md"
# Sections about what no setting changes have no owner.
SECTIONS = {
    "A function": "function",
    "The HTTP server": "server",
    "The device": "device",
    "Worker processes": None,
    "A board's access point": None,
}
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def number(text):
    digits, _, unit = text.strip().partition(" ")
    return int(digits) * UNITS[unit]


def documented():
    """{(owner, name): (default on Linux, on boards, least, most, most on boards)}, where the row has them."""
    rows = {}
    for section in DOCS.read_text().split("\n## ")[1:]:
        owner = SECTIONS[section.partition("\n")[0]]
        for name, linux, boards, least, most, board_most in re.findall(
            r"^\| `(\w+)`[^|]*\|([^|]*)\|([^|]*)\| ([^|]*) to ([^|;]*)(?:; boards: ([^|]*))?\|", section, re.M
        ):
            most_there = number(board_most) if board_most else number(most)
            rows[owner, name] = (linux.strip(), boards.strip(), number(least), number(most), most_there)
    return rows


@pytest.mark.parametrize("row", limits.TABLE, ids=lambda row: row[0])
def test_the_documentation_has_each_limit(row):
    name, owners, linux, boards, least, most, _ = row
    for owner in owners.split():
        shown = documented()[owner, name]
        assert shown[2:] == (least, most, limits.MOST_ON_BOARDS.get(name, most))
        for value, text in zip((linux, boards), shown, strict=False):
            assert value is None or number(text) == value


def test_an_rp2350_has_the_documented_defaults():
    shown = dict(re.findall(r"^\| `(\w+)`.*\. On RP2350 ([^|]*) \|$", DOCS.read_text(), re.M))
    assert {name: number(text) for name, text in shown.items()} == limits.RP2350
    for name, default, least, most in limits.of("", linux=False, rp2350=True):
        board = next(row[3] for row in limits.TABLE if row[0] == name)
        assert default == limits.RP2350.get(name, board)
        assert default is None or least <= default <= most


ENGINE = Path(__file__).parents[2] / "firmware" / "quickjs_module" / "isolate" / "isolate.h"


def test_the_engine_bears_what_may_be_set():
    defined = re.findall(r"^#define ISOLATE_(\w+)_(MIN|MAX) \((\d+)( \* 1024)?\)$", ENGINE.read_text(), re.M)
    table = {row[0]: row[2:6] for row in limits.TABLE}
    values = {(name.lower(), end): int(digits) * (1024 if kilo else 1) for name, end, digits, kilo in defined}
    bears = {key: value for key, value in values.items() if key[0] in table}
    assert sorted(bears) == [("cpu_ms", "MAX"), ("cpu_ms", "MIN"), ("memory", "MIN"), ("stack", "MIN")]
    for (name, end), value in bears.items():
        assert value == table[name][3] if end == "MAX" else value <= table[name][2]


def test_the_documentation_has_no_other_limit():
    assert sorted(documented()) == sorted((owner, row[0]) for row in limits.TABLE for owner in row[1].split())


REFUSED = """
import json, sys
sys.platform = "rp2"
sys.path.append(sys.argv[1])
from edgelet.storage import manifest
header = {"function": "hello", "engine": "0" * 16, "main": "main.qjs", "limits": {"cpu_ms": int(sys.argv[2])}}
try:
    manifest.parse_header(json.dumps(header).encode())
except ValueError as error:
    print(error)
"""


def refused(cpu_ms):
    """What a board says to a manifest, "" where it takes it."""
    command = [sys.executable, "-c", REFUSED, LIBRARY, str(cpu_ms)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_what_computes_on_a_board_ends_before_its_watchdog_bites(firmware):
    most = limits.MOST_ON_BOARDS["cpu_ms"]
    timeout = int(run_on_device(firmware, "from edgelet.board import watchdog\nprint(watchdog.TIMEOUT_MS)"))
    assert most <= timeout - 1000
    assert refused(most) == ""
    assert refused(most + 1) == f"limits: cpu_ms must be a whole number from 1 to {most}"
