"""A call of a handler that waits for operations: carries them out, and lets JavaScript go on with their results."""

import asyncio
from collections import deque

from edgelet import log
from quickjs import PENDING

_LEVELS = {"d": "debug", "i": "info", "w": "warn", "e": "error"}


def log_lines(lines, function, request):
    """Puts a handler's console lines (`call.logs()`) into the log."""
    for level, text in lines:
        log.add(_LEVELS[level], function.redact(text), request, function.name)


class PendingCall:
    """A call that awaits operations, of which `edgelet.functions.bindings` has those of bindings.

    failure: "wall" or "aborted" where that ended the call: no time left, or no function.
    """

    def __init__(self, function, call, request):
        self.function = function
        self.call = call
        self.request = request
        self.failure = None
        self._operations = function.registry.bindings.operations
        self._tasks = {}  # id of an open operation -> its task
        self._settled = deque((), 512, 1)  # (id, whether it succeeded, value)
        self._wake = asyncio.Event()

    async def answer(self, wall_ms):
        """Carries out operations until the handler has settled; at most `wall_ms`."""
        await self._run(wall_ms, self._is_pending)

    async def finish(self, background_ms):
        """Carries out operations until what was given to ctx.waitUntil has settled; at most `background_ms`."""
        await self._run(background_ms, self._is_in_background)

    def abort(self):
        """Ends the call at once; who waits for it learns so."""
        self.abandon()
        self._fail("aborted")

    def abandon(self):
        """Forgets the call and stops what it waits for. May be called again."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks = {}
        log_lines(self.call.logs(), self.function, self.request)
        self.call.abandon()

    def _is_pending(self):
        return self.call.state == PENDING

    def _is_in_background(self):
        return self.call.background

    async def _run(self, limit_ms, is_unfinished):
        timer = asyncio.create_task(self._expire(limit_ms))
        try:
            while self.failure is None and is_unfinished():
                self._start_operations()
                log_lines(self.call.logs(), self.function, self.request)
                while self.failure is None and not self._settled:
                    self._wake.clear()
                    await self._wake.wait()
                if self.failure is None:
                    self._resume(*self._settled.popleft())
        finally:
            timer.cancel()

    async def _expire(self, ms):
        await asyncio.sleep_ms(ms)
        self._fail("wall")

    def _fail(self, failure):
        self.failure = failure
        self._wake.set()

    def _resume(self, id, succeeded, value):
        """Lets JavaScript go on with an operation's result."""
        if succeeded:
            self.call.resolve(id, value)
        else:
            self.call.reject(id, value)

    def _start_operations(self):
        """Stops operations that JavaScript has cancelled, and starts those that it has queued."""
        for id in self.call.cancelled():
            task = self._tasks.pop(id, None)
            if task:
                task.cancel()
        for id, name, args in self.call.ops():
            if name == "timer":
                self._tasks[id] = asyncio.create_task(self._tick(id, *args))
            else:
                self._start_operation(id, self._operations[name], args)

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
            self._settle(id, True, None)
            if not repeats:
                self._tasks.pop(id, None)
                return

    def _settle(self, id, succeeded, value):
        self._settled.append((id, succeeded, value))
        self._wake.set()


def _message(error):
    return str(error) or type(error).__name__
