"""The firmware of EDGELET_PICO in the emulator: deployed to over its serial port, asked over HTTP through PPP."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
import serial
from device_helpers import running as running_on_linux
from device_helpers import write_project
from edgelet_host.device.console import connect
from edgelet_host.paths import ROOT
from fp_cases import ANSWER, BATCHES
from pico_helpers import Pico, running
from waiting import wait_until, wait_until_nobody

# One board for all tests of this file.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pico")]

SECRET = "a secret of this test, as long as its algorithm asks for"


@pytest.fixture(scope="module")
def pico(firmware, tmp_path_factory):
    with running(tmp_path_factory.mktemp("pico")) as pico:
        yield pico


def set_clock(pico: Pico) -> None:
    """Set the clock, as setting anything does: a reset takes it."""
    pico.cli.ok("setup", "--set", "hostname=kitchen")


def status(pico: Pico) -> dict:
    return pico.cli.run("status", "--json").json()


def test_it_boots_and_answers(pico):
    state = status(pico)
    assert (state["platform"], state["arena_bytes"]) == ("rp2", 96 * 1024)
    assert pico.get("/healthz").json()["status"] == "ok"
    assert pico.get("/nothing").status == 404


def test_setup_names_it_and_sets_its_clock(pico):
    pico.cli.ok("setup", "--set", "hostname=kitchen")
    state = status(pico)
    assert (state["hostname"], state["clock_set"]) == ("kitchen", True)
    # It is set to the nearest second. Emulated time falls behind while the board computes.
    assert -0.5 <= time.time() - int(pico.execute("import time; print(time.time())")) < 600


def test_a_new_project_runs_as_it_comes(pico):
    pico.cli.ok("new", "fresh", "--template", "hello")
    pico.cli.ok("deploy", pico.cli.folder / "fresh")
    assert "<h1>fresh</h1>" in pico.get("/fresh/").text
    assert pico.get("/fresh/greeting?name=ada").json() == {"message": "hello, ada"}
    pico.cli.ok("delete", "fresh", "--yes")


WAITS = """
export default { async fetch(request) {
  const text = await request.text();
  await new Promise((done) => setTimeout(done, 300));
  return new Response(text);
} };
"""
LARGEST = "import gc, micropython\ngc.collect()\nmicropython.mem_info()"
LEAST_BLOCK = 48 << 10  # bytes


def largest_block(pico: Pico) -> int:
    """Give the size of the heap's largest free block, in bytes."""
    return int(re.search(r"max free sz: (\d+)", pico.execute(LARGEST))[1]) * 16


def rush(pico: Pico) -> int | str | None:
    """Ask for what waits; the status, and of 503 what it says.

    Whose packets find no memory sends them again, perhaps too late (408). Connections that end so are not closed yet,
    and count: with them there may be too many for another one, which is told (503), or closed (None).
    """
    with contextlib.suppress(ConnectionError):
        answer = pico.request("POST", "/waits", "x" * 1500)
        return answer.text if answer.status == 503 else answer.status
    return None


def test_a_rush_leaves_nothing_in_the_midst_of_the_heap(pico):
    pico.deploy("waits", WAITS)
    for _ in range(2):
        with ThreadPoolExecutor(7) as pool:
            assert {*pool.map(rush, [pico] * 14)} <= {200, 408, "too many connections: try again later\n", None}
        wait_until_nobody(pico.execute)
        assert largest_block(pico) >= LEAST_BLOCK
    pico.cli.ok("delete", "waits", "--yes")


NAMES = "import micropython\nmicropython.qstr_info()"


def test_texts_of_commands_are_no_names_that_are_kept(pico):
    def names_after(text: str) -> int:
        pico.execute(f"text = {text!r}\nparts = [one for one in text], text[0], {{text: chr(ord(text[-1]))}}")
        return int(re.search(r"n_qstr=(\d+)", pico.execute(NAMES))[1])

    assert names_after("hunter2") == names_after("s3cr3t") == names_after("ÄéΩ€(~`{")


WATCH = """
import asyncio, time
longest_ms = 0
async def watch():
    global longest_ms
    while True:
        began = time.ticks_ms()
        await asyncio.sleep_ms(2)
        longest_ms = max(longest_ms, time.ticks_diff(time.ticks_ms(), began) - 2)
watching = asyncio.create_task(watch())
"""
MOST_MS = 250  # for which nothing else is done


def test_a_deploy_gives_way_to_everything_else(pico):
    for name in ("first", "second"):
        pico.deploy(name, HELLO)
    pico.execute(WATCH)
    pico.deploy("first", HELLO + "// another")
    pico.cli.ok("rollback", "first")
    assert int(pico.execute("watching.cancel()\nprint(longest_ms)")) < MOST_MS
    for name in ("first", "second"):
        pico.cli.ok("delete", name, "--yes")


CLOCK = "import machine\nprint(machine.freq(), hex(machine.mem32[0x40064000]))"


def test_a_faster_clock_is_set_before_the_network_is_up(pico):
    before = pico.execute(CLOCK)
    assert before.split()[0] == "125000000"
    assert "setting cpu_mhz must be 0, or 48 to 200 on RP2040" in pico.cli.fails("setup", "--set", "cpu_mhz=201")
    assert "or a pin of this board: 30 is none" in pico.cli.fails("setup", "--set", "safe_pin=30")
    pico.cli.ok("setup", "--set", "cpu_mhz=200", "--set", "safe_pin=29")
    pico.switch_off()
    pico.switch_on()
    hz, regulator = pico.execute(CLOCK).split()
    assert (hz, int(regulator, 16) & 0xF0) == ("200000000", 0xC0)
    assert pico.get("/healthz").json()["status"] == "ok"
    pico.cli.ok("setup", "--set", "cpu_mhz=0", "--set", "safe_pin=-1")
    assert status(pico)["clock_set"]
    pico.switch_off()
    pico.switch_on()
    assert pico.execute(CLOCK).split()[0] == "125000000"


def test_what_comes_before_a_connection_is_accepted_does_not_wait_for_lwips_timer(pico):
    times = []
    for _ in range(9):
        before = pico.emulated()["ms"]
        assert pico.get("/healthz").status == 200
        times.append(pico.emulated()["ms"] - before)
    # The timer runs every 250 ms: each of these would end with it.
    assert sorted(times)[len(times) // 2] < 200


PRISTINE = """
let count = 0;
export default { fetch(request, env) {
  const before = [].mark ?? "clean";
  Array.prototype.mark = env.NAME;
  globalThis.seen = (globalThis.seen ?? 0) + 1;
  return new Response([env.NAME, ++count, globalThis.seen, before].join(" "));
} };
"""


# A stream that gets ready as PPP's input makes a socket: by what is pending when the poll has looked at it.
POLL = """
import io, micropython, select, time
class Late(io.IOBase):
    ready, asked = 0, False
    def ioctl(self, request, events):
        if not self.asked:
            self.asked = True
            micropython.schedule(self.become_ready, None)
        return self.ready & events
    def become_ready(self, _):
        self.ready = select.POLLIN
longest_ms = 0
for _ in range(20):
    poll = select.poll()
    poll.register(Late(), select.POLLIN)
    began = time.ticks_ms()
    poll.poll(1000)
    longest_ms = max(longest_ms, time.ticks_diff(time.ticks_ms(), began))
print(longest_ms)
"""
LWIP_TIMER_MS = 64  # ports/rp2/mpnetworkport.c, LWIP_TICK_RATE_MS


def test_what_makes_a_stream_ready_is_not_slept_over(pico):
    assert int(pico.execute(POLL)) < LWIP_TIMER_MS / 4


def test_two_functions_take_turns_and_each_is_pristine(pico):
    # What is deployed later is compared with the manifests of those that are there: deep in the board's stack.
    for name in ("left", "right"):
        pico.deploy(name, PRISTINE, vars={"NAME": name}, fetch={"allow": ["*.api.example.com"]})
    connection = pico.connection()
    for name in ("left", "right", "right", "left", "right", "left"):
        connection.request("GET", f"/{name}")
        assert connection.getresponse().read().decode() == f"{name} 1 1 clean"
    connection.close()
    assert status(pico)["address"] == "192.168.7.2"
    for name in ("left", "right"):
        pico.cli.ok("delete", name, "--yes")


def test_a_function_that_calls_another_is_refused(pico):
    source = "export default { fetch: (request, env) => env.LEFT.fetch(request) };"
    project = write_project(
        pico.folder / "calling",
        "calling",
        {"main.js": source},
        route="/calling",
        bindings={"LEFT": {"type": "service", "function": "left"}},
    )
    refusal = "binding LEFT of type service: this device has one arena"
    for arguments in ((), ("--dry-run",)):
        assert refusal in pico.cli.fails("deploy", project, *arguments)
    assert pico.cli.ok("list") == ""


def read_slowly(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(100), b""))


def test_what_cannot_fit_is_not_sent(pico, tmp_path):
    source = "const kept = new Uint8Array(200000);\nexport default { fetch() { return new Response(kept[9]); } };"
    project = write_project(tmp_path / "large", "large", {"main.js": source}, route="/large")
    message = pico.cli.fails("deploy", project)
    assert "the image would need about" in message
    kept = "import os\nfrom edgelet.console import admin\nprint(os.listdir(admin.begin('large')))"
    assert pico.execute(kept).strip() == "[]"


def test_a_bundle_that_it_cannot_read_is_not_sent(pico):
    pico.folder.joinpath("long").mkdir()
    # What fits the arena as an image fits the heap as a bundle, unless somebody else has some of it.
    pico.execute("taken = bytearray(16 << 10)")
    said = {
        # More than the heap has in one piece, and more than the limit leaves beside what is in the arena.
        f"const text = '{'x' * (64 << 10)}';": "no memory: the bundle has 6",
        "".join(f"x = x * {i % 90 + 3} + {i % 100} & 4095;" for i in range(1300)): "its longest function has 3",
    }
    for code, problem in said.items():
        source = f"export default {{ fetch(r) {{ let x = r.url.length; {code} return new Response(`${{x}}`); }} }};"
        # With the whole arena as its limit, a bundle of such a function is nearly all that the heap has in one piece.
        limits = {"memory": 80 << 10}
        project = write_project(pico.folder / "long", "long", {"main.js": source}, route="/long", limits=limits)
        for arguments in ((), ("--dry-run",)):
            assert problem in pico.cli.fails("deploy", project, *arguments)
    assert "long" not in pico.cli.ok("list")
    pico.execute("del taken")


def test_what_may_not_fit_is_said_to_and_what_fits_is_taken(pico):
    numbers = "const kept = Array.from({ length: 14 }, () => Array.from({ length: 250 }, (_, i) => i / 3));"
    source = f"{numbers} export default {{ fetch: () => new Response(`${{kept[3][6]}}`) }};"
    project = write_project(pico.folder / "numbers", "numbers", {"main.js": source}, route="/numbers")
    told = pico.cli.run("deploy", project, "--dry-run")
    assert " may take it, and be sent" in told.out
    assert "may refuse it: the image would need about 1" in told.err
    pico.cli.ok("deploy", project)
    assert pico.get("/numbers").text == "2"
    pico.cli.ok("delete", "numbers", "--yes")
    source = "const kept = new Uint8Array(38000).fill(7); export default { fetch: () => new Response(`${kept[3]}`) };"
    project = write_project(pico.folder / "bytes", "bytes", {"main.js": source}, route="/bytes")
    assert "may refuse it: the image would need about 8" in pico.cli.run("deploy", project, "--dry-run").err
    assert "import less" in pico.cli.fails("deploy", project)
    assert "bytes" not in pico.cli.ok("list")


def test_a_file_that_is_larger_than_all_windows_comes_whole(pico):
    lines = "".join(f"line {number} of a file\n" for number in range(600))
    project = write_project(
        pico.folder / "files", "files", {"public/lines.txt": lines}, route="/files", static={"folder": "public"}
    )
    pico.cli.ok("deploy", project)
    for half_closes in (False, True, True):
        with socket.create_connection(pico.local.address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.sendall(b"GET /files/lines.txt HTTP/1.1\r\nHost: pico\r\nConnection: close\r\n\r\n")
            if half_closes:
                client.shutdown(socket.SHUT_WR)
            assert read_slowly(client).partition(b"\r\n\r\n")[2].decode() == lines
    pico.cli.ok("delete", "files", "--yes")


HOSTILE = """
function deeper() { return 1 + deeper(); }
const acts = {
  "/hostile/loop"() { for (;;); },
  "/hostile/native"() { Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1); },
  "/hostile/eat"() { const all = []; for (;;) all.push(new Uint8Array(500)); },
  "/hostile/deep"() { deeper(); },
  "/hostile/caught"() { try { deeper(); } catch (error) { return error.name; } },
  "/hostile/fine"() { return "fine"; },
};
export default { fetch(request) { return new Response(acts[new URL(request.url).pathname]()); } };
"""


def test_what_a_handler_does_wrong_ends_with_its_request(pico):
    pico.deploy("hostile", HOSTILE, limits={"cpu_ms": 200})
    for act, expected in (("loop", 504), ("native", 504), ("eat", 503), ("deep", 500)):
        assert pico.get(f"/hostile/{act}").status == expected, act
        assert pico.get("/hostile/fine").text == "fine", act
    assert pico.get("/hostile/caught").text == "RangeError"
    pico.cli.ok("delete", "hostile", "--yes")


WAITING = """
from edgelet.device import running
print([running().functions.waiting, running().functions.arena.parked_bytes])
"""
# Sends one event, and the next one much later.
STREAM = """
export default { fetch() {
  let count = 0;
  return new Response(new ReadableStream({ async pull(controller) {
    if (count++ > 0) await new Promise((done) => setTimeout(done, 20000));
    controller.enqueue(new TextEncoder().encode("data\\n"));
  } }));
} };
"""


def test_streams_that_begin_at_once_all_begin(pico):
    # lwIP has no memory for what all of them send, and nothing else happens that would have it try again.
    pico.deploy("stream", STREAM)
    for _ in range(2):
        clients = [socket.create_connection(pico.local.address) for _ in range(4)]
        for client in clients:
            client.sendall(b"GET /stream HTTP/1.1\r\nHost: pico\r\n\r\n")
        for client in clients:
            answer = b""
            while not answer.endswith(b"data\n\r\n"):
                data = client.recv(4096)
                assert data, answer
                answer += data
        for client in clients:
            client.close()
        wait_until(lambda: "[0, " in pico.execute(WAITING))
    pico.cli.ok("delete", "stream", "--yes")


ECHO = "export default { async fetch(request) { return new Response(await request.text()); } };"


def test_what_several_clients_send_and_get_at_once_does_not_stop_the_network(pico):
    # Together more than lwIP has memory for, with which it would have to send what makes room.
    pico.deploy("echo", ECHO)
    body = b"x" * 6000

    def ask(_):
        connection = pico.connection()
        answers = []
        for _ in range(6):
            connection.request("POST", "/echo", body)
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
        connection.close()
        return answers

    with ThreadPoolExecutor(3) as pool:
        assert [*pool.map(ask, range(3))] == [[(200, body)] * 6] * 3
    pico.cli.ok("delete", "echo", "--yes")


def test_numbers_are_those_of_linux(pico, firmware, tmp_path):
    pico.deploy("numbers", ANSWER, limits={"cpu_ms": 5000})
    with running_on_linux(firmware, tmp_path) as linux:
        linux.deploy("numbers", ANSWER, route="/numbers", limits={"cpu_ms": 5000})
        for batch in range(BATCHES):
            assert pico.get(f"/numbers?{batch}").text.split("\n") == linux.get(f"/numbers?{batch}").text.split("\n")
    pico.cli.ok("delete", "numbers", "--yes")


# Modules that the board does not need for what else is tried here, each imported anew.
NAMES_OF_MODULES = """
import sys
def anew(name):
    sys.modules.pop(name, None)
    return __import__(name, None, None, ("x",), 0)

module = anew("edgelet.outbound.response")
print(module.LENGTH_MAX, module._FIELDS, module.__name__, module._is_number.__name__)
print(getattr(module, "nothing", 7), hasattr(module, "_is_number"), module._is_number(b"12"))
module.LENGTH_MAX = 5
module.more = 6
print(module.LENGTH_MAX, module.more)
module._is_number = lambda text: text
print(module._is_number(b"12"))
del module.more, module.LENGTH_MAX
print(hasattr(module, "more"), hasattr(module, "LENGTH_MAX"), hasattr(module, "_FIELDS"), module._is_number(b"12"))
for name in "LENGTH_MAX", "more":
    try:
        delattr(module, name)
    except Exception as e:
        print(type(e))
print(sorted(name for name in module.__dict__ if name[:2] != "__"))

module = anew("edgelet.outbound.response")
print(sorted(name for name in dir(module) if name[:2] != "__"), module.LENGTH_MAX, module._is_number(b"12"))
module = anew("edgelet.outbound.response")
print(sorted(name for name in module.__dict__ if name[:2] != "__"), module.__dict__["_FIELDS"])
module = anew("edgelet.outbound.response")
names = {}
exec("from edgelet.outbound.response import *", names)
print(sorted(name for name in names if name[:2] != "__"), names["LENGTH_MAX"], hasattr(module, "_FIELDS"))

Head, Malformed = module.Head, module.Malformed
print(Head, Malformed.__name__, Malformed.__bases__, issubclass(Malformed, Exception), isinstance(Head, type))
class Loud(Malformed):
    def __str__(self):
        return "loud " + str(self.args[0])
Louder = type("Louder", (Loud,), {"volume": property(lambda self: 11)})
try:
    raise Louder("one")
except Malformed as e:
    print(e, repr(e), e.volume, type(e).__bases__)
"""


def test_names_of_modules_are_those_of_linux(pico, firmware):
    linux = subprocess.run([firmware, "-c", NAMES_OF_MODULES], capture_output=True, text=True, check=True)
    assert pico.execute(NAMES_OF_MODULES).splitlines() == linux.stdout.splitlines()


def log_in(pico: Pico) -> str:
    answer = pico.request("POST", "/login", json.dumps({"user": "ada", "password": "correct horse"}))
    assert answer.status == 200, answer.text
    return answer.json()["token"]


def me(pico: Pico, issuer: str) -> int:
    """Ask with a token that nobody but the holder of the secret can have made."""
    claims = {"iss": issuer, "sub": "ada", "iat": int(time.time()) - 900, "exp": int(time.time()) + 900, "jti": "x"}
    return pico.get("/me", Authorization=f"Bearer {jwt.encode(claims, SECRET, 'HS256')}").status


def test_login_is_deployed_used_and_rolled_back(pico):
    set_clock(pico)
    pico.cli.ok("deploy", ROOT / "examples" / "login")
    pico.cli.ok("secret", "put", "JWT_SECRET", "--function", "login", stdin=SECRET)
    pico.cli.ok("user", "add", "ada", "--function", "login", stdin="correct horse")
    token = log_in(pico)
    assert jwt.decode(token, SECRET, algorithms=["HS256"], issuer="edgelet", leeway=600)["sub"] == "ada"
    assert pico.get("/me", Authorization=f"Bearer {token}").json() == {"user": "ada"}

    project = pico.folder / "login"
    shutil.copytree(ROOT / "examples" / "login", project)
    settings = project / "edgelet.toml"
    settings.write_text(settings.read_text().replace('ISSUER = "edgelet"', 'ISSUER = "another"'))
    pico.cli.ok("deploy", project)
    assert (me(pico, "edgelet"), me(pico, "another")) == (401, 200)
    pico.cli.ok("rollback", "login")
    assert (me(pico, "edgelet"), me(pico, "another")) == (200, 401)
    pico.cli.ok("delete", "login", "--yes")


HELLO = 'export default { fetch() { return new Response("hello world\\n"); } };'


def ask(wire: socket.socket, count: int) -> None:
    """Send requests over a connection that stays open, some at once, and read the answers."""
    for start in range(0, count, 10):
        wanted = min(10, count - start)
        wire.sendall(b"GET /hello HTTP/1.1\r\nHost: pico\r\n\r\n" * wanted)
        answers = b""
        while answers.count(b"hello world\n") < wanted:
            data = wire.recv(4096)
            assert data, answers
            answers += data


def heap_free(pico: Pico) -> int:
    """Bytes free at rest: what a request that ends or the console holds for a moment is not in all readings."""
    with connect(pico.local.port) as device:
        return max(int(device.execute("import gc; gc.collect(); print(gc.mem_free())")) for _ in range(8))


def test_a_thousand_requests_leave_the_heap_as_it_was(pico):
    pico.deploy("hello", HELLO)
    with socket.create_connection(pico.local.address) as wire:
        ask(wire, 100)  # the log ring has room for 78
    with socket.create_connection(pico.local.address) as wire:
        ask(wire, 10)
        before = heap_free(pico)
        ask(wire, 990)
        assert abs(heap_free(pico) - before) <= 256
    pico.cli.ok("delete", "hello", "--yes")


def press_ctrl_c(port: str, done: threading.Event) -> None:
    with Path(port).open("wb", buffering=0) as console:
        while not done.wait(0.002):
            console.write(b"\x03")


def answers(pico: Pico) -> bool:
    try:
        return pico.get("/healthz").status == 200
    except OSError:
        return False


def reset(pico: Pico) -> None:
    with connect(pico.local.port) as device:
        device.send("import machine\nmachine.reset()")
    wait_until(lambda: not answers(pico))


def test_ctrl_c_while_it_starts_does_not_end_the_server(pico):
    before = status(pico)["uptime_ms"]
    reset(pico)
    done = threading.Event()
    pressing = threading.Thread(target=press_ctrl_c, args=(pico.local.port, done))
    pressing.start()
    try:
        wait_until(lambda: answers(pico))
    finally:
        done.set()
        pressing.join()
    assert status(pico)["uptime_ms"] < before


RESTART = b"import time; print('stands'); time.sleep(3); raise SystemExit\r"


def test_whoever_waits_to_be_accepted_when_it_restarts_is_told(pico):
    with serial.Serial(pico.local.port) as console:
        console.write(RESTART)
        # Behind the echo of it.
        console.read_until(b"\nstands\r\n")
        waiting = [socket.create_connection(pico.local.address) for _ in range(4)]
        for client in waiting:
            with pytest.raises(ConnectionResetError), client:
                client.recv(1)
    wait_until(lambda: answers(pico))


SAFE = "nothing is served, the board is in safe mode, as 3 starts in a row failed"


def state_after_reset(pico: Pico) -> str:
    """Reset the board, and give what `status` has to say when it is there again, "" where it serves."""
    # A board in safe mode does not end the link, so that requests would wait.
    with connect(pico.local.port) as device:
        device.send("import machine\nmachine.reset()")
    told: list[str] = []

    def is_there() -> bool:
        done = pico.cli.run("status")
        told.append(done.err)
        return done.status == 0 or SAFE in done.err

    wait_until(is_there)
    return told[-1]


def test_a_board_in_safe_mode_says_why_and_is_reported(pico):
    # Of those before, one may count.
    assert any(SAFE in state_after_reset(pico) for _ in range(4))
    assert f"missing  device: {SAFE}" in pico.cli.run("doctor").out
    report = pico.cli.ok("doctor", "--report")
    assert f"| problem | {SAFE}" in report
    for line in ("| last reset | WDT_RESET |", "| MicroPython | 1.25.0 |", "| heap | heap_free: "):
        assert line in report
    assert state_after_reset(pico) == ""


KEPT = "export default { fetch: (request, env) => new Response(`${env.NAME} ${env.KEY}`) };"


def test_functions_are_there_after_the_power_was_cut(pico):
    pico.cli.ok("setup", "--set", "hostname=kitchen")
    pico.deploy("hello", HELLO)
    for name in ("first", "second"):
        pico.deploy("kept", KEPT, vars={"NAME": name})
    pico.cli.ok("secret", "put", "KEY", "--function", "kept", stdin=SECRET)
    pico.cli.ok("rollback", "kept")
    pico.switch_off()
    with pytest.raises(ConnectionRefusedError):
        pico.get("/hello")
    pico.switch_on()
    assert pico.get("/hello").text == "hello world\n"
    assert pico.get("/kept").text == f"first {SECRET}"
    assert status(pico)["hostname"] == "kitchen"
    for name in ("hello", "kept"):
        pico.cli.ok("delete", name, "--yes")
