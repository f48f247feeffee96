"""How edgelet grows: with functions, connections, bodies, images and keys, one at a time."""

import base64
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from device_helpers import Box, running
from edgelet_host.firmware.builds import ensure_unix
from peers.peer import APPS

from .load import Window, measure
from .processes import SERVER_CORE, on_core
from .rounds import Plan
from .rows import KV_VALUE, ROWS, Row

_CONNECTIONS = 10
_HELLO = (APPS / "hello.js").read_text()
_KV = (APPS / "edgelet" / "kv.js").read_text()
_BODY = "export default { async fetch(request) { return new Response(await request.text()); } };"
_BALLAST = "const ballast = new Uint8Array({}).fill(1);\n"


@dataclass(frozen=True)
class Axis:
    """What grows. steps: how many or how large. measure: what a window finds at a step, of so many seconds."""

    title: str
    steps: tuple[int, ...]
    measure: Callable[["_Bench", int], Window]


class _Bench:
    """Devices for one axis. Their files stay from step to step."""

    def __init__(self, folder: Path, seconds: float, rounds: int) -> None:
        self._folder = folder
        self._seconds = seconds
        self._rounds = rounds

    @property
    def device(self) -> Path:
        """Where a device keeps what it keeps."""
        return self._folder / "device"

    @contextmanager
    def running(self, **settings: int) -> Iterator[Box]:
        """Run a device."""
        with on_core(SERVER_CORE), running(ensure_unix(), self._folder, **settings) as box:
            yield box

    def window(self, box: Box, row: Row, connections: int = _CONNECTIONS) -> Window:
        """Have it answer, and give the median of each value. Raises SystemExit where it does not."""
        local = box.local
        windows = [
            measure(local.process.pid, local.address[1], row, connections, self._seconds)
            for _ in range(self._rounds + 1)
        ][1:]
        if any(window.failed for window in windows):
            raise SystemExit(f"edgelet: {row.path} with {connections} connections: {windows}")
        values = [asdict(window) for window in windows]
        return Window(**{name: median(one[name] for one in values) for name in values[0]})


def _functions(bench: _Bench, count: int) -> Window:
    """Functions that are all the same but for name and route, as a deploy leaves them."""
    releases = bench.device / "releases"
    if not releases.exists():
        with bench.running() as box:
            box.deploy("f0", _HELLO, route="/f0")
    [manifest] = releases.glob("f0/*/manifest")
    for number in range(count):
        function = releases / f"f{number}"
        if function.exists():
            continue
        text = manifest.read_text().replace('"f0"', f'"f{number}"').replace('"/f0"', f'"/f{number}"')
        identity = hashlib.sha256(text.encode()).hexdigest()[:16]
        shutil.copytree(releases / "f0", function, ignore=shutil.ignore_patterns(manifest.parent.name))
        (function / identity).mkdir()
        (function / identity / "manifest").write_text(text)
        (function / "current").write_text(json.dumps({"active": identity, "previous": None}))
    with bench.running() as box:
        return bench.window(box, replace(ROWS["hello"], path="/f{}", keys=count))


def _connections(bench: _Bench, count: int) -> Window:
    with bench.running() as box:
        box.deploy("hello", _HELLO, route="/hello")
        return bench.window(box, ROWS["hello"], count)


def _bodies(bench: _Bench, size: int) -> Window:
    with bench.running() as box:
        box.deploy("body", _BODY, route="/body")
        return bench.window(box, replace(ROWS["hello"], path="/body", method="POST", body="b" * size))


def _images(bench: _Bench, size: int) -> Window:
    with bench.running() as box:
        box.deploy("image", _BALLAST.format(size) + _HELLO, route="/hello")
        return bench.window(box, ROWS["hello"])


def _kv(method: str) -> Callable[[_Bench, int], Window]:
    def measure_kv(bench: _Bench, count: int) -> Window:
        """Keys are files, as `edgelet.storage.kv` has them: after four bytes without an expiry the value."""
        namespace = bench.device / "kv" / "kv.KV"
        namespace.mkdir(parents=True, exist_ok=True, mode=0o700)
        for key in range(count):
            name = base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")
            (namespace / name).write_bytes(bytes(4) + KV_VALUE.encode())
        with bench.running(kv_keys=2 * count) as box:
            box.deploy("kv", _KV, route="/kv", bindings={"KV": {"type": "kv"}})
            # The first one to write counts the keys.
            box.request("PUT", "/kv/0", KV_VALUE)
            return bench.window(box, replace(ROWS[method], keys=count))

    return measure_kv


AXES = {
    "functions": Axis("functions, asked at random", (1, 10, 100, 300, 1000), _functions),
    "connections": Axis("connections", (1, 10, 100, 300, 1000), _connections),
    "bodies": Axis("bytes of a body, there and back", (100, 1000, 10_000, 100_000, 1_000_000), _bodies),
    "images": Axis("bytes that the image of hello has more", (0, 100_000, 400_000, 1_000_000, 4_000_000), _images),
    "get": Axis("keys in KV, of which one is read", (10, 100, 1000, 10_000, 100_000), _kv("get")),
    "put": Axis("keys in KV, of which one is written", (10, 100, 1000, 10_000, 100_000), _kv("put")),
}


def run(plan: Plan, tell: Callable[[str], None]) -> dict[str, list[dict[str, Any]]]:
    """Measure all axes: for each a list with the step and the fields of `load.Window`."""
    found = {}
    for name, axis in AXES.items():
        with tempfile.TemporaryDirectory(prefix="edgelet-bench-") as folder:
            bench = _Bench(Path(folder), plan.growth_s, plan.growth_rounds)
            found[name] = []
            for step in axis.steps[: plan.growth_steps]:
                tell(f"{name}: {step}")
                window = axis.measure(bench, step)
                found[name].append({"step": step} | {key: round(value, 3) for key, value in asdict(window).items()})
    return found
