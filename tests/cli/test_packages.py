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


def test_no_command_bears_the_name_of_the_work_behind_it() -> None:
    names = [path.name for path in MODULES.values() if path.name != "__init__.py"]
    commands = {path.name for path in MODULES.values() if path.parent.name == "commands"}
    assert sorted({name for name in commands if names.count(name) > 1}) == []
