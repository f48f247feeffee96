"""What the client, the log and the statistics learn of a request that a function did not answer."""

import quickjs
from edgelet import log, shortages

#: What answers an error of a call (quickjs.Error.kind).
STATUS = {
    "thrown": 500,
    "stack": 500,
    "cpu": 504,
    "wall": 504,
    "memory": 503,
    "aborted": 503,
    "share": 503,
    "result": 502,
    "stuck": 502,
}

_TEXT = {
    500: "the function failed",
    502: "the function gave no valid response",
    503: "the function is out of resources",
    504: "the function took too long",
}


def _response(status, number, text=None):
    """A response that tells the client a request id and nothing of what went wrong inside."""
    request = log.request_name(number)
    headers = "content-type: text/plain;charset=UTF-8\r\nx-request-id: %s\r\n" % request
    if status == 503:
        headers += "retry-after: 1\r\n"
    return status, headers.encode(), b"%s; request id %s\n" % ((text or _TEXT[status]).encode(), request.encode())


def _end(function, kind, level, text, status, number, head, connection, cpu_us=0, peak=0, told=None, parking=None):
    """Logs and counts a request that failed; the response, of which the client is told nothing or a text.

    connection.failure is the kind then.
    """
    response = _response(status, number, told)
    size = len(response[2])
    wall_us = connection.server.record(
        connection, head, status, size, level, function.name, number, cpu_us, peak, text, parking
    )
    function.stats.add(kind, wall_us, cpu_us, peak)
    connection.failure = kind
    return response


def busy(function, error, number, head, connection):
    """The response to a request for which there was no room in time, with the limit that the text begins with."""
    text = str(error)
    told = "the device is busy (%s)" % text.partition(":")[0]
    return _end(function, "busy", "warn", text, 503, number, head, connection, 0, 0, told)


def unbuilt(function, error, number, head, connection):
    """The response where a call could not begin: there is no image, or no memory for the request."""
    kind, text = "build", "the image cannot be built: %s" % error
    if isinstance(error, MemoryError):
        kind, text = "memory", "the device has no memory for this request: %s" % error
        shortages.add("heap", "the heap is used up: a request got 503")
    elif isinstance(error, quickjs.Error):
        kind = error.kind
        if error.stack:
            text += "\n" + error.stack
    return _end(function, kind, "error", text, 503, number, head, connection)


def failed(function, call, number, head, connection, failure=None):
    """(kind, response) of a call that has failed; kind is a key of STATUS. failure: `PendingCall.failure`."""
    kind, text = reason(function, call, failure)
    cpu_us, peak = call.cpu_us, call.peak
    status, parking = STATUS[kind], call.parking
    return kind, _end(function, kind, "error", text, status, number, head, connection, cpu_us, peak, None, parking)


def reason(function, call, failure):
    """(kind, text for the log) of a call that has failed, as for `failed`."""
    error = call.error
    kind = failure or error.kind
    if failure == "wall":
        text = "wall time limit of %d ms exceeded" % function.limits["wall_ms"]
    elif failure == "share":
        text = "waiting_share: it waits with more bytes than its function's share has left, and others need the arena"
    elif failure:
        text = "aborted: the function is being replaced"
    else:
        # One by one, as each may have been cut at its end.
        text = function.redact(error.message)
        if error.stack:
            text += "\n" + function.redact(error.stack)
    return kind, text
