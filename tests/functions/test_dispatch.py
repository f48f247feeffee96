"""Requests to functions, through the real firmware: routing, both shapes, operations, errors, limits, releases."""

import json
import secrets
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from device_helpers import running, write_project
from edgelet_host.device.console import DeviceError
from edgelet_host.device.deployment import make_release
from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import read_project
from isolate_helpers import OVERWRITE_HEAP, occurrences
from process_helpers import deploy_while_another_drains
from waiting import wait_until


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("dispatch"), hostname="bench") as box:
        yield box


def answer(text: str) -> str:
    return f"export default {{ fetch() {{ return new Response({json.dumps(text)}) }} }}"


def test_longest_prefix_of_whole_segments_wins(box):
    box.deploy("short", answer("short"), route="/r")
    box.deploy("long", answer("long"), route="/r/deep")
    assert box.get("/r").text == "short"
    assert box.get("/r/x?q=1").text == "short"
    assert box.get("/r/deep").text == "long"
    assert box.get("/r/deep/er").text == "long"
    assert box.get("/r/deeper").text == "short"
    assert box.get("/r?q=/deep").text == "short"
    assert box.get("/r/deep?q=1").text == "long"
    assert box.get("/r/deep/").text == "long"
    assert box.get("/rx").status == 404
    assert box.get("/rx/deep").status == 404


def test_a_function_with_a_host_comes_before_one_without(box):
    box.deploy("any-host", answer("any"), route="/host")
    box.deploy("one-host", answer("one"), route="/host", host="one.test")
    assert box.get("/host", Host="one.test").text == "one"
    assert box.get("/host", Host="ONE.test:8080").text == "one"
    assert box.get("/host", Host="two.test").text == "any"


def test_unknown_route_is_404(box):
    assert box.get("/no/such/route").status == 404


def test_two_functions_cannot_have_the_same_route(box):
    box.deploy("first", answer("first"), route="/taken")
    with pytest.raises(DeviceError, match="route /taken belongs to function first"):
        box.deploy("second", answer("second"), route="/taken")
    assert box.get("/taken").text == "first"


LAMBDA = """
export const handler = async (event, context, done) => {
  if (event.path === "/lambda/done") { done({ statusCode: 202, body: "by done" }); return; }
  if (event.path === "/lambda/bad") return 42;
  return { statusCode: 201, headers: { "x-a": "b" }, body: { event, memory: context.memoryLimitInMB,
           time: context.getRemainingTimeInMillis() > 0 } };
};
"""


def test_lambda_shape(box):
    box.deploy("lambda", LAMBDA, route="/lambda")
    response = box.request("POST", "/lambda/x?a=1&b=2", "hello", {"X-Test": "yes"})
    assert response.status == 201
    assert response.headers["x-a"] == "b"
    assert response.headers["content-type"] == "application/json"
    value = response.json()
    event = value["event"]
    assert event["httpMethod"] == "POST"
    assert event["path"] == "/lambda/x"
    assert event["query"] == event["queryStringParameters"] == {"a": "1", "b": "2"}
    assert event["headers"]["x-test"] == "yes"
    assert (event["body"], event["isBase64Encoded"]) == ("hello", False)
    assert value["time"] is True
    assert box.get("/lambda/done").text == "by done"


def test_bytes_that_are_no_text_reach_a_lambda_as_base64(box):
    box.deploy("lambda", LAMBDA, route="/lambda")
    event = box.request("POST", "/lambda/x", b"\xff\x00").json()["event"]
    assert (event["body"], event["isBase64Encoded"]) == ("/wA=", True)


FAILING = """
export default { async fetch(request) {
  const what = new URL(request.url).pathname.split("/").pop();
  if (what === "throw") throw new TypeError("secret detail");
  if (what === "loop") for (;;);
  if (what === "memory") { const kept = []; for (;;) kept.push(new Array(1000).fill(0)); }
  if (what === "deep") { const f = (n) => f(n + 1) + 1; f(0); }
  if (what === "result") return 42;
  if (what === "error") return Response.error();
  if (what === "used") { const response = new Response("x"); await response.text(); return response; }
  if (what === "stuck") await new Promise(() => {});
  if (what === "wall") await new Promise((resolve) => setTimeout(resolve, 60000));
  return new Response("fine");
} };
"""


@pytest.mark.parametrize(
    ("what", "status", "kind"),
    [
        ("throw", 500, "secret detail"),
        ("loop", 504, "CPU limit of 20 ms exceeded"),
        ("memory", 503, "memory limit"),
        ("deep", 500, "Maximum call stack size exceeded"),
        ("result", 502, "Response"),
        ("error", 500, "Response.error(), which cannot be sent"),
        ("used", 500, "has been read already"),
        ("stuck", 502, "nothing can settle"),
        ("wall", 504, "wall time limit of 200 ms exceeded"),
    ],
)
def test_errors_tell_the_client_a_request_id_and_the_log_the_rest(box, what, status, kind):
    box.deploy("failing", FAILING, route="/failing", limits={"cpu_ms": 20, "wall_ms": 200, "memory": 512 << 10})
    response = box.get(f"/failing/{what}")
    assert response.status == status
    assert "main.js" not in response.text
    assert "detail" not in response.text
    request = response.headers["x-request-id"]
    assert request in response.text
    [record] = [one for one in box.logs() if one.get("request") == request and one["level"] == "error"]
    assert kind in record["text"]
    assert record["status"] == status
    if what in ("throw", "loop", "memory", "deep"):
        assert "main.js:" in record["text"]
    assert box.get("/failing/none").text == "fine"


SLOW = """export default { async fetch(request) {
  await new Promise((resolve) => setTimeout(resolve, Number(new URL(request.url).searchParams.get("ms"))));
  return new Response("waited"); } }"""


def test_requests_that_wait_hold_up_nobody(box):
    box.deploy("slow", SLOW, route="/slow", limits={"wall_ms": 60000})
    box.deploy("quick", answer("quick"), route="/quick")
    before = box.device.call("status")
    with ThreadPoolExecutor(20) as pool:
        slow = [pool.submit(box.get, "/slow?ms=60000") for _ in range(20)]
        wait_until(lambda: waiting(box) == 20)
        assert [box.get("/quick").text for _ in range(20)] == ["quick"] * 20
        assert waiting(box) == 20
        box.fire_timers(("slow", 20))
        assert [one.result().text for one in slow] == ["waited"] * 20
    status = box.device.call("status")
    assert (status["waiting"], status["parked_bytes"]) == (0, 0)
    parks, resumes = (status[name] - before[name] for name in ("parks", "resumes"))
    assert parks == resumes >= 20 and status["park_us"] > 0 < status["resume_us"]


TURNS = "from edgelet.device import running\nturns = running().functions.turns\n"
QUEUED = TURNS + "print(turns.queued)"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"waiting_requests": 0}, "waiting_requests: 0 requests wait, as many as may"),
        ({"waiting_bytes": 1000}, "waiting_bytes: waiting requests take all that they may of 1000 bytes"),
    ],
)
def test_requests_that_find_no_room_wait_then_get_503_with_retry_after(firmware, tmp_path, settings, reason):
    settings |= {"queue_ms": 60000, "hostname": "bench"}
    with running(firmware, tmp_path, **settings) as box, ThreadPoolExecutor(2) as pool:
        box.deploy("slow", SLOW, route="/slow", limits={"wall_ms": 60000})
        answers = []
        for queued in (0, 1):
            answers.append(pool.submit(box.get, "/slow?ms=60000"))
            wait_until(lambda queued=queued: (waiting(box), int(box.device.execute(QUEUED))) == (1, queued))
        for one in answers:
            wait_until(lambda: waiting(box))
            box.fire_timers(("slow", 1))
            assert one.result().text == "waited"
        box.device.execute(TURNS + "turns._wait_ms = 300")
        holding = pool.submit(box.get, "/slow?ms=60000")
        wait_until(lambda: waiting(box))
        late = pool.submit(box.get, "/slow?ms=1")
        # What needs no arena never waits.
        assert box.get("/healthz", Host="bench").status == 200
        refused = late.result()
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.text.startswith(f"the device is busy ({reason.split(':')[0]}); request id ")
        box.fire_timers(("slow", 1))
        assert holding.result().text == "waited"
        [record] = [one for one in box.logs() if one.get("status") == 503]
        assert record["text"] == reason


def test_request_for_which_the_queue_has_no_room_is_told_so(firmware, tmp_path):
    with running(firmware, tmp_path, waiting_requests=0, queue_length=0) as box, ThreadPoolExecutor(1) as pool:
        box.deploy("slow", SLOW, route="/slow", limits={"wall_ms": 60000})
        holding = pool.submit(box.get, "/slow?ms=60000")
        wait_until(lambda: waiting(box))
        assert box.get("/slow?ms=1").text.startswith("the device is busy (queue_length); request id ")
        box.fire_timers(("slow", 1))
        assert holding.result().text == "waited"
        [record] = [one for one in box.logs() if one.get("status") == 503]
        reason = "waiting_requests: 0 requests wait, as many as may"
        assert record["text"] == f"queue_length: 0 requests wait for their turn ({reason})"


NOBODY_WAITS = """
from edgelet.console.admin import _Connection
from edgelet.functions.head import Head
from edgelet.device import running
device = running()
device.functions.get("slow")(Head("GET", "/slow?ms=60000", "bench", b"", 0), b"", _Connection(device.server, True))
print(len(device.functions.get("slow").pending))
"""


def test_a_request_that_nobody_comes_to_wait_for_ends_too(firmware, tmp_path):
    with running(firmware, tmp_path, waiting_requests=0) as box:
        box.deploy("slow", SLOW, route="/slow", limits={"wall_ms": 200})
        assert box.device.execute(NOBODY_WAITS).strip() == "1"
        wait_until(lambda: not waiting(box))
        box.deploy("quick", answer("quick"), route="/quick")
        assert box.get("/quick").text == "quick"


def test_a_function_has_its_share_of_the_waiting_requests(firmware, tmp_path):
    settings = {"waiting_requests": 8, "waiting_share": 50, "queue_ms": 300}
    with running(firmware, tmp_path, **settings) as box, ThreadPoolExecutor(5) as pool:
        box.deploy("slow", SLOW, route="/slow", limits={"wall_ms": 60000})
        box.deploy("other", SLOW, route="/other")
        slow = [pool.submit(box.get, "/slow?ms=60000") for _ in range(4)]
        wait_until(lambda: waiting(box) == 4)
        refused = box.get("/slow?ms=1")
        assert refused.status == 503 and refused.text.startswith("the device is busy (waiting_share); request id ")
        assert box.get("/other?ms=1").text == "waited"
        box.fire_timers(("slow", 4))
        assert [one.result().text for one in slow] == ["waited"] * 4
        assert box.get("/slow?ms=1").text == "waited"


BUILDS = "from edgelet.device import running\nprint(running().functions.images.builds)"


def waiting(box) -> int:
    """How many requests wait in their handlers."""
    return box.device.call("status")["waiting"]


KEPT_IMAGES = "from edgelet.device import running\nprint(len(running().functions.images.images))"


def test_a_staged_release_is_measured_and_goes_when_something_changes(box):
    source = "export default { fetch(request, env) { return new Response(`%s ${env.WHO}`) } }"
    box.deploy("staged", source % "old", route="/staged", vars={"WHO": "one"})
    project = write_project(box.folder / "new", "staged", {"main.js": source % "new"}, route="/staged")
    new = make_release(read_project(project), box.firmware)
    folder = box.device.call("begin", "staged")
    box.device.write_file(f"{folder}/manifest", new.manifest)
    for digest, _ in box.device.wait_for_job(box.device.call("missing", "staged")):
        box.device.write_file(f"{folder}/{digest}", new.files[digest])
    release = box.job("commit", "staged")
    before = int(box.device.execute(KEPT_IMAGES))

    staged = box.job("stage", "staged", release)
    assert 0 < staged["image_bytes"] < staged["memory"]
    assert int(box.device.execute(KEPT_IMAGES)) == before + 1
    assert box.get("/staged").text == "old one"
    box.job("set_variables", "staged", {"WHO": "two"})
    assert int(box.device.execute(KEPT_IMAGES)) == before
    assert box.get("/staged").text == "old two"

    box.job("stage", "staged", release)
    builds = int(box.device.execute(BUILDS))
    box.job("activate", "staged", release)
    assert int(box.device.execute(BUILDS)) == builds
    assert box.get("/staged").text == "new two"


def reset_at_the_end(connection):
    """Make close() reset a connection: a client that has only shut down its side may still want its answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


# Ends the request's time.
EXPIRE = """
import asyncio
from edgelet.device import running
for one in running().functions.get("holding").pending:
    asyncio.create_task(one._expire(0))
"""
ENDS = {
    "its time is over": lambda box, connection: box.device.execute(EXPIRE),
    "its client leaves": lambda box, connection: connection.close(),
    "its function goes": lambda box, connection: box.job("delete", "holding"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_parked_request_ends_without_coming_back(box, end):
    box.deploy("holding", HOLDING, route="/holding", limits={"wall_ms": 60000})
    box.deploy("quick", answer("quick"), route="/quick")
    with held(box, "/holding") as connection:
        assert box.get("/quick").text == "quick"
        before = box.device.call("status")
        assert before["parked_bytes"] > 0
        ENDS[end](box, connection)
        wait_until(lambda: not waiting(box))
    after = box.device.call("status")
    assert (after["parked_bytes"], after["resumes"]) == (0, before["resumes"])


def test_an_image_stays_until_the_last_request_that_waits_has_ended(firmware, tmp_path):
    with running(firmware, tmp_path, image_cache_bytes=0) as box, ThreadPoolExecutor(1) as pool:
        box.deploy("slow", SLOW, route="/slow")
        box.deploy("quick", answer("quick"), route="/quick")
        slow = pool.submit(box.get, "/slow?ms=60000")
        wait_until(lambda: waiting(box))
        assert box.get("/quick").text == "quick"
        assert int(box.device.execute(KEPT_IMAGES)) == 2
        box.fire_timers(("slow", 1))
        assert slow.result().text == "waited"
        box.deploy("other", answer("other"), route="/other")
        assert int(box.device.execute(KEPT_IMAGES)) == 1


def test_a_client_that_resets_its_connection_abandons_its_request(box):
    box.deploy(
        "slow", "export default { async fetch() { await new Promise((r) => setTimeout(r, 20000)); } }", route="/slow"
    )
    with socket.create_connection(box.local.address) as connection:
        reset_at_the_end(connection)
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: waiting(box))
    wait_until(lambda: not waiting(box))
    box.deploy("quick", answer("quick"), route="/quick")
    assert box.get("/quick").text == "quick"


def test_a_network_that_is_lost_ends_the_requests_in_flight(box):
    box.deploy(
        "slow", "export default { async fetch() { await new Promise((r) => setTimeout(r, 20000)); } }", route="/slow"
    )
    with socket.create_connection(box.local.address) as idle, socket.create_connection(box.local.address) as waits:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200 ")
        waits.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: waiting(box))
        box.device.execute("from edgelet.device import running\nrunning().server.cut()")
        assert (idle.recv(1), waits.recv(1)) == (b"", b"")
        wait_until(lambda: not waiting(box))
    box.deploy("quick", answer("quick"), route="/quick")
    assert box.get("/quick").text == "quick"


def test_wait_until_runs_after_the_response_and_has_its_own_limit(box):
    source = """export default { async fetch(request, env, ctx) {
      ctx.waitUntil((async () => { await new Promise((r) => setTimeout(r, 30)); console.log("behind"); })());
      return new Response("before"); } }"""
    box.deploy("behind", source, route="/behind")
    assert box.get("/behind").text == "before"
    wait_until(lambda: any(one["text"] == "behind" for one in box.logs()))
    endless = source.replace("30", "60000")
    box.deploy("behind", endless, route="/behind", limits={"background_ms": 50})
    assert box.get("/behind").text == "before"
    wait_until(lambda: any("ctx.waitUntil took longer than 50 ms" in one["text"] for one in box.logs()))
    wait_until(lambda: not waiting(box))


def test_pass_through_on_exception_goes_on_to_the_devices_own_routes(box):
    source = """export default { fetch(request, env, ctx) { ctx.passThroughOnException(); throw new Error("x"); } }"""
    box.deploy("passing", source, route="/passing")
    assert box.get("/passing").status == 404


def test_a_function_can_take_smaller_bodies_than_the_device(box):
    source = "export default { async fetch(request) { return new Response(String((await request.text()).length)) } }"
    box.deploy("small", source, route="/small", limits={"body": 10})
    assert box.request("POST", "/small", "x" * 10).text == "10"
    assert box.request("POST", "/small", "x" * 11).status == 413
    assert box.request("POST", "/small").text == "0"


def test_handlers_can_ask_whether_the_clock_is_set(box):
    box.deploy("clock", "export default { fetch: (r, e, ctx) => Response.json(ctx.clockIsSet()) }", route="/clock")
    assert box.get("/clock").json() is True
    source = "export const handler = async (event, context) => ({ statusCode: 200, body: [context.clockIsSet()] })"
    box.deploy("clock", source, route="/clock")
    assert box.get("/clock").json() == [True]


def test_timers_and_kv_between_turns(box):
    source = """export default { async fetch(request, env) {
      let ticks = 0;
      await new Promise((resolve) => {
        const timer = setInterval(() => { if (++ticks === 3) { clearInterval(timer); resolve(); } }, 5);
      });
      const n = Number((await env.STORE.get("n")) ?? 0) + 1;
      await env.STORE.put("n", String(n));
      return Response.json({ ticks, n }); } }"""
    box.deploy("counting", source, route="/counting", bindings={"STORE": {"type": "kv"}})
    assert [box.get("/counting").json() for _ in range(3)] == [{"ticks": 3, "n": n} for n in (1, 2, 3)]


def test_what_no_function_uses_takes_no_memory(firmware, tmp_path):
    # On a board such a module takes up to 1 KB of the heap.
    with running(firmware, tmp_path) as box:
        box.deploy("hello", answer("hello"), route="/")
        assert box.get("/").text == "hello"
        loaded = set(box.device.execute("import sys; print(*sys.modules)").split())
        assert "edgelet.functions.bindings" in loaded
        unused = ("functions.ratelimit", "http.representation", "http.static", "metrics")
        unused += ("storage.commits", "storage.kv")
        assert not loaded & {f"edgelet.{name}" for name in unused}


KEEPING = "const known = process.env.KEY; export default { fetch: (r, env) => new Response(`${known} ${env.KEY}`) }"
HOLDING = "export default { async fetch() { await new Promise((r) => setTimeout(r, 60000)); return new Response(); } }"


def test_a_secret_takes_effect_at_once_and_is_never_shown(box):
    box.deploy("secretive", KEEPING, route="/secretive")
    for secret in ("canary-one", "canary-two"):
        box.job("set_secrets", "secretive", {"KEY": secret})
        assert box.get("/secretive").text == f"{secret} {secret}"
    assert "canary" not in json.dumps(box.device.call("secrets", "secretive"))
    assert "canary" not in json.dumps(box.device.call("status"))
    assert "canary" not in json.dumps(box.logs())


@contextmanager
def held(box, target):
    """A request that has its arena until the client leaves."""
    with socket.create_connection(box.local.address) as connection:
        reset_at_the_end(connection)
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        wait_until(lambda: waiting(box))
        yield connection


def test_a_change_is_reported_when_the_old_image_is_gone_and_the_new_one_built(firmware, tmp_path):
    with running(firmware, tmp_path, waiting_requests=0, drain_ms=60000) as box:
        box.deploy("holding", HOLDING, route="/holding")
        box.deploy("secretive", KEEPING, route="/secretive")
        secret = secrets.token_hex(12)
        box.job("set_secrets", "secretive", {"KEY": secret})
        assert box.get("/secretive").text == f"{secret} {secret}"
        assert occurrences(box.local.process, secret.encode()) > 2
        with held(box, "/holding"):
            builds = box.device.execute(BUILDS)
            job = box.device.call("set_secrets", "secretive", {"KEY": "another"})
            for _ in range(50):
                assert box.device.call("job", job["job"]) == {"state": "running"}
            assert box.device.execute(BUILDS) == builds
        box.device.wait_for_job(job)
        box.device.execute(OVERWRITE_HEAP)
        assert occurrences(box.local.process, secret.encode()) == 0
        assert int(box.device.execute(BUILDS)) == int(builds) + 1
        assert box.get("/secretive").text == "another another"
        assert int(box.device.execute(BUILDS)) == int(builds) + 1


def test_the_outcome_of_a_job_is_told_once(firmware, tmp_path):
    with running(firmware, tmp_path) as box:
        box.deploy("hello", answer("hello"), route="/")
        job = box.device.call("invoke", "hello", "GET", "/", b"", b"")
        assert box.device.wait_for_job(job)["status"] == 200
        with pytest.raises(DeviceError, match=f"there is no job {job['job']}, or its outcome was told"):
            box.device.call("job", job["job"])
        source = """export default { async fetch(request, env) {
          while (!(await env.STORE.get("go"))) await new Promise((done) => setTimeout(done, 10));
          return new Response();
        } }"""
        box.deploy("patient", source, route="/patient", bindings={"STORE": {"type": "kv"}})
        patient = box.device.call("invoke", "patient", "GET", "/patient", b"", b"")
        for _ in range(20):
            box.job("invoke", "hello", "GET", "/", b"", b"")
        assert box.device.call("job", patient["job"]) == {"state": "running"}
        box.job("kv_put", "patient", "STORE", [("go", "now", None, None)])
        assert box.device.wait_for_job(patient)["status"] == 200


def test_a_change_ends_the_requests_that_hold_the_only_arena(firmware, tmp_path):
    with running(firmware, tmp_path, waiting_requests=0, drain_ms=100) as box:
        box.deploy("holding", HOLDING, route="/")
        with held(box, "/") as connection:
            box.job("set_variables", "holding", {"KEY": "new"})
            assert connection.recv(100).startswith(b"HTTP/1.1 503 ")
        with held(box, "/") as connection:
            box.deploy("holding", answer("another"), route="/")
            assert connection.recv(100).startswith(b"HTTP/1.1 503 ")
        assert box.get("/").text == "another"
        assert waiting(box) == 0


IMAGES = """
from edgelet.device import running
functions = running().functions
print(all(functions.get(one.name) is one for one in functions.images.images))
"""


def test_a_request_that_waits_meanwhile_gets_the_new_release(firmware, tmp_path):
    with running(firmware, tmp_path, waiting_requests=0, queue_ms=60000) as box, ThreadPoolExecutor(2) as pool:
        box.deploy("holding", HOLDING, route="/holding")
        for release in ("new", "old"):
            box.deploy("changing", answer(release), route="/changing")
        box.deploy("leaving", answer("leaving"), route="/leaving")
        with held(box, "/holding"):
            changed, left = (pool.submit(box.get, target) for target in ("/changing", "/leaving"))
            wait_until(lambda: box.device.execute(QUEUED).strip() == "2")
            box.job("delete", "leaving")
            job = box.device.call("rollback", "changing")
            wait_until(lambda: box.device.execute(TURNS + "print(turns.wanted)").strip() == "True")
        assert (changed.result().text, left.result().status) == ("new", 404)
        box.device.wait_for_job(job)
        assert box.device.execute(IMAGES).strip() == "True"


def test_a_change_that_the_function_does_not_start_with_is_kept_and_reported(box):
    source = "if (!process.env.KEY) throw new Error('there is no KEY');" + KEEPING
    box.deploy("secretive", KEEPING, route="/secretive")
    box.job("set_secrets", "secretive", {"KEY": "first"})
    box.deploy("secretive", source, route="/secretive")
    with pytest.raises(EdgeletError, match=r"stored, but function secretive .*there is no KEY.*\n +at .*main\.js:1:"):
        box.job("set_secrets", "secretive", {"KEY": None})
    assert box.device.call("secrets", "secretive") == []
    assert box.get("/secretive").status == 503
    box.job("set_secrets", "secretive", {"KEY": "second"})
    assert box.get("/secretive").text == "second second"


def test_a_release_that_does_not_build_leaves_the_old_one_in_service(box):
    box.deploy("steady", answer("old"), route="/steady")
    with pytest.raises(EdgeletError, match="top level"):
        box.deploy("steady", "throw new Error('at the top level'); export default { fetch() {} }", route="/steady")
    assert box.get("/steady").text == "old"


def test_what_the_top_level_says_is_in_the_log(box):
    source = "console.log('begins'); reportError(new Error('odd')); Promise.reject(new Error('lost'));"
    box.deploy("says", source + answer("said"), route="/says")
    assert box.get("/says").text == "said"
    texts = [one["text"] for one in box.logs() if one.get("function") == "says"]
    assert texts.count("start-up: begins") == 1
    assert [text.split("\n")[0] for text in texts if text.startswith("start-up: ")] == [
        "start-up: begins",
        "start-up: Error: odd",
        "start-up: Uncaught (in promise) Error: lost",
    ]
    with pytest.raises(EdgeletError, match="top level"):
        box.deploy("says", "console.log('fails'); throw new Error('at the top level');", route="/says")
    assert "start-up: fails" in [one["text"] for one in box.logs()]


def test_rollback_and_delete(box):
    first = box.deploy("rolling", answer("one"), route="/rolling")
    box.deploy("rolling", answer("two"), route="/rolling")
    assert box.get("/rolling").text == "two"
    box.job("rollback", "rolling")
    assert box.get("/rolling").text == "one"
    assert [one["id"] for one in box.device.call("releases", "rolling") if one["active"]] == [first.id]
    box.job("delete", "rolling")
    assert box.get("/rolling").status == 404


OLD = "from edgelet.device import running\nold = running().functions.get('changing')"
FIRE = """
for one in list(old.pending):
    for timer in list(one._open):
        one._open.pop(timer).cancel()
        one._settle(timer, True, None)
"""
HASTY = "from edgelet.device import running\nrunning().deployment._drain_ms = 100"


def test_a_new_release_drains_then_aborts(firmware, tmp_path):
    slow = """export default { async fetch(request) {
      await new Promise((r) => setTimeout(r, Number(new URL(request.url).searchParams.get("ms"))));
      return new Response("old"); } }"""
    with running(firmware, tmp_path, drain_ms=60000) as box, ThreadPoolExecutor(1) as pool:
        box.deploy("changing", slow, route="/", limits={"wall_ms": 60000})
        asked = pool.submit(box.get, "/?ms=60000")
        wait_until(lambda: waiting(box) == 1)
        box.device.execute(OLD)
        job = box.device.call("activate", "changing", box.commit("changing", answer("new"), route="/"))
        wait_until(lambda: box.get("/?ms=0").text == "new")
        assert box.device.call("job", job["job"]) == {"state": "running"}
        box.device.execute(FIRE)
        assert asked.result().text == "old"
        box.device.wait_for_job(job)
        # Who takes longer than that is ended.
        box.device.execute(HASTY)
        box.deploy("changing", slow, route="/", limits={"wall_ms": 60000})
        asked = pool.submit(box.get, "/?ms=60000")
        wait_until(lambda: waiting(box) == 1)
        box.deploy("changing", answer("newest"), route="/")
        assert asked.result().status == 503
        assert box.get("/").text == "newest"


def test_a_release_that_comes_while_calls_of_the_one_before_end_is_kept(firmware, tmp_path):
    with running(firmware, tmp_path, drain_ms=60000) as box:
        deploy_while_another_drains(box)


def test_forwarded_for_counts_from_a_configured_proxy_only(firmware, tmp_path):
    source = "export default { fetch(request) { return new Response(request.peer) } }"
    for folder, proxies, expected in (("without", "", "127.0.0.1"), ("with", "127.0.0.1", "203.0.113.7")):
        with running(firmware, tmp_path / folder, proxies=proxies) as box:
            box.deploy("peer", source, route="/")
            assert box.get("/", X_Forwarded_For="198.51.100.1, 203.0.113.7").text == expected


def test_a_header_has_the_clients_address_where_asked_for(firmware, tmp_path):
    source = """export default { fetch({ headers, peer }) {
        return Response.json([headers.get("cf-connecting-ip"), [...headers.keys()].includes("x-other"), peer]);
    } }"""
    forged = "X_Other: 1\r\nCF_Connecting_IP: 6.6.6.6\r\ncf_connecting_ip: 7.7.7.7\r\n".replace("_", "-")
    with running(firmware, tmp_path, proxies="127.0.0.1") as box:
        box.deploy("plain", source, route="/plain")
        box.deploy("asks", source, route="/asks", client_header="CF-Connecting-IP")
        with socket.create_connection(box.local.address) as connection:
            head = f"Host: a\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.7\r\n{forged}\r\n"
            connection.sendall(f"GET /asks HTTP/1.1\r\n{head}".encode())
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.endswith(b'["203.0.113.7",true,"203.0.113.7"]')
        assert box.get("/asks").json() == ["127.0.0.1", False, "127.0.0.1"]
        assert box.get("/plain", cf_connecting_ip="6.6.6.6").json() == ["6.6.6.6", False, "127.0.0.1"]


def test_the_host_of_an_absolute_target_replaces_the_header(box):
    source = "export default { fetch(r) { return new Response(`${r.headers.get('host')} ${r.url}`) } }"
    box.deploy("host", source, route="/")
    for scheme, expected in (("http", b"new.example http://new.example/x"), ("https", b"421")):
        with socket.create_connection(box.local.address) as connection:
            head = f"GET {scheme}://New.example/x HTTP/1.1\r\nHost: old.example\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            assert expected in b"".join(iter(lambda: connection.recv(4096), b"")).replace(b"New", b"new")
    box.job("delete", "host")


def test_forwarded_for_may_be_anything(firmware, tmp_path):
    source = "export default { fetch(request) { return new Response(request.peer) } }"
    with running(firmware, tmp_path, proxies="127.0.0.1") as box:
        box.deploy("peer", source, route="/")
        assert box.get("/", X_Forwarded_For="\xff\xfe, 203.0.113.7").text == "203.0.113.7"
        assert box.get("/", X_Forwarded_For="203.0.113.7, \xff\xfe").status == 200


def test_restart_of_the_runtime_keeps_functions(firmware, tmp_path):
    with running(firmware, tmp_path) as box:
        box.deploy("lasting", answer("still here"), route="/")
    with running(firmware, tmp_path) as box:
        assert box.get("/").text == "still here"


def test_many_clients_of_slow_and_failing_handlers_leave_nothing_behind(box):
    box.deploy("failing", FAILING, route="/failing", limits={"cpu_ms": 20, "wall_ms": 200, "memory": 512 << 10})
    box.deploy("hello", answer("hello"), route="/hello")
    stop = threading.Event()

    def good() -> list[int]:
        return [box.get("/hello").status for _ in range(40)]

    def bad() -> None:
        for what in ("throw", "loop", "memory", "deep", "result"):
            if not stop.is_set():
                box.get(f"/failing/{what}")

    with ThreadPoolExecutor(4) as pool:
        statuses = [pool.submit(good) for _ in range(2)]
        bads = [pool.submit(bad) for _ in range(2)]
        assert {status for one in statuses for status in one.result()} == {200}
        stop.set()
        for one in bads:
            one.result()
    assert not waiting(box)
