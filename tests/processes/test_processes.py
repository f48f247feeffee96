"""`serve --workers N`: one device for those who use it, whatever becomes of its processes."""

import http.client
import itertools
import os
import select
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from device_helpers import Box, free_port, get, running, write_project
from edgelet_host.device.console import DeviceError, connect, restart
from edgelet_host.device.deployment import Release, deploy, make_release
from edgelet_host.device.invocation import Request, invoke
from edgelet_host.device.local import start
from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import read_project
from key_server import KeyServer
from process_helpers import (
    WORKERS,
    Asker,
    always,
    await_workers,
    confinement,
    deploy_app,
    deploy_while_another_drains,
    load,
    log_end,
    logs_since,
    more_answers,
    owner,
    workers,
)
from waiting import wait_until

CLIENTS = 12


def samples(box: Box) -> dict[str, float]:
    """Give the device's metrics."""
    text = box.get("/metrics", Host="edgelet", Authorization="Bearer metrics-secret-of-tests").text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_the_log_and_the_metrics_of_all_workers_are_one(box):
    box.device.call("set_settings", {"admin_secret": "metrics-secret-of-tests"})
    before = samples(box)['edgelet_requests_total{function="app"}'] if "app" in box.device.call("listing") else 0
    since = log_end(box)
    for number in range(40):
        assert box.get(f"/app/line{number}").text == f"line{number}"
    after = samples(box)
    assert after['edgelet_requests_total{function="app"}'] - before == 40
    assert after["edgelet_http_connections"] >= 1
    lines: list[dict[str, object]] = []

    def are_all_there() -> bool:
        lines[:] = [one for one in logs_since(box, since) if str(one.get("path", "")).startswith("/app/line")]
        return len(lines) == 40

    wait_until(are_all_there)
    requests = [str(one["request"]) for one in lines]
    assert len(set(requests)) == 40
    # More workers than one have answered: each has numbers of its own.
    assert len({int(one, 16) >> 28 for one in requests}) > 1
    wait_until(lambda: box.device.call("status")["functions"][0]["requests"] == before + 40)


def test_a_rate_limit_is_the_devices_whichever_worker_asks(box):
    answers = [box.get("/app/limit").json()["success"] for _ in range(12)]
    assert answers == [True] * 10 + [False] * 2


def test_keys_are_fetched_once_for_all_workers(box):
    source = """
        export default {
          async fetch(request, env) {
            const found = await env.KEYS.key({ kid: "a", alg: "ES256" });
            return new Response(found ? "found" : "none");
          },
        };
    """
    with KeyServer() as server:
        server.add("a")
        bindings = {"KEYS": {"type": "jwks", "url": server.set_url}}
        box.deploy("keys", source, routes=["/keys"], bindings=bindings)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: box.get("/keys").text, range(16)))
        assert set(answers) == {"found"}
        assert len(server.requests) == 1
        box.job("delete", "keys")


def test_a_request_of_the_console_is_answered_by_a_worker(box):
    for whole in (True, False):
        assert box.job("invoke", "app", "GET", "/app/hello", "", b"", whole)["status"] == 200
    with pytest.raises(DeviceError, match="there is no function none"):
        box.job("invoke", "none", "GET", "/", "", b"")


def test_what_a_request_of_the_console_logs_is_there_with_its_answer(box):
    for number in range(10):
        answer = invoke(box.device, "app", Request("GET", f"/app/console{number}"))
        # Workers bring the log of what they have answered over HTTP in their own time.
        own = [path for one in answer.logs if (path := one.get("path", "")).startswith("/app/console")]
        assert own == [f"/app/console{number}"]


def test_workers_have_dropped_what_they_do_not_need(box):
    for process in workers(box):
        assert confinement(process)["NoNewPrivs"] == "1"
        assert confinement(process)["Seccomp"] == "2"


def worker_of(box: Box, connection: http.client.HTTPConnection, name: str) -> int:
    """Tell which worker a connection is with: by the number of a request on it."""
    since = log_end(box)
    connection.request("GET", f"/app/{name}")
    connection.getresponse().read()
    found: list[str] = []

    def is_logged() -> bool:
        found[:] = [str(one["request"]) for one in logs_since(box, since) if one.get("path") == f"/app/{name}"]
        return bool(found)

    wait_until(is_logged)
    return int(found[0], 16) >> 28


def cpu_ticks(process: int) -> int:
    """Give the CPU time that a process has used."""
    return sum(int(field) for field in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13])


def test_a_function_that_burns_its_limit_holds_up_its_own_worker_only(box):
    connections = [box.connection() for _ in range(8)]
    places = [worker_of(box, one, f"burn{i}") for i, one in enumerate(connections)]
    while len(set(places)) < 2:
        connections.append(box.connection())
        places.append(worker_of(box, connections[-1], f"burn{len(places)}"))
    before = {process: cpu_ticks(process) for process in workers(box)}
    burning = connections[0]
    burning.request("GET", "/app/burn")
    for connection, place in zip(connections, places, strict=True):
        if place != places[0]:
            connection.request("GET", "/app/get?k=none")
            assert connection.getresponse().read() == b"null"
    assert select.select([burning.sock], [], [], 0)[0] == []

    def busy() -> list[int]:
        # What the others took for their answers is less.
        return [one for one in before if cpu_ticks(one) - before[one] >= 10]

    wait_until(lambda: bool(busy()))
    [busiest] = busy()
    os.kill(busiest, signal.SIGKILL)
    with pytest.raises((OSError, http.client.HTTPException)):
        burning.getresponse()
    await_workers(box, busiest)
    for one in connections:
        one.close()


def written(number: int) -> "itertools.chain[str]":
    """What a client writes: 1, 2, 3 ... to a key of its own."""
    return itertools.chain(f"/app/put?k=client{number}&v={i}" for i in itertools.count(1))


def assert_kept(box: Box, number: int, asker: Asker) -> None:
    """The last value of a client is there that was acknowledged, or one that was on its way."""
    acknowledged = int(asker.answers[-1][0].rpartition("=")[2])
    assert int(box.get(f"/app/get?k=client{number}").json()) in (acknowledged, acknowledged + 1)


def test_a_worker_that_is_killed_takes_no_more_with_it_than_its_own_requests(box):
    with load(box, CLIENTS, written) as askers:
        for _ in range(4):
            failures = [one.failures for one in askers]
            victim = workers(box)[0]
            os.kill(victim, signal.SIGKILL)
            await_workers(box, victim)
            more_answers(askers)
            # One request is under way on each connection, and those with other workers go on.
            assert all(one.failures - before <= 1 for one, before in zip(askers, failures, strict=True))
    assert not any(one.again for one in askers)
    assert all(status == 200 for one in askers for _, status, _ in one.answers)
    for number, one in enumerate(askers):
        assert_kept(box, number, one)


def releases_of(box: Box, count: int) -> list[Release]:
    """Give releases of a function `told`, each of which says in two ways which one it is."""
    found = []
    for number in range(count):
        files = {
            "main.js": f"""
                const first = "{number}";
                export default {{ fetch: () => new Response(first + " " + {number}) }};
            """,
            "public/number.txt": str(number),
        }
        project = write_project(
            box.folder / f"told{number}", "told", files, routes=["/told"], static={"folder": "public"}
        )
        found.append(make_release(read_project(project), box.firmware))
    return found


def deploy_rounds(box: Box, rounds: int) -> None:
    releases = releases_of(box, 2)
    deploy(box.device, releases[0])
    with load(box, 6, always("/told")) as askers:
        for i in range(1, rounds + 1):
            deploy(box.device, releases[i % 2])
            # Whichever worker they come to: each is a connection of its own.
            for _ in range(WORKERS * 2):
                assert box.get("/told").text == f"{i % 2} {i % 2}"
            assert box.get("/told/number.txt").text == str(i % 2)
    answers = [answer for one in askers for answer in one.answers]
    assert {status for _, status, _ in answers} == {200}
    assert {body for _, _, body in answers} <= {b"0 0", b"1 1"}
    assert sum(one.failures for one in askers) == 0
    for one in askers:
        # A connection is with one worker, which goes from a release to the next one, and never back.
        changes = [a for a, b in itertools.pairwise(body for _, _, body in one.answers) if a != b]
        assert len(changes) <= rounds


def test_a_deploy_is_done_when_every_worker_serves_it(box):
    deploy_rounds(box, 3)


@pytest.mark.slow
def test_a_hundred_deploys_under_load_mix_no_answers(box):
    deploy_rounds(box, 100)


def test_a_deploy_that_begins_while_calls_of_the_one_before_end_costs_no_worker(box):
    before = workers(box)
    deploy_while_another_drains(box)
    assert workers(box) == before


def test_a_rollback_and_secrets_are_done_when_every_worker_serves_them(box):
    def source(release: str) -> str:
        return f"export default {{ fetch: (r, env) => new Response('{release} ' + env.TOKEN) }}"

    first = box.deploy("rolled", source("one"), routes=["/rolled"])
    box.deploy("rolled", source("two"), routes=["/rolled"])
    box.job("set_secrets", "rolled", {"TOKEN": "a-first-secret"})
    assert {box.get("/rolled").text for _ in range(9)} == {"two a-first-secret"}
    box.job("rollback", "rolled", first.id)
    assert {box.get("/rolled").text for _ in range(9)} == {"one a-first-secret"}
    box.job("set_secrets", "rolled", {"TOKEN": "another-secret"})
    assert {box.get("/rolled").text for _ in range(9)} == {"one another-secret"}
    box.job("delete", "rolled")
    assert {box.get("/rolled").status for _ in range(9)} == {404}


def test_an_image_that_one_worker_has_built_serves_all(box):
    source = """
        console.log("built");
        const drawn = Math.random();
        export default { fetch: () => new Response(String(drawn)) };
    """
    since = log_end(box)
    box.deploy("drawn", source, routes=["/drawn"])
    assert len({box.get("/drawn").text for _ in range(12)}) == 1
    assert len([one for one in logs_since(box, since) if one["text"] == "start-up: built"]) == 1


def test_what_does_not_build_is_refused_and_changes_nothing(box):
    box.deploy("kept", "export default { fetch: () => new Response('kept') }", routes=["/kept"])
    with pytest.raises(EdgeletError, match="no such thing"):
        box.deploy("kept", "throw new Error('no such thing')", routes=["/kept"])
    assert {box.get("/kept").text for _ in range(9)} == {"kept"}


def test_no_log_line_tells_a_secret(box):
    source = "export default { fetch: (r, env) => { console.log(env.TOKEN); return new Response('') } }"
    box.deploy("telling", source, routes=["/telling"])
    box.job("set_secrets", "telling", {"TOKEN": "what-nobody-may-read"})
    since = log_end(box)
    for _ in range(6):
        box.get("/telling")
    told: list[str] = []

    def is_told() -> bool:
        told[:] = [one["text"] for one in logs_since(box, since) if one.get("function") == "telling" and one["text"]]
        return len(told) == 6

    wait_until(is_told)
    assert "what-nobody-may-read" not in " ".join(told)


def test_a_restart_by_the_console_brings_other_workers_with_other_settings(firmware, tmp_path):
    with start(firmware, tmp_path / "data", "127.0.0.1", free_port(), tmp_path / "log", None, WORKERS) as local:
        with connect(local.port) as device:
            box = Box(local, device, firmware, tmp_path)
            await_workers(box)
            box.deploy("back", "export default { fetch: () => new Response('back') }")
            before = workers(box)
            device.call("set_settings", {"arena_bytes": 32 << 20})
        restart(local.port)
        with connect(local.port) as device:
            box = Box(local, device, firmware, tmp_path)
            wait_until(lambda: len(workers(box)) == WORKERS)
            assert not set(workers(box)) & set(before)
            assert {box.get("/back").text for _ in range(9)} == {"back"}
            assert device.call("status")["arena_bytes"] == 32 << 20


def test_when_the_owner_is_killed_all_end_and_nothing_acknowledged_is_lost(firmware, tmp_path):
    with running(firmware, tmp_path, workers=WORKERS) as box:
        await_workers(box)
        deploy_app(box)
        everybody = workers(box)
        with load(box, CLIENTS, written) as askers:
            more_answers(askers)
            os.kill(owner(box), signal.SIGKILL)
            assert box.local.process.wait() != 0
        wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in everybody))
        assert "was ended by signal 9" in (tmp_path / "device.log").read_text()
        with pytest.raises(ConnectionRefusedError), socket.create_connection(box.local.address):
            pass
    with running(firmware, tmp_path, workers=WORKERS) as box:
        for number, one in enumerate(askers):
            assert_kept(box, number, one)


def test_a_port_that_is_in_use_is_refused_whoever_has_it(box, firmware, tmp_path):
    port = str(box.local.address[1])
    words = [firmware, "-m", "edgelet.runtime", tmp_path, "--port", port, "--workers"]
    for count in ("1", "2"):
        done = subprocess.run([*words, count], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (1, "edgelet: [Errno 98] EADDRINUSE\n")
    for count in ("0", "65"):
        done = subprocess.run([*words, count], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (1, "edgelet: --workers must be from 1 to 64\n")


TWO_SUPERVISORS = """
import sys
from edgelet.processes.supervisor import Supervisor
made = []
for _ in range(2):
    made.append(Supervisor(sys.argv[1], "127.0.0.1", int(sys.argv[2]), 2, None, None))
    made[-1]._arena.close()
made[0]._obey("up")
try:
    made[1]._obey("up")
except OSError as e:
    print(e)
# A restart, of one that had given up a place.
made[0]._places[1].listener.close()
made[0]._places[1].listener = None
made[0]._obey("up")
sys.stdin.readline()
"""


def test_of_two_that_begin_at_once_one_listens(firmware, tmp_path):
    port = free_port()
    words = [firmware, "-c", TWO_SUPERVISORS, tmp_path, str(port)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as both:
        assert both.stdout.readline() == "[Errno 98] EADDRINUSE\n"
        with socket.create_connection(("127.0.0.1", port)):
            both.communicate("\n")
    assert both.returncode == 0


def test_when_the_first_process_is_killed_nobody_stays(firmware, tmp_path):
    with running(firmware, tmp_path, workers=WORKERS) as box:
        await_workers(box)
        everybody = [owner(box), *workers(box)]
        box.local.process.kill()
        box.local.process.wait()
        wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in everybody))


@pytest.mark.slow
def test_a_worker_that_hangs_in_a_deploy_is_replaced(firmware, tmp_path):
    with running(firmware, tmp_path, workers=WORKERS, drain_ms=0) as box:
        await_workers(box)
        releases = releases_of(box, 2)
        deploy(box.device, releases[0])
        stopped = workers(box)[0]
        os.kill(stopped, signal.SIGSTOP)
        deploy(box.device, releases[1])
        assert any("another one takes its place" in one["text"] for one in box.logs())
        await_workers(box, stopped)
        assert {get(box.local.address, "/told").text for _ in range(9)} == {"1 1"}


@pytest.mark.slow
def test_a_worker_that_says_nothing_is_replaced(firmware, tmp_path):
    with running(firmware, tmp_path, workers=WORKERS) as box:
        await_workers(box)
        stopped = workers(box)[0]
        began = time.monotonic()
        os.kill(stopped, signal.SIGSTOP)
        await_workers(box, stopped)
        assert time.monotonic() - began > 1
        assert any("says nothing" in one["text"] for one in box.logs())
