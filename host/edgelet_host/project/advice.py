"""What to do about errors of npm packages that need what devices do not have."""

import re

NO_WEBASSEMBLY = (
    "which devices do not have. Use the package's JavaScript variant, with a line below [alias] in edgelet.toml, or "
    "another package"
)
_PACKAGE = re.compile(r"node_modules/((?:@[^/\s]+/)?[^/\s]+)/")
# What the engine says, and what may be done. {what}: the package, or the code.
_ADVICE = (
    (
        "eval and new Function are not available",
        "{what} makes code from text while it runs. Have it do so when you build: precompile templates, or schemas as "
        "ajv's standalone code does; or use another package",
    ),
    (
        "WebAssembly is not defined",
        "{what} needs WebAssembly, " + NO_WEBASSEMBLY,
    ),
)


def advise(text: str) -> str:
    """Give what helps against an error, with a space before it; "" where nothing is known.

    text: the error, and its stack with places in the author's files, which tell the package.
    """
    advice = next((advice for said, advice in _ADVICE if said in text), "")
    package = _PACKAGE.search(text)
    what = f"The npm package {package[1]}" if package else "The code"
    return f" {advice.format(what=what)}." if advice else ""
