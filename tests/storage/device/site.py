"""MicroPython: serves the static files of one release, which it deploys first.

Arguments: folder, port. Standard input: the repr of (contents, fields of the header). What means no static file is 404;
/-/open tells how many files are open.
"""

import asyncio
import sys

from deploys import deploy, open_store
from edgelet.http.server import Server
from edgelet.http.static import Files

store = open_store(sys.argv[1])
store.boot()
contents, header = eval(sys.stdin.readline())
contents["public/huge.bin"] = bytes(8 << 20)
deploy(store, contents, **header)
static = Files(store.release("hello"))


def function(head, body, connection):
    return static.respond(head) or (404, b"", b"no static file")


server = Server(lambda head: None if head.target.startswith("/-/") else function)


@server.get("/-/open")
def count_open(request):
    return str(len(store._pins))


async def main():
    serving = asyncio.create_task(server.start_server("127.0.0.1", int(sys.argv[2])))
    await asyncio.sleep_ms(0)
    print("ready")
    await serving


asyncio.run(main())
