"""`edgelet new`: a project from a template."""

import re
import shutil
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.paths import ROOT
from edgelet_host.project.config import FILE, read_project
from edgelet_host.project.declarations import CONFIGURATION, PACKAGE, README, write_types
from edgelet_host.project.dotenv import DEV_VARS
from edgelet_host.runtime import names

_TEMPLATES = Path(__file__).parent / "templates"
# The page that those with a handler have; the others take its style.
_PAGE = Path(__file__).parent / "page"
_PUBLIC = "public"
# What templates have in place of the project's name and of the names of its modules.
_NAME = "NAME"
_MAIN = "MAIN"
_PASSWORD = "PASSWORD"
# What differs of a template in TypeScript.
_TYPESCRIPT = "-ts"
# The template that is an example, too.
_LOGIN = "login"
# What git leaves out.
GITIGNORE = ".gitignore"


def template_names() -> list[str]:
    """Give the names of the templates."""
    folders = {path.name.removesuffix(_TYPESCRIPT) for path in _TEMPLATES.iterdir()}
    return sorted({*folders, _LOGIN})


def has_typescript(template: str) -> bool:
    """Whether a template has code, which can be in TypeScript."""
    return (_TEMPLATES / (template + _TYPESCRIPT)).is_dir()


def check_place(folder: Path) -> None:
    """Raise EdgeletError where there can be no new project in this folder."""
    try:
        names.function(folder.name)
    except ValueError as e:
        raise EdgeletError(str(e)) from None
    if folder.exists():
        raise EdgeletError(f"{folder} is there already: choose another name")


def make_project(folder: Path, template: str, typescript: bool) -> list[Path]:
    """Make the project in a new folder, which gives it its name; its files. Raises EdgeletError."""
    check_place(folder)
    if typescript and not has_typescript(template):
        raise EdgeletError(f"the template {template} has no code that could be in TypeScript: leave out --typescript")
    ending = "ts" if typescript else "js"
    words = {_NAME: folder.name, _MAIN: f"main.{ending}", _PASSWORD: f"password.{ending}"}
    if template == _LOGIN:
        _copy(ROOT / "examples" / _LOGIN, folder)
        _adapt_login(folder)
        # Of the example, others have the page and the route.
        _copy(_TEMPLATES / _LOGIN, folder)
        _fill_in([folder / README.name], words)
    else:
        _copy(_PAGE, folder / _PUBLIC)
        _copy(_TEMPLATES / template, folder)
        _fill_in(_files(folder), words)
    if typescript:
        _make_typescript(folder, _TEMPLATES / (template + _TYPESCRIPT))
    write_gitignore(folder)
    return _files(folder)


def write_gitignore(folder: Path) -> None:
    """Have git leave out what must not be in a repository."""
    (folder / GITIGNORE).write_text(f"{DEV_VARS}\nnode_modules/\n", "utf-8", newline="\n")


def _copy(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules", ".*"), dirs_exist_ok=True)


def _fill_in(files: list[Path], words: dict[str, str]) -> None:
    for path in files:
        text = re.sub(rf"\b({'|'.join(words)})\b", lambda found: words[found[0]], path.read_text("utf-8"))
        path.write_text(text, "utf-8", newline="\n")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _adapt_login(folder: Path) -> None:
    """Make a copy of examples/login a project of its own."""
    text = (folder / FILE).read_text("utf-8")
    text = re.sub(r'^name = "login"$', f'name = "{folder.name}"', text, flags=re.MULTILINE)
    text = text.replace('route = "/"', f'route = "/{folder.name}"')
    (folder / FILE).write_text(text, "utf-8", newline="\n")


def _make_typescript(folder: Path, source: Path) -> None:
    """Put TypeScript in the place of a project's modules. source: the files that differ."""
    _copy(source, folder)
    for path in folder.glob("*.ts"):
        path.with_suffix(".js").unlink()
    text = (folder / FILE).read_text("utf-8").replace('main = "main.js"', 'main = "main.ts"')
    (folder / FILE).write_text(text, "utf-8", newline="\n")
    readme = folder / README.name
    readme.write_text(readme.read_text("utf-8") + README.read_text("utf-8"), "utf-8", newline="\n")
    for path in (CONFIGURATION, PACKAGE):
        shutil.copy(path, folder)
    write_types(read_project(folder))
