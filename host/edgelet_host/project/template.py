"""`edgelet new`: a project from a template."""

import re
import shutil
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.paths import ROOT
from edgelet_host.project.config import FILE
from edgelet_host.runtime import names

_TEMPLATES = Path(__file__).parent / "templates"
# What a template has in place of the project's name.
_PLACEHOLDER = "NAME"
# In TypeScript a template is a folder of its own.
_TYPESCRIPT = "-ts"
# The template that is an example, too.
_LOGIN = "login"


def template_names() -> list[str]:
    """Give the names of the templates."""
    folders = {path.name.removesuffix(_TYPESCRIPT) for path in _TEMPLATES.iterdir()}
    return sorted({*folders, _LOGIN})


def make_project(folder: Path, template: str, typescript: bool) -> list[Path]:
    """Make the project in a new folder, which gives it its name; its files. Raises EdgeletError."""
    try:
        names.function(folder.name)
    except ValueError as e:
        raise EdgeletError(str(e)) from None
    if folder.exists():
        raise EdgeletError(f"{folder} is there already: choose another name")
    source = _source(template, typescript)
    if not source.is_dir():
        raise EdgeletError(f"the template {template} has no code that could be in TypeScript: leave out --typescript")
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules", ".*"))
    if template == _LOGIN:
        _adapt_login(folder, typescript)
    else:
        for path in _files(folder):
            path.write_text(re.sub(rf"\b{_PLACEHOLDER}\b", folder.name, path.read_text("utf-8")), "utf-8", newline="\n")
    return _files(folder)


def _source(template: str, typescript: bool) -> Path:
    if template == _LOGIN:
        return ROOT / "examples" / _LOGIN
    return _TEMPLATES / (template + _TYPESCRIPT * typescript)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _adapt_login(folder: Path, typescript: bool) -> None:
    """Make a copy of examples/login a project of its own. Its JavaScript is TypeScript, too, in files of that name."""
    text = re.sub(
        r'^name = "login"$', f'name = "{folder.name}"', (folder / FILE).read_text("utf-8"), flags=re.MULTILINE
    )
    text = text.replace('route = "/"', f'route = "/{folder.name}"')
    test = folder / "login.test.js"
    test.write_text(
        test.read_text("utf-8").replace("http://localhost:8080", f"http://localhost:8080/{folder.name}"),
        "utf-8",
        newline="\n",
    )
    if typescript:
        text = text.replace('main = "main.js"', 'main = "main.ts"')
        for path in folder.glob("*.js"):
            if not path.name.endswith(".test.js"):
                path.rename(path.with_suffix(".ts"))
    (folder / FILE).write_text(text, "utf-8", newline="\n")
