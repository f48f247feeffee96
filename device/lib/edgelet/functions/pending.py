"""One call of a handler: its operations, its limits in time, its log lines, and the response it comes to."""

import asyncio
from collections import deque

from edgelet import log
from quickjs import PENDING

#: What answers an error of a call (quickjs.Error.kind).
STATUS = {
    "thrown": 500,
    "stack": 500,
    "cpu": 504,
    "wall": 504,
    "memory": 503,
    "aborted": 503,
    "result": 502,
    "stuck": 502,
}

_TEXT = {
    500: "the function failed",
    502: "the function gave no valid response",
    503: "the function is out of resources",
    504: "the function took too long",
}

_LEVELS = {"d": "debug", "i": "info", "w": "warn", "e": "error"}


def error_response(status, request, retry_after=None):
    """A response that tells the client a request id and nothing of what went wrong inside."""
    headers = "content-type: text/plain;charset=UTF-8\r\nx-request-id: %s\r\n" % request
    if retry_after is not None:
        headers += "retry-after: %d\r\n" % retry_after
    return status, headers.encode(), b"%s; request id %s\n" % (_TEXT[status].encode(), request.encode())


def log_lines(lines, function, request):
    """Puts a handler's console lines (`call.logs()`) into the log."""
    for level, text in lines:
        log.add(_LEVELS[level], text, request, function.name)


class Waiting:
    """A call that awaits operations.

    operations: name -> function(function, *args), which returns the result or a coroutine of it.
    """

    def __init__(self, function, call, request, operations):
        self.function = function
        self.call = call
        self.request = request
        self.failure = None  # "wall" or "aborted" where that ended the call: no time left, or no function
        self._operations = operations
        self._tasks = {}
        self._settled = deque((), 512, 1)
        self._wake = asyncio.Event()

    async def answer(self, wall_ms):
        """Runs operations until the handler has settled; at most `wall_ms`."""
        await self._run(wall_ms, self._pending)

    async def finish(self, background_ms):
        """Runs operations until what was given to ctx.waitUntil has settled; at most `background_ms`."""
        await self._run(background_ms, self._in_background)

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

    def _pending(self):
        return self.call.state == PENDING

    def _in_background(self):
        return self.call.background

    async def _run(self, limit_ms, unfinished):
        timer = asyncio.create_task(self._expire(limit_ms))
        try:
            while self.failure is None and unfinished():
                self._start()
                log_lines(self.call.logs(), self.function, self.request)
                while self.failure is None and not self._settled:
                    self._wake.clear()
                    await self._wake.wait()
                if self.failure is None:
                    self._resume(*self._settled.popleft())
        finally:
            timer.cancel()

    def _resume(self, id, succeeded, value):
        """Lets JavaScript go on with an operation's result."""
        if succeeded:
            self.call.resolve(id, value)
        else:
            self.call.reject(id, value)

    def _start(self):
        for id in self.call.cancelled():
            task = self._tasks.pop(id, None)
            if task:
                task.cancel()
        for id, name, args in self.call.ops():
            if name == "timer":
                self._tasks[id] = asyncio.create_task(self._tick(id, *args))
                continue
            try:
                result = self._operations[name](self.function, *args)
            except Exception as e:
                self._settle(id, False, _message(e))
                continue
            if hasattr(result, "send"):
                self._tasks[id] = asyncio.create_task(self._await(id, result))
            else:
                self._settle(id, True, result)

    def _settle(self, id, succeeded, value):
        self._settled.append((id, succeeded, value))
        self._wake.set()

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

    async def _expire(self, ms):
        await asyncio.sleep_ms(ms)
        self._fail("wall")

    def _fail(self, failure):
        self.failure = failure
        self._wake.set()


def _message(error):
    return str(error) or type(error).__name__


def failed(function, call, request, failure=None):
    """(kind, response) of a call that has failed; kind is a key of STATUS. Logs the error with its stack."""
    error = call.error
    kind = failure or error.kind
    text = error.message if failure is None else _failure_text(function, failure)
    if failure is None and error.stack:
        text += "\n" + error.stack
    status = STATUS[kind]
    log.add("error", text, request, function.name, status, call.cpu_us, 0, call.peak)
    return kind, error_response(status, request, 1 if status == 503 else None)


def _failure_text(function, failure):
    if failure == "wall":
        return "wall time limit of %d ms exceeded" % function.limits["wall_ms"]
    return "aborted: the function is being replaced"
