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
# The largest arena and heap that the 4 MB of the simulated board leave beside its firmware.
ARENA_BYTES, HEAP_BYTES = 2432 << 10, 760 << 10
STACKS_KB = (12, 16, 20, 24, 32)
VARIABLES = (
    f"CFLAGS_EXTRA=-DBARE_ARENA_SIZE={ARENA_BYTES} -DBARE_STACK_SIZE={STACKS_KB[-1] << 10}",
    f"MICROPY_HEAP_SIZE={HEAP_BYTES}",
)
# Of the heap, for the code that builds.
RUNTIME_BYTES = 64 << 10
# As much of a bundle as goes to the board in a line of code.
CHUNK = 8192
SETUP = """
import quickjs
from binascii import a2b_base64

arena = quickjs.Arena()
"""
BUILD = """
image = None
try:
    image = arena.build(bundle, env={env!r}, cpu_ms=60000, stack={stack})
    call = image.start({method!r}, {path!r}, {headers!r}, {body!r}, "edge.local")
    print([image.size, call.peak, call.error.kind if call.error else ""])
    call.abandon()
except quickjs.Error as error:
    print([0, 0, error.kind])
image = call = None
"""

PAGE = """# npm packages

Packages that keep to the language and to what Workers have run as they come: `npm install` them in the project's
folder and import them. Each row is a handler in `tests/packages/handlers`, deployed to a device with the package in
the version that is pinned there; its requests are answered as in Node.js, or the tests fail.

The bundle is what goes to the device, with source positions. The image is what it comes to in memory, and is copied
before each request: on 64 bits (Linux), and on 32 bits (a simulated Cortex-M3); behind the comma what the request
takes together with the image there. A Pico has an arena of 96 KB for both, a Pico 2 256 KB, an ESP32 with PSRAM more.
Pico and Pico 2 have the code beside the image, in flash: the image there is smaller, by about 0.9 times the bundle.
The stack is what JavaScript needs on 32 bits, of {stacks} KB: a Pico has 12, an ESP32 16, a Pico 2 24 KB.
CPU is that of the handler's first request, from its arrival to its answer, the median of many.

KB are 1,024 bytes. Measured on {when} on Linux: {machine}. `./edgelet bench packages` makes this page anew.

| handler | package | what it does | bundle, KB | image on 64 bits, KB | on 32 bits, with request | stack | CPU, µs |
| --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

Of what has a - on 32 bits, bundle or image are too large for the simulated board's 4 MB.

## What does not run

| handler | package | what it does | why not here |
| --- | --- | --- | --- |
{lacks}
"""


@dataclass
class Costs:
    """What a handler takes on 32 bits, in bytes: its image, its first request together with that, and its stack."""

    image: int
    with_request: int
    stack: int


@dataclass
class Row:
    """A handler's costs: bytes, and CPU in us."""

    name: str
    bundle: int
    image: int
    cpu_us: float
    on_32_bits: Costs | None


def measure(packages: Packages, board: Board, name: str) -> Row:
    """Deploy and ask a handler on the Linux device, then build its bundle on the board."""
    deployed = packages.deploy(name)
    request = packages.reference[name]["requests"][0]
    for _ in range(ROUNDS):
        packages.ask(request)
    times = [record["cpu_us"] for record in packages.box.logs() if record.get("status")][-ROUNDS:]
    costs = on_board(board, packages, name, deployed.bundle, request)
    return Row(name, len(deployed.bundle), deployed.image_bytes, statistics.median(times), costs)


def on_board(board: Board, packages: Packages, name: str, bundle: bytes, request: dict[str, Any]) -> Costs | None:
    """What the handler takes, with the smallest of the stacks that it runs with; None where the board is too small."""
    if len(bundle) > HEAP_BYTES - RUNTIME_BYTES:
        return None
    board.soft_reset()
    board.exec(SETUP + f"bundle = bytearray({len(bundle)})\n")
    for start in range(0, len(bundle), CHUNK):
        part = base64.b64encode(bundle[start : start + CHUNK])
        board.exec(f"bundle[{start}:{start + CHUNK}] = a2b_base64({part!r})")
    headers = "".join(f"{key}: {value}\r\n" for key, value in request.get("headers", {}).items()).encode()
    asked = {"method": request.get("method", "GET"), "path": request["path"], "headers": headers}
    env = packages.project(name).vars
    for stack in [kilobytes << 10 for kilobytes in STACKS_KB]:
        code = BUILD.format(env=env, stack=stack, body=request.get("body"), **asked)
        image, peak, failed = ast.literal_eval(board.exec(code))
        if not failed:
            board.exec("arena.close()")
            return Costs(image, max(image, peak), stack)
    if failed == "memory":
        return None
    raise SystemExit(f"{name} does not run on the board: {failed}")


def title(name: str) -> str:
    """What a handler does: the first line of its file."""
    return (HANDLERS / f"{name}.js").read_text().splitlines()[0].removeprefix("// ").removesuffix(".")


def pinned(name: str) -> str:
    """The packages that a handler imports, with their versions."""
    versions = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    imported = re.findall(r'^import .*?"((?:@[^/"]+/)?[^/"]+)', (HANDLERS / f"{name}.js").read_text(), re.MULTILINE)
    return ", ".join(f"{package} {versions[package]}" for package in dict.fromkeys(imported) if package in versions)


def kilobytes(size: int) -> str:
    """A size as people read it."""
    return f"{size / 1024:.1f}" if size < 10240 else f"{size / 1024:.0f}"


def on_32_bits(costs: Costs | None) -> list[str]:
    """The cells of a row for image and request, and for the stack."""
    if costs is None:
        return ["-", "-"]
    return [f"{kilobytes(costs.image)}, {kilobytes(costs.with_request)}", str(costs.stack >> 10)]


def page(rows: list[Row], reference: dict[str, dict[str, Any]]) -> str:
    """The page for people."""
    lines = []
    for row in rows:
        sizes = [kilobytes(row.bundle), kilobytes(row.image), *on_32_bits(row.on_32_bits)]
        lines.append([f"`{row.name}`", pinned(row.name), title(row.name), *sizes, f"{row.cpu_us:.0f}"])
    lacking = [name for name in NAMES if reference[name].get("lacks")]
    lacks = [[f"`{name}`", pinned(name), title(name), reference[name]["lacks"]["why"]] for name in lacking]
    return PAGE.format(
        when=date.today(),
        machine=machine(),
        rows=table(lines),
        stacks=", ".join(str(kilobytes) for kilobytes in STACKS_KB),
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
