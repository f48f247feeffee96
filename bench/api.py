"""Brings the table of docs/api.md up to date: members as firmware and workerd have them, and bytes of a 32-bit arena.

Bytes are what the image of a function grows by that names a global, on a simulated Cortex-M3. Notes stay as they are.
"""

import ast
import json
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

import api_helpers  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402
from qemu_helpers import Board, Linux  # noqa: E402


def image_size(linux: Linux, board: Board, expression: str) -> int:
    """Bytes of the image of a function whose top level has the value of an expression."""
    source = f"const used = [{expression}]; export default {{ fetch() {{ return used; }} }}"
    code = f"import quickjs\nprint(quickjs.compile({{'main.js': {json.dumps(source)}}}, strip=True))"
    bundle = ast.literal_eval(linux.exec(code))
    return int(board.exec(f"image = arena.build({bundle!r})\nprint(image.size)\nimage.erase()"))


def main() -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory(prefix="workerd-") as folder:
        workers = api_helpers.ask_workerd(Path(folder))
    rows = api_helpers.merged(api_helpers.described(ensure_unix(), workers))
    with Linux() as linux, Board() as board:
        board.exec("import quickjs\narena = quickjs.Arena()")
        base = image_size(linux, board, "0")
        rows = [replace(row, bytes=str(max(0, image_size(linux, board, row.name) - base))) for row in rows]
    text = api_helpers.DOCUMENT.read_text()
    table = "".join(f"{row}\n" for row in rows)
    text = re.sub(r"(bytes \|\n\|[-| ]+\n)(\|.*\n)*", lambda found: found[1] + table, text)
    api_helpers.DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
