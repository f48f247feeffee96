"""The table of docs/api.md: what it says, and what firmware and workerd have."""

import http.client
import json
import re
import socket
from dataclasses import dataclass, replace
from pathlib import Path

from edgelet_host.paths import FIRMWARE, ROOT
from web_helpers import run_bundle
from workerd import workerd

DOCUMENT = ROOT / "docs" / "api.md"
PROBE = (ROOT / "tests" / "web" / "api_probe.js").read_text()
_NAME = re.compile(r'"([A-Za-z_$][\w$]*)"')
_ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<members>.*?) \| (?P<lacks>.*?) \| (?P<notes>.*?) \| (?P<bytes>.*?) \|$")


@dataclass(frozen=True)
class Row:
    """A global: its members ("static name" where it is a class), those that it has in Workers only, and its bytes."""

    name: str
    members: list[str]
    lacks: list[str]
    notes: str = ""
    bytes: str = ""

    def __str__(self) -> str:
        lists = " | ".join(" ".join(f"`{one}`" for one in names) for names in (self.members, self.lacks))
        return f"| `{self.name}` | {lists} | {self.notes} | {self.bytes} |"


def documented() -> dict[str, Row]:
    """The rows of the table, as they are."""
    rows = {}
    for line in DOCUMENT.read_text().splitlines():
        if found := _ROW.match(line):
            names = [re.findall(r"`([^`]+)`", found[column]) for column in ("members", "lacks")]
            rows[found["name"]] = Row(found["name"], names[0], names[1], found["notes"].strip(), found["bytes"].strip())
    return rows


def listed(beginning: str) -> list[str]:
    """The names in the paragraph of the document that begins so."""
    found = re.search(f"^{beginning}: (.*?)\\.$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return re.findall(r"`(\w+)`", found[1]) if found else []


def language() -> list[str]:
    """The globals that the document counts among the language's own."""
    return listed("The language's own")


def _names() -> list[str]:
    """All that our C calls by name, and so all that may be there where a bundle names it."""
    sources = sorted((FIRMWARE / "quickjs_module").rglob("*.c"))
    return sorted({name for source in sources for name in _NAME.findall(source.read_text())})


def probe_worker(names: list[str]) -> str:
    """A Worker that tells what it has of these globals; their names are in it, and those that our C has."""
    keys = ", ".join(f"{json.dumps(name)}: 0" for name in sorted({*names, *_names()}))
    return (
        f"{PROBE}\nconst names = {{ {keys} }};\n"
        "export default { fetch() { return Response.json(describe(Object.keys(names))); } };\n"
    )


# Of Node.js' process, which Workers have most of, the document says no more than that.
def described(firmware: Path, workers: dict[str, dict[str, list[str]]]) -> dict[str, Row]:
    """What the firmware has. workers: what workerd's answer to `probe_worker([])` says."""
    named = {name for one in workers.values() for name in one["members"] + one["statics"]} | workers.keys()
    (answer,) = run_bundle(firmware, {"main.js": probe_worker(sorted(name for name in named if name.isidentifier()))})
    assert answer.status == 200, answer
    rows = {}
    for name, one in answer.json.items():
        there = workers.get(name, {"statics": [], "members": []}) if name != "process" else one
        rows[name] = Row(name, _listed(one), [each for each in _listed(there) if each not in _listed(one)])
    return rows


def _listed(one: dict[str, list[str]]) -> list[str]:
    return [f"static {name}" for name in one["statics"]] + one["members"]


def merged(found: dict[str, Row]) -> list[Row]:
    """The document's table as it should be: what was found, with the notes and bytes that are there."""
    before = documented()
    own = [row for name, row in sorted(found.items(), key=lambda item: item[0].lower()) if name not in language()]
    kept = [(row, before.get(row.name, row)) for row in own]
    return [replace(row, notes=old.notes, bytes=old.bytes) for row, old in kept]


def ask_workerd(folder: Path) -> dict[str, dict[str, list[str]]]:
    """What workerd has of all globals."""
    with workerd(folder, {"probe": probe_worker([])}, {}), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / "probe"))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        found: dict[str, dict[str, list[str]]] = json.loads(answer.read())
        return found
