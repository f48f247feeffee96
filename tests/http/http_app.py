"""Runs on the device: the HTTP server with functions and routes that the tests of it ask, for tests/http.

Arguments: port, limits as JSON, "hooks" or "", and for TLS the files of certificate and key in DER.
"""

import asyncio
import gc
import json
import sys
import time

from edgelet import event_loop, log, shortages
from edgelet.http.message import Stream
from edgelet.http.server import Server
from edgelet.limits import ServerLimits
from microdot.microdot import Response
from microdot.websocket import with_websocket

TEXT = b"content-type: text/plain\r\n"
counts = {"cancelled": 0, "stream_closed": 0, "before": 0, "after": 0, "turns": 0}


def echo(head, body, connection):
    parts = (head.method, head.target, head.host, connection.scheme, connection.peer[0])
    return 200, TEXT, "\n".join(parts).encode() + b"\n" + bytes(head.headers) + b"\n" + body


def argument(head):
    return int(head.target.split("?")[1])


def big(head, body, connection):
    return 200, TEXT, b"x" * argument(head)


def status(head, body, connection):
    return argument(head), b"", b"body"


def cookies(head, body, connection):
    return 200, b"set-cookie: a=1; Path=/\r\nset-cookie: b=2\r\n", b""


def framing(head, body, connection):
    return 200, b"x-a: 1\r\nContent-Length: 999\r\nConnection: x\r\nx-b: 2\r\nDate: never\r\n", b"ok"


def injection(head, body, connection):
    return 200, b"x: 1\r\n\r\nHTTP/1.1 200 OK\r\n", b""


def throw(head, body, connection):
    raise ValueError("secret detail")


def refuse(head, body, connection):
    Server.abort(403, "not for you")


async def wait(head, body, connection):
    await asyncio.sleep_ms(argument(head))
    return echo(head, body, connection)


async def crowded(head, body, connection):
    """Answers when the server has had no room for so many connections."""
    while shortages.counts["connections"] < argument(head):
        await asyncio.sleep_ms(5)
    return echo(head, body, connection)


def turn(head, body, connection):
    """Which of all turns this is."""
    counts["turns"] += 1
    return 200, TEXT, b"%d" % counts["turns"]


def busy(head, body, connection):
    """Holds up the event loop for that many milliseconds."""
    until = time.ticks_add(time.ticks_ms(), argument(head))
    while time.ticks_diff(until, time.ticks_ms()) > 0:
        pass
    return 200, b"", b""


async def late_throw(head, body, connection):
    await asyncio.sleep_ms(1)
    raise ValueError("secret detail")


async def forever(head, body, connection):
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        counts["cancelled"] += 1
        raise


class Chunks:
    """An async iterator: MicroPython has no async generators."""

    def __init__(self, count, size):
        self.count = count
        self.size = size

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.count == 0:
            raise StopAsyncIteration
        self.count -= 1
        await asyncio.sleep_ms(0)
        return b"x" * self.size

    async def aclose(self):
        counts["stream_closed"] += 1


def stream(head, body, connection):
    return 200, TEXT, Stream(Chunks(max(0, min(argument(head), 200)), 1000))


def sized_stream(head, body, connection):
    return 200, TEXT, Stream(Chunks(argument(head), 1000), argument(head) * 1000)


def no_content_stream(head, body, connection):
    return 204, TEXT, Stream(None, 5)


def wrong_stream(head, body, connection):
    return 200, TEXT, Stream(Chunks(2, 1000), argument(head))


def endless(head, body, connection):
    return 200, TEXT, Stream(Chunks(-1, 1000))


FUNCTIONS = {
    "/f/echo": echo,
    "/f/big": big,
    "/f/status": status,
    "/f/cookies": cookies,
    "/f/framing": framing,
    "/f/injection": injection,
    "/f/throw": throw,
    "/f/crowded": crowded,
    "/f/turn": turn,
    "/f/busy": busy,
    "/f/late_throw": late_throw,
    "/f/refuse": refuse,
    "/f/wait": wait,
    "/f/forever": forever,
    "/f/stream": stream,
    "/f/sized_stream": sized_stream,
    "/f/no_content_stream": no_content_stream,
    "/f/wrong_stream": wrong_stream,
    "/f/endless": endless,
}


def find(head):
    return FUNCTIONS.get(head.target.split("?")[0])


app = Server(find, ServerLimits(**json.loads(sys.argv[2])))


@app.get("/stats")
async def stats(request):
    gc.collect()
    answer = {"connections": len(app.connections), "refused": app.refused, "heap": gc.mem_alloc()}
    answer.update(counts)
    answer.update({"shortages": shortages.counts, "held": app.memory.held})
    return answer


@app.route("/m/echo", methods=["GET", "POST"])
async def route_echo(request):
    return {
        "method": request.method,
        "path": request.path,
        "args": {name: request.args.getlist(name) for name in request.args},
        "headers": dict(request.headers.items()),
        "cookies": request.cookies,
        "body": request.body.decode(),
        "client": request.client_addr[0],
        "form": {name: request.form.getlist(name) for name in request.form or ()},
    }


@app.get("/m/cookies")
async def route_cookies(request):
    response = Response("ok")
    response.set_cookie("a", "1", path="/")
    response.set_cookie("b", "2")
    return response


@app.get("/m/stream")
async def route_stream(request):
    return (part for part in ("one", "two", "three"))


@app.get("/m/file")
async def route_file(request):
    return Response.send_file(sys.argv[0], content_type="text/x-python")


@app.get("/m/throw")
async def route_throw(request):
    raise ValueError("secret detail")


@app.get("/m/none")
async def route_none(request):
    return None


@app.get("/m/socket")
@with_websocket
async def route_socket(request, socket):
    while True:
        await socket.send((await socket.receive()).upper())


@app.get("/log")
async def show_log(request):
    return [record.text for record in log.since(0)]


@app.post("/shutdown")
async def shutdown(request):
    app.shutdown()
    return "bye"


def add_hooks():
    @app.before_request
    async def before(request):
        counts["before"] += 1
        return ("denied", 403) if request.args.get("deny") else None

    @app.after_request
    async def after(request, response):
        counts["after"] += 1
        response.headers["X-After"] = request.path
        return response

    @app.errorhandler(ValueError)
    async def value_error(request, error):
        return "handled", 422

    @app.errorhandler(404)
    async def not_found(request):
        return "nothing here", 404

    @app.errorhandler(400)
    async def bad_request(request):
        return "no such request", 400


def context():
    import tls

    result = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    with open(sys.argv[4], "rb") as cert, open(sys.argv[5], "rb") as key:  # noqa: PTH123 (MicroPython)
        result.load_cert_chain(cert.read(), key.read())
    return result


log.ring.resize(16 * 1024)
event_loop.prepare()
if sys.argv[3] == "hooks":
    add_hooks()
app.run("127.0.0.1", int(sys.argv[1]), ssl=context() if len(sys.argv) > 4 else None)
