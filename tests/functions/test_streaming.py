"""Responses whose body is a stream, through real sockets: when chunks arrive, and what ends them."""

import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from device_helpers import running
from edgelet_host.device.log import fetch
from waiting import wait_until

# /gate?a: a0; goes out when /open?a0 was asked for, and so on; behind a2; it ends when /open?a3 was.
SOURCE = """
const encode = (text) => new TextEncoder().encode(text);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const opened = async (env, key) => { while (!(await env.GATES.get(key))) await sleep(10); };

function gate(name, env, log) {
  let n = 0;
  return {
    async pull(controller) {
      await opened(env, name + n);
      if (n === 3) return controller.close();
      controller.enqueue(encode(`${name}${n++};`));
    },
    async cancel(reason) { await sleep(1); console.log(log, n, reason instanceof Error, reason.message); },
  };
}

function chunks(list) {
  return { async pull(controller) {
    await sleep(1);
    if (list.length === 0) controller.close(); else controller.enqueue(list.shift());
  } };
}

const paths = {
  gate: (q, env) => gate(q, env, "cancelled"),
  packed: (q, env) => gate(q, env, "not wanted"),
  events(q, env) {
    const source = gate(q, env, "hung up");
    return { ...source, async pull(c) {
      return source.pull({ close: () => c.close(), enqueue: (one) => {
        c.enqueue(encode(`: comment\\nid: 7\\nevent: number\\ndata: `)); c.enqueue(one); c.enqueue(encode("\\n\\n"));
      } });
    } };
  },
  many: (q) => chunks(Array.from({ length: Number(q) }, (_, i) => encode(`${i} `))),
  empty: () => chunks([encode("a"), new Uint8Array(0), encode("b")]),
  text: () => chunks([encode("a"), "b"]),
  view: () => chunks([new DataView(encode("xaby").buffer, 1, 2), encode("c").buffer]),
  none: () => chunks([]),
  huge: () => chunks([new Uint8Array(3 << 20).fill(97), encode("end")]),
  shrinking: () => ({ async pull(c) {
    const buffer = new ArrayBuffer(100000, { maxByteLength: 100000 });
    await sleep(1);
    c.enqueue(new Uint8Array(buffer)); buffer.resize(10000); c.enqueue(encode("end")); c.close();
  } }),
  fails: () => ({ n: 0, async pull(c) {
    await sleep(1);
    if (this.n++ === 1) throw new RangeError("mine");
    c.enqueue(encode("a"));
  } }),
  failed: () => ({ start(c) { c.error(new RangeError("early")); } }),
  throws: () => ({ pull() { throw new RangeError("at once"); } }),
  timer: () => ({ async pull(c) {
    await sleep(1);
    c.enqueue(encode("a"));
    setTimeout(() => { throw new Error("late"); });
    await sleep(60000);
  } }),
  stuck: () => ({ async pull(c) { await sleep(1); c.enqueue(encode("a")); await new Promise(() => {}); } }),
  late: () => ({ async pull() { await sleep(60000); } }),
  never: () => ({}),
  spin: () => ({ async pull(c) { await sleep(1); for (;;); } }),
  nothing: () => ({ async pull(c) { c.enqueue(new Uint8Array(0)); } }),
  endless: () => ({
    pulls: 0,
    pull(c) { this.pulls++; c.enqueue(new Uint8Array(16000)); },
    cancel() { console.log("pulled", this.pulls); },
  }),
  refusing: () => ({
    async pull(c) { await sleep(1); c.enqueue(encode("a")); },
    async cancel() { await sleep(1); throw new Error("no end"); },
  }),
  slow: () => ({ n: 0, async pull(c) {
    await sleep(250);
    if (this.n++ === 7) c.close(); else c.enqueue(encode("a"));
  } }),
};

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const path = url.pathname.slice(1), query = url.search.slice(1);
    const headers = request.headers.has("wanted") ? { "content-length": request.headers.get("wanted") } : {};
    if (path === "open") {
      await Promise.all(query.split(",").map((key) => env.GATES.put(key, "1")));
      return new Response("opened");
    }
    if (path === "whole") return new Response("whole");
    if (path === "upper") {
      const transform = (chunk, controller) => controller.enqueue(chunk.map((c) => c - 32));
      return new Response(request.body.pipeThrough(new TransformStream({ transform })));
    }
    if (path === "ready") {
      const start = (c) => { c.enqueue(encode("re")); c.enqueue(encode("ady")); c.close(); };
      return new Response(new ReadableStream({ start }));
    }
    if (path === "fixed") {
      const stream = new FixedLengthStream(6);
      new ReadableStream(paths.many(query)).pipeTo(stream.writable).catch((error) => console.log(error.name));
      return new Response(stream.readable);
    }
    if (path === "behind") ctx.waitUntil(opened(env, query + "3").then(() => console.log("behind", query)));
    if (path === "packed") headers["content-encoding"] = "gzip";
    if (path === "events") headers["content-type"] = "text/event-stream";
    return new Response(new ReadableStream(paths[path === "behind" ? "many" : path](query, env)), { headers });
  },
};
"""
GATES = {"GATES": {"type": "kv"}}


@pytest.fixture(scope="module")
def running_box(firmware, tmp_path_factory):
    settings = {"send_ms": 1000, "drain_ms": 300, "hostname": "bench"}
    with running(firmware, tmp_path_factory.mktemp("streaming"), **settings) as box:
        box.device.call("set_settings", {"admin_secret": "an admin secret of some length"})
        box.deploy("streams", SOURCE, bindings=GATES)
        yield box


LEFT = """
from edgelet.device import running
one = running().functions.get("streams")
print(len(one.pending), one.awaited, running().server.memory.held, running().functions.arena.parked_bytes)
"""


@pytest.fixture
def box(running_box):
    """Of a streamed response nothing is left."""
    running_box.since = running_box.device.call("logs", 0, 0)["next"]
    yield running_box
    wait_until(lambda: running_box.device.execute(LEFT).split() == ["0", "0", "0", "0"])


class Stream:
    """A connection of which each byte is read when a test wants it."""

    def __init__(self, box, target, head=b"", method=b"GET", version=b"HTTP/1.1"):
        self.socket = socket.create_connection(box.local.address)
        self.socket.sendall(b"%s %s %s\r\nHost: a\r\n%s\r\n" % (method, target.encode(), version, head))
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.file.close()
        self.socket.close()

    def head(self):
        """The status and the header lines in lower case, but Date."""
        status = int(self.file.readline().split()[1])
        lines = []
        while (line := self.file.readline()) != b"\r\n":
            if not line.lower().startswith(b"date:"):
                lines.append(line.decode().strip().lower())
        return status, lines

    def chunk(self):
        size = int(self.file.readline(), 16)
        data = self.file.read(size)
        assert self.file.readline() == b"\r\n"
        return data

    def rest(self):
        return self.file.read()


def logs(box):
    """What this test has left in the log."""
    return fetch(box.device, box.since)[0]


def records(box, path):
    """The records of requests to a path, when there are some."""
    found = []
    wait_until(lambda: found.extend(one for one in logs(box) if one.get("path") == path) or found)
    return found


def logged(box, text):
    wait_until(lambda: text in [one["text"] for one in logs(box)])


CHUNKED = (200, ["transfer-encoding: chunked"])


def test_each_chunk_arrives_before_the_next_one_is_made(box):
    with Stream(box, "/gate?a") as stream:
        assert stream.head() == CHUNKED
        for i in range(3):
            assert box.get(f"/open?a{i}").text == "opened"
            assert stream.chunk() == b"a%d;" % i
        assert box.get("/open?a3").text == "opened"
        assert stream.chunk() == b""
        (record,) = records(box, "/gate")
        assert (record["status"], record["bytes"], record["level"], record["text"]) == (200, 9, "info", "")
        # The connection goes on.
        stream.socket.sendall(b"GET /whole HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert stream.head() == (
            200,
            ["content-type: text/plain;charset=utf-8", "content-length: 5", "connection: close"],
        )
        assert stream.rest() == b"whole"


def events(file):
    """What an EventSource dispatches (HTML standard, section 9.2.6): (type, data, last event id)."""
    kind, data, last = "", [], ""
    for line in file:
        name, _, value = line.decode().rstrip("\n").partition(":")
        value = value.removeprefix(" ")
        if not line.strip():
            if data:
                yield kind or "message", "\n".join(data), last
            kind, data = "", []
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            last = value


def test_server_sent_events_until_the_client_hangs_up(box):
    connection = box.connection()
    connection.request("GET", "/events?e", headers={"Accept": "text/event-stream"})
    response = connection.getresponse()
    assert response.headers["content-type"] == "text/event-stream"
    source = events(response)
    for i in range(2):
        box.get(f"/open?e{i}")
        assert next(source) == ("number", f"e{i};", "7")
    response.close()
    connection.close()
    logged(box, "hung up 2 true the client did not wait for the end of the response")
    (record,) = records(box, "/events")
    assert record["level"] == "info"
    assert record["text"] == "the client did not wait for the end of the response"


def test_what_is_packed_on_its_way_arrives_at_once(box):
    unpacker = zlib.decompressobj(31)
    with Stream(box, "/packed?p") as stream:
        assert stream.head() == (200, ["content-encoding: gzip", "transfer-encoding: chunked"])
        for i in range(3):
            box.get(f"/open?p{i}")
            assert unpacker.decompress(stream.chunk()) == b"p%d;" % i
        box.get("/open?p3")
        assert unpacker.decompress(stream.chunk()) == b""
        assert unpacker.eof and stream.chunk() == b""


def test_of_what_is_packed_the_rest_is_not_wanted(box):
    with Stream(box, "/packed?q") as stream:
        stream.head()
        box.get("/open?q0")
        stream.chunk()
    logged(box, "not wanted 1 true the client did not wait for the end of the response")


def test_a_client_that_resets_its_connection_cancels_the_stream(box):
    with Stream(box, "/gate?r") as stream:
        stream.head()
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    logged(box, "cancelled 0 true the client did not wait for the end of the response")


def test_a_cancel_that_throws_is_logged(box):
    with Stream(box, "/refusing") as stream:
        stream.head()
    wait_until(lambda: any(one["text"].startswith("Uncaught (in promise) Error: no end") for one in box.logs()))


def test_http_1_0_gets_the_bytes_until_the_connection_closes(box):
    with Stream(box, "/many?3", version=b"HTTP/1.0") as stream:
        assert stream.head() == (200, ["connection: close"])
        assert stream.rest() == b"0 1 2 "


def test_head_gets_no_body_and_the_stream_is_cancelled(box):
    with Stream(box, "/gate?h", method=b"HEAD") as stream:
        assert stream.head() == (200, [])
        logged(box, "cancelled 0 true nobody wants the body of the response")
        stream.socket.sendall(b"HEAD /gate?h HTTP/1.1\r\nHost: a\r\nwanted: 12\r\nConnection: close\r\n\r\n")
        assert stream.head() == (200, ["content-length: 12", "connection: close"])
        assert stream.rest() == b""
    assert {one["text"] for one in records(box, "/gate")} == {""}


@pytest.mark.parametrize("wanted", [5, 6, 7])
def test_a_length_that_the_handler_gives_is_for_head(box, wanted):
    head = b"wanted: %d\r\nConnection: close\r\n" % wanted
    with Stream(box, "/many?3", head) as stream:
        assert stream.head() == (200, ["transfer-encoding: chunked", "connection: close"])
        assert [stream.chunk() for _ in range(4)] == [b"0 ", b"1 ", b"2 ", b""]
    with Stream(box, "/many?3", head, method=b"HEAD") as stream:
        assert stream.head() == (200, [f"content-length: {wanted}", "connection: close"])
        assert stream.rest() == b""


@pytest.mark.parametrize(("count", "text"), [(3, ""), (2, "TypeError"), (4, "TypeError")])
def test_the_length_of_a_fixed_length_stream_is_that_of_the_response(box, count, text):
    with Stream(box, f"/fixed?{count}", b"Connection: close\r\n") as stream:
        assert stream.head() == (200, ["content-length: 6", "connection: close"])
        assert stream.rest() == b"0 1 2 "[: 2 * count]
    assert text in records(box, "/fixed")[-1]["text"]


def test_pipelined_requests_are_answered_in_their_order(box):
    with Stream(box, "/many?2") as stream:
        more = b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in (b"/whole", b"/none", b"/many?1"))
        stream.socket.sendall(more)
        assert stream.head() == CHUNKED
        assert [stream.chunk() for _ in range(3)] == [b"0 ", b"1 ", b""]
        assert stream.head()[1][1] == "content-length: 5"
        assert stream.file.read(5) == b"whole"
        assert stream.head() == CHUNKED
        assert stream.chunk() == b""
        assert stream.head() == CHUNKED
        assert [stream.chunk() for _ in range(2)] == [b"0 ", b""]


BODIES = {
    "/empty": b"ab",
    "/view": b"abc",
    "/none": b"",
    "/huge": b"a" * (3 << 20) + b"end",
    "/ready": b"ready",
}


@pytest.mark.parametrize("path", BODIES)
def test_bodies(box, path):
    assert box.get(path).body == BODIES[path]


def test_a_stream_that_is_complete_goes_out_whole(box):
    assert box.get("/ready").headers["content-length"] == "5"


def test_a_chunk_whose_buffer_gets_shorter_on_the_way_ends_there(box):
    # Its first piece, STREAM_PIECE_SIZE, was on its way then.
    assert box.get("/shrinking").body == bytes(16384) + b"end"


def test_a_body_is_changed_on_its_way(box):
    assert box.request("POST", "/upper", b"shout" * 5000).text == "SHOUT" * 5000


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/failed", 500, "RangeError: early"),
        ("/throws", 500, "RangeError: at once"),
        ("/never", 502, "the response's body waits for a promise that nothing can settle any more"),
        ("/nothing", 504, "CPU limit of 50 ms exceeded"),
    ],
)
def test_what_fails_before_anything_is_sent_is_an_error_of_the_function(box, path, status, text):
    assert box.get(path).status == status
    assert records(box, path)[0]["text"].startswith(text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/fails", "RangeError: mine\n    at pull (main.js:"),
        ("/text", "TypeError: a chunk of a body must be a Uint8Array: encode text with new TextEncoder()"),
        ("/timer", "Error: late"),
        ("/spin", "CPU limit of 50 ms exceeded"),
        ("/stuck", "the response's body waits for a promise that nothing can settle any more"),
    ],
)
def test_a_body_that_cannot_go_on_is_cut(box, path, text):
    with Stream(box, path) as stream:
        assert stream.head() == CHUNKED
        assert b"0\r\n\r\n" not in stream.rest()
    (record,) = records(box, path)
    assert (record["status"], record["level"]) == (200, "error")
    assert record["text"].startswith(text)


def test_what_was_given_to_wait_until_goes_on_behind_the_stream(box):
    assert box.get("/behind?2").text == "0 1 "
    assert box.device.call("status")["waiting"] == 1
    box.get("/open?23")
    logged(box, "behind 2")


def test_many_streams_wait_beside_each_other(box):
    # They look again and again, so that the time that others need counts, too.
    box.deploy("streams", SOURCE, bindings=GATES, limits={"cpu_ms": 60000, "wall_ms": 600000})
    names = [f"n{i}_" for i in range(200)]
    with ExitStack() as stack:
        streams = [stack.enter_context(Stream(box, f"/gate?{name}")) for name in names]
        assert all(stream.head() == CHUNKED for stream in streams)
        metrics = box.get("/metrics", Host="bench", Authorization="Bearer an admin secret of some length").text
        assert "edgelet_requests_streaming 200" in metrics
        for i in range(4):
            box.get("/open?" + ",".join(f"{name}{i}" for name in names))
            for name, stream in zip(names, streams, strict=True):
                assert stream.chunk() == (f"{name}{i};".encode() if i < 3 else b"")
    box.deploy("streams", SOURCE, bindings=GATES)


@contextmanager
def narrow(box, target):
    """A client with room for little that it does not read."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(box.local.address)
        client.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target.encode())
        yield client


def test_a_source_produces_no_more_than_the_client_takes(box):
    with narrow(box, "/endless") as client:
        # It is cut off when it has taken nothing for `send_ms`; what is here then was sent before.
        (record,) = records(box, "/endless")
        wait_until(lambda: any(one["text"].startswith("pulled") for one in logs(box)))
        (pulls,) = [int(one["text"].split()[1]) for one in logs(box) if one["text"].startswith("pulled")]
        received = 0
        while data := client.recv(1 << 20):
            received += len(data)
    assert record["wall_us"] >= 1000000
    # One chunk is on its way, and one is ready.
    assert 0 < received <= record["bytes"] + 10000
    assert record["bytes"] <= pulls * 16000 <= record["bytes"] + 3 * 16000
    assert record["arena"] < box.deploy("streams", SOURCE, bindings=GATES).image_bytes + 200000


@pytest.mark.slow
def test_an_endless_stream_ends_with_its_cpu_time_and_others_are_served_meanwhile(box):
    box.deploy("streams", SOURCE, bindings=GATES, limits={"cpu_ms": 60000})
    with Stream(box, "/endless") as stream, ThreadPoolExecutor(1) as pool:
        stream.head()
        reading = pool.submit(stream.rest)
        assert [box.get("/whole").text for _ in range(20)] == ["whole"] * 20
        assert not reading.done()
        box.deploy("streams", SOURCE, bindings=GATES)
        assert len(reading.result()) > 16000
    with Stream(box, "/endless") as stream:
        stream.head()
        assert len(stream.rest()) > 16000
    wait_until(lambda: len(records(box, "/endless")) == 2)
    record = records(box, "/endless")[1]
    assert record["text"].startswith("CPU limit of 50 ms exceeded")


@pytest.mark.slow
def test_a_stream_may_take_longer_than_wall_ms_but_no_chunk_of_it(box):
    box.deploy("streams", SOURCE, bindings=GATES, limits={"wall_ms": 1500})
    with Stream(box, "/late") as late:
        assert box.get("/slow").body == b"a" * 7
        assert late.head() == CHUNKED
        assert late.rest() == b""
    assert records(box, "/late")[0]["text"] == "wall time limit of 1500 ms exceeded"
    assert records(box, "/slow")[0]["wall_us"] > 1500000
    box.deploy("streams", SOURCE, bindings=GATES)


def test_a_deploy_does_not_wait_for_a_stream(box):
    with Stream(box, "/gate?d") as stream:
        box.get("/open?d0")
        stream.head()
        assert stream.chunk() == b"d0;"
        box.deploy("streams", SOURCE + "// anew", bindings=GATES)
        assert stream.rest() == b""
    assert records(box, "/gate")[0]["text"] == "aborted: the function is being replaced"
    assert box.get("/whole").text == "whole"


def test_the_console_takes_of_a_stream_what_comes_in_time(box):
    box.deploy("streams", SOURCE, bindings=GATES, limits={"wall_ms": 500})
    box.get("/open?g0")
    result = box.job("invoke", "streams", "GET", "/events?g", "", b"")
    assert (result["status"], result["body"]) == (200, "OiBjb21tZW50CmlkOiA3CmV2ZW50OiBudW1iZXIKZGF0YTogZzA7Cgo=")
    box.deploy("streams", SOURCE, bindings=GATES)
