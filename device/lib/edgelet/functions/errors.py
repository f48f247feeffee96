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
    "result": 502,
    "stuck": 502,
}

_TEXT = {
    500: "the function failed",
    502: "the function gave no valid response",
    503: "the function is out of resources",
    504: "the function took too long",
}


def _response(status, request, text=None):
    """A response that tells the client a request id and nothing of what went wrong inside."""
    headers = "content-type: text/plain;charset=UTF-8\r\nx-request-id: %s\r\n" % request
    if status == 503:
        headers += "retry-after: 1\r\n"
    return status, headers.encode(), b"%s; request id %s\n" % ((text or _TEXT[status]).encode(), request.encode())


def busy(function, error, request, wall_ms):
    """The response to a request for which there was no arena in time, with the limit that the text begins with."""
    text = str(error)
    log.add("warn", text, request, function.name, 503)
    function.stats.add("busy", wall_ms, 0, 0)
    return _response(503, request, "the device is busy (%s)" % text.partition(":")[0])


def unbuilt(function, error, request):
    """The response where a call could not begin: there is no image, or no memory for the request."""
    kind, text = "build", "the image cannot be built: %s" % error
    if isinstance(error, MemoryError):
        kind, text = "memory", "the device has no memory for this request: %s" % error
        shortages.add("heap", "the heap is used up: a request got 503")
    elif isinstance(error, quickjs.Error):
        kind = error.kind
        if error.stack:
            text += "\n" + error.stack
    log.add("error", text, request, function.name, 503)
    function.stats.add(kind, 0, 0, 0)
    return _response(503, request)


def failed(function, call, request, wall_ms, failure=None):
    """(kind, response) of a call that has failed; kind is a key of STATUS. failure: `PendingCall.failure`."""
    error = call.error
    kind = failure or error.kind
    if failure == "wall":
        text = "wall time limit of %d ms exceeded" % function.limits["wall_ms"]
    elif failure:
        text = "aborted: the function is being replaced"
    else:
        # One by one, as each may have been cut at its end.
        text = function.redact(error.message)
        if error.stack:
            text += "\n" + function.redact(error.stack)
    status = STATUS[kind]
    log.add("error", text, request, function.name, status, call.cpu_us, 0, call.peak)
    function.stats.add(kind, wall_ms, call.cpu_us, call.peak)
    return kind, _response(status, request)
