"""Which way imports go between the packages of a library of ours."""

import ast
from pathlib import Path


def modules(library: Path) -> dict[str, Path]:
    """Give the modules of a library: name with dots, and file."""
    files = sorted(library.rglob("*.py"))
    return {".".join(path.relative_to(library.parent).with_suffix("").parts): path for path in files}


def imported(name: str, path: Path) -> set[str]:
    """Give the names of the library that a module imports from it, anywhere in its file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = name.split(".")[: -node.level] if node.level else []
            parts = [*above, *([node.module] if node.module else [])]
            found |= {".".join([*parts, alias.name]) for alias in node.names}
    return {one for one in found if one.startswith(name.split(".")[0] + ".")}


def upward_imports(name: str, path: Path, order: list[set[str]]) -> list[str]:
    """Give what a module imports of packages that are not before its own in the order."""
    places = {one: i for i, names in enumerate(order) for one in names}

    def package(module: str) -> str:
        return module.split(".")[1]

    others = [one for one in imported(name, path) if package(one) != package(name)]
    return sorted(one for one in others if places[package(one)] >= places[package(name)])
