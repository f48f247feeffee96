"""Runs on the device, for bench/http_server.py: one hello application on the server that the first argument names."""

import gc
import sys

HEADERS = b"content-type: text/plain;charset=UTF-8\r\n"
SOURCE = """export default {
    fetch(request) {
        return new Response("hello " + request.method)
    }
}"""


def microdot():
    """Plain microdot with a Python handler: what functions are compared with."""
    from microdot import Microdot

    app = Microdot()
    app.get("/")(handler)
    return app


def route():
    """The same handler as a microdot route on our server."""
    from edgelet.server import Server

    app = Server()
    app.get("/")(handler)
    return app


def function():
    """A function in Python on our server: what the server itself costs."""
    from edgelet.server import Server

    def hello(head, body, connection):
        return 200, HEADERS, b"hello " + head.method.encode()

    return Server(lambda head: hello)


def javascript():
    """A function in JavaScript, in a pristine image for each request."""
    import quickjs
    from edgelet.server import Server

    arena = quickjs.Arena(512 * 1024)
    image = arena.build(quickjs.compile({"main.js": SOURCE}))

    def hello(head, body, connection):
        call = image.start(
            head.method, head.target, head.headers, body or None, head.host, connection.scheme, connection.peer[0]
        )
        return call.status, call.headers, call.body

    return Server(lambda head: hello)


async def handler(request):
    """Answer like the other kinds."""
    return "hello " + request.method


kinds = {"microdot": microdot, "route": route, "function": function, "javascript": javascript}
app = kinds[sys.argv[1]]()
gc.collect()
gc.threshold(512 * 1024)
app.run("127.0.0.1", int(sys.argv[2]))
