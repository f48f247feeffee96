"""What npm packages cost: bundle, image and CPU of each handler in tests/packages. Writes docs/packages.md.

64 bits is the Linux firmware, 32 bits a simulated Cortex-M3 with an arena larger than any board's.
"""

import ast
import base64
import json
import platform
import re
import statistics
import sys
import tempfile
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from click import command, echo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from edgelet_host.firmware.builds import ensure_unix  # noqa: E402
from package_helpers import FOLDER, HANDLERS, NAMES, Packages, running_packages  # noqa: E402
from qemu_helpers import CORTEX_M3, Board  # noqa: E402

ROUNDS = 10
ARENA_BYTES, HEAP_BYTES = 1536 << 10, 900 << 10
VARIABLES = (f"CFLAGS_EXTRA=-DBARE_ARENA_SIZE={ARENA_BYTES}", f"MICROPY_HEAP_SIZE={HEAP_BYTES}")
# As much of a packed bundle as goes to the board in a line of code.
CHUNK = 8192
SETUP = """
import quickjs
from binascii import a2b_base64
from deflate import ZLIB, DeflateIO
from io import BytesIO

arena = quickjs.Arena()
"""
BUILD = """
image = None
try:
    image = arena.build(bundle, env={env!r}, cpu_ms=60000)
    call = image.start({method!r}, {path!r}, {headers!r}, {body!r}, "edge.local")
    print([image.size, call.peak, call.error.kind if call.error else ""])
    call.abandon()
except quickjs.Error as error:
    print([0, 0, error.kind])
arena.close()
"""

PAGE = """# npm packages

Packages that keep to the language and to what Workers have run as they come: `npm install` them in the project's
folder and import them. Each row is a handler in `tests/packages/handlers`, deployed to a device with the package in
the version that is pinned there; its requests are answered as in Node.js, or the tests fail.

The bundle is what goes to the device, with source positions. The image is what it comes to in memory, and is copied
before each request: on 64 bits (Linux), and on 32 bits (a simulated Cortex-M3); behind the comma what the request
takes together with the image there. A Pico has an arena of 96 KB for both, a Pico 2 192 KB, an ESP32 with PSRAM more.
CPU is that of the handler's first request, from its arrival to its answer, the median of many.

KB are 1,024 bytes. Measured on {when} on Linux: {machine}. `./edgelet bench packages` makes this page anew.

| handler | package | what it does | bundle, KB | image on 64 bits, KB | on 32 bits, with the request | CPU, µs |
| --- | --- | --- | --- | --- | --- | --- |
{rows}

`memory` stands where {arena} KB of arena do not suffice, `stack` where a board's stack of 12 KB does not, in the top
level or in the request, and `thrown` where the handler throws there.

## What does not run

| handler | package | what it does | why not here |
| --- | --- | --- | --- |
{lacks}
"""


@dataclass
class Row:
    """A handler's costs: bytes, and CPU in us. failed: the kind of error on 32 bits, or ""."""

    name: str
    bundle: int
    image: int
    cpu_us: float
    image_32: int
    with_request_32: int
    failed: str


def measure(packages: Packages, board: Board, name: str) -> Row:
    """Deploy and ask a handler on the Linux device, then build its bundle on the board."""
    deployed = packages.deploy(name)
    request = packages.reference[name]["requests"][0]
    for _ in range(ROUNDS):
        packages.ask(request)
    times = [record["cpu_us"] for record in packages.box.logs() if record.get("status")][-ROUNDS:]
    image, peak, failed = on_board(board, packages, name, deployed.bundle, request)
    return Row(name, len(deployed.bundle), deployed.image_bytes, statistics.median(times), image, peak, failed)


def on_board(
    board: Board, packages: Packages, name: str, bundle: bytes, request: dict[str, Any]
) -> tuple[int, int, str]:
    """The image's size, what the request takes together with it, and how either failed."""
    # Images have four times the size of their bundles: none of these fits into the arena.
    if len(bundle) > HEAP_BYTES // 2:
        return 0, 0, "memory"
    packed = zlib.compress(bundle, 9, wbits=12)
    board.soft_reset()
    board.exec(SETUP + f"bundle, packed = bytearray({len(bundle)}), bytearray({len(packed)})\n")
    for start in range(0, len(packed), CHUNK):
        part = base64.b64encode(packed[start : start + CHUNK])
        board.exec(f"packed[{start}:{start + CHUNK}] = a2b_base64({part!r})")
    board.exec("DeflateIO(BytesIO(packed), ZLIB).readinto(bundle)\npacked = None")
    headers = "".join(f"{key}: {value}\r\n" for key, value in request.get("headers", {}).items()).encode()
    asked = {"method": request.get("method", "GET"), "path": request["path"], "headers": headers}
    env = packages.project(name).vars
    image, peak, failed = ast.literal_eval(board.exec(BUILD.format(env=env, body=request.get("body"), **asked)))
    return image, max(image, peak), failed


def title(name: str) -> str:
    """What a handler does: the first line of its file."""
    return (HANDLERS / f"{name}.js").read_text().splitlines()[0].removeprefix("// ").removesuffix(".")


def pinned(name: str) -> str:
    """The packages that a handler imports, with their versions."""
    versions = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    imported = re.findall(r'^import .*?"((?:@[^/"]+/)?[^/"]+)', (HANDLERS / f"{name}.js").read_text(), re.MULTILINE)
    return ", ".join(f"{package} {versions[package]}" for package in dict.fromkeys(imported))


def kilobytes(size: int) -> str:
    """A size as people read it."""
    return f"{size / 1024:.1f}" if size < 10240 else f"{size / 1024:.0f}"


def on_32_bits(row: Row) -> str:
    """Image and request on 32 bits, or the kind of error in their place."""
    if not row.image_32:
        return f"`{row.failed}`"
    return f"{kilobytes(row.image_32)}, {f'`{row.failed}`' if row.failed else kilobytes(row.with_request_32)}"


def page(rows: list[Row], reference: dict[str, dict[str, Any]]) -> str:
    """The page for people."""
    lines = []
    for row in rows:
        sizes = [kilobytes(row.bundle), kilobytes(row.image), on_32_bits(row)]
        lines.append([f"`{row.name}`", pinned(row.name), title(row.name), *sizes, f"{row.cpu_us:.0f}"])
    lacking = [name for name in NAMES if reference[name].get("lacks")]
    lacks = [[f"`{name}`", pinned(name), title(name), reference[name]["lacks"]["why"]] for name in lacking]
    return PAGE.format(
        when=date.today(),
        machine=machine(),
        rows=table(lines),
        arena=ARENA_BYTES >> 10,
        lacks=table(lacks),
    )


def table(lines: list[list[str]]) -> str:
    """Rows of a table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def machine() -> str:
    """What this machine is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return f"{models[0]}, {len(models)} cores" if models else platform.machine()


@command()
def main() -> None:
    """Measure all packages, and write docs/packages.md."""
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_packages(ensure_unix(), Path(folder)) as packages,
        Board(CORTEX_M3, *VARIABLES) as board,
    ):
        for name in NAMES:
            if not packages.reference[name].get("lacks"):
                rows.append(measure(packages, board, name))
                echo(rows[-1])
        reference = packages.reference
    (ROOT / "docs" / "packages.md").write_text(page(rows, reference))


if __name__ == "__main__":
    main()
