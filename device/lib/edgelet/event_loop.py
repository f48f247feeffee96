"""asyncio's event loop, made to survive a lack of memory and to leave standard output to the console.

On Linux its streams are waited for with epoll (firmware/variants/edgelet/epoll.c). On boards MicroPython 1.25's
`select.poll` keeps half an entry where `register()` has no memory, and crashes at the next poll (extmod/modselect.c,
poll_set_add_obj). asyncio keeps an entry then, too, and refuses the socket from then on.
"""

import asyncio
import gc
import io
import select
import time
from asyncio import core

from edgelet import log
from micropython import const

try:
    from _epoll import IOQueue
except ImportError:
    IOQueue = None
try:
    from _pollset import forget
except ImportError:  # Linux' poll forgets by itself
    forget = None

_SLICE_US = const(500)  # a step that passes it is the last one before everything else has its turn
_RESERVE = const(256)  # bytes that register() can need: an object of the poller
# That a board waits for at most times: 8 connections, their listener, the console, name servers, the time server.
_STREAMS = const(12)


class Poller:
    """Stands in for `select.poll()`. register() raises MemoryError with nothing registered."""

    def __init__(self):
        poll = select.poll()
        self._register = poll.register
        self._reserve = bytearray(_RESERVE)
        self.unregister = (lambda stream: forget(poll, stream)) if forget else poll.unregister
        self.modify = poll.modify
        self.ipoll = poll.ipoll

    def register(self, stream, events):
        """As select.poll's."""
        try:
            if self._reserve is None:
                self._reserve = bytearray(_RESERVE)
            self._register(stream, events)
        except MemoryError:
            core._io_queue.map.pop(id(stream))
            if self._reserve is not None:
                self._reserve = None
                gc.collect()
                self._register(stream, events)
                self.unregister(stream)
            raise


def _log_exception(_loop, context):
    # The default is to print it, into whatever a program is reading from the console.
    log.error("a task failed: %s: %r" % (context["message"], context["exception"]))
    # asyncio keeps it for good: the task would hold all that it used, a whole device after a restart.
    context["exception"] = context["future"] = None


def before_each_step(action):
    """On a board, has `action()` called before any task's next step, until the next `prepare()`. It must not raise."""
    poller = core._io_queue.poller
    ipoll = poller.ipoll

    def act_and_poll(ms):
        action()
        return ipoll(ms)

    poller.ipoll = act_and_poll


def _make_room(queue):
    # MicroPython's tables grow and never shrink. Where they grow in a rush, they lie in the midst of the heap for good.
    streams = [io.BytesIO() for _ in range(_STREAMS)]
    for stream in streams:
        queue.map[id(stream)] = None
        queue.poller.register(stream, select.POLLIN)
    for stream in streams:
        queue.poller.unregister(stream)
        del queue.map[id(stream)]


def prepare():
    """Gives asyncio's new event loop what waits for streams, and the log. Nothing may wait for a stream yet."""
    if IOQueue:
        core._io_queue = IOQueue()
    else:
        core._io_queue.poller = Poller()
        _make_room(core._io_queue)
    core.get_event_loop().set_exception_handler(_log_exception)


def settle():
    """On a board, has what waits for streams in the lowest places of the heap, where nothing else has its place then.

    What waits for the next connection was made when the last one came, in the midst of a rush perhaps.
    """
    if IOQueue:
        return
    queue = core._io_queue
    gc.collect()
    for key, (reader, writer, stream) in list(queue.map.items()):
        queue.poller.unregister(stream)
        queue.map[key] = [reader, writer, stream]
        queue.poller.register(stream, (select.POLLIN if reader else 0) | (select.POLLOUT if writer else 0))


async def in_slices(steps):
    """Does all steps of a generator, with everything else's turn in between; what it returns."""
    while True:
        began = time.ticks_us()
        try:
            while time.ticks_diff(time.ticks_us(), began) < _SLICE_US:
                next(steps)
        except StopIteration as end:
            return end.value
        await asyncio.sleep_ms(0)


def at_once(steps):
    """Does all steps of a generator; what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
