"""One request to a function: it takes an arena, its handler runs there, and its outcome is the response.

A request that finds no idle arena waits for one. A handler that awaits something goes on as a pending call.
"""

import asyncio
import time

from edgelet import log
from edgelet.functions import errors
from edgelet.functions.arenas import Busy
from edgelet.functions.pending import PendingCall, log_lines
from quickjs import DONE, PENDING

_TOO_LARGE = 413, b"content-type: text/plain;charset=UTF-8\r\n", b"request body is too large\n"


def invoke(function, head, body, connection):
    """Has a function's handler answer a request: (status, headers, body), or an awaitable of it."""
    if len(body) > function.limits["body"]:
        return _TOO_LARGE
    arenas = function.registry.arenas
    if not arenas.idle:
        return _queued(function, head, bytes(body), connection)
    return _start(function, arenas.idle.pop(), head, body, connection, 0)


async def _queued(function, head, body, connection):
    registry = function.registry
    began = time.ticks_ms()
    try:
        slot = await registry.arenas.wait()
    except Busy as e:
        request = log.request_name(registry.next_request())
        return errors.busy(function, e, request, time.ticks_diff(time.ticks_ms(), began))
    # Another release or other values may have come meanwhile, and what was built before must not come back.
    function = registry.get(function.name)
    if function is None or not function.has_handler:
        registry.arenas.release(slot)
        response = connection.server.answer(connection, head, body)
    else:
        response = _start(function, slot, head, body, connection, time.ticks_diff(time.ticks_ms(), began))
    return response if type(response) is tuple else await response


def _start(function, slot, head, body, connection, queued_ms):
    """Runs the handler in a slot; (status, headers, body), or an awaitable of it where the handler waits."""
    registry = function.registry
    try:
        image = slot.images.get(function) or registry.images.demand(slot, function)
        if len(body) > function.limits["memory"] - image.size:
            registry.arenas.release(slot)
            return _TOO_LARGE
        call = image.start(
            head.method,
            head.target,
            head.headers,
            body if len(body) or head.length else None,
            head.host or "localhost",
            connection.scheme,
            registry.peer(head, connection) if registry.proxies else connection.peer[0],
        )
    except Exception as e:
        registry.arenas.release(slot)
        return errors.unbuilt(function, e, log.request_name(registry.next_request()))
    if call.state == PENDING or call.background:
        return _wait(function, slot, call, head, body, connection, queued_ms)
    registry.arenas.release(slot)
    # It waited for nothing, so its CPU time is its time.
    wall_ms = queued_ms + call.cpu_us // 1000
    return _end(function, call, registry.next_request(), head, body, connection, wall_ms)


def _end(function, call, number, head, body, connection, wall_ms, failure=None):
    """Counts and logs a call that has its outcome; the response."""
    lines = call.logs()
    if lines:
        log_lines(lines, function, log.request_name(number))
    if call.state == DONE:
        cpu_us, peak = call.cpu_us, call.peak
        function.stats.add("ok", wall_ms, cpu_us, peak)
        log.ring.request(number, function.name, call.status, cpu_us, wall_ms, peak)
        return call.status, call.headers, call.body
    kind, response = errors.failed(function, call, log.request_name(number), wall_ms, failure)
    if call.passes_through and kind == "thrown":
        return connection.server.answer(connection, head, body)
    return response


async def _wait(function, slot, call, head, body, connection, queued_ms):
    """A handler that awaits operations, or has given some to ctx.waitUntil."""
    began = time.ticks_ms()
    number = function.registry.next_request()
    pending = PendingCall(function, call, log.request_name(number))
    function.pending[pending] = True
    in_background = False
    try:
        await pending.answer(function.limits["wall_ms"])
        wall_ms = queued_ms + time.ticks_diff(time.ticks_ms(), began)
        response = _end(function, call, number, head, body, connection, wall_ms, pending.failure)
        if call.background and pending.failure is None:
            in_background = True
            asyncio.create_task(_finish(function, slot, pending))
    finally:
        if not in_background:
            _leave(function, slot, pending)
    return response if type(response) is tuple else await response


async def _finish(function, slot, pending):
    """What ctx.waitUntil was given, after the response."""
    limit_ms = function.limits["background_ms"]
    try:
        await pending.finish(limit_ms)
        if pending.failure == "wall":
            text = "ctx.waitUntil took longer than %d ms" % limit_ms
            log.add("warn", text, pending.request, function.name)
    finally:
        _leave(function, slot, pending)


def _leave(function, slot, pending):
    pending.abandon()
    function.pending.pop(pending, None)
    function.registry.arenas.release(slot)
