"""What the command line's modules import: packages depend on each other in one direction."""

from edgelet_host.paths import ROOT
from import_helpers import modules, upward_imports

MODULES = modules(ROOT / "host" / "edgelet_host")

# Each imports from those before it and from itself only (docs/architecture.md).
ORDER = [
    {"__init__", "__version__", "errors", "locks", "paths", "units"},
    {"runtime", "terminal"},
    {"firmware"},
    {"project"},
    {"device"},
    {"bootloader", "emulator"},
    {"checks", "release", "session"},
    {"commands"},
    {"cli"},
    {"__main__"},
]


def test_imports_go_downwards() -> None:
    assert len(MODULES) > 50
    assert {name: found for name, path in MODULES.items() if (found := upward_imports(name, path, ORDER))} == {}
