"""What the firmware of EDGELET_PICO costs, in the emulator's time: RP2040 at 125 MHz, and the goals of issue 5.

The emulator counts an instruction's cycles and does not model how long the flash takes. What a restore reads from flash
is calculated beside it: XIP's cache has lines of 8 bytes (RP2040 datasheet, section 2.6.3), and a miss is one
continuous quad read of boot2_w25q080.S: 8 clocks of address and mode bits, 4 of waiting, 2 a byte, each of
PICO_FLASH_SPI_CLKDIV = 2 system clocks. Parking compares the call with its image, and resuming restores that, so each
reads the image once. Ends with 1 where a goal is missed. --split: only where a request's time goes, beside plain
microdot on the same board.
"""

import ast
import contextlib
import json
import re
import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from edgelet_host import emulator  # noqa: E402
from edgelet_host.device.console import connect  # noqa: E402
from edgelet_host.device.deployment import deploy, make_release  # noqa: E402
from edgelet_host.device.running import announce  # noqa: E402
from edgelet_host.firmware.boards import board_build  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402
from edgelet_host.project.config import read_project  # noqa: E402
from emulated.load import CYCLES_PER_MS, MICRODOT, Board  # noqa: E402
from emulated.profile import Map  # noqa: E402
from parking import BODY, HANDLERS, HEADERS  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from waiting import wait_until_nobody  # noqa: E402

PORT = 8098
CLOCK_HZ = 125e6
LINE_BYTES, ADDRESS_CLOCKS, WAIT_CLOCKS, CLOCKS_PER_BYTE, CLOCK_DIVIDER = 8, 8, 4, 2, 2

HELLO = 'export default { fetch() { return new Response("hello world\\n"); } };\n'
CRYPTO = """
import jwt from "jsonwebtoken";
const secret = "a secret of this bench, as long as its algorithm asks for";
const token = jwt.sign({ sub: "ada" }, secret, { noTimestamp: true });
const bytes = (text) => new TextEncoder().encode(text);
const acts = {
  "/crypto/sign": () => jwt.sign({ sub: "ada" }, secret),
  "/crypto/verify": () => jwt.verify(token, secret).sub,
  async "/crypto/pbkdf2"() {
    const key = await crypto.subtle.importKey("raw", bytes("password"), "PBKDF2", false, ["deriveBits"]);
    const parameters = { name: "PBKDF2", hash: "SHA-256", salt: bytes("salt"), iterations: 10000 };
    return (await crypto.subtle.deriveBits(parameters, key, 256)).byteLength;
  },
};
export default { async fetch(request) { return new Response(await acts[new URL(request.url).pathname]()); } };
"""

# By keys of which that of RSA, which a board would make for minutes, is that of a test.
KEYS = """
const { subtle } = crypto;
const data = new Uint8Array(1024), iv = data.subarray(0, 12);
const sha = { hash: "SHA-256" };
const rsa = { name: "RSASSA-PKCS1-v1_5", ...sha }, es = { name: "ECDSA", ...sha };
const ec = { name: "ECDSA", namedCurve: "P-256" };
const { kty, n, e } = jwk;
const rsaPair = [await subtle.importKey("jwk", jwk, rsa, true, ["sign"]),
  await subtle.importKey("jwk", { kty, n, e }, rsa, true, ["verify"])];
const pair = async (algorithm) => {
  const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return [privateKey, publicKey];
};
const pairs = { rsa: [rsa, rsaPair], p256: [es, await pair(ec)], ed25519: ["Ed25519", await pair("Ed25519")] };
const aes = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
const made = {};
for (const [name, [params, [privateKey]]] of Object.entries(pairs)) {
  made[name] = await subtle.sign(params, privateKey, data);
}
export default { async fetch(request) {
  const [, , act, name] = new URL(request.url).pathname.split("/");
  const [params, [privateKey, publicKey]] = pairs[name] ?? ["", []];
  if (act === "sign") return new Response(await subtle.sign(params, privateKey, data));
  if (act === "verify") return new Response(await subtle.verify(params, publicKey, made[name], data));
  return new Response(await subtle.encrypt({ name: "AES-GCM", iv }, aes, data));
} };
"""

# On the device. From the read that completes a head to the moment when the connection waits for the next one, which is
# when lwIP has the response.
WATCH = """
import time
from asyncio import core
from edgelet.functions import registry
from edgelet.http import connection
Reader, Function, queue_read = connection.Reader, registry.Function, core._io_queue.queue_read
began, answers, builds = 0, [], []
class TimedReader(Reader):
    def receive(self):
        global began
        size = Reader.receive(self)
        began = time.ticks_us()
        return size
class TimedFunction(Function):
    def build(self, *args):
        before = time.ticks_us()
        image = Function.build(self, *args)
        builds.append(time.ticks_diff(time.ticks_us(), before))
        return image
def timed_queue_read(stream):
    global began
    if began:
        answers.append(time.ticks_diff(time.ticks_us(), began))
        began = 0
    return queue_read(stream)
connection.Reader, registry.Function, core._io_queue.queue_read = TimedReader, TimedFunction, timed_queue_read
"""
# A call's own CPU time is counted from the restore's end, so what is left is the restore and the request's objects.
RESTORE = """
import time
from edgelet.device import running
functions = running().functions
image = functions.images.images[functions.get("hello")]
times = []
for _ in range(5):
    began = time.ticks_us()
    call = image.start("GET", "/hello", b"", None, "pico", "http", "192.168.7.1")
    times.append(time.ticks_diff(time.ticks_us(), began) - call.cpu_us)
print(sorted(times)[2])
"""
# Calls of a handler that waits change places in the arena: bytes of one, and microseconds of a park and of a resume.
PARK = """
from edgelet.device import running
functions = running().functions
arena, image = functions.arena, functions.images.images[functions.get("parks")]
calls = [image.start("POST", "/parks?query=1", HEADERS, BODY, "pico", "http", "192.168.7.1") for _ in range(2)]
before = arena.parks, arena.park_us, arena.resume_us
for _ in range(5):
    for call in calls:
        call.cancelled()
count = arena.parks - before[0]
print([calls[0].parked_bytes, (arena.park_us - before[1]) // count, (arena.resume_us - before[2]) // count])
for call in calls:
    call.abandon()
"""
PARKED = ("nothing", "JSON body", "JSON body, all headers, URL")
PARKS = """export default {{ async fetch(request) {{
  {} await new Promise((done) => setTimeout(done, 1000)); return new Response("parked"); }} }};
"""
# Longer than all that is measured meanwhile takes: END_WAITS ends it.
WAITS = """export default { async fetch() {
  await new Promise((done) => setTimeout(done, 500000)); return new Response("waited"); } };
"""
# Timers are tasks that sleep: each is due at once.
END_WAITS = """
from asyncio import core
from edgelet.device import running
for call in running().functions.get("waits").pending:
    for task in call._open.values():
        core._task_queue.remove(task)
        core._task_queue.push(task)
"""
# Sends one event, and the next one much later.
STREAMS = """const encoder = new TextEncoder();
export default { fetch() {
  let n = 0;
  return new Response(new ReadableStream({ async pull(controller) {
    if (n++ > 0) await new Promise((done) => setTimeout(done, 600000));
    controller.enqueue(encoder.encode(`data: ${n}\\n\\n`));
  } }), { headers: { "content-type": "text/event-stream" } });
} };
"""
FIRST_EVENT = b"data: 1\n\n\r\n"
# As many connections as lwIP has, and one function may have all the room for what waits.
ROOM_FOR_WAITING = """
from edgelet.device import running
running().server.limits.connections, running().functions.share = 12, None
"""
# A task that is due every 2 ms: by how much it was late at most.
STANDSTILL = """
import asyncio, time
longest_us = 0
async def watch():
    global longest_us
    while True:
        began = time.ticks_us()
        await asyncio.sleep_ms(2)
        longest_us = max(longest_us, time.ticks_diff(time.ticks_us(), began) - 2000)
watching = asyncio.create_task(watch())
"""
WAITING = "print([running().functions.waiting, running().functions.arena.parked_bytes])"
HEAP = "import gc, micropython; gc.collect(); print(gc.mem_free()); micropython.mem_info()"
HEAP_BLOCK = 16  # bytes of MicroPython's, in which it counts


class Bench:
    """A running board and what has been measured."""

    def __init__(self, folder, local):
        self._folder = folder
        self._local = local
        self.board = Board(local, folder / "pico.log")
        self.rows = []

    def add(self, what, value, unit, goal=None, most=True):
        """Keep a measurement; goal: the most that it may be, or the least."""
        self.rows.append((what, value, unit, goal, most))

    def clock(self):
        """The emulator's state, by name."""
        return self.board.clock()

    def deploy(self, name, source):
        """Deploy a function; the image's size and how long it took, in emulated milliseconds."""
        project = self._folder / name
        project.mkdir(exist_ok=True)
        (project / "main.js").write_text(source)
        limits = "[limits]\ncpu_ms = 5000\nwall_ms = 600000\n"
        (project / "edgelet.toml").write_text(f'name = "{name}"\nroute = "/{name}"\n{limits}')
        release = make_release(read_project(project), ensure_unix())
        with connect(self._local.port) as device:
            before = self.clock()["ms"]
            deployed = deploy(device, release)
            return deployed.image_bytes, self.clock()["ms"] - before

    def remove(self, name):
        """Remove a function."""
        with connect(self._local.port) as device:
            device.wait_for_job(device.call("delete", name))

    def execute(self, code):
        """Execute Python on the board; what it prints."""
        with connect(self._local.port) as device:
            return device.execute(code)

    def console_us(self):
        """Emulated time that the console takes for a byte of a command, in microseconds."""
        with connect(self._local.port) as device:
            times = [self.clock()["ms"]]
            for size in (1000, 5000):
                device.execute("#" * size)
                times.append(self.clock()["ms"])
        small, large = times[1] - times[0], times[2] - times[1]
        return (large - small) / 4000 * 1000

    def ask(self, target, count=1):
        """Send requests over one connection."""
        self.board.ask(target, count)

    def heap(self):
        """Free bytes of MicroPython's heap, and its largest free block."""
        text = self.execute(HEAP)
        return int(text.split()[0]), int(re.search(r"max free sz: (\d+)", text)[1]) * HEAP_BLOCK

    def wait_for(self, count, target, until=b""):
        """Send `count` requests that wait, and wait until they do; their connections, and the bytes parked.

        until: what the client has before they do.
        """
        clients = [socket.create_connection(self._local.address) for _ in range(count)]
        for client in clients:
            client.sendall(b"GET %s HTTP/1.1\r\nHost: pico\r\nConnection: close\r\n\r\n" % target)
        for client in clients:
            received = b""
            while not received.endswith(until):
                received += client.recv(4096)
        while True:
            waiting, parked = ast.literal_eval(self.execute(WAITING))
            if waiting == count:
                return clients, parked
            time.sleep(0.2)

    def cpu_ms(self, target):
        """CPU time of one request in JavaScript."""
        counted = "from edgelet.device import running\nprint(dict(running().functions.stats())['crypto'].cpu_us)"
        before = int(self.execute(counted))
        self.ask(target)
        return (int(self.execute(counted)) - before) / 1000


def source_of(size):
    """A handler of `size` bytes that has work to compile."""
    lines = [HELLO]
    while sum(map(len, lines)) < size:
        lines.append(f"export function step{len(lines)}(a, b) {{ return a > {len(lines)} ? `${{b}}` : [a, b]; }}\n")
    return "".join(lines)


def xip_ms(size):
    """How long the flash takes to deliver `size` bytes that are not in XIP's cache."""
    clocks = ADDRESS_CLOCKS + WAIT_CLOCKS + LINE_BYTES * CLOCKS_PER_BYTE
    return size / LINE_BYTES * clocks * CLOCK_DIVIDER / CLOCK_HZ * 1000


def hello_ms(bench):
    """How long the board takes for hello, the middle of ten."""
    bench.execute("answers.clear()")
    bench.ask("/hello", 10)
    handled = sorted(json.loads(bench.execute("print(answers)")))
    return handled[len(handled) // 2] / 1000


def measure_parking(bench):
    """What it costs that a call leaves the arena and comes back."""
    for act in PARKED:
        size, _ = bench.deploy("parks", PARKS.format(HANDLERS[act]))
        values = f"HEADERS = {HEADERS!r}\nBODY = {BODY!r}\n"
        parked, park_us, resume_us = json.loads(bench.execute(values + PARK))
        goal = 4 if act == "JSON body" else None
        bench.add(f"parked, {act} (image of {size} bytes)", parked / 1024, "KB", goal)
        bench.add(f"park, {act}, with XIP's read time", park_us / 1000 + xip_ms(size), "ms", 6)
        bench.add(f"resume, {act}, with XIP's read time", resume_us / 1000 + xip_ms(size), "ms", 5)
    bench.remove("parks")


def measure_waiting(bench):
    """What requests that wait take of the heap, and of a request beside them."""
    bench.deploy("waits", WAITS)
    bench.execute(ROOM_FOR_WAITING)
    free, largest = bench.heap()
    bench.add("heap free, nobody waits", free / 1024, "KB")
    bench.add("largest block, nobody waits", largest / 1024, "KB")
    for count in (1, 4, 10, 12):
        clients, parked = bench.wait_for(count, b"/waits")
        free, largest = bench.heap()
        bench.add(f"heap free, {count} wait", free / 1024, "KB")
        bench.add(f"largest block, {count} wait", largest / 1024, "KB")
        bench.add(f"parked, {count} wait", parked / 1024, "KB")
        if count == 10:
            bench.add("hello beside 10 that wait", hello_ms(bench), "ms", 15)
        bench.execute(END_WAITS)
        for client in clients:
            answer = b"".join(iter(lambda client=client: client.recv(4096), b""))
            assert answer.endswith(b"waited"), answer
            client.close()
    free, largest = bench.heap()
    bench.add("heap free, all are answered", free / 1024, "KB")
    bench.add("largest block, all are answered", largest / 1024, "KB")


def measure_streams(bench):
    """What open responses that are streams take of the heap between their chunks."""
    bench.deploy("streams", STREAMS)
    bench.execute(ROOM_FOR_WAITING)
    for count in (1, 4, 6):
        clients, parked = bench.wait_for(count, b"/streams", FIRST_EVENT)
        free, largest = bench.heap()
        bench.add(f"heap free, {count} streams are open", free / 1024, "KB")
        bench.add(f"largest block, {count} streams are open", largest / 1024, "KB")
        bench.add(f"parked, {count} streams are open", parked / 1024, "KB")
        for client in clients:
            client.close()
        while ast.literal_eval(bench.execute(WAITING))[0]:
            time.sleep(0.2)
    bench.remove("streams")


def measure_split(bench):
    """Where a request's time goes, and what plain microdot takes on the same board, which is without edgelet then."""
    bench.deploy("hello", HELLO)
    firmware = Map(next(board_build(emulator.BOARD).folder.glob("make/**/firmware.elf.map")))
    kept = bench.board.load("/hello", 50, 1, fresh=False)
    bench.add("hello, processor busy", kept.busy_ms, "ms")
    for part, cycles in firmware.split(kept.samples).most_common():
        bench.add(f"  of it {part}", cycles / CYCLES_PER_MS, "ms")
    bench.add("hello, one client that keeps its connection", kept.rate, "requests/s")
    bench.add("hello, if the line took no time", 1000 / kept.busy_ms, "requests/s")
    bench.add("hello, four clients", bench.board.load("/hello", 25, 4, fresh=False).rate, "requests/s")
    fresh = bench.board.load("/hello", 50, 1, fresh=True)
    bench.add("hello on a new connection, processor busy", fresh.busy_ms, "ms")
    bench.add("hello on a new connection, one client", fresh.rate, "requests/s")
    bench.execute(MICRODOT)
    plain = bench.board.load("/hello", 50, 1, fresh=True)
    bench.add("plain microdot on a new connection, processor busy", plain.busy_ms, "ms")
    for part, cycles in firmware.split(plain.samples).most_common():
        bench.add(f"  of it {part}", cycles / CYCLES_PER_MS, "ms")
    bench.add("plain microdot on a new connection, one client", plain.rate, "requests/s")


def measure_memory(bench):
    """What those who wait take. With more connections than a board has, its heap is torn: nothing comes after this."""
    bench.execute(WATCH)
    bench.deploy("hello", HELLO)
    measure_streams(bench)
    measure_waiting(bench)


def measure(bench):
    """Do everything else once."""
    bench.add("boot to first answer", bench.clock()["sent_ms"], "ms")
    bench.execute(WATCH)
    size, _ = bench.deploy("hello", HELLO)
    bench.add(f"image build ({size} bytes)", int(bench.execute("print(builds[-1])")) / 1000, "ms")
    bench.add("hello, from head received to last byte in lwIP", hello_ms(bench), "ms", 15)
    restore = int(bench.execute(RESTORE)) / 1000
    bench.add("image restore, emulated, with the request's objects", restore, "ms")
    bench.add("image restore, XIP read time, calculated", xip_ms(size), "ms")
    bench.add("image restore, both", restore + xip_ms(size), "ms", 5)
    wait_until_nobody(bench.execute)
    free = int(bench.execute("import gc; gc.collect(); print(gc.mem_free())"))
    bench.add("heap free with one function", free / 1024, "KB", 72, most=False)
    bench.add("console, a byte of a command", bench.console_us(), "us")
    measure_parking(bench)
    _, took = bench.deploy("five", source_of(5000))
    bench.add("deploy of 5 KB", took, "ms")
    bench.remove("five")
    bench.deploy("crypto", CRYPTO)
    for what, act in (("JWT verify", "verify"), ("JWT sign", "sign"), ("PBKDF2, 10,000 iterations", "pbkdf2")):
        bench.add(what, bench.cpu_ms(f"/crypto/{act}"), "ms")
    measure_keys(bench)
    measure_split(bench)
    bench.add("bytes that the UART lost", bench.clock()["overruns"], "")


def measure_keys(bench):
    """Signatures and AES: CPU time of one request each."""
    handler = (Path(__file__).parents[1] / "tests" / "workers" / "handlers" / "crypto_rsa.js").read_text()
    bench.deploy("crypto", handler.partition("export default")[0] + KEYS)
    for name in ("rsa", "p256", "ed25519"):
        for act in ("verify", "sign"):
            bench.add(f"{name}, {act}", bench.cpu_ms(f"/crypto/{act}/{name}"), "ms")
            measure_standstill(bench, f"{name}, {act}", f"/crypto/{act}/{name}")
    bench.add("AES-GCM of 1 KB", bench.cpu_ms("/crypto/encrypt"), "ms")


def measure_standstill(bench, what, target):
    """How long a request takes, and for how long nothing else is done at most; alone, and beside requests of others."""
    began = bench.clock()["ms"]
    bench.ask(target)
    bench.add(f"  {what}, time", bench.clock()["ms"] - began, "ms")
    bench.execute(STANDSTILL)
    bench.ask(target)
    bench.add(f"  {what}, longest standstill", int(bench.execute("print(longest_us)")) / 1000, "ms")
    bench.execute("longest_us = 0")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(bench.ask, target)
        while not asked.done():
            bench.ask("/hello")
        asked.result()
    bench.add(f"  {what}, the same beside hello", int(bench.execute("print(longest_us)")) / 1000, "ms", 100)
    bench.execute("watching.cancel()")


def report(rows):
    """Print the table; whether a goal was missed."""
    table = Table("what", "measured", "goal")
    missed = False
    for what, value, unit, goal, most in rows:
        miss = goal is not None and (value > goal if most else value < goal)
        missed |= miss
        side = "at most" if most else "at least"
        verdict = ": missed" if miss else ""
        bound = "" if goal is None else f"{side} {goal} {unit}{verdict}"
        table.add_row(what, f"{value:.1f} {unit}", bound)
    Console(width=120).print(table)
    return missed


@contextlib.contextmanager
def started():
    """A board that is fresh from the factory."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        board = emulator.start(emulator.PICO, folder / "pico", "127.0.0.1", PORT, folder / "pico.log")
        local = stack.enter_context(board)
        stack.enter_context(announce(local, "edgelet bench"))
        yield Bench(folder, local)


def main():
    """Print the table; takes some minutes."""
    rows = []
    for part in [measure_split] if sys.argv[1:] == ["--split"] else [measure, measure_memory]:
        with started() as bench:
            part(bench)
            rows += bench.rows
    return report(rows)


if __name__ == "__main__":
    raise SystemExit(main())
