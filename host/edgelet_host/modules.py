"""The built-in JavaScript modules, which travel inside the bundle of each function that imports them by name."""

from collections.abc import Iterable

from edgelet_host.paths import FIRMWARE

_FOLDER = FIRMWARE / "quickjs_module" / "js"


def builtin_sources(specifiers: Iterable[str]) -> dict[str, str]:
    """Read the modules among `specifiers` that are built in, by specifier."""
    found = {specifier: _FOLDER / f"{specifier}.js" for specifier in specifiers if "/" not in specifier}
    return {specifier: path.read_text() for specifier, path in found.items() if path.is_file()}


def builtin_names() -> list[str]:
    """Give the names of all modules that are built in."""
    return sorted(path.stem for path in _FOLDER.glob("*.js"))
