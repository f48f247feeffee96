"""Runs on the device: the console beside a server, for tests/console/test_console.py.

A line sent to the server's TCP port is answered with a line:
    ticks           how often the event loop has come round
    tick            answered when it has come round once more
    restarts        how often the console has asked for a restart
    await TEXT      answered as soon as the log has a record that contains TEXT
    log N           N records are written to the log first
"""

import asyncio
import sys

from edgelet import log
from edgelet.console.repl import Console

ticks = 0
restarts = 0


async def tick():
    global ticks
    while True:
        await asyncio.sleep_ms(5)
        ticks += 1


async def logged(text):
    while not any(text in record.text for record in log.since(0)):
        await asyncio.sleep_ms(5)
    return text


async def next_tick():
    now = ticks
    while ticks == now:
        await asyncio.sleep_ms(1)
    return "tick"


async def answer(reader, writer):
    while line := (await reader.readline()).decode().strip():
        word, _, rest = line.partition(" ")
        if word == "ticks":
            text = str(ticks)
        elif word == "tick":
            text = await next_tick()
        elif word == "restarts":
            text = str(restarts)
        elif word == "await":
            text = await logged(rest)
        elif word == "log":
            for i in range(int(rest)):
                log.info(f"line {i}", request=f"r{i}", function="test")
            text = rest
        writer.write(text.encode() + b"\n")
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main(port):
    global restarts
    ticking = asyncio.create_task(tick())
    await asyncio.start_server(answer, "127.0.0.1", port)
    log.info("ready")
    while True:
        await Console(as_json="--json" in sys.argv).serve()
        restarts += 1
        assert not ticking.done()


asyncio.run(main(int(sys.argv[1])))
