"""Whose turn it is in the arena: requests that start, calls that go on, and the device's own builds.

One call at a time is in the arena. A call that waits for operations stays there until somebody else wants the arena,
and then waits outside as long as there is room (docs/quickjs.md, Parking).
"""

import asyncio
import sys
import time

import quickjs
from micropython import const

# Calls of one function that may go on one after the other while others could. A call of another function costs a
# restore of another image.
_ROW = const(4)
# Microseconds of turns, one after the other, until everything else has its turn.
_ROUND_US = const(5000)
# What bringing a call back into the arena may take; else its function has no turn for so many times as long: others,
# who have it parked again, would do little else than that.
_BACK_US = 5000 if sys.platform == "linux" else 50000
_REST = const(8)
# The least time that a call in the arena has to leave by itself.
_LEAST_PATIENCE_MS = const(10)


class Busy(Exception):
    """A request has not had its turn in time. The text begins with the limit that it was, as in `queue_ms: ...`."""


def reason_of(error):
    """The text for Busy of a quickjs.Error of kind busy."""
    limit, _, text = error.message.partition(": ")
    if limit.startswith("parked_"):
        limit = "waiting_requests" if limit == "parked_calls" else "waiting_bytes"
    return "%s: %s" % (limit, text)


class Place:
    """A place in the queue, of a request of `function`. reason: why it could not start."""

    def __init__(self, function, reason):
        self.function = function
        self.reason = reason
        self.turn = asyncio.Event()


class Turns:
    """The turns in one arena. At most `queue` requests wait to be started, each at most `wait_ms`.

    resident() gives the PendingCall that is in the arena, or None.
    """

    def __init__(self, arena, queue, wait_ms, resident):
        self.arena = arena
        self._resident = resident
        self._most = queue
        self._wait_ms = wait_ms
        self._places = []
        self._admitted = None  # the place whose turn it is
        self.full = ""  # why nobody can start: which limit of what can be parked is used up
        self.wanted = False  # a build waits for the arena, before all requests
        self._held = False
        self._left = asyncio.Event()  # a call has left, so there may be room again
        self._ready = {}  # name of a function -> its calls that can go on
        self._order = []  # these names, whose turn is next first
        self._in_row = 0
        self._resting = {}  # name of a function that has no turn for a while -> its calls that can go on
        self._stalled = False  # none of them can come into the arena until a call leaves
        self._patience = None  # the task that waits for the call in the arena to leave by itself
        self._task = None
        self._line = []  # events of requests that start one at a time
        self._line_task = None

    @property
    def queued(self):
        """How many requests wait to be started."""
        return len(self._places)

    @property
    def open(self):
        """Whether a request may be started without waiting."""
        return not (self.full or self.wanted or self._admitted)

    # Requests that start

    def queue(self, function, reason):
        """A place in the queue for a request of a function. Raises Busy where the queue is full."""
        if len(self._places) >= self._most:
            raise Busy("queue_length: %d requests wait for their turn (%s)" % (len(self._places), reason))
        if function.has_its_queue:
            text = "waiting_share: %d requests of the function wait for their turn (%s)"
            raise Busy(text % (function.queued, reason))
        place = Place(function, reason)
        self._places.append(place)
        function.queued += 1
        return place

    async def wait(self, place, began):
        """Waits until the request may be started. Raises Busy, at the latest `wait_ms` after `began`."""
        try:
            while self._admitted is not place:
                place.turn.clear()
                left = self._wait_ms - time.ticks_diff(time.ticks_ms(), began)
                await asyncio.wait_for_ms(place.turn.wait(), max(left, 0))
        except asyncio.TimeoutError:
            raise Busy(place.reason)

    def refuse(self, place, reason):
        """The request had its turn and found no room, as the others would not: it keeps its place."""
        place.reason = reason
        self._admitted = None
        self.have_no_room(reason)

    def have_no_room(self, reason):
        """Nobody can start before a call has left, as the one in the arena cannot be parked."""
        self.full = reason
        if self._patience is None:
            self._patience = asyncio.create_task(self._make_room())

    async def _make_room(self):
        """Ends the call in the arena, after a while, where its function holds more than its share of what can wait."""
        try:
            call = self._resident()
            if call is not None and call.function.is_beyond_share(call):
                await asyncio.sleep_ms(max(self._wait_ms >> (1 + call.function.ended), _LEAST_PATIENCE_MS))
                if (self.full or self._stalled) and call is self._resident():
                    call.function.ended += 1
                    call.abort("share")
        finally:
            self._patience = None

    def leave(self, place):
        """The request is started, or has given up."""
        self._places.remove(place)
        place.function.queued -= 1
        if self._admitted is place:
            self._admitted = None
        self._admit()

    def _admit(self):
        if self._admitted is None and self.open:
            for place in self._places:
                if not place.function.has_its_share:
                    self._admitted = place
                    place.turn.set()
                    return

    def left(self):
        """A call has ended, in the arena or outside: there may be room."""
        self.full = ""
        self._stalled = False
        self._left.set()
        self._admit()
        self._go_on()

    async def line_up(self, function):
        """Waits until a request of a function that takes long may start: one at a time, then everybody else's turn."""
        turn = asyncio.Event()
        self._line.append(turn)
        function.queued += 1
        if self._line_task is None:
            self._line_task = asyncio.create_task(self._advance())
        try:
            await turn.wait()
        finally:
            function.queued -= 1
            if turn in self._line:
                self._line.remove(turn)

    async def _advance(self):
        try:
            while self._line:
                self._line.pop(0).set()
                # Longer than for one round of the event loop: a new connection takes some until it has its answer.
                await asyncio.sleep_ms(1)
        finally:
            self._line_task = None

    # Calls that go on

    def ask(self, call):
        """Asks for a turn of a call: its `go_on()` will be called, once."""
        name = call.function.name
        if name in self._resting:
            self._resting[name].append(call)
            return
        if name not in self._ready:
            self._ready[name] = []
            self._order.append(name)
        self._ready[name].append(call)
        self._stalled = False
        self._go_on()

    def _go_on(self):
        if self._task is None and self._order and not self._held and not self._stalled:
            self._task = asyncio.create_task(self._run())

    async def _run(self):
        # A turn for each that is ready, as each new request has one, and then everything else of the event loop.
        try:
            while self._order and not self._held and not self._stalled:
                began = time.ticks_us()
                for _ in range(sum([len(calls) for calls in self._ready.values()])):
                    self._turn()
                    if self._stalled or not self._order or time.ticks_diff(time.ticks_us(), began) >= _ROUND_US:
                        break
                await asyncio.sleep_ms(0)
        finally:
            self._task = None
        self._go_on()

    def _turn(self):
        name = self._order[0]
        ready = self._ready[name]
        before_us = self.arena.resume_us
        try:
            ready[0].go_on()
            ready.pop(0)
        except quickjs.Error:
            name = self._instead()
            if name is None:
                self._stalled = True
                self.have_no_room(self.full)
                return
        self._rotate(name)
        back_us = self.arena.resume_us - before_us
        if back_us > _BACK_US:
            self._rest(name, back_us * _REST // 1000)

    def _instead(self):
        """Has another call go on where the one in the arena cannot be parked: its function's name, or None.

        That is the one in the arena itself, or the one that makes most room for it.
        """
        most, chosen = -1, None
        for name, ready in self._ready.items():
            for call in ready:
                room = self.arena.size if call.is_in_arena else call.call.parked_bytes
                if room > most:
                    most, chosen = room, (name, call)
        name, call = chosen
        try:
            call.go_on()
        except quickjs.Error:
            return None
        self._ready[name].remove(call)
        return name

    def _rotate(self, name):
        self._in_row += 1
        if not self._ready[name]:
            del self._ready[name]
            self._order.remove(name)
            self._in_row = 0
        elif self._in_row >= _ROW:
            self._order.remove(name)
            self._order.append(name)
            self._in_row = 0

    def _rest(self, name, ms):
        """Leaves a function without a turn for a while."""
        asyncio.create_task(self._wake(name, ms))
        self._resting[name] = self._ready.pop(name, [])
        if name in self._order:
            self._order.remove(name)
        self._in_row = 0

    async def _wake(self, name, ms):
        await asyncio.sleep_ms(ms)
        calls = self._resting.pop(name)
        if calls:
            self._ready[name] = calls
            self._order.append(name)
            self._go_on()

    # Builds

    async def hold(self, wait_ms=None):
        """Takes the arena for a build, empty: no call starts or goes on until `release`.

        Raises asyncio.TimeoutError after `wait_ms` where a call cannot be parked and does not end.
        """
        self.wanted = True
        try:
            while not self._held:
                self._left.clear()
                try:
                    self.arena.park()
                    self._held = True
                    # Who was told that it has its turn and has not taken it yet comes later.
                    self._admitted = None
                except quickjs.Error as e:
                    self.have_no_room(reason_of(e))
                    await asyncio.wait_for_ms(self._left.wait(), wait_ms)
        except BaseException:
            self.release()
            raise

    def release(self):
        """The build is done, or failed."""
        self.wanted = self._held = False
        self.left()
