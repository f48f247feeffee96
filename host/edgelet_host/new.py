"""`edgelet new`: a project from a template."""

import re
import shutil
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.paths import ROOT
from edgelet_host.project import FILE

_TEMPLATES = Path(__file__).parent / "templates"
# What a template has in place of the project's name.
_PLACEHOLDER = "NAME"
# As the device wants it: device/lib/edgelet/names.py.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


def make_project(folder: Path, template: str, typescript: bool) -> list[Path]:
    """Make the project in a new folder, which gives it its name; its files. Raises EdgeletError."""
    if not _NAME.fullmatch(folder.name):
        raise EdgeletError(f"{folder.name!r} is no name: use up to 32 lower-case letters, digits and inner hyphens")
    if typescript and template != "hello":
        raise EdgeletError("--typescript is for the template hello: begin with that and write what you need")
    if folder.exists():
        raise EdgeletError(f"{folder} is there already: choose another name")
    source = ROOT / "examples" / "login" if template == "login" else _TEMPLATES / (template + "-ts" * typescript)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules", ".*"))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if template == "login":
        toml = folder / FILE
        toml.write_text(re.sub(r'^name = "login"$', f'name = "{folder.name}"', toml.read_text(), flags=re.MULTILINE))
        return files
    for path in files:
        path.write_text(re.sub(rf"\b{_PLACEHOLDER}\b", folder.name, path.read_text()))
    return files
