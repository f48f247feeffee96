"""Connections to other servers, in the firmware, without an exchange around them."""

import pytest
from console_helpers import run_on_device
from upstream import Upstream

CLOSED = """
import asyncio, sys
from edgelet import event_loop
from edgelet.outbound import connection

how, port = sys.argv[1], int(sys.argv[2])

async def fill(opened):
    try:
        return await opened.fill()
    except BaseException as e:
        return type(e).__name__

async def main():
    opened = await connection.open_connection(False, "127.0.0.1", port, [b"\\x7f\\0\\0\\1"], ["127.0.0.1"])
    waiting = asyncio.create_task(fill(opened))
    await asyncio.sleep_ms(0)
    if how == "cancelled":
        waiting.cancel()
    elif how == "ready":
        await opened.write(b"GET / HTTP/1.1\\r\\n\\r\\n")
        asyncio.core._io_queue.wait_io_event(1000)
    opened.close()
    print(await waiting)
    await asyncio.sleep_ms(5)
    print(await waiting)

event_loop.prepare()
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("how", "ends"), [("waiting", "OSError"), ("cancelled", "CancelledError"), ("ready", "OSError")]
)
def test_who_waits_for_a_connection_that_is_closed_goes_on_once(firmware, how, ends):
    """A task that has its turn already was given another one, and lost what it was to be told."""
    with Upstream(lambda connection, request: connection.sendall(b"x")) as upstream:
        assert run_on_device(firmware, CLOSED, how, upstream.port).split() == [ends, ends]
