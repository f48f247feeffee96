"""A call of a handler that waits for operations: carries them out, and lets JavaScript go on with their results."""

import asyncio
import sys
import time

import quickjs
from edgelet import log
from micropython import const
from quickjs import PENDING

# A turn's time, in microseconds: after the step that passes it, others have theirs.
_SLICE_US = const(500)
# A slice's time of work that takes long, such as the derivation of a key. Longer on boards, where it may cost 9 ms to
# have the call in the arena for it.
_WORK_US = 5000 if sys.platform == "linux" else 20000
# What the log lines of a turn may take of the event loop.
_LOG_US = 20000 if sys.platform == "linux" else 200000

_LEVELS = {"d": "debug", "i": "info", "w": "warn", "e": "error"}


def log_lines(lines, function, number):
    """Puts the console lines (`call.logs()`) of request `number`, 0 for none, into the log.

    Those that take too long are counted.
    """
    request = log.request_name(number) if number else ""
    began = time.ticks_us()
    for i, (level, text) in enumerate(lines):
        if time.ticks_diff(time.ticks_us(), began) > _LOG_US:
            log.add("warn", "%d log lines dropped: they took too long" % (len(lines) - i), request, function.name)
            break
        log.add(_LEVELS[level], function.redact(text), request, function.name)
    if lines:
        function.has_taken(time.ticks_diff(time.ticks_us(), began))


class _Stream:
    """What is sent of a response that is a stream."""

    def __init__(self):
        self.chunk = None  # (id of the operation, bytes) to be sent next
        self.sent = None  # the id of the one that the client is taking or has
        self.reason = ""  # why nobody wants the rest, until JavaScript knows


class PendingCall:
    """A call that awaits operations, of which `edgelet.functions.bindings` has those of bindings.

    It is among its function's `pending` until `leave()`. failure: "wall", "aborted" or "share" where that ended the
    call: no time left, no function, or more than that function's share of what waits.
    """

    def __init__(self, function, call, number, connection):
        self.function = function
        self.call = call
        self.number = number  # of the request
        self.connection = connection  # whose request it answers
        self.failure = None
        self._turns = function.registry.turns
        self._operations = function.registry.bindings.operations
        self._fetches = None
        self._open = {}  # id of an operation -> the task or the Change that will settle it
        self._ticked = {}  # id of a repeating timer -> (its milliseconds, time.ticks_ms() of its last tick)
        self._due = []  # (id, name, arguments) of operations that are yet to be carried out
        self._steps = None  # (id, generator) of the one that is being carried out
        self._settled = []  # (id, whether it succeeded, value), in the order in which JavaScript will learn of them
        self._stream = None  # a _Stream, where the response is one
        self._error = None  # what a turn has raised
        self._turned = asyncio.Event()
        self._is_awaited = False
        self._has_asked = False  # for a turn
        # From the start, so that a call ends for which nobody has come to wait: there may have been no memory for that.
        self._timer = asyncio.create_task(self._expire(function.limits["wall_ms"]))
        function.pending[self] = True

    @property
    def is_in_arena(self):
        """Whether it waits in the arena, and not outside."""
        return self.call.parked_bytes == 0 and (self._is_pending() or self._is_in_background())

    async def answer(self):
        """Carries out operations until the handler has settled; at most the function's `wall_ms`."""
        self._is_awaited = True
        self._pick_up()
        if self._due:
            self._ask()
        await self._run(self._is_pending)
        self._timer.cancel()

    async def next_chunk(self):
        """The next bytes of a response that is a stream, when the client has those before.

        None at its end, which is before its time where there is a `failure` or the call has an error.
        """
        stream = self._stream
        if stream and stream.sent is not None:
            id, stream.sent = stream.sent, None
            self._settle(id, True, None)
        await self._run(self._owes_chunk)
        stream = self._stream
        if not stream or not stream.chunk:
            return None
        (stream.sent, chunk), stream.chunk = stream.chunk, None
        return chunk

    def take_received(self):
        """What the call's response hands on: the `edgelet.outbound.client.Response`, None where it has ended."""
        return self._fetches.take(self.call.body)

    def limit(self, work):
        """Another coroutine, or None, watches over the call's time from now on."""
        if asyncio.current_task() is not self._timer:
            self._timer.cancel()
        if work:
            self._timer = asyncio.create_task(work)

    def cancel(self, reason):
        """Nobody wants the rest of a response that is a stream: JavaScript learns so in a turn."""
        if self._stream is None:
            self._stream = _Stream()
        self._stream.reason = reason
        self._ask()

    async def finish(self, background_ms):
        """Carries out operations until what was given to ctx.waitUntil has settled; at most `background_ms`."""
        self._timer = asyncio.create_task(self._expire(background_ms))
        await self._run(self._is_in_background)

    def abort(self, failure="aborted"):
        """Ends the call at once; who waits for it learns so."""
        self.abandon()
        self._fail(failure)

    def abandon(self):
        """Forgets the call and stops what it waits for. May be called again."""
        for one in self._open.values():
            one.cancel()
        self._open = {}
        if self._fetches:
            self._fetches.close()
        self._due = []
        self._steps = None
        self._settled = []
        self.call.abandon()

    def leave(self):
        """The call is over, for whatever reason: others get its place."""
        if asyncio.current_task() is not self._timer:
            self._timer.cancel()
        pending = self.function.pending
        pending.pop(self, None)
        if not pending:
            pending.clear()  # its table, which lies where there was room when it grew
        try:
            self.abandon()
        finally:
            self._turns.left()

    def go_on(self):
        """A turn: carries out operations and lets JavaScript go on with their results. Raises as `Turns` says."""
        self._has_asked = False
        began, cpu_us = time.ticks_us(), self.call.cpu_us
        try:
            while self._step() and time.ticks_diff(time.ticks_us(), began) < _SLICE_US:
                pass
        except Exception as e:
            if isinstance(e, quickjs.Error) and e.kind == "busy":
                self._has_asked = True
                raise
            self._error = e
        used_us = time.ticks_diff(time.ticks_us(), began)
        self.function.stats.operations_us += max(used_us - (self.call.cpu_us - cpu_us), 0)
        if self._error or not self._is_pending():
            self._turned.set()
        if self._settled or self._due or self._steps:
            self._ask()

    def _step(self):
        """Does what is next; whether there may be more to do in this turn."""
        if self.failure or not (self._is_pending() or self._is_in_background()):
            return False
        if self._stream and self._stream.reason:
            self.call.cancel(self._stream.reason)
            self._stream.reason = ""
            self._pick_up()
        elif self._settled:
            # Before further operations, whose results would pile up.
            was_pending = self._is_pending()
            self._resume(*self._settled[0])
            return self._is_pending() == was_pending
        elif self._steps:
            self._carry_on(*self._steps)
        elif self._due:
            self._carry_out(*self._due.pop(0))
        else:
            return False
        return True

    def _resume(self, id, succeeded, value):
        """Lets JavaScript go on with the result of an operation, the first of those that have settled."""
        if succeeded:
            self.call.resolve(id, value)
        else:
            self.call.reject(id, value)
        self._settled.pop(0)
        if id in self._ticked:
            # Not before JavaScript knows of the last tick: many short ones would leave no time for anything else.
            ms, last = self._ticked[id]
            self._start_timer(id, max(ms - time.ticks_diff(time.ticks_ms(), last), 1), ms)
        self._pick_up()

    def _is_pending(self):
        return self.call.state == PENDING

    def _is_in_background(self):
        return self.call.background

    def _owes_chunk(self):
        return self.call.streams and not (self._stream and self._stream.chunk)

    async def _run(self, is_unfinished):
        while self.failure is None and is_unfinished():
            self._turned.clear()
            await self._turned.wait()
            if self._error:
                raise self._error

    async def _expire(self, ms):
        await asyncio.sleep_ms(ms)
        self._fail("wall")
        if not self._is_awaited:
            self.leave()

    def _fail(self, failure):
        self.failure = failure
        self._turned.set()

    def _pick_up(self):
        """Takes over what JavaScript has left: operations that are cancelled or new, and log lines."""
        for id in self.call.cancelled():
            self._ticked.pop(id, None)
            task = self._open.pop(id, None)
            if task:
                task.cancel()
            else:
                self._due = [one for one in self._due if one[0] != id]
        for id, name, args in self.call.ops():
            if name == "timer":
                ms, repeats = args
                self._start_timer(id, max(ms, 1) if repeats else ms, ms if repeats else None)
            elif name == "work":
                self._settle(id, True, _WORK_US)
            elif name == "body.write":
                if self._stream is None:
                    self._stream = _Stream()
                self._stream.chunk = id, args[0]
            else:
                self._due.append((id, name, args))
        log_lines(self.call.logs(), self.function, self.number)

    def _start_timer(self, id, ms, repeats_ms):
        if repeats_ms is not None:
            self._ticked[id] = repeats_ms, time.ticks_add(time.ticks_ms(), ms)
        self._open[id] = asyncio.create_task(self._tick(id, ms))

    async def _tick(self, id, ms):
        await asyncio.sleep_ms(ms)
        self._open.pop(id, None)
        self._settle(id, True, None)

    def _carry_out(self, id, name, args):
        if name[:5] in ("fetch", "jwks."):
            self._open[id] = asyncio.create_task(self._fetch(id, name, args))
            return
        try:
            result = self._operations[name](self.function, *args)
        except Exception as e:
            self._settle(id, False, _message(e))
            return
        if hasattr(result, "send"):
            self._steps = id, result
        else:
            self._settle(id, True, result)

    async def _fetch(self, id, name, args):
        try:
            if self._fetches is None:
                from edgelet.functions.fetches import Fetches  # here: who does not fetch has the RAM for something else

                self._fetches = Fetches(self)
            succeeded, result = True, await self._fetches.carry_out(id, name, args)
        except Exception as e:
            succeeded, result = False, _message(e)
        self._open.pop(id, None)
        self._settle(id, succeeded, result)

    def _carry_on(self, id, steps):
        try:
            next(steps)
            return
        except StopIteration as end:
            succeeded, result = True, end.value
        except Exception as e:
            succeeded, result = False, _message(e)
        self._steps = None
        if hasattr(result, "done"):
            result.done = lambda error, us: self._have_changed(id, error, us, result.value)
            self._open[id] = result
        else:
            self._settle(id, succeeded, result)

    def _have_changed(self, id, error, us, value):
        self._open.pop(id, None)
        self.function.stats.operations_us += us
        self._settle(id, error is None, _message(error) if error else value)

    def _settle(self, id, succeeded, value):
        self._settled.append((id, succeeded, value))
        self._ask()

    def _ask(self):
        if not self._has_asked:
            self._has_asked = True
            self._turns.ask(self)


def _message(error):
    return str(error) or type(error).__name__
