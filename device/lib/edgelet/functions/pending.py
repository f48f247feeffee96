"""A call of a handler that waits for operations: carries them out, and lets JavaScript go on with their results."""

import asyncio

import quickjs
from edgelet import log
from quickjs import PENDING

_LEVELS = {"d": "debug", "i": "info", "w": "warn", "e": "error"}


def log_lines(lines, function, request):
    """Puts a handler's console lines (`call.logs()`) into the log."""
    for level, text in lines:
        log.add(_LEVELS[level], function.redact(text), request, function.name)


class PendingCall:
    """A call that awaits operations, of which `edgelet.functions.bindings` has those of bindings.

    It is among its function's `pending` until `leave()`. failure: "wall" or "aborted" where that ended the call: no
    time left, or no function.
    """

    def __init__(self, function, call, request):
        self.function = function
        self.call = call
        self.request = request
        self.failure = None
        self._turns = function.registry.turns
        self._operations = function.registry.bindings.operations
        self._tasks = {}  # id of an open operation -> its task
        self._settled = []  # (id, whether it succeeded, value), in the order in which JavaScript will learn of them
        self._error = None  # what a turn has raised
        self._turned = asyncio.Event()
        self._is_awaited = False
        # From the start, so that a call ends for which nobody has come to wait: there may have been no memory for that.
        self._timer = asyncio.create_task(self._expire(function.limits["wall_ms"]))
        function.pending[self] = True

    @property
    def is_in_arena(self):
        """Whether it waits in the arena, and not outside."""
        return self.call.parked_bytes == 0

    async def answer(self):
        """Carries out operations until the handler has settled; at most the function's `wall_ms`."""
        self._is_awaited = True
        self._pick_up()
        await self._run(self._is_pending)
        self._timer.cancel()

    async def finish(self, background_ms):
        """Carries out operations until what was given to ctx.waitUntil has settled; at most `background_ms`."""
        self._timer = asyncio.create_task(self._expire(background_ms))
        await self._run(self._is_in_background)

    def abort(self):
        """Ends the call at once; who waits for it learns so."""
        self.abandon()
        self._fail("aborted")

    def abandon(self):
        """Forgets the call and stops what it waits for. May be called again."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks = {}
        self._settled = []
        self.call.abandon()

    def leave(self):
        """The call is over, for whatever reason: others get its place."""
        if asyncio.current_task() is not self._timer:
            self._timer.cancel()
        self.function.pending.pop(self, None)
        try:
            self.abandon()
        finally:
            self._turns.left()

    def go_on(self):
        """Lets JavaScript go on with the result of one operation. Raises quickjs.Error of kind busy; see Turns."""
        if self.failure or not self._settled or not (self._is_pending() or self._is_in_background()):
            return
        id, succeeded, value = self._settled[0]
        try:
            if succeeded:
                self.call.resolve(id, value)
            else:
                self.call.reject(id, value)
            self._settled.pop(0)
            if self._settled:
                self._turns.ask(self)
            self._pick_up()
        except Exception as e:
            if isinstance(e, quickjs.Error) and e.kind == "busy":
                raise
            self._error = e
        if self._error or not self._is_pending():
            self._turned.set()

    def _is_pending(self):
        return self.call.state == PENDING

    def _is_in_background(self):
        return self.call.background

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
        """Takes over what the last turn has left: operations that are cancelled or new, and log lines."""
        for id in self.call.cancelled():
            task = self._tasks.pop(id, None)
            if task:
                task.cancel()
        for id, name, args in self.call.ops():
            if name == "timer":
                self._tasks[id] = asyncio.create_task(self._tick(id, *args))
            else:
                self._start_operation(id, self._operations[name], args)
        log_lines(self.call.logs(), self.function, self.request)

    def _start_operation(self, id, operation, args):
        try:
            result = operation(self.function, *args)
        except Exception as e:
            self._settle(id, False, _message(e))
            return
        if hasattr(result, "send"):
            self._tasks[id] = asyncio.create_task(self._await(id, result))
        else:
            self._settle(id, True, result)

    async def _await(self, id, coroutine):
        try:
            value = await coroutine
        except Exception as e:
            self._settle(id, False, _message(e))
        else:
            self._settle(id, True, value)
        self._tasks.pop(id, None)

    async def _tick(self, id, ms, repeats):
        while True:
            # A repeating timer of 0 ms would leave no time for anything else.
            await asyncio.sleep_ms(max(ms, 1) if repeats else ms)
            if not repeats:
                self._settle(id, True, None)
                self._tasks.pop(id, None)
                return
            # A tick that JavaScript has not learned of yet is not told twice.
            if not any(settled[0] == id for settled in self._settled):
                self._settle(id, True, None)

    def _settle(self, id, succeeded, value):
        self._settled.append((id, succeeded, value))
        if len(self._settled) == 1:
            self._turns.ask(self)


def _message(error):
    return str(error) or type(error).__name__
