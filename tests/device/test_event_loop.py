"""What waits for streams in the event loop: over epoll on Linux, over `select.poll` on boards."""

import os
import subprocess

import pytest

PREPARED = """
import asyncio, gc, io, select, sys
from asyncio import core
from edgelet import event_loop
event_loop.prepare()
pipes = [open(path, "r+b") for path in sys.argv[1:]]
async def read(pipe):
    await core_read(pipe)
    return pipe.read(1)
def core_read(stream):
    yield core._io_queue.queue_read(stream)
def core_write(stream):
    yield core._io_queue.queue_write(stream)
"""


@pytest.fixture
def run(firmware, tmp_path):
    """Runs a program of MicroPython that has named pipes, `pipes`; its words of output."""

    def run(code, *options, pipes=2):
        paths = [tmp_path / f"pipe{i}" for i in range(pipes)]
        for path in paths:
            os.mkfifo(path)
        program = tmp_path / "program.py"
        program.write_text(PREPARED + code)
        done = subprocess.run([firmware, *options, program, *paths], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return run


def test_who_waits_goes_on_when_there_is_something(run):
    code = """
async def main():
    tasks = [asyncio.create_task(read(pipe)) for pipe in pipes]
    await asyncio.sleep_ms(10)
    print(*[task.done() for task in tasks])
    pipes[1].write(b"b")
    print(await tasks[1], tasks[0].done())
    pipes[0].write(b"a")
    print(await tasks[0], core._io_queue.map)
asyncio.run(main())
"""
    assert run(code) == ["False", "False", "b'b'", "False", "b'a'", "False"]


def test_one_reads_and_one_writes(run):
    code = """
async def wait(what, name):
    await what(pipes[0])
    print(name)
async def main():
    # A pipe that is full: nobody can write.
    room = select.poll()
    room.register(pipes[0], select.POLLOUT)
    while room.poll(0):
        pipes[0].write(bytes(4096))
    writer = asyncio.create_task(wait(core_write, "written"))
    reader = asyncio.create_task(wait(core_read, "read"))
    await reader
    print(writer.done(), core._io_queue.map)
    while not writer.done():
        await core_read(pipes[0])
        pipes[0].read(4096)
asyncio.run(main())
"""
    assert run(code) == ["read", "False", "True", "written"]


def test_who_is_cancelled_waits_no_more(run):
    code = """
async def main():
    tasks = [asyncio.create_task(read(pipe)) for pipe in pipes]
    await asyncio.sleep_ms(10)
    for task in tasks:
        task.cancel()
    await asyncio.sleep_ms(10)
    print(core._io_queue.map, *[task.done() for task in tasks])
    # Nor is what comes then told to anybody, until somebody waits again.
    pipes[0].write(b"a")
    await asyncio.sleep_ms(10)
    print(await read(pipes[0]))
    writer = asyncio.create_task(core_write(pipes[1]))
    reader = asyncio.create_task(read(pipes[1]))
    await writer
    reader.cancel()
    await asyncio.sleep_ms(10)
    pipes[1].write(b"b")
    print(await read(pipes[1]))
asyncio.run(main())
"""
    assert run(code) == ["False", "True", "True", "b'a'", "b'b'"]


def test_descriptor_that_is_another_stream_now(run):
    code = """
async def main():
    for path in sys.argv[1:]:
        for _ in range(3):
            pipe = open(path, "r+b")
            pipe.write(b"x")
            fd = pipe.fileno()
            print(await read(pipe))
            pipe.close()
asyncio.run(main())
"""
    assert run(code) == ["b'x'"] * 6


def test_file_is_always_ready(run):
    code = """
async def main():
    with open("/dev/null", "rb") as null, open(__file__, "rb") as file:
        print(await read(null), await read(file), core._io_queue.map)
asyncio.run(main())
"""
    assert run(code) == ["b''", r"b'\n'", "False"]


STREAM = """
class Stream(io.IOBase):
    ready = 0
    def ioctl(self, request, argument):
        return argument & self.ready if request == 3 else -1
"""


def test_stream_without_a_descriptor(run):
    code = """
async def main():
    streams = [Stream() for _ in range(20)]
    order = []
    async def wait(i, what):
        await what(streams[i])
        order.append(i)
    tasks = [asyncio.create_task(wait(i, core_read)) for i in range(20)]
    writer = asyncio.create_task(wait(7, core_write))
    await asyncio.sleep_ms(10)
    tasks[3].cancel()
    for i in (9, 0, 19):
        streams[i].ready = select.POLLIN
        await tasks[i]
    streams[7].ready = select.POLLOUT
    await writer
    print(*order, tasks[7].done(), core._io_queue.map)
    streams[7].ready = select.POLLIN
    for stream in streams:
        stream.ready = select.POLLHUP | select.POLLIN
    await tasks[7]
    await asyncio.sleep_ms(10)
    print(len(order), core._io_queue.map)
asyncio.run(main())
"""
    assert run(STREAM + code) == ["9", "0", "19", "7", "False", "True", "20", "False"]


def test_two_cannot_wait_for_the_same(run):
    code = """
async def main():
    first = asyncio.create_task(read(pipes[0]))
    await asyncio.sleep_ms(10)
    try:
        await read(pipes[0])
    except RuntimeError as error:
        print(error)
    pipes[0].write(b"a")
    print(await first)
asyncio.run(main())
"""
    assert run(code) == ["another", "task", "waits", "for", "this", "stream", "b'a'"]


def test_closed_stream_is_an_error(run):
    code = """
async def main():
    pipes[0].close()
    try:
        await read(pipes[0])
    except (OSError, ValueError) as error:
        print("refused", core._io_queue.map)
asyncio.run(main())
"""
    assert run(code) == ["refused", "False"]


def test_more_than_are_told_at_a_time(run):
    code = """
async def main():
    tasks = [asyncio.create_task(read(pipe)) for pipe in pipes]
    await asyncio.sleep_ms(10)
    for pipe in pipes:
        pipe.write(b"x")
    print(len(await asyncio.gather(*tasks)), core._io_queue.map)
asyncio.run(main())
"""
    assert run(code, pipes=200) == ["200", "False"]


@pytest.mark.parametrize("queue", ["epoll", "poll"])
def test_no_memory_to_wait(run, queue):
    """Who finds no memory is told so, and nothing of it stays; the others wait on."""
    code = """
async def main():
    before = asyncio.create_task(read(pipes[0]))
    await asyncio.sleep_ms(10)
    streams = pipes[1:]
    refused = 0
    blocks = []
    while True:
        try:
            blocks.append(bytearray(512))
        except MemoryError:
            break
    for stream in streams:
        try:
            core._io_queue.queue_read(stream)
        except MemoryError:
            refused += 1
    blocks = None
    core._io_queue.remove(core.cur_task)
    print(refused > 0)
    pipes[0].write(b"x")
    print(await before)
    for stream in streams:
        stream.write(b"y")
        await read(stream)
    print(core._io_queue.map == {} or core._io_queue.map is False)
asyncio.run(main())
"""
    if queue == "poll":
        code = "core._io_queue = core.IOQueue()\ncore._io_queue.poller = event_loop.Poller()\n" + code
    assert run(code, "-X", "heapsize=200K", pipes=120) == ["True", "b'x'", "True"]


def test_a_task_that_failed_is_not_kept(run):
    code = """
async def fail():
    kept = bytearray(100000)
    raise ValueError("no")
async def main():
    gc.collect()
    before = gc.mem_alloc()
    task = asyncio.create_task(fail())
    await asyncio.sleep_ms(10)
    print(task.done())
    task = None
    await asyncio.sleep_ms(10)
    gc.collect()
    print(gc.mem_alloc() - before < 50000)
asyncio.run(main())
from edgelet import log
print(["ValueError" in record.text for record in log.since(0)])
"""
    assert run(code) == ["True", "True", "[True]"]
