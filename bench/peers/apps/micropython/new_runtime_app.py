"""A new QuickJS runtime for each request: PORT SECRET FOLDER, which has a handler NAME.js for the path /NAME.

The bundle's bytecode was compiled before; a request makes a runtime of it, calls the handler and is done.
"""

import asyncio
import gc
import os
import sys

import quickjs
from edgelet.http.server import Server

PORT, SECRET, FOLDER = sys.argv[1:]


def compiled(name):
    """The bundle of a handler."""
    with open(FOLDER + "/" + name) as file:
        return quickjs.compile({"main.js": file.read()}, strip=True)


gc.threshold(1 << 20)
arena = quickjs.Arena(1 << 20)
bundles = {"/" + name[:-3]: compiled(name) for name in os.listdir(FOLDER)}


def answer(head, body, connection):
    """Makes a runtime and has it answer."""
    image = arena.build(bundles[head.target], env={"SECRET": SECRET})
    call = image.start(
        head.method, head.target, head.headers, body or None, head.host, connection.scheme, connection.peer[0]
    )
    return call.status, call.headers, call.body


asyncio.run(Server(lambda head: answer).start_server("127.0.0.1", int(PORT)))
