"""A day of an emulated Pico with all that goes wrong around it: no reset, and the heap in the end as after an hour.

python bench/day.py [HOURS] [--seed SEED]: 24 by default. Hours are those of the board: what it does takes as long as on
the wall or longer, and idle time is skipped (`edgelet_host.emulator.hours`), so that a day takes about an hour. What
happens when is drawn from the seed: bursts of visitors, of whom some are slow, vanish, or send many requests at once;
logins with examples/login; handlers of tests/isolate/hostile, deployed and removed; deploys and rollbacks; a network
that is lost, for seconds or minutes; name servers and a time server that are silent every other hour.

Prints a line for each hour, of which the memory is taken when nobody has been there for a minute, and ends with 1 where
an answer was not one that is right for what was asked, the board was reset, or has less memory in the end than after an
hour: NOISE_BYTES less of free heap, or a largest block below LEAST_BLOCK.
"""

import argparse
import asyncio
import contextlib
import fcntl
import json
import random
import re
import select
import shutil
import socket
import struct
import sys
import tempfile
import termios
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from device_helpers import Box, free_port, write_project  # noqa: E402
from edgelet_host import emulator  # noqa: E402
from edgelet_host.device.console import DeviceError, connect  # noqa: E402
from edgelet_host.device.deployment import Release, deploy, make_release  # noqa: E402
from edgelet_host.device.development import fill_kv, make_secrets  # noqa: E402
from edgelet_host.device.local import make_private  # noqa: E402
from edgelet_host.device.log import fetch, log_line  # noqa: E402
from edgelet_host.device.running import LocalDevice, announce  # noqa: E402
from edgelet_host.emulator.hours import Hours  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402
from edgelet_host.project.config import read_project  # noqa: E402

#: What a collection may find more or less of: a guest that is deployed or not, and tasks that wait.
NOISE_BYTES = 1536
#: Of the heap's largest free block in the end, in bytes.
LEAST_BLOCK = 48 << 10

S = 1e9  # ns
HOUR_S = 3600
_NAMESERVERS = ("192.0.2.1", "192.0.2.2")
_ANSWERED_ADDRESS = bytes((192, 0, 2, 3))
_ANSWER_S = 150  # of emulated time
_MOST_SKIPPED_S = 10
_POLL_S = 0.002  # on the wall
_ROUNDS = 4
_HEAP = (
    "import gc, machine, micropython; gc.collect(); print(gc.mem_free(), machine.reset_cause()); micropython.mem_info()"
)
_HEAP_BLOCK = 16  # bytes, in which MicroPython counts

APP = """
const text = (value) => new Response(String(value));
const later = (ms) => new Promise((done) => setTimeout(done, ms));
const acts = {
  hello: () => text("hello"),
  echo: async (request) => text(await request.text()),
  write: async (request, env, key) => { await env.KV.put(key, "x".repeat(200)); return text(await env.KV.get(key)); },
  remove: async (request, env, key) => { await env.KV.delete(key); return text(await env.KV.get(key)); },
  wait: async (request, env, ms) => { await later(Number(ms)); return text(ms); },
  stream() {
    let n = 0;
    return new Response(new ReadableStream({ async pull(controller) {
      if (n++ === 5) return controller.close();
      await later(300);
      controller.enqueue(new TextEncoder().encode(`${n} `.repeat(100)));
    } }));
  },
  async ask(request, env, url) {
    try { return text((await fetch("http://" + url)).status); } catch (error) { return text("failed"); }
  },
};
export default { fetch(request, env) {
  const [, , act, argument] = new URL(request.url).pathname.split("/");
  return acts[act](request, env, decodeURIComponent(argument ?? ""));
} };
"""
HOSTS = ["nowhere.example", "192.168.7.1", "192.0.2.9"]


class Wire(threading.Thread):
    """The line between the board and its network. Cut, it loses what is sent.

    is_answering: whether name servers and time server answer. questions: how many of them were asked.
    """

    def __init__(self, board: socket.socket, network: socket.socket, hours: Hours) -> None:
        super().__init__(daemon=True)
        self._ends = board, network
        self._hours = hours
        self._began = time.time()
        self._frame = b""
        self._is_busy = False
        self.is_cut = False
        self.is_answering = True
        self.questions = 0

    def run(self) -> None:
        """Pass on what comes, until an end is gone."""
        board, network = self._ends
        with contextlib.suppress(OSError):
            while True:
                self._is_busy = False
                for end in select.select(self._ends, [], [])[0]:
                    self._is_busy = True
                    data = end.recv(4096)
                    if not data:
                        return
                    if self.is_cut:
                        self._frame = b""
                        continue
                    if end is board:
                        self._look_at(data)
                    (network if end is board else board).sendall(data)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way to the network, or from there."""
        unread = struct.unpack("i", fcntl.ioctl(self._ends[1], termios.TIOCOUTQ, bytes(4)))[0]
        return not (unread or self._is_busy or select.select(self._ends, [], [], 0)[0])

    def _look_at(self, data: bytes) -> None:
        *frames, self._frame = (self._frame + data).split(b"\x7e")
        for frame in frames:
            plain = re.sub(rb"\x7d(.)", lambda escaped: bytes([escaped[1][0] ^ 0x20]), frame, flags=re.DOTALL)
            packet = plain.removeprefix(b"\xff\x03").removeprefix(b"\0").removeprefix(b"\x21")
            if packet[:1] == b"\x45" and packet[9:10] == b"\x11" and len(packet) >= 28:
                self._answer(packet[12:16], packet[16:20], packet[20:-2])

    def _answer(self, client: bytes, server: bytes, datagram: bytes) -> None:
        source, port, _, _ = struct.unpack("!HHHH", datagram[:8])
        answer = {53: self._address_of, 123: self._time_of_day}.get(port)
        if answer is None:
            return
        self.questions += 1
        if self.is_answering:
            body = answer(datagram[8 : struct.unpack("!H", datagram[4:6])[0]])
            header = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(body), 0, 0, 64, 17, 0) + server + client
            header = header[:10] + struct.pack("!H", _internet_sum(header)) + header[12:]
            packet = header + struct.pack("!HHHH", port, source, 8 + len(body), 0) + body
            self._ends[0].sendall(_framed(b"\xff\x03\0\x21" + packet))

    def _address_of(self, question: bytes) -> bytes:
        record = b"\xc0\x0c\0\1\0\1" + struct.pack("!IH", 60, 4) + _ANSWERED_ADDRESS
        return question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:] + record

    def _time_of_day(self, question: bytes) -> bytes:
        now = self._began + self._hours.now_ns / S + 2208988800
        stamp = struct.pack("!II", int(now), int(now % 1 * (1 << 32)))
        return b"\x24\2\0\0" + bytes(20) + question[40:48] + stamp + stamp


def _internet_sum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    return ~(total % 0xFFFF) & 0xFFFF


def _framed(data: bytes) -> bytes:
    """A frame of PPP (RFC 1662)."""
    fcs = 0xFFFF
    for byte in data:
        fcs ^= byte
        for _ in range(8):
            fcs = fcs >> 1 ^ (0x8408 if fcs & 1 else 0)
    data += struct.pack("<H", fcs ^ 0xFFFF)
    escaped = (bytes([0x7D, byte ^ 0x20]) if byte < 0x20 or byte in (0x7D, 0x7E) else bytes([byte]) for byte in data)
    return b"\x7e" + b"".join(escaped) + b"\x7e"


class Clock:
    """The board's time, for what happens around it."""

    def __init__(self, hours: Hours, wire: Wire, network: int) -> None:
        self._hours = hours
        self._wire = wire
        self._network = Path(f"/proc/{network}/stat")
        self._due: list[float] = []
        self.holds = 0

    @property
    def now_s(self) -> float:
        """Emulated seconds since power-on."""
        return self._hours.now_ns / S

    async def run(self) -> None:
        """Have idle time skipped up to the next that is due, and not while somebody of this computer thinks."""
        while True:
            traffic = self._hours.traffic
            if await self._nobody_thinks():
                due = min(self._due, default=self.now_s + _MOST_SKIPPED_S)
                self._hours.permit(min(due, self.now_s + _MOST_SKIPPED_S) * S, traffic)
            await asyncio.sleep(_POLL_S)

    def hold(self) -> None:
        """Have time pass as on the wall, until `holds` is what it was."""
        self.holds += 1
        self._hours.permit(0.0, 0)

    async def _nobody_thinks(self) -> bool:
        for _ in range(_ROUNDS):  # of the event loop, in which the visitors take what has come
            if self.holds or not self._wire.is_idle or self._network.read_text().rpartition(")")[2].split()[0] != "S":
                return False
            await asyncio.sleep(0)
        return True

    async def until(self, second: float) -> None:
        """Wait until then."""
        self._due.append(second)
        try:
            while self.now_s < second:
                await asyncio.sleep(_POLL_S)
        finally:
            self._due.remove(second)

    async def sleep(self, seconds: float) -> None:
        """Wait for so long."""
        await self.until(self.now_s + seconds)

    async def within(self, seconds: float, what: Awaitable[Any]) -> Any:
        """Await something, at most for so long: TimeoutError."""
        task, limit = asyncio.ensure_future(what), asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait((task, limit), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise TimeoutError(f"nothing within {seconds} s")
            return task.result()
        finally:
            limit.cancel()
            task.cancel()
            await asyncio.gather(task, limit, return_exceptions=True)


class Visitor:
    """A connection to the board."""

    def __init__(self, day: "Day") -> None:
        self._day = day
        self.cuts = day.cuts
        day.visitors += 1
        self.number = day.visitors

    async def __aenter__(self) -> "Visitor":
        self._reader, self._writer = await asyncio.open_connection(*self._day.address)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def send(self, data: bytes) -> None:
        """Send as it is."""
        self._writer.write(data)

    def ask(self, method: str, target: str, body: bytes = b"", headers: str = "") -> None:
        """Send a request."""
        head = f"{method} {target} HTTP/1.1\r\nHost: pico\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self.send(head.encode() + body)

    def vanish(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()

    async def answer(self) -> tuple[int, bytes]:
        """The status and body of the next response."""
        return await self._day.clock.within(_ANSWER_S, self._read())

    async def _read(self) -> tuple[int, bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in head:
            body = b""
            while size := int(await self._reader.readline(), 16):
                body += await self._reader.readexactly(size)
                await self._reader.readline()
            await self._reader.readline()
        else:
            body = await self._reader.readexactly(
                int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            )
        return int(head.split()[1]), body


class Day:
    """All that happens. counts: what there was since the last line of the table; wrong: what must not be."""

    def __init__(self, local: LocalDevice, clock: Clock, wire: Wire, hours: Hours, folder: Path, seed: int) -> None:
        self.address = local.address
        self.clock = clock
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.rows: list[dict[str, float]] = []
        self.visitors = 0
        self._local = local
        self._wire = wire
        self._hours = hours
        self._folder = folder
        self._chance = random.Random(seed)
        self._console = asyncio.Lock()
        self._firmware = ensure_unix()
        self._guest: list[str] = []
        self._versions = 0
        self.cuts = 0  # so far, and one more while the wire is cut
        self._seen = 0  # of the log
        self._hostile = sorted((ROOT / "tests" / "isolate" / "hostile").glob("*.js"))
        self._hostile = [path for path in self._hostile if not path.name.startswith("top_")]
        self._chance.shuffle(self._hostile)

    def say(self, text: str) -> None:
        """Write a line for who watches."""
        print(f"{self.clock.now_s / HOUR_S:6.2f} h  {text}", file=sys.stderr, flush=True)

    def blame(self, what: str) -> None:
        """Count what must not be."""
        self.wrong[what] += 1
        self.counts["wrong"] += 1
        self.say(f"WRONG: {what}")

    # The console

    async def console(self, act: Callable[[Box], Any]) -> Any:
        """Do something over the console, while idle time is as long as on the wall."""

        def work() -> Any:
            with connect(self._local.port) as device:
                return act(Box(self._local, device, self._firmware, self._folder))

        async with self._console:
            self.clock.hold()
            try:
                return await asyncio.to_thread(work)
            finally:
                self.clock.holds -= 1

    async def bring(self, release: Release) -> None:
        """Deploy."""
        await self.console(lambda box: deploy(box.device, release))
        self.counts["deploys"] += 1

    def release(self, name: str, files: dict[str, str], **fields: Any) -> Release:
        """Make a release of a function at /NAME."""
        self._versions += 1
        files = {**files, "main.js": f"{files['main.js']}// {self._versions}\n"}
        shutil.rmtree(self._folder / name, ignore_errors=True)
        project = write_project(self._folder / name, name, files, route=f"/{name}", **fields)
        return make_release(read_project(project), self._firmware)

    async def deploy_app(self) -> None:
        """The function that is asked most, anew."""
        fields = {"bindings": {"KV": {"type": "kv"}}, "fetch": {"allow": HOSTS}}
        self._versions += 1
        source = APP + f"const version = {self._versions};\n" + f"const table = {list(range(self._versions % 60))};\n"
        await self.bring(await asyncio.to_thread(self.release, "app", {"main.js": source}, **fields))

    async def deploy_login(self) -> None:
        """The login of the examples, with its user."""
        project = read_project(ROOT / "examples" / "login")
        release = await asyncio.to_thread(make_release, project, self._firmware)

        def act(box: Box) -> None:
            missing = deploy(box.device, release).missing_secrets
            make_secrets(box.device, project.name, missing)
            fill_kv(box.device, project)

        await self.console(act)
        self.counts["deploys"] += 1

    async def deploy_guest(self) -> None:
        """Five handlers of the hostile ones."""
        scripts = [self._hostile[(self._versions + i) % len(self._hostile)] for i in range(5)]
        self._hostile = self._hostile[5:] + self._hostile[:5]
        files = {path.name: path.read_text() for path in scripts}
        names = [path.stem for path in scripts]
        imports = "".join(f'import * as {name} from "./{name}.js";\n' for name in names)
        source = f"""{imports}const acts = {{ {", ".join(names)} }};
export default {{ async fetch(request) {{
  return new Response(String(await acts[new URL(request.url).pathname.split("/")[2]].default()).slice(0, 100));
}} }};
"""
        try:
            release = await asyncio.to_thread(
                self.release, "guest", {**files, "main.js": source}, limits={"cpu_ms": 300, "wall_ms": 3000}
            )
            await self.bring(release)
            self._guest = names
        except DeviceError as e:
            self.counts["refused"] += 1
            self.say(f"refused: {names}: {e}")

    async def delete_guest(self) -> None:
        """Remove the hostile ones."""
        if self._guest:
            self._guest = []
            await self.console(lambda box: box.job("delete", "guest"))
            self.counts["deletes"] += 1

    async def rollback(self) -> None:
        """Go back to the release before."""
        await self.console(lambda box: box.job("rollback", "app"))
        self.counts["rollbacks"] += 1

    # Visitors

    async def expect(self, visitor: Visitor, what: str, statuses: tuple[int, ...], body: bytes | None = None) -> bytes:
        """Read an answer, and blame one that is not right."""
        status, content = await visitor.answer()
        self.counts["requests"] += 1
        if visitor.cuts != self.cuts:
            self.counts["cut"] += 1
        elif status not in statuses or (status == 200 and body is not None and content != body):
            self.blame(f"{what}: {status} {content[:60]!r}")
        elif status >= 500 or status in (408, 429):
            self.counts["refused"] += 1
        return content

    async def visit(self, what: str, act: Callable[[Visitor], Awaitable[None]]) -> None:
        """A visitor's connection. A cut of the wire excuses what becomes of it."""
        cuts = self.cuts
        try:
            async with Visitor(self) as visitor:
                await act(visitor)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as e:
            # Who comes right after a network was lost finds nobody.
            if self._wire.is_cut or cuts != self.cuts:
                self.counts["cut"] += 1
            else:
                self.blame(f"{what}: {e!r}")

    async def ordinary(self, visitor: Visitor) -> None:
        """Twelve requests of all kinds over one connection."""
        for _ in range(12):
            # None of those who come at the same time has another one's keys.
            key = f"{visitor.number % 8}-{self._chance.randrange(10)}"
            size = self._chance.choice((10, 1000, 6000))
            act, body, answer = self._chance.choice(
                (
                    ("hello", b"", b"hello"),
                    ("hello", b"", b"hello"),
                    ("echo", bytes(size), bytes(size)),
                    (f"write/{key}", b"", b"x" * 200),
                    (f"remove/{key}", b"", b"null"),
                    ("wait/200", b"", b"200"),
                )
            )
            visitor.ask("POST", f"/app/{act}", body)
            # A board that is at its limit says so.
            await self.expect(visitor, act, (200, 503), answer)

    async def pipelined(self, visitor: Visitor) -> None:
        """Ten at once."""
        for _ in range(10):
            visitor.ask("GET", "/app/hello")
        for _ in range(10):
            await self.expect(visitor, "pipelined", (200, 503), b"hello")

    async def slow(self, visitor: Visitor) -> None:
        """A byte every half second, of a head that is complete in time."""
        for byte in b"GET /app/hello HTTP/1.1":
            visitor.send(bytes([byte]))
            await self.clock.sleep(0.3)
        visitor.send(b"\r\nHost: pico\r\n\r\n")
        await self.expect(visitor, "slow", (200, 503), b"hello")

    async def half_open(self, visitor: Visitor) -> None:
        """A head without end."""
        visitor.send(b"GET /app/hello HTTP/1.1\r\nHost: pi")
        await self.expect(visitor, "half a head", (408,))

    async def silent(self, visitor: Visitor) -> None:
        """Nothing at all, until the board has had enough."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            await self.expect(visitor, "silent", (408,))

    async def vanishing(self, visitor: Visitor) -> None:
        """Ask, and be gone before the answer."""
        visitor.ask("GET", "/app/wait/3000")
        await self.clock.sleep(1)
        visitor.vanish()

    async def streaming(self, visitor: Visitor) -> None:
        """A response that is a stream."""
        visitor.ask("GET", "/app/stream")
        await self.expect(visitor, "stream", (200, 503), b"".join(b"%d " % n * 100 for n in range(1, 6)))

    async def asking(self, visitor: Visitor) -> None:
        """A handler that asks somebody who refuses, who is silent, or whose name nobody knows."""
        for host in HOSTS:
            visitor.ask("GET", f"/app/ask/{host}")
            await self.expect(visitor, f"ask {host}", (200, 503, 504), b"failed")

    async def logging_in(self, visitor: Visitor) -> None:
        """Log in, ask who one is, log out; and with a wrong password."""
        right = json.dumps({"user": "ada", "password": "correct horse"}).encode()
        wrong = json.dumps({"user": f"eve{self._chance.randrange(99)}", "password": "guessed"}).encode()
        visitor.ask("POST", "/login", wrong)
        await self.expect(visitor, "login with a wrong password", (401, 429, 503))
        visitor.ask("POST", "/login", right)
        answer = await self.expect(visitor, "login", (200, 429, 503))
        if token := json.loads(answer or b"{}").get("token") if answer[:1] == b"{" else None:
            authorization = f"Authorization: Bearer {token}\r\n"
            for method, target, status in (("GET", "/me", 200), ("POST", "/logout", 204), ("GET", "/me", 401)):
                visitor.ask(method, target, headers=authorization)
                await self.expect(visitor, target, (status, 503))

    async def hostile(self, visitor: Visitor) -> None:
        """Ask for each of the guest's handlers, and for hello after each."""
        for name in self._guest:
            visitor.ask("GET", f"/guest/{name}")
            await self.expect(visitor, name, (200, 500, 503, 504))
            visitor.ask("GET", "/app/hello")
            await self.expect(visitor, f"hello after {name}", (200, 503), b"hello")

    # The hour

    def visits(self, *names: str) -> Callable[[], Awaitable[object]]:
        """Visitors who come at the same time."""

        async def visit_all() -> None:
            await asyncio.gather(*(self.visit(name, getattr(self, name)) for name in names))

        visit_all.__name__ = " ".join(names)
        return visit_all

    async def lose(self, seconds: float) -> None:
        """Lose the network, with visitors on it, and bring it back."""
        self.cuts += 1
        self._wire.is_cut = True
        self.counts["lost"] += 1
        await self.clock.sleep(seconds)
        self._wire.is_cut = False
        began = self.clock.now_s
        while True:
            try:
                async with Visitor(self) as visitor:
                    visitor.ask("GET", "/app/hello")
                    await visitor.answer()
                    break
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await self.clock.sleep(1)
            if self.clock.now_s - began > 600:
                self.blame("the network does not come back within 600 s")
                break
        self.cuts += 1
        self.say(f"network lost for {seconds:.0f} s, back after {self.clock.now_s - began:.0f} s")

    def loses(self, seconds: float) -> Callable[[], Awaitable[object]]:
        """Lose the network while it is used."""

        async def lose_it() -> None:
            visitors = asyncio.ensure_future(self.visits("ordinary", "streaming", "slow", "vanishing")())
            await self.clock.sleep(self._chance.uniform(0.2, 2))
            await self.lose(seconds)
            await visitors

        return lose_it

    def events(self, hour: int) -> list[tuple[float, Callable[[], Awaitable[object]]]]:
        """What happens within an hour, and when, in seconds."""
        chance = self._chance
        acts: list[Callable[[], Awaitable[object]]] = [
            *[self.visits("ordinary", "ordinary", "ordinary") for _ in range(9)],
            self.visits("pipelined", "slow", "half_open", "vanishing"),
            self.visits("pipelined", "silent", "silent", "vanishing", "ordinary", "streaming", "streaming"),
            self.visits("asking", "ordinary"),
            self.visits("logging_in"),
            self.visits("logging_in", "ordinary"),
            self.deploy_guest,
            self.visits("hostile"),
            self.visits("hostile", "ordinary"),
            self.delete_guest,
            self.deploy_guest,
            self.visits("hostile", "hostile"),
            self.rollback if hour % 3 == 2 else self.deploy_app,
            self.loses(chance.uniform(60, 300)),
            self.visits("ordinary", "ordinary"),
        ]
        if hour % 2:
            acts.append(self.loses(chance.uniform(2, 8)))
        if hour % 6 == 5:
            acts.append(self.deploy_login)
        # The order of those that need each other stays as it is.
        moments = sorted(chance.uniform(0, HOUR_S - 240) for _ in acts)
        chance_order = list(range(len(acts)))
        free = [i for i in chance_order if acts[i] not in (self.deploy_guest, self.delete_guest)]
        places = free[:]
        chance.shuffle(places)
        order = dict(zip(free, places, strict=True))
        return [(moment, acts[order.get(i, i)]) for i, moment in enumerate(moments)]

    async def hour(self, number: int, begins_s: float) -> None:
        """One hour, and its line of the table."""
        self._wire.is_answering = number % 2 == 0
        self.counts.clear()
        for moment, act in self.events(number):
            await self.clock.until(begins_s + moment)
            self.say(act.__name__)
            try:
                await act()
            except DeviceError as e:
                self.blame(f"console: {e}")
        await self.clock.until(max(begins_s + HOUR_S - 60, self.clock.now_s + 60))
        await self.look(number)
        await self.clock.until(begins_s + HOUR_S)

    async def look(self, number: int) -> None:
        """Take the memory, and see what the log has."""

        def act(box: Box) -> tuple[dict[str, Any], str, list[str], int]:
            status = box.device.call("status")
            memory = box.device.execute(_HEAP)
            records, seen, lost = fetch(box.device, self._seen)
            self._seen = seen
            lines = [log_line(one) for one in records if one["level"] in ("warn", "error") and "function" not in one]
            return status, memory, lines, lost

        status, memory, lines, _ = await self.console(act)
        free, cause = map(int, memory.split()[:2])
        largest = re.search(r"max free sz: (\d+)", memory)
        assert largest
        row: dict[str, float] = {
            "hour": number + 1,
            **{name: self.counts[name] for name in COUNTED},
            "questions": self._wire.questions,
            "free": free,
            "largest": int(largest[1]) * _HEAP_BLOCK,
            "open": status["connections"] + status["waiting"],
            "uptime_h": status["uptime_ms"] / 3.6e6,
            "resets": self._hours.resets,
            "cause": cause,
        }
        self._wire.questions = 0
        self.rows.append(row)
        for line in lines:
            self.say(f"log: {line}")
        print(
            " ".join(f"{row[name]:{max(len(name), 7)}.{1 if name == 'uptime_h' else 0}f}" for name in row), flush=True
        )

    async def run(self, hours: int) -> None:
        """The whole day."""
        clock = asyncio.ensure_future(self.clock.run())
        try:
            await self.deploy_login()
            await self.deploy_app()
            print(" ".join(f"{name:>7}" for name in HEAD), flush=True)
            begins_s = self.clock.now_s
            for number in range(hours):
                await self.hour(number, begins_s + number * HOUR_S)
        finally:
            clock.cancel()


COUNTED = ("requests", "refused", "cut", "wrong", "deploys", "rollbacks", "deletes", "lost")
HEAD = ("hour", *COUNTED, "questions", "free", "largest", "open", "uptime_h", "resets", "cause")


def verdict(day: Day) -> list[str]:
    """What is not as it must be."""
    first, last = day.rows[0], day.rows[-1]
    found = [f"{count} times {what}" for what, count in day.wrong.most_common()]
    if last["resets"]:
        found.append(f"the board was reset {last['resets']:.0f} times")
    if last["free"] < first["free"] - NOISE_BYTES:
        found.append(f"{first['free'] - last['free']:.0f} bytes of heap are gone since the first hour")
    if last["largest"] < LEAST_BLOCK:
        found.append(f"the largest free block has {last['largest']:.0f} bytes")
    if last["open"]:
        found.append(f"{last['open']:.0f} connections or requests are left")
    return found


@contextmanager
def board(folder: Path, seed: int) -> Iterator[Day]:
    """A board with its network and its time."""
    data, log, port = folder / "pico", folder / "pico.log", free_port()
    make_private(data, log)
    hours = Hours(folder / "hours")
    with ExitStack() as stack:
        near, board_side = socket.socketpair()
        network_side, far = socket.socketpair()
        for one in (near, board_side, network_side, far):
            stack.enter_context(one)
        wire = Wire(board_side, network_side, hours)
        wire.start()
        process, console = stack.enter_context(emulator.power(emulator.PICO, data, near, log, folder / "hours"))
        network = emulator.network(emulator.PICO, "127.0.0.1", port, far, log, _NAMESERVERS, folder / "hours")
        peer = stack.enter_context(network)
        emulator.wait_until_it_answers([process, peer], "127.0.0.1", port, log)
        local = LocalDevice(process, console, ("127.0.0.1", port), emulated=True)
        # Its console is slow, which the command line knows by this.
        stack.enter_context(announce(local, "edgelet bench"))
        yield Day(local, Clock(hours, wire, peer.pid), wire, hours, folder, seed)


def main() -> int:
    """Print the table; 1 where something is not as it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("hours", type=int, nargs="?", default=24)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder, board(Path(folder), options.seed) as day:
        asyncio.run(day.run(options.hours))
        found = verdict(day)
    minutes = (time.monotonic() - began) / 60
    total = sum(row["requests"] for row in day.rows)
    print(f"{options.hours} h in {minutes:.0f} minutes, {total:.0f} requests, seed {options.seed}")
    print("\n".join(found) or "all is as it must be")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
