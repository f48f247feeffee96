"""What Node.js' modules cost: the image of a function that imports one.

Writes the last columns of docs/node.md, and what of them docs/api.md has.

64 bits is the Linux firmware, 32 bits a simulated Cortex-M3 with an arena larger than any board's.
"""

import ast
import base64
import re
import sys
import tempfile
from pathlib import Path

from click import argument, command, echo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support"), str(ROOT / "bench")]

from device_helpers import Box, running, write_project  # noqa: E402
from edgelet_host.device.deployment import deploy, make_release  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402
from edgelet_host.project.bundle import compile_project  # noqa: E402
from edgelet_host.project.config import read_project  # noqa: E402
from packages import CHUNK, SETUP, STACKS_KB, VARIABLES, kilobytes  # noqa: E402
from qemu_helpers import CORTEX_M3, Board  # noqa: E402

PAGE = ROOT / "docs" / "node.md"
OVERVIEW = ROOT / "docs" / "api.md"
BUILD = """
try:
    print(arena.build(bundle, cpu_ms=60000, stack={stack}).size)
except quickjs.Error as error:
    print(repr(error.kind))
"""


def measure(box: Box, board: Board, name: str) -> tuple[str, str]:
    """The image of a function that imports this module, or none where it is "", on 64 and on 32 bits."""
    imports = f'import module from "node:{name}"; globalThis.used = module;' if name else ""
    source = f"{imports} export default {{ fetch() {{ return new Response('hello') }} }};"
    # node:fs has nothing to read otherwise, and is not there.
    files = {"main.js": source, "public/page.html": "hello"}
    project = read_project(write_project(box.folder / "node", "node", files, static={"folder": "public"}))
    image = deploy(box.device, make_release(project, box.firmware)).image_bytes
    bundle = compile_project(project, box.firmware).data
    board.soft_reset()
    board.exec(SETUP + f"bundle = bytearray({len(bundle)})\n")
    for start in range(0, len(bundle), CHUNK):
        part = base64.b64encode(bundle[start : start + CHUNK])
        board.exec(f"bundle[{start}:{start + CHUNK}] = a2b_base64({part!r})")
    on_32_bits = ast.literal_eval(board.exec(BUILD.format(stack=STACKS_KB[-1] << 10)))
    board.exec("arena.close()")
    return kilobytes(image), kilobytes(on_32_bits) if isinstance(on_32_bits, int) else f"`{on_32_bits}`"


def overview(page: str) -> list[str]:
    """The rows of docs/api.md's table: the modules of docs/node.md and their images on 32 bits."""
    rows = re.findall(r"^\| (`[^|]+`) \|.*\| (\S+) \|$", page, re.MULTILINE)
    return [f"| {names} | {size} |" for names, size in rows]


@command()
@argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Measure each module, or those with these names, and write what they cost into docs/node.md and docs/api.md."""
    page = PAGE.read_text()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(ensure_unix(), Path(folder)) as box,
        Board(CORTEX_M3, *VARIABLES) as board,
    ):
        echo(f"none: {', '.join(measure(box, board, ''))}")
        for name, cells in re.findall(r"^\| `([a-z_]+)`(.*) \|[^|]*\|[^|]*\|$", page, re.MULTILINE):
            if names and name not in names:
                continue
            sizes = measure(box, board, name)
            echo(f"{name}: {', '.join(sizes)}")
            before = f"| `{name}`{cells} |"
            line = next(one for one in page.splitlines() if one.startswith(before))
            page = page.replace(line, f"{before} {' | '.join(sizes)} |")
            PAGE.write_text(page)
    text = OVERVIEW.read_text()
    table = "".join(f"{row}\n" for row in overview(page))
    text = re.sub(r"(32 bits, KB \|\n\|[-| ]+\n)(\|.*\n)*", lambda found: found[1] + table, text)
    OVERVIEW.write_text(text)


if __name__ == "__main__":
    main()
