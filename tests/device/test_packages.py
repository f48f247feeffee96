"""What the device's modules import: packages depend on each other in one direction."""

from pathlib import Path

import pytest
from edgelet_host.paths import ROOT
from import_helpers import modules, upward_imports

MODULES = modules(ROOT / "device" / "lib" / "edgelet")

# Each imports from those before it and from itself only (docs/architecture.md).
ORDER = [
    {"clock", "cpu", "limits", "names"},
    {"log"},
    {"event_loop", "shortages"},
    {"outbound"},
    {"storage"},
    {"http"},
    {"board"},
    {"functions"},
    {"metrics"},
    {"device"},
    {"console"},
    {"processes"},
    {"compiler", "runtime"},
    {"startup"},
]


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_downwards(name: str) -> None:
    assert upward_imports(name, MODULES[name], ORDER) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("from edgelet.console import admin", "edgelet.console.admin"),
        ("import edgelet.console.admin", "edgelet.console.admin"),
        ("from ..console import admin", "edgelet.console.admin"),
        ("from edgelet import device", "edgelet.device"),
    ],
)
def test_an_upward_import_is_found(tmp_path: Path, statement: str, found: str) -> None:
    path = tmp_path / "upward.py"
    path.write_text(f"import json\nfrom edgelet import log\n\n\ndef late():\n    {statement}\n")
    assert upward_imports("edgelet.http.upward", path, ORDER) == [found]
