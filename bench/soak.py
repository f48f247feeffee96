"""Good functions beside bad ones: 200 connections, with deploys and restarts in between.

python bench/soak.py [SECONDS] [--hours HOURS]: 600 s by default. What must hold: no good request fails. Prints that,
how long the good ones took beside the bad ones and alone, and the growth of heap, resident memory and descriptors.
Ends with 1 where a good request failed.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from device_helpers import Box, free_port  # noqa: E402
from edgelet_host.device.console import connect, restart  # noqa: E402
from edgelet_host.device.local import LocalDevice, start  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402

CONNECTIONS = 200
DEPLOY_S, RESTART_S = 5, 20
ALONE_S = 5
KV = {"KV": {"type": "kv"}}


@dataclass(frozen=True)
class Kind:
    """A kind of function. status: of its answers; share: of the connections, in percent."""

    name: str
    body: str
    share: int
    status: tuple[int, ...] = (200,)
    size: int = 0
    options: dict[str, object] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether each of its requests must succeed."""
        return self.status == (200,)


# Bad ones may be refused (503) instead: that is what keeps the good ones going.
KINDS = (
    Kind("good", "", 30),
    Kind("awaiting", "await new Promise((done) => setTimeout(done, 5))", 20),
    Kind("writing", "await env.KV.put(`k${Date.now() % 50}`, String(Math.random()))", 10, options={"bindings": KV}),
    Kind("large", "await request.arrayBuffer()", 5, size=1 << 19),
    Kind("throwing", "throw new Error('on purpose')", 10, (500, 503)),
    Kind("hanging", "for (;;);", 5, (504, 503)),
    Kind("eating", "const kept = []; for (;;) kept.push(new Array(1000).fill(0))", 5, (503, 504)),
    Kind(
        "looping",
        "for (;;) await Promise.all(Array.from({ length: 100 }, (_, i) => env.KV.put(`k${i}`, `${Math.random()}`)))",
        5,
        (504, 503),
        options={"bindings": KV, "limits": {"wall_ms": 500}},
    ),
    Kind(
        "sleeping",
        "await new Promise((done) => setTimeout(done, 60000))",
        10,
        (504, 503),
        options={"limits": {"wall_ms": 2000}},
    ),
)


@dataclass
class Result:
    """What became of a kind's requests."""

    times: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


class Soak:
    """The load on one device. `is_restarting`: then connections break, which fails no request."""

    def __init__(self, local: LocalDevice, folder: Path) -> None:
        self.local = local
        self.folder = folder
        self.results = {kind.name: Result() for kind in KINDS}
        self.until = 0.0
        self.is_restarting = asyncio.Event()
        self.restarts = 0

    def deploy(self, kind: Kind, version: int) -> None:
        """Deploy a kind's function anew."""
        source = f"export default {{ async fetch(request, env) {{ {kind.body}; return new Response('{kind.name}') }} }}"
        with self.box() as box:
            box.deploy(kind.name, f"{source} // {version}", route=f"/{kind.name}", **kind.options)

    @contextmanager
    def box(self) -> Iterator[Box]:
        """The device with its console, which is free in between."""
        with connect(self.local.port) as device:
            yield Box(self.local, device, ensure_unix(), self.folder)

    async def ask(self, kind: Kind) -> None:
        """One keep-alive connection that asks until the end."""
        head = f"POST /{kind.name} HTTP/1.1\r\nHost: x\r\nContent-Length: {kind.size}\r\n\r\n"
        request = head.encode() + bytes(kind.size)
        result = self.results[kind.name]
        while time.monotonic() < self.until:
            restarts = self.restarts
            try:
                reader, writer = await asyncio.open_connection(*self.local.address)
                while time.monotonic() < self.until:
                    restarts = self.restarts
                    began = time.monotonic()
                    writer.write(request)
                    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
                    length = int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                    body = await reader.readexactly(length)
                    status = int(answer.split()[1])
                    result.times.append(time.monotonic() - began)
                    right = status in kind.status and (status != 200 or body == kind.name.encode())
                    result.answers["right" if right else f"{status} {body[:40]!r}"] += 1
                    if b"connection: close" in answer:
                        break
                writer.close()
            except (OSError, asyncio.IncompleteReadError) as e:
                if not self.is_restarting.is_set() and restarts == self.restarts:
                    result.answers[repr(e)] += 1
                await asyncio.sleep(0.1)

    async def disturb(self) -> None:
        """Deploys a function every few seconds, and restarts the device now and then."""
        chance = random.Random(1)
        next_restart = time.monotonic() + RESTART_S
        version = 0
        while time.monotonic() + DEPLOY_S < self.until:
            await asyncio.sleep(DEPLOY_S)
            version += 1
            if time.monotonic() > next_restart:
                await self.restart()
                next_restart = time.monotonic() + RESTART_S
            else:
                await asyncio.to_thread(self.deploy, chance.choice(KINDS), version)

    async def restart(self) -> None:
        """Restart the runtime, and wait until it serves again."""
        self.is_restarting.set()
        self.restarts += 1
        await asyncio.to_thread(restart, self.local.port)
        self.is_restarting.clear()

    async def run(self, kinds: tuple[Kind, ...], seconds: float) -> None:
        """All connections of some kinds, for so long."""
        self.until = time.monotonic() + seconds
        asking = [self.ask(kind) for kind in kinds for _ in range(CONNECTIONS * kind.share // 100)]
        disturbing = [self.disturb()] if len(kinds) == len(KINDS) else []
        await asyncio.gather(*asking, *disturbing)

    def state(self) -> tuple[int, int, int]:
        """(KB of heap in use, KB of resident memory, descriptors), when all clients have left."""
        with self.box() as box:
            while box.device.call("status")["connections"]:
                time.sleep(0.1)
            heap = min(box.device.call("status")["heap_used"] for _ in range(5))
            process = Path(f"/proc/{self.local.process.pid}")
            lines = (process / "status").read_text().splitlines()
            resident = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
            return heap // 1024, resident, len(list((process / "fd").iterdir()))


def percentiles(times: list[float]) -> str:
    """Median and 99th percentile, in ms."""
    if not times:
        return f"{'-':>8} {'-':>8}"
    times = sorted(times)
    return f"{times[len(times) // 2] * 1e3:8.1f} {times[len(times) * 99 // 100] * 1e3:8.1f}"


def report(soak: Soak, alone: dict[str, Result]) -> int:
    """Print the table; how many good requests failed."""
    failed = 0
    print("function    requests   wrong   p50 ms   p99 ms   alone: p50      p99")
    for kind in KINDS:
        result = soak.results[kind.name]
        wrong = sum(result.answers.values()) - result.answers["right"]
        failed += wrong if kind.is_good else 0
        others = percentiles(alone[kind.name].times)
        print(f"{kind.name:10} {sum(result.answers.values()):9} {wrong:7} {percentiles(result.times)}      {others}")
        for text, count in result.answers.most_common():
            if text != "right":
                print(f"    {count} x {text}")
    return failed


def main() -> int:
    """Print the table; 1 where a good request failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float, nargs="?", default=600)
    parser.add_argument("--hours", type=float)
    options = parser.parse_args()
    seconds = options.hours * 3600 if options.hours else options.seconds
    good = tuple(kind for kind in KINDS if kind.is_good)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.home())))
        data = folder / "device"
        data.mkdir()
        local = stack.enter_context(start(ensure_unix(), data, "127.0.0.1", free_port(), folder / "device.log"))
        soak = Soak(local, folder / "projects")
        for kind in KINDS:
            soak.deploy(kind, 0)
        asyncio.run(soak.run(good, ALONE_S))
        alone, soak.results = soak.results, {kind.name: Result() for kind in KINDS}
        asyncio.run(soak.run(KINDS, min(seconds / 4, 30)))
        soak.results = {kind.name: Result() for kind in KINDS}
        before = soak.state()
        asyncio.run(soak.run(KINDS, seconds))
        after = soak.state()
        failed = report(soak, alone)
        print(f"{soak.restarts} restarts, {seconds:.0f} s; failed good requests: {failed}")
        print("               before    after")
        for name, one, other in zip(("heap KB", "resident KB", "descriptors"), before, after, strict=True):
            print(f"{name:12} {one:8} {other:8}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
