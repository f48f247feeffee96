"""What one function's operations leave to others: through real sockets, with the settings that a device has."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from device_helpers import running
from waiting import wait_until


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("fairness"), hostname="bench") as box:
        box.deploy("hello", "export default { fetch() { return new Response('hello') } }", route="/hello")
        yield box


ENDLESS = {
    "put": "for (;;) await env.KV.put('k', String(Math.random()))",
    "get": "for (;;) await env.KV.get('k')",
    "list": "for (;;) await env.KV.list()",
    "limit": "for (;;) await env.LIMIT.limit({ key: 'k' })",
    "puts": """for (;;)
      await Promise.all(Array.from({ length: 250 }, (_, i) => env.KV.put(`k${i}`, `${Math.random()}`)))""",
    "lists": "for (;;) await Promise.all(Array.from({ length: 250 }, () => env.KV.list()))",
    "intervals": "for (let i = 0; i < 250; i++) setInterval(() => {}, 0); await new Promise(() => {})",
}
BINDINGS = {"KV": {"type": "kv"}, "LIMIT": {"type": "ratelimit", "limit": 10, "period": 10}}


def handler(body: str) -> str:
    return f"export default {{ async fetch(request, env) {{ {body}; return new Response('done') }} }}"


@pytest.mark.parametrize("what", ENDLESS)
def test_endless_operations_end_with_their_wall_time_and_others_are_served_meanwhile(box, what):
    limits = {"wall_ms": 2000, "cpu_ms": 10000}
    box.deploy("endless", handler(ENDLESS[what]), route="/endless", limits=limits, bindings=BINDINGS)
    with ThreadPoolExecutor(3) as pool:
        endless = [pool.submit(box.get, "/endless") for _ in range(3)]
        wait_until(lambda: box.device.call("status")["waiting"] == 3)
        assert box.get("/hello").text == "hello"
        assert box.get("/healthz", Host="bench").status == 200
        assert box.device.call("status")["waiting"] == 3
        assert not any(one.done() for one in endless)
        answers = [one.result() for one in endless]
    assert [one.status for one in answers] == [504] * 3
    requests = {one.headers["x-request-id"] for one in answers}
    texts = {one["text"] for one in box.logs() if one.get("request") in requests}
    assert texts == {"wall time limit of 2000 ms exceeded"}
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


def test_a_call_that_writes_much_gives_way_in_between(box):
    """No more than some of its writes are made before another request is answered."""
    body = "await Promise.all(Array.from({ length: 250 }, (_, i) => env.KV.put(`k${i}`, 'v')))"
    box.deploy("much", handler(body), route="/much", bindings=BINDINGS)
    folder = box.folder.parent / "device" / "kv" / "much.KV"

    def written() -> int:
        return len(list(folder.glob("*[!~]"))) if folder.exists() else 0

    with ThreadPoolExecutor(1) as pool:
        much = pool.submit(box.get, "/much")
        wait_until(lambda: written() > 0)
        assert box.get("/hello").text == "hello"
        assert written() < 250
        assert much.result().text == "done"
    assert written() == 250


def test_writes_that_are_acknowledged_are_there_and_later_ones_win(box):
    body = """const put = (v) => env.KV.put("k", v);
      await Promise.all([put("1"), env.KV.delete("k"), put("2"), put("3")]);
      const first = await env.KV.get("k");
      await Promise.all([put("4"), env.KV.delete("k")]);
      return Response.json([first, await env.KV.get("k")])"""
    box.deploy("order", handler(body), route="/order", bindings=BINDINGS)
    assert box.get("/order").json() == ["3", None]


def test_a_write_that_fails_is_told_to_its_handler_only(box):
    body = """const answers = await Promise.allSettled(["a", "", "b"].map((key) => env.KV.put(key, "v")));
      return Response.json(answers.map((one) => one.reason?.message ?? "done"))"""
    box.deploy("failing", handler(body), route="/failing", bindings=BINDINGS)
    assert box.get("/failing").json() == ["done", "a KV key must have 1 to 180 bytes", "done"]
