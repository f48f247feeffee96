"""Files that hold no code and are imported all the same: each is a module whose default export is its content."""

import base64
import json
from pathlib import Path

from edgelet_host.errors import EdgeletError

#: By the end of their names, as Workers' tools tell them apart: what a handler has as text, and as an ArrayBuffer.
TEXT = (".txt", ".html", ".sql")
BINARY = (".bin",)
_JSON = (".json",)


def is_data(path: str) -> bool:
    """Whether this file is data to whoever imports it."""
    return path.endswith(TEXT + BINARY + _JSON)


def data_module(path: Path) -> str:
    """Give the JavaScript of the module that stands for a file. Raises EdgeletError where it is not of its kind."""
    if path.suffix in BINARY:
        data = base64.b64encode(path.read_bytes()).decode()
        return f'export default Uint8Array.from(atob("{data}"), (c) => c.charCodeAt(0)).buffer;\n'
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EdgeletError(f"{path} is not UTF-8 text") from None
    if path.suffix in TEXT:
        return f"export default {json.dumps(text)};\n"
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as e:
        raise EdgeletError(f"{path}:{e.lineno}:{e.colno}: this is not JSON: {e.msg}") from None
    except ValueError as e:
        raise EdgeletError(f"{path} is not JSON: {e}") from None
    # Text, since an object literal takes a key __proto__ for something else.
    return f"export default JSON.parse({json.dumps(text)});\n"


def _refuse(constant: str) -> None:
    raise ValueError(f"it does not know {constant}")
