"""The firmware of EDGELET_PICO in the emulator: deployed to over its serial port, asked over HTTP through PPP."""

import json
import shutil
import socket
import threading
import time
from pathlib import Path

import jwt
import pytest
from device_helpers import running as running_on_linux
from device_helpers import write_project
from edgelet_host.device.console import connect
from edgelet_host.paths import ROOT
from fp_cases import ANSWER, BATCHES
from pico_helpers import Pico, running
from waiting import wait_until

# One board for all tests of this file.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pico")]

SECRET = "a secret of this test, as long as its algorithm asks for"


@pytest.fixture(scope="module")
def pico(firmware, tmp_path_factory):
    with running(tmp_path_factory.mktemp("pico")) as pico:
        yield pico


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


CLOCK = "import machine\nprint(machine.freq(), hex(machine.mem32[0x40064000]))"


def test_a_faster_clock_is_set_before_the_network_is_up(pico):
    before = pico.execute(CLOCK)
    assert before.split()[0] == "125000000"
    assert "setting cpu_mhz must be 0, or 48 to 200 on RP2040" in pico.cli.fails("setup", "--set", "cpu_mhz=201")
    pico.cli.ok("setup", "--set", "cpu_mhz=200")
    pico.switch_off()
    pico.switch_on()
    hz, regulator = pico.execute(CLOCK).split()
    assert (hz, int(regulator, 16) & 0xF0) == ("200000000", 0xC0)
    assert pico.get("/healthz").json()["status"] == "ok"
    pico.cli.ok("setup", "--set", "cpu_mhz=0")
    assert status(pico)["clock_set"]
    pico.switch_off()
    pico.switch_on()
    pico.cli.ok("setup", "--set", "hostname=kitchen")
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


def test_two_functions_take_turns_and_each_is_pristine(pico):
    for name in ("left", "right"):
        pico.deploy(name, PRISTINE, vars={"NAME": name})
    connection = pico.connection()
    for name in ("left", "right", "right", "left", "right", "left"):
        connection.request("GET", f"/{name}")
        assert connection.getresponse().read().decode() == f"{name} 1 1 clean"
    connection.close()
    assert status(pico)["address"] == "192.168.7.2"
    pico.cli.ok("delete", "right", "--yes")


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
    assert pico.cli.ok("list").split() == ["left"]


def read_slowly(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(100), b""))


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


def test_numbers_are_those_of_linux(pico, firmware, tmp_path):
    pico.deploy("numbers", ANSWER, limits={"cpu_ms": 5000})
    with running_on_linux(firmware, tmp_path) as linux:
        linux.deploy("numbers", ANSWER, route="/numbers", limits={"cpu_ms": 5000})
        for batch in range(BATCHES):
            assert pico.get(f"/numbers?{batch}").text.split("\n") == linux.get(f"/numbers?{batch}").text.split("\n")
    pico.cli.ok("delete", "numbers", "--yes")


def log_in(pico: Pico) -> str:
    answer = pico.request("POST", "/login", json.dumps({"user": "ada", "password": "correct horse"}))
    assert answer.status == 200, answer.text
    return answer.json()["token"]


def me(pico: Pico, issuer: str) -> int:
    """Ask with a token that nobody but the holder of the secret can have made."""
    claims = {"iss": issuer, "sub": "ada", "iat": int(time.time()) - 900, "exp": int(time.time()) + 900, "jti": "x"}
    return pico.get("/me", Authorization=f"Bearer {jwt.encode(claims, SECRET, 'HS256')}").status


def test_login_is_deployed_used_and_rolled_back(pico):
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
    return int(pico.execute("import gc; gc.collect(); print(gc.mem_free())"))


def test_a_thousand_requests_leave_the_heap_as_it_was(pico):
    pico.deploy("hello", HELLO)
    with socket.create_connection(pico.local.address) as wire:
        ask(wire, 100)  # the log ring has room for 78
    with socket.create_connection(pico.local.address) as wire:
        ask(wire, 10)
        before = heap_free(pico)
        ask(wire, 990)
        assert abs(heap_free(pico) - before) <= 512


def press_ctrl_c(port: str, done: threading.Event) -> None:
    with Path(port).open("wb", buffering=0) as console:
        while not done.wait(0.002):
            console.write(b"\x03")


def answers(pico: Pico) -> bool:
    try:
        return pico.get("/healthz").status == 200
    except OSError:
        return False


def test_ctrl_c_while_it_starts_does_not_end_the_server(pico):
    before = status(pico)["uptime_ms"]
    with connect(pico.local.port) as device:
        device.send("import machine\nmachine.reset()")
    wait_until(lambda: not answers(pico))
    done = threading.Event()
    pressing = threading.Thread(target=press_ctrl_c, args=(pico.local.port, done))
    pressing.start()
    wait_until(lambda: answers(pico))
    done.set()
    pressing.join()
    assert status(pico)["uptime_ms"] < before


def test_functions_are_there_after_the_power_was_cut(pico):
    pico.switch_off()
    with pytest.raises(ConnectionRefusedError):
        pico.get("/hello")
    pico.switch_on()
    assert pico.get("/hello").text == "hello world\n"
    assert pico.get("/left").text == "left 1 1 clean"
    assert status(pico)["hostname"] == "kitchen"
    pico.cli.ok("setup", "--set", "hostname=kitchen")  # the clock had no power either
    assert (me(pico, "edgelet"), me(pico, "another")) == (200, 401)
