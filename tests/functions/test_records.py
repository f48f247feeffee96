"""What the log tells of requests, and what following it under load tells."""

import json
import re
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from device_helpers import asking, running, write_project
from edgelet_host import __version__
from edgelet_host.device.deployment import deploy, make_release
from edgelet_host.device.log import fetch, log_line
from edgelet_host.project.config import read_project
from waiting import wait_until

SOURCE = """export default { async fetch(request) {
  const what = new URL(request.url).pathname.split("/").pop();
  if (what === "loop") for (;;);
  if (what === "reject") {
    Promise.reject(new Error("nobody"));
    const handled = Promise.reject(new Error("somebody"));
    handled.catch(() => {});
    (async () => { await null; throw "later"; })();
  }
  if (what === "fetch") await fetch("https://example.com/").catch((error) => console.log(error));
  if (what === "wait") await new Promise((done) => setTimeout(done, 30));
  if (what === "minute") await new Promise((done) => setTimeout(done, 60000));
  return new Response("hello", { status: 201 });
} };"""


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("records"), hostname="bench") as box:
        files = {"main.js": SOURCE, "public/page.txt": "a page"}
        project = write_project(box.folder / "told", "told", files, route="/told", static={"folder": "public"})
        deploy(box.device, make_release(read_project(project), box.firmware))
        yield box


def test_rejections_that_nobody_handles_are_logged(box):
    seen = last(box)["seq"]
    assert box.request("POST", "/told/reject").status == 201
    texts = [(one["level"], one["text"].split("(main.js")[0]) for one in box.logs() if one["seq"] > seen]
    assert texts == [
        ("error", "Uncaught (in promise) Error: nobody\n    at fetch "),
        ("error", "Uncaught (in promise) later"),
        ("info", ""),
    ]


def test_an_error_of_fetch_has_the_stack_of_its_call(box):
    seen = last(box)["seq"]
    assert box.request("POST", "/told/fetch").status == 201
    (text, _) = (one["text"] for one in box.logs() if one["seq"] > seen)
    assert text.startswith("TypeError: fetch: example.com") and "at fetch (main.js:" in text


def last(box):
    return box.logs()[-1]


def test_a_request_has_method_path_status_bytes_time_and_client(box):
    assert box.request("POST", "/told/x/y?token=secret", "body").status == 201
    record = last(box)
    assert record.pop("cpu_us") > 0 and record.pop("arena") > 0 and record.pop("wall_us") > 0
    assert record.pop("seq") and record.pop("time") and record.pop("uptime") and record.pop("request")
    assert record == {
        "level": "info",
        "text": "",
        "function": "told",
        "method": "POST",
        "path": "/told/x/y",
        "status": 201,
        "bytes": 5,
        "client": "127.0.0.1",
    }


def test_times_are_microseconds_since_the_request_arrived(box):
    assert box.get("/told/wait").status == 201
    assert last(box)["wall_us"] >= 30000
    assert box.get("/told/loop").status == 504
    record = last(box)
    assert record["level"] == "error" and record["wall_us"] >= record["cpu_us"] >= 50000


# As it is when a request has waited for 20 minutes on a board, where time.ticks_us() wraps after 17.9.
WAITED = """
import time
from edgelet.device import running
for connection in running().server.connections:
    connection.arrived_ms = time.ticks_add(connection.arrived_ms, -1200000)
"""


def test_a_time_is_right_where_the_clock_of_microseconds_has_wrapped(box):
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(box.get, "/told/minute")
        wait_until(lambda: box.device.call("status")["waiting"] == 1)
        box.device.execute(WAITED)
        box.fire_timers(("told", 1))
        assert answer.result().status == 201
    assert 1_200_000_000 <= last(box)["wall_us"] < 1_300_000_000


def test_a_request_that_left_the_arena_says_how_often_and_what_that_took(box):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(box.get, "/told/minute")
        wait_until(lambda: box.device.call("status")["waiting"] == 1)
        assert box.get("/told").status == 201
        assert not last(box).keys() & {"parks", "parking_us"}
        box.fire_timers(("told", 1))
        assert waiting.result().status == 201
    record = last(box)
    assert record["parks"] == 1 and 0 < record["parking_us"] < record["wall_us"]
    assert re.search(r" CPU, [^,]+, parked 1 time in [0-9.]+ [mu]s\) ", log_line(record))


def test_what_a_request_took_comes_before_the_stack():
    record = {"seq": 1, "level": "error", "function": "f", "method": "GET", "path": "/f", "status": 500, "bytes": 39}
    record |= {"text": "Error: no\n    at fetch (main.js:1:2)\n", "cpu_us": 48, "wall_us": 490, "request": "000002"}
    assert log_line(record) == (
        "error [f] GET /f 500 Error: no (39 bytes, 48 us CPU, 490 us) #000002\n    at fetch (main.js:1:2)"
    )


def test_static_files_own_pages_and_refusals_have_their_lines(box):
    seen = ("level", "method", "path", "status", "bytes", "client", "function")

    def told():
        return [last(box).get(name) for name in seen]

    assert box.get("/told/page.txt").text == "a page"
    assert told() == ["info", "GET", "/told/page.txt", 200, 6, "127.0.0.1", "told"]
    assert box.get("/none").status == 404
    assert told()[:4] == ["info", "GET", "/none", 404]
    assert box.get("/healthz", Host="bench").status == 200
    assert told()[:4] == ["info", "GET", "/healthz", 200]
    with socket.create_connection(box.local.address) as client:
        client.sendall(b"GET /\x01 HTTP/1.1\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")
        assert told()[3] == 400 and last(box)["client"] == "127.0.0.1" and "method" not in last(box)
        size = 1 << 21
        client_of_much = b"POST /told HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
    with socket.create_connection(box.local.address) as client:
        client.sendall(client_of_much)
        assert client.recv(4096).startswith(b"HTTP/1.1 413 ")
        assert told()[1:4] == ["POST", "/told", 413]


@pytest.mark.slow
def test_the_log_under_load_is_read_to_an_end_and_tells_what_is_lost(firmware, tmp_path):
    with running(firmware, tmp_path) as box:
        box.deploy("hello", "export default { fetch() { return new Response() } }", route="/hello")
        with asking(box.local.address, "/hello", 4) as askers:
            _, since, _ = fetch(box.device, 0)
            for _ in range(3):
                # Of three more answers on a connection, the second one's request came after that and is recorded.
                count = sum(len(one.statuses) for one in askers) + 4 * 2 + 1
                wait_until(lambda count=count: sum(len(one.statuses) for one in askers) >= count)
                records, end, lost = fetch(box.device, since)
                assert len(records) + lost == end - since > 0
                since = end
        # As many as the ring cannot hold.
        with asking(box.local.address, "/hello", 4) as askers:
            wait_until(lambda: sum(len(one.statuses) for one in askers) >= 5000)
        records, end, lost = fetch(box.device, since)
        assert lost > 0 and len(records) + lost == end - since
        assert fetch(box.device, end) == ([], end, 0)


WRITES = """
from edgelet import log
for number in range(40): log.info("%d %s" % (number, "x" * 400))
log.info("\x01" * 2000)
log.info("last")
"""
PTY_BYTES = 4096  # what a pty keeps for who does not read


def test_an_answer_with_log_records_has_room_in_a_pty_while_nobody_reads(box):
    since = box.device.call("logs", 1 << 40)["next"]
    box.device.execute(WRITES)
    first = box.device.call("logs", since)["records"]
    assert len(first) > 1
    assert len(json.dumps(first)) < PTY_BYTES - 512
    # One that has no room comes alone.
    assert [len(one["text"]) for one in box.device.call("logs", since + 40)["records"]] == [2000]
    texts = [one["text"].split()[0] for one in fetch(box.device, since)[0] if one["text"] != "\x01" * 2000]
    assert texts == [*map(str, range(40)), "last"]


def test_the_firmware_has_the_same_id_each_time(firmware):
    command = [firmware, "-c", "import quickjs; print(quickjs.FIRMWARE_ID)"]
    ids = {subprocess.run(command, capture_output=True, check=True).stdout for _ in range(4)}
    assert len(ids) == 1


def test_free_memory_is_what_a_collection_leaves(box):
    box.device.execute("import gc\ngc.collect()\ngc.disable()\nx = [bytearray(1000) for _ in range(20000)]\ndel x")
    status = box.device.call("status")
    box.device.execute("gc.enable()")
    assert status["heap_used"] < 20_000_000


def test_a_firmware_tells_its_version_and_commit(box):
    status = box.device.call("status")
    assert status["version"] == __version__
    assert re.fullmatch(r"([0-9a-f]{12}\+?)?", status["commit"])
