"""Runs on the device, for bench/http_server.py: one hello application on the server that the first argument names."""

import asyncio
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
    from edgelet.http.server import Server

    app = Server()
    app.get("/")(handler)
    return app


def function():
    """A function in Python on our server: what the server itself costs."""
    from edgelet.http.server import Server

    def hello(head, body, connection):
        return 200, HEADERS, b"hello " + head.method.encode()

    return Server(lambda head: hello)


def javascript():
    """A function in JavaScript, in a pristine image for each request."""
    import quickjs
    from edgelet.http.server import Server

    arena = quickjs.Arena(512 * 1024)
    image = arena.build(quickjs.compile({"main.js": SOURCE}))

    def hello(head, body, connection):
        call = image.start(
            head.method, head.target, head.headers, body or None, head.host, connection.scheme, connection.peer[0]
        )
        return call.status, call.headers, call.body

    return Server(lambda head: hello)


def runtime():
    """The same function on the whole device: release on disk, dispatch, statistics, log."""
    import json
    from binascii import hexlify
    from hashlib import sha256

    import quickjs
    from edgelet.device import Device

    root = sys.argv[3]
    device = Device(root)
    bundle = quickjs.compile({"main.js": SOURCE})
    digest = hexlify(sha256(bundle).digest()).decode()
    folder = device.releases.begin("hello")
    header = {"function": "hello", "engine": quickjs.ENGINE_ID, "main": "main.qjs"}
    with open(folder + "/manifest", "w") as file:
        file.write(json.dumps(header) + '\n["main.qjs","%s",%d]\n' % (digest, len(bundle)))
    for name, _size in device.releases.missing("hello"):
        with open(folder + "/" + name, "wb") as file:
            file.write(bundle)
    device.releases.activate("hello", device.releases.commit("hello"))
    device.start()
    return device.server


async def handler(request):
    """Answer like the other kinds."""
    return "hello " + request.method


async def serve(kind):
    """Serve for ever. Garbage is collected as the device does it, and for the others by MicroPython's own rule."""
    app = kinds[kind]()
    tasks = [app.start_server("127.0.0.1", int(sys.argv[2]))]
    if kind == "runtime":
        from edgelet.runtime import collect_garbage

        tasks.append(collect_garbage(app))
    await asyncio.gather(*tasks)


kinds = {"microdot": microdot, "route": route, "function": function, "javascript": javascript, "runtime": runtime}
asyncio.run(serve(sys.argv[1]))
