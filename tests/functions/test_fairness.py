"""What one function's operations leave to others: through real sockets, with the settings that a device has."""

import json
import select
import socket
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from device_helpers import asking, running
from edgelet_host.device.log import fetch
from waiting import wait_until


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("fairness"), hostname="bench") as box:
        box.deploy("hello", "export default { fetch() { return new Response('hello') } }", route="/hello")
        yield box


KEY = """const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
  const PARAMS = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8) };"""
RSA = "{ name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]) }"
ENDLESS = {
    "put": "for (;;) await env.KV.put('k', String(Math.random()))",
    "get": "for (;;) await env.KV.get('k')",
    "list": "for (;;) await env.KV.list()",
    "limit": "for (;;) await env.LIMIT.limit({ key: 'k' })",
    "puts": """for (;;)
      await Promise.all(Array.from({ length: 250 }, (_, i) => env.KV.put(`k${i}`, `${Math.random()}`)))""",
    "lists": "for (;;) await Promise.all(Array.from({ length: 250 }, () => env.KV.list()))",
    "derivation": f"{KEY} await crypto.subtle.deriveBits({{ ...PARAMS, iterations: 2 ** 32 - 1 }}, key, 256)",
    "keys": f"for (;;) await crypto.subtle.generateKey({RSA}, true, ['sign'])",
    "intervals": "for (let i = 0; i < 250; i++) setInterval(() => {}, 0); await new Promise(() => {})",
}
BINDINGS = {"KV": {"type": "kv"}, "LIMIT": {"type": "ratelimit", "limit": 10, "period": 10}}


def handler(body: str) -> str:
    return f"export default {{ async fetch(request, env) {{ {body}; return new Response('done') }} }}"


# Their time is over as soon as a timer has its turn.
EXPIRE = """
import asyncio
from edgelet.device import running
for one in running().functions.get("endless").pending:
    asyncio.create_task(one._expire(1))
"""


@pytest.mark.parametrize(
    "what", [what if what == "put" else pytest.param(what, marks=pytest.mark.slow) for what in ENDLESS]
)
def test_endless_operations_end_with_their_wall_time_and_others_are_served_meanwhile(box, what):
    limits = {"wall_ms": 60000, "cpu_ms": 60000}
    box.deploy("endless", handler(ENDLESS[what]), route="/endless", limits=limits, bindings=BINDINGS)
    with ThreadPoolExecutor(3) as pool:
        endless = [pool.submit(box.get, "/endless") for _ in range(3)]
        wait_until(lambda: box.device.call("status")["waiting"] == 3)
        assert box.get("/hello").text == "hello"
        assert box.get("/healthz", Host="bench").status == 200
        assert box.device.call("status")["waiting"] == 3
        assert not any(one.done() for one in endless)
        box.device.execute(EXPIRE)
        answers = [one.result() for one in endless]
    assert [one.status for one in answers] == [504] * 3
    requests = {one.headers["x-request-id"] for one in answers}
    texts = {one["text"] for one in box.logs() if one.get("request") in requests}
    assert texts == {"wall time limit of 60000 ms exceeded"}
    assert box.device.call("status")["waiting"] == 0


def test_what_operations_take_is_charged_to_their_function(box):
    box.deploy("writer", handler("await env.KV.put('k', String(Math.random()))"), route="/writer", bindings=BINDINGS)
    used = "from edgelet.device import running\nprint(dict(running().functions.stats())['{}'].operations_us)"
    assert box.get("/writer").text == "done"
    assert int(box.device.execute(used.format("writer"))) > 0
    assert box.get("/hello").text == "hello"
    assert int(box.device.execute(used.format("hello"))) == 0
    box.device.call("set_settings", {"admin_secret": "an admin secret of some length"})
    metrics = box.get("/metrics", Host="bench", Authorization="Bearer an admin secret of some length").text
    assert 'edgelet_operations_seconds_total{function="hello"} 0.0' in metrics


# What commits and others do, in order: how many changes a commit has, and the turn of who has begun to wait in it.
ORDER = """
import asyncio
from edgelet.storage.kv import KV
order, change = [], KV.change
async def another():
    order.append("another")
def noted(self, changes):
    order.append(len(changes))
    asyncio.create_task(another())
    return change(self, changes)
KV.change = noted
"""


def test_a_call_that_writes_much_gives_way_in_between(box):
    """No more than some of its writes are made before everybody else has a turn."""
    body = "await Promise.all(Array.from({ length: 250 }, (_, i) => env.KV.put(`k${i}`, 'v')))"
    box.deploy("much", handler(body), route="/much", bindings=BINDINGS)
    box.device.execute(ORDER)
    assert box.get("/much").text == "done"
    order = json.loads(box.device.execute("KV.change = change\nimport json\nprint(json.dumps(order))"))
    counts = order[::2]
    assert sum(counts) == 250 and max(counts) <= 64
    assert order[1::2] == ["another"] * len(counts)
    assert len(list((box.folder.parent / "device" / "kv" / "much.KV").glob("*[!~]"))) == 250


def test_writes_that_are_acknowledged_are_there_and_later_ones_win(box):
    body = """const put = (v) => env.KV.put("k", v);
      await Promise.all([put("1"), env.KV.delete("k"), put("2"), put("3")]);
      const first = await env.KV.get("k");
      await Promise.all([put("4"), env.KV.delete("k")]);
      return Response.json([first, await env.KV.get("k")])"""
    box.deploy("order", handler(body), route="/order", bindings=BINDINGS)
    assert box.get("/order").json() == ["3", None]


def test_a_write_that_fails_is_told_to_its_handler_only(box):
    body = """const answers = await Promise.allSettled(["a", "x".repeat(181), "b"].map((key) => env.KV.put(key, "v")));
      return Response.json(answers.map((one) => one.reason?.message ?? "done"))"""
    box.deploy("failing", handler(body), route="/failing", bindings=BINDINGS)
    assert box.get("/failing").json() == ["done", "a KV key must have 1 to 180 bytes", "done"]


# As many bytes as each commit has; box is a device that runs.
COUNT_COMMITS = """
from edgelet.storage.kv import KV
commits, change = [], KV.change
def counted(self, changes):
    commits.append(sum([len(record or b"") for _, record in changes]))
    return change(self, changes)
KV.change = counted
"""


def test_large_writes_do_not_share_a_commit(box):
    body = "await Promise.all(Array.from({ length: 10 }, (_, i) => env.KV.put(`k${i}`, 'v'.repeat(100000))))"
    box.deploy("large", handler(body), route="/large", bindings=BINDINGS)
    box.device.execute(COUNT_COMMITS)
    assert box.get("/large").text == "done"
    commits = json.loads(box.device.execute("KV.change = change\nprint(commits)"))
    assert sum(commits) > 10 * 100000
    assert max(commits) <= 256 << 10


# Slices since then that had a turn of everything else before them. By their clock none has time for two steps.
WATCH = """
import asyncio
from edgelet import event_loop
turns = slices = seen = 0
class Hurried:
    now = 0
    def ticks_us(self):
        global slices, seen
        slices += turns != seen
        seen = turns
        self.now += 300
        return self.now
    def ticks_diff(self, a, b):
        return a - b
clock, event_loop.time = event_loop.time, Hurried()
async def watch():
    global turns
    while True:
        await asyncio.sleep_ms(0)
        turns += 1
watcher = asyncio.create_task(watch())
"""
WATCHED = """
watcher.cancel()
event_loop.time = clock
print(slices)
"""
KEYS = 1000


def test_a_command_that_looks_at_many_keys_holds_up_nobody(box):
    """Each key that it looks at is a step, after which others may have their turn."""
    box.deploy("keeper", handler(""), route="/keeper", bindings=BINDINGS)
    folder = box.folder.parent / "device" / "kv" / "keeper.KV"
    folder.mkdir(parents=True)
    for number in range(KEYS):
        (folder / b64encode(f"key{number:06}".encode()).decode()).write_bytes(bytes(4) + b"v")
    calls = [("kv_list", "keeper", "KV", "key0000"), ("kv_put", "keeper", "KV", [("new", "v", None, None)])]
    for call in [*calls, ("delete", "keeper")]:
        box.device.execute(WATCH)
        box.job(*call)
        assert int(box.device.execute(WATCHED)) >= KEYS, call
    assert not folder.exists()


HOG = "if (request.url.endsWith('/hang')) for (;;) {}"


@pytest.mark.slow
def test_requests_that_take_long_start_one_at_a_time_and_others_in_between(box):
    box.deploy("hog", handler(HOG), route="/hog", limits={"cpu_ms": 20})
    assert box.get("/hog/hang").status == 504
    with asking(box.local.address, "/hog/hang", 40) as hogs, closing(box.connection()) as connection:
        wait_until(lambda: all(one.statuses for one in hogs))
        before = sum(len(one.statuses) for one in hogs)
        for _ in range(20):
            connection.request("GET", "/hello")
            assert connection.getresponse().read() == b"hello"
        between = sum(len(one.statuses) for one in hogs) - before
    assert {status for one in hogs for status in one.statuses} == {504}
    # Each of the 40 would have its turn between two of ours.
    assert between < 20 * 10
    # It is told apart by what it takes, not for ever.
    while box.device.execute(TAKES_LONG).strip() == "True":
        assert box.get("/hog").text == "done"


TAKES_LONG = "from edgelet.device import running\nprint(running().functions.get('hog').takes_long)"


SLEEPER = handler("await new Promise((done) => setTimeout(done, 60000))")


@pytest.fixture
def small_box(firmware, tmp_path):
    """A device with 16 connections, of which one function may have 12."""
    with running(firmware, tmp_path, connections=16, hostname="bench") as box:
        box.deploy("hello", "export default { fetch() { return new Response('hello') } }", route="/hello")
        box.deploy("sleeper", SLEEPER, route="/sleeper", limits={"wall_ms": 60000})
        yield box


@pytest.mark.slow
def test_a_function_has_its_share_of_the_connections_and_refusals_are_slow(small_box):
    box = small_box
    with asking(box.local.address, "/sleeper", 14) as sleepers:

        def refused() -> int:
            return sum(len(one.statuses) for one in sleepers)

        wait_until(lambda: refused() >= 2)
        for _ in range(20):
            assert box.get("/hello").text == "hello"
        assert box.device.call("status")["waiting"] == 12
        began, before = time.monotonic(), refused()
        wait_until(lambda: refused() >= before + 4)
        assert time.monotonic() - began > 1
        assert {status for one in sleepers for status in one.statuses} == {503}
        box.job("delete", "sleeper")
        assert box.get("/hello").text == "hello"


def test_a_refusal_that_is_held_back_gives_its_connection_to_another_client(small_box):
    box = small_box
    box.device.execute("from edgelet.http import connection\nconnection._REFUSAL_MS = 3600000")
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(box.local.address)) for _ in range(16)]
        for client in clients:
            client.sendall(b"GET /sleeper HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: box.device.call("status")["waiting"] == 12)
        held = "from edgelet.device import running\nprint(sum(c._is_held_back for c in running().server.connections))"
        wait_until(lambda: int(box.device.execute(held)) == 4)
        assert box.get("/hello").text == "hello"
        [answered] = [one for one in clients if select.select([one], [], [], 0)[0]]
        text = answered.recv(4096).decode()
        assert text.startswith("HTTP/1.1 503 ") and "connection: close\r\n" in text and "retry-after: 1\r\n" in text


@pytest.mark.slow
def test_calls_that_go_on_have_their_turns_as_new_requests_have(box):
    box.deploy("busy", handler("let n = 0; for (let i = 0; i < 50000; i++) n += i"), route="/busy")
    box.deploy("awaiting", handler("await new Promise((done) => setTimeout(done, 5))"), route="/awaiting")
    with asking(box.local.address, "/busy", 20) as busy, asking(box.local.address, "/awaiting", 20) as awaiting:
        wait_until(lambda: sum(len(one.statuses) for one in busy) >= 2000)
        answered = sum(len(one.statuses) for one in awaiting)
    assert {status for one in [*busy, *awaiting] for status in one.statuses} == {200}
    # One turn for all of them between two requests of the busy ones would be a twentieth.
    assert answered > 2000 / 8


def test_calls_that_go_on_have_their_turns_by_function_up_to_four_of_one_in_a_row(box):
    body = "await new Promise((done) => setTimeout(done, 60000)); console.log('goes on')"
    counts = (("many", 12), ("some", 9), ("one", 1))
    for name, _ in counts:
        box.deploy(name, handler(body), route=f"/{name}", limits={"wall_ms": 60000})
    with ThreadPoolExecutor(22) as pool:
        answers = [pool.submit(box.get, f"/{name}") for name, count in counts for _ in range(count)]
        wait_until(lambda: box.device.call("status")["waiting"] == 22)
        since = box.device.call("logs", 0, 1)["next"]
        box.fire_timers(*counts)
        assert [one.result().text for one in answers] == ["done"] * 22
    turns = [one["function"] for one in fetch(box.device, since)[0] if one["text"] == "goes on"]
    four = ["many"] * 4 + ["some"] * 4
    assert turns == [*four, "one", *four, *["many"] * 4, "some"]


BULKY = """const kept = new Uint8Array(Number(request.url.split("?")[1])).fill(1);
  await new Promise((done) => setTimeout(done, 60000));
  return new Response(kept.length)"""


def test_where_one_cannot_change_places_another_one_does(firmware, tmp_path):
    with running(firmware, tmp_path, waiting_bytes=80000) as box, ThreadPoolExecutor(3) as pool:
        box.deploy("bulky", handler(BULKY), route="/", limits={"wall_ms": 60000})
        answers = []
        for waiting, size in enumerate((1, 50000, 50000), 1):
            answers.append(pool.submit(box.get, f"/?{size}"))
            wait_until(lambda waiting=waiting: box.device.call("status")["waiting"] == waiting)
        # The third one is in the arena: there is no place for it where the first one was, but where the second one was.
        box.fire_timers(("bulky", 2))
        assert [one.result().text for one in answers[:2]] == ["1", "50000"]
        assert box.device.call("status")["waiting"] == 1
        box.fire_timers(("bulky", 1))
        assert answers[2].result().text == "50000"


def test_a_function_that_waits_with_more_than_its_share_of_bytes_makes_room(firmware, tmp_path):
    """Else nobody could be served as long as it waits: its call cannot leave the arena."""
    body = "globalThis.kept = new Uint8Array(2 ** 21).fill(1); await new Promise((done) => setTimeout(done, 60000))"
    with running(firmware, tmp_path, waiting_bytes=1 << 20) as box, ThreadPoolExecutor(1) as pool:
        box.deploy("hello", "export default { fetch() { return new Response('hello') } }", route="/hello")
        box.deploy("hog", handler(body), route="/hog", limits={"wall_ms": 60000})
        hog = pool.submit(box.get, "/hog")
        wait_until(lambda: box.device.call("status")["waiting"] == 1)
        assert box.get("/hello").text == "hello"
        answer = hog.result()
        assert answer.status == 503
        [record] = [one for one in box.logs() if one.get("request") == answer.headers["x-request-id"]]
        assert record["text"].startswith("waiting_share: ")
        assert box.device.call("status")["functions"][1]["errors"] == {"share": 1}


@pytest.fixture
def tight_box(firmware, tmp_path):
    """A device with room for 60,000 bytes of what waits, and a function that waits with more."""
    with running(firmware, tmp_path, waiting_bytes=60000, queue_ms=300) as box:
        box.deploy("bulky", handler(BULKY), route="/bulky", limits={"wall_ms": 60000})
        box.deploy("sleeper", SLEEPER, route="/sleeper", limits={"wall_ms": 60000})
        yield box


def test_requests_that_could_go_on_need_not_wait_for_one_with_more_than_its_share(tight_box):
    box = tight_box
    with ThreadPoolExecutor(2) as pool:
        sleeper = pool.submit(box.get, "/sleeper")
        wait_until(lambda: box.device.call("status")["waiting"] == 1)
        bulky = pool.submit(box.get, "/bulky?100000")
        wait_until(lambda: box.device.call("status")["waiting"] == 2)
        box.fire_timers(("sleeper", 1))
        assert sleeper.result().text == "done"
        assert bulky.result().status == 503


def test_nor_need_a_deploy(tight_box):
    box = tight_box
    with ThreadPoolExecutor(1) as pool:
        bulky = pool.submit(box.get, "/bulky?100000")
        wait_until(lambda: box.device.call("status")["waiting"] == 1)
        box.deploy("hello", "export default { fetch() { return new Response('hello') } }", route="/hello")
        assert bulky.result().status == 503


@pytest.mark.slow
def test_a_function_that_is_dear_to_bring_back_has_its_turns_rarely(firmware, tmp_path):
    body = "globalThis.a = new Uint8Array(5 * 10 ** 7).fill(1); setInterval(() => {}, 0); await new Promise(() => {})"
    with running(firmware, tmp_path) as box, ThreadPoolExecutor(1) as pool, closing(box.connection()) as connection:
        box.deploy("hello", "export default { fetch() { return new Response('hello') } }", route="/hello")
        limits = {"wall_ms": 3000, "cpu_ms": 10000, "memory": 60 << 20}
        box.deploy("hog", handler(body), route="/hog", limits=limits)
        hog = pool.submit(box.get, "/hog")
        wait_until(lambda: box.device.call("status")["waiting"] == 1)
        for _ in range(100):
            connection.request("GET", "/hello")
            assert connection.getresponse().read() == b"hello"
        # Between two of ours it would be back each time.
        assert box.device.call("status")["resumes"] < 30
        assert hog.result().status == 504


def test_what_log_lines_take_is_time_of_their_function(box):
    box.deploy("talks", handler("for (let i = 0; i < 400; i++) console.log('a line')"), route="/talks")
    secrets = {"KEY": "\n".join(f"line {number}" for number in range(240))}
    box.device.wait_for_job(box.device.call("set_secrets", "talks", secrets))
    assert box.get("/talks").text == "done"
    assert box.device.execute(TAKES_LONG.replace("hog", "talks")).strip() == "True"


@pytest.mark.slow
@pytest.mark.parametrize("what", ["at once", "after a wait"])
def test_slow_readers_of_one_function_leave_memory_for_others(box, what):
    body = "await new Promise((done) => setTimeout(done, 500));" if what == "after a wait" else ""
    box.deploy("large", handler(f"{body} return new Response(new Uint8Array(2 ** 20))"), route="/large")
    refused = "from edgelet import shortages\nprint(shortages.counts['bodies'])"
    before = int(box.device.execute(refused))
    with ExitStack() as stack:
        for _ in range(100):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(box.local.address)
            # The system takes the first ones.
            client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
        wait_until(lambda: int(box.device.execute(refused)) > before)
        assert box.get("/hello").text == "hello"
