"""One request to a function: its handler runs in the arena, and its outcome is the response.

A request that cannot start at once waits for its turn. A handler that awaits something goes on as a pending call.
"""

import asyncio
import time

import quickjs
from edgelet import log
from edgelet.functions import errors
from edgelet.functions.pending import PendingCall, log_lines
from edgelet.functions.turns import Busy, reason_of
from edgelet.http.message import Stream
from quickjs import DONE, PENDING

_TOO_LARGE = 413, b"content-type: text/plain;charset=UTF-8\r\n", b"request body is too large\n"


def invoke(function, head, body, connection):
    """Has a function's handler answer a request: (status, headers, body), or an awaitable of it."""
    if len(body) > function.limits["body"]:
        return _too_large(function, head, connection)
    # A property takes longer to ask than what it is of, which most functions have none of.
    if (function.awaited or function.queued) and function.has_its_connections:
        reason = "waiting_share: the function's requests hold as many connections as they may"
        return _refused(function, head, connection, reason)
    if function.takes_long:
        return _lined_up(function, head, bytes(body), connection)
    return _begin(function, head, body, connection)


def _too_large(function, head, connection):
    connection.server.record(connection, head, _TOO_LARGE[0], len(_TOO_LARGE[2]), "info", function.name)
    return _TOO_LARGE


def _begin(function, head, body, connection):
    """Starts a request, or has it queue."""
    turns = function.registry.turns
    if function.pending and function.has_its_share:
        reason = "waiting_share: the function's requests wait in all their places"
    elif not turns.open:
        reason = turns.full or "queue_ms: the arena is not free"
    else:
        try:
            return _start(function, head, body, connection)
        except Busy as e:
            reason = str(e)
            turns.have_no_room(reason)
    if turns.full and connection.caller and connection.caller.is_in_arena:
        # Nobody has room before the one who waits for this has ended.
        return _refused(function, head, connection, turns.full)
    return _queued(function, head, bytes(body), connection, reason)


def _refused(function, head, connection, reason):
    """An awaitable of the response to a request that had not even to wait."""
    number = function.registry.next_request()
    return connection.hold_back(errors.busy(function, reason, number, head, connection))


async def _lined_up(function, head, body, connection):
    """For a function whose calls take long."""
    registry = function.registry
    await registry.turns.line_up(function)
    function = registry.get(function.name)
    if function is None or not function.has_handler:
        return await connection.server.answer(connection, head, body)
    response = _begin(function, head, body, connection)
    return response if type(response) is tuple else await response


async def _queued(function, head, body, connection, reason):
    registry = function.registry
    began = time.ticks_ms()
    place = None
    try:
        place = registry.turns.queue(function, reason)
        response = await _turn(place, function, head, body, connection, began)
    except Busy as e:
        if place is None:
            return await _refused(function, head, connection, e)
        return errors.busy(function, e, registry.next_request(), head, connection)
    finally:
        if place:
            registry.turns.leave(place)
    return response if type(response) is tuple else await response


async def _turn(place, function, head, body, connection, began):
    """The request's response, or an awaitable of it, when it has had its turn. Raises Busy."""
    registry = function.registry
    while True:
        await registry.turns.wait(place, began)
        # Another release or other values may have come meanwhile, and what was built before must not come back.
        function = registry.get(function.name)
        if function is None or not function.has_handler:
            return connection.server.answer(connection, head, body)
        try:
            return _start(function, head, body, connection)
        except Busy as e:
            registry.turns.refuse(place, str(e))


def _start(function, head, body, connection):
    """Runs the handler; (status, headers, body), or an awaitable of it where the handler waits. Raises Busy."""
    registry = function.registry
    try:
        image = registry.images.images.get(function) or registry.images.demand(function)
        if len(body) > function.limits["memory"] - image.size:
            return _too_large(function, head, connection)
        peer = registry.peer(head, connection) if registry.proxies else connection.peer[0]
        call = image.start(
            head.method,
            head.target,
            _with_client(function.client_header, head.headers, peer) if function.client_header else head.headers,
            body if len(body) or head.length else None,
            head.host or "localhost",
            connection.scheme,
            peer,
            connection.is_internal,
        )
    except Exception as e:
        if isinstance(e, quickjs.Error) and e.kind == "busy":
            raise Busy(reason_of(e))
        return errors.unbuilt(function, e, registry.next_request(), head, connection)
    function.has_taken(call.cpu_us)
    if call.state == PENDING or call.background:
        return _pending(function, call, head, body, connection)
    return _end(function, call, registry.next_request(), head, body, connection)


def _with_client(name, lines, peer):
    """Header lines in which the one of that name has the client's address, whoever has sent one like it."""
    from edgelet.outbound.response import without  # here: few functions ask for it

    return without(bytes(lines), name.lower().encode()) + ("%s: %s\r\n" % (name, peer)).encode()


def _end(function, call, number, head, body, connection, failure=None):
    """Counts and logs a call that has its outcome; the response."""
    lines = call.logs()
    if lines:
        log_lines(lines, function, number)
    if call.state == DONE:
        status, body, cpu_us, peak = call.status, call.body, call.cpu_us, call.peak
        wall_us = connection.server.record(
            connection, head, status, len(body), "info", function.name, number, cpu_us, peak, "", call.parking
        )
        function.stats.add("ok", wall_us, cpu_us, peak)
        # What a GET would send, as a response to HEAD says that the handler hands on (RFC 9110, section 8.6).
        if not body and call.length and head.method == "HEAD":
            body = Stream(None, call.length)
        return status, call.headers, body
    kind, response = errors.failed(function, call, number, head, connection, failure)
    if call.passes_through and kind == "thrown":
        return connection.server.answer(connection, head, body)
    return response


def _pending(function, call, head, body, connection):
    """An awaitable of the response of a handler that awaits operations, or has given some to ctx.waitUntil."""
    number = function.registry.next_request()
    try:
        pending = PendingCall(function, call, number, connection)
    except MemoryError as e:
        call.abandon()
        function.registry.turns.left()
        return errors.unbuilt(function, e, number, head, connection)
    pending.head = head
    return _wait(pending, number, head, body, connection)


async def _wait(pending, number, head, body, connection):
    function, call = pending.function, pending.call
    streams = is_awaited = in_background = False
    function.awaited += 1
    try:
        await pending.answer()
        if call.state == DONE and call.body is None:
            response = _stream(pending, head, connection)
            streams = is_awaited = True
        elif call.state == DONE and type(call.body) is int:
            response = _received(pending, head, connection)
            is_awaited = True
        else:
            response = _end(function, call, number, head, body, connection, pending.failure)
        if not streams and call.background and pending.failure is None:
            asyncio.create_task(finish(pending))
            in_background = True
    finally:
        if not is_awaited:
            function.awaited -= 1
        if not streams and not in_background:
            pending.leave()
    return response if type(response) is tuple else await response


def _stream(pending, head, connection):
    """The response whose body is a stream, which looks after the call from now on."""
    from edgelet.functions.streaming import Body  # here: most functions have none

    call = pending.call
    return call.status, call.headers, Stream(Body(pending, head, connection), call.length)


def _received(pending, head, connection):
    """The response whose body another server sends; the call is over, but for what goes on in the background."""
    from edgelet.functions.streaming import Received  # here, as _stream

    call = pending.call
    received = Received(pending, head, connection)
    return call.status, call.headers, Stream(received, received.length)


async def finish(pending):
    """What ctx.waitUntil was given, after the response; and what a stream does that nobody wants any more."""
    limit_ms = pending.function.limits["background_ms"]
    try:
        await pending.finish(limit_ms)
        if pending.failure == "wall":
            text = "ctx.waitUntil took longer than %d ms" % limit_ms
            log.add("warn", text, log.request_name(pending.number), pending.function.name)
    finally:
        pending.leave()
