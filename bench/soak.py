"""Good functions beside bad ones, with deploys and restarts in between.

python bench/soak.py [SECONDS] [--hours HOURS] [--pico]: 600 s by default, with 200 connections to the local device, or
with 8 to an emulated Pico. What must hold: no good request fails. Prints that, how long the good ones took beside the
bad ones and alone, and the growth of the heap; of resident memory and descriptors on Linux, of the largest free block
on the Pico. Ends with 1 where a good request failed.
"""

import argparse
import asyncio
import itertools
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from device_helpers import Box, free_port  # noqa: E402
from edgelet_host import emulator  # noqa: E402
from edgelet_host.device.console import connect, restart  # noqa: E402
from edgelet_host.device.local import start  # noqa: E402
from edgelet_host.device.running import LocalDevice, announce  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402

ANSWER_S = 120
KV = {"KV": {"type": "kv"}}
HEAP = "import gc, micropython; gc.collect(); micropython.mem_info()"
HEAP_BLOCK = 16  # bytes of a board's heap, in which it counts


@dataclass(frozen=True)
class Kind:
    """A kind of request. status: of its answers; share: of the connections, in percent; size: of its body."""

    name: str
    body: str
    share: int
    status: tuple[int, ...] = (200,)
    size: int = 0
    options: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether each of its requests must succeed."""
        return self.status == (200,)


LARGE = Kind("large", "await request.arrayBuffer()", 5, size=1 << 19)
# Bad ones may be refused (503) instead: that is what keeps the good ones going.
KINDS = (
    Kind("good", "", 30),
    Kind("awaiting", "await new Promise((done) => setTimeout(done, 5))", 20),
    Kind("writing", "await env.KV.put(`k${Date.now() % 50}`, String(Math.random()))", 10, options={"bindings": KV}),
    LARGE,
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


@dataclass(frozen=True)
class Plan:
    """What a device bears.

    functions: the kinds of each function, by its name; asking: those of each connection, which asks for them in turn;
    deploy_s, restart_s: seconds between two; alone_s: those without the bad ones; limits: of all functions.
    """

    functions: dict[str, tuple[Kind, ...]]
    asking: tuple[tuple[Kind, ...], ...]
    deploy_s: float
    restart_s: float
    alone_s: float
    limits: dict[str, int] = field(default_factory=dict)

    @property
    def kinds(self) -> list[Kind]:
        """All kinds."""
        return [kind for kinds in self.functions.values() for kind in kinds]


def linux_plan() -> Plan:
    """Give a function for each kind, and 200 connections."""
    asking = tuple((kind,) for kind in KINDS for _ in range(2 * kind.share))
    return Plan({kind.name: (kind,) for kind in KINDS}, asking, 5, 20, 5)


def pico_plan() -> Plan:
    """Give as many functions as a Pico has image slots for, and its 8 connections."""
    kinds = {kind.name: kind for kind in KINDS} | {"large": replace(LARGE, size=8192)}
    quiet, writing = tuple(kinds[name] for name in ("good", "awaiting", "large")), (kinds["writing"],)
    bad = tuple(kind for kind in kinds.values() if not kind.is_good)
    asking = [*((kind,) for kind in (*quiet, *writing)), *(bad[i:] + bad[:i] for i in range(4))]
    functions = {"quiet": quiet, "writing": writing, "bad": bad}
    return Plan(functions, tuple(asking), 60, 180, 60, {"cpu_ms": 200})


@dataclass
class Result:
    """What became of a kind's requests."""

    times: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


class Soak:
    """The load on one device. `is_restarting`: then connections break, which fails no request."""

    def __init__(self, local: LocalDevice, folder: Path, plan: Plan) -> None:
        self.local = local
        self.folder = folder
        self.plan = plan
        self.results = self.no_results()
        self.until = 0.0
        self.is_restarting = asyncio.Event()
        self.restarts = 0
        self.deploys = 0

    def no_results(self) -> dict[str, Result]:
        """Begin to count."""
        return {kind.name: Result() for kind in self.plan.kinds}

    def deploy(self, name: str, version: int) -> None:
        """Deploy a function anew."""
        kinds = self.plan.functions[name]
        acts = ", ".join(f"async '/{kind.name}'() {{ {kind.body}; return '{kind.name}' }}" for kind in kinds)
        answer = f"const acts = {{ {acts} }}; return new Response(await acts[new URL(request.url).pathname]())"
        source = f"export default {{ async fetch(request, env) {{ {answer} }} }} // {version}"
        options = {"limits": dict(self.plan.limits), "bindings": {}}
        for kind in kinds:
            for what, values in kind.options.items():
                options[what] |= values
        with self.box() as box:
            box.deploy(name, source, routes=[f"/{kind.name}" for kind in kinds], **options)

    @contextmanager
    def box(self) -> Iterator[Box]:
        """The device with its console, which is free in between."""
        with connect(self.local.port) as device:
            yield Box(self.local, device, ensure_unix(), self.folder)

    async def ask(self, kinds: tuple[Kind, ...]) -> None:
        """One keep-alive connection that asks for these kinds in turn until the end."""
        turn = itertools.cycle(kinds)
        while time.monotonic() < self.until:
            restarts = self.restarts
            kind = kinds[0]
            try:
                reader, writer = await asyncio.open_connection(*self.local.address)
                while time.monotonic() < self.until:
                    restarts = self.restarts
                    kind = next(turn)
                    result = self.results[kind.name]
                    began = time.monotonic()
                    head = f"POST /{kind.name} HTTP/1.1\r\nHost: x\r\nContent-Length: {kind.size}\r\n\r\n"
                    writer.write(head.encode() + bytes(kind.size))
                    # A restart of a board may leave a client that it has not told.
                    async with asyncio.timeout(ANSWER_S):
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
                    self.results[kind.name].answers[repr(e)] += 1
                await asyncio.sleep(0.1)

    async def disturb(self) -> None:
        """Deploys a function every few seconds, and restarts the device now and then."""
        chance = random.Random(1)
        plan = self.plan
        next_restart = time.monotonic() + plan.restart_s
        while time.monotonic() + plan.deploy_s < self.until:
            await asyncio.sleep(plan.deploy_s)
            if time.monotonic() > next_restart:
                await self.restart()
                next_restart = time.monotonic() + plan.restart_s
            else:
                self.deploys += 1
                await asyncio.to_thread(self.deploy, chance.choice(list(plan.functions)), self.deploys)

    async def restart(self) -> None:
        """Restart the runtime, and wait until it serves again."""
        self.is_restarting.set()
        self.restarts += 1
        await asyncio.to_thread(restart, self.local.port)
        self.is_restarting.clear()

    async def run(self, seconds: float, alone: bool = False) -> None:
        """All connections, for so long; with `alone` without the bad ones, deploys and restarts."""
        self.until = time.monotonic() + seconds
        asking = [self.ask(kinds) for kinds in self.plan.asking if not alone or kinds[0].is_good]
        await asyncio.gather(*asking, *([] if alone else [self.disturb()]))

    def state(self) -> dict[str, int]:
        """What the device holds when all clients have left."""
        with self.box() as box:
            while box.device.call("status")["connections"]:
                time.sleep(0.1)
            heap = min(box.device.call("status")["heap_used"] for _ in range(5)) // 1024
            if self.local.emulated:
                largest = re.search(r"max free sz: (\d+)", box.device.execute(HEAP))
                assert largest
                return {"heap KB": heap, "largest free block KB": int(largest[1]) * HEAP_BLOCK // 1024}
            process = Path(f"/proc/{self.local.process.pid}")
            lines = (process / "status").read_text().splitlines()
            resident = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
            descriptors = len(list((process / "fd").iterdir()))
            return {"heap KB": heap, "resident KB": resident, "descriptors": descriptors}


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
    for kind in soak.plan.kinds:
        result = soak.results[kind.name]
        wrong = sum(result.answers.values()) - result.answers["right"]
        failed += wrong if kind.is_good else 0
        others = percentiles(alone[kind.name].times)
        print(f"{kind.name:10} {sum(result.answers.values()):9} {wrong:7} {percentiles(result.times)}      {others}")
        for text, count in result.answers.most_common():
            if text != "right":
                print(f"    {count} x {text}")
    return failed


@contextmanager
def soaking(pico: bool) -> Iterator[Soak]:
    """A device with all functions."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.home())))
        log, port = folder / "device.log", free_port()
        if pico:
            local = stack.enter_context(emulator.start(emulator.PICO, folder / "pico", "127.0.0.1", port, log))
            # Its console is slow, which the command line knows by this.
            stack.enter_context(announce(local, "edgelet bench"))
        else:
            (folder / "device").mkdir()
            local = stack.enter_context(start(ensure_unix(), folder / "device", "127.0.0.1", port, log))
        soak = Soak(local, folder / "projects", pico_plan() if pico else linux_plan())
        for name in soak.plan.functions:
            soak.deploy(name, 0)
        yield soak


def main() -> int:
    """Print the table; 1 where a good request failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float, nargs="?", default=600)
    parser.add_argument("--hours", type=float)
    parser.add_argument("--pico", action="store_true")
    options = parser.parse_args()
    seconds = options.hours * 3600 if options.hours else options.seconds
    with soaking(options.pico) as soak:
        asyncio.run(soak.run(soak.plan.alone_s, alone=True))
        alone, soak.results = soak.results, soak.no_results()
        asyncio.run(soak.run(min(seconds / 4, 6 * soak.plan.alone_s)))
        soak.results, soak.restarts, soak.deploys = soak.no_results(), 0, 0
        before = soak.state()
        asyncio.run(soak.run(seconds))
        after = soak.state()
        failed = report(soak, alone)
        counts = f"{soak.restarts} restarts, {soak.deploys} deploys"
        print(f"{counts}, {seconds:.0f} s; failed good requests: {failed}")
        print(f"{'':22} {'before':>8} {'after':>8}")
        for name, value in before.items():
            print(f"{name:22} {value:8} {after[name]:8}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
