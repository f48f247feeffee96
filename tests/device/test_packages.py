"""What the device's modules import: packages depend on each other in one direction."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "device" / "lib" / "edgelet"

# Each imports from those before it and from itself only (docs/architecture.md).
ORDER = [
    {"clock", "limits", "names"},
    {"log"},
    {"event_loop", "shortages"},
    {"storage"},
    {"http"},
    {"board"},
    {"functions"},
    {"metrics"},
    {"device"},
    {"console"},
    {"compiler", "runtime"},
    {"startup"},
]


def place(module: str) -> int:
    """Where a module's package, or a module beside the packages, is in the order."""
    name = module.split(".")[1]
    return next(i for i, names in enumerate(ORDER) if name in names)


def imported(path: Path) -> set[str]:
    """The modules of the runtime that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("edgelet.")}
        elif isinstance(node, ast.ImportFrom) and node.module == "edgelet":
            found |= {f"edgelet.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("edgelet."):
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_go_downwards(path: Path) -> None:
    module = ".".join(("edgelet", *path.relative_to(LIBRARY).with_suffix("").parts))
    upwards = [other for other in imported(path) if place(other) >= place(module)]
    assert [other for other in upwards if other.split(".")[1] != module.split(".")[1]] == []
