"""Requests that the command line sends to a function over the console, as it would get them over HTTP."""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from edgelet_host.device.console import Device
from edgelet_host.device.log import fetch
from edgelet_host.errors import EdgeletError

# RFC 9110 section 9.1, and RFC 9112 section 3.2.1: visible ASCII.
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"/[!-~]*")
# Greater than every sequence number of the log.
_END_OF_LOG = 1 << 30


@dataclass(frozen=True)
class Request:
    """A request. target: path and query. whole: whether to wait for a body that is sent as a stream."""

    method: str = "GET"
    target: str = "/"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    whole: bool = True


@dataclass(frozen=True)
class Answer:
    """What a function answered. logs: its records meanwhile. cpu_us and wall_ms: None where the log does not tell.

    failure: the kind of error for which the device answered in its place (device/lib/edgelet/functions/errors.py).
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    logs: list[dict[str, Any]]
    cpu_us: int | None
    wall_ms: int | None
    failure: str | None


def request_of_event(path: str, text: str) -> Request:
    """Read a saved Lambda event: of a REST API (version 1.0) or of an HTTP API or function URL (version 2.0)."""
    try:
        event = json.loads(text)
        if "requestContext" in event and "http" in event["requestContext"]:
            method = event["requestContext"]["http"]["method"]
            target, query = event["rawPath"], event.get("rawQueryString", "")
        else:
            method, target = event["httpMethod"], event["path"]
            query = urlencode(event.get("queryStringParameters") or {})
        body = event.get("body") or ""
        data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        headers = [(str(name), str(value)) for name, value in (event.get("headers") or {}).items()]
        return Request(str(method), str(target) + ("?" + query if query else ""), headers, data)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EdgeletError(f"{path} is no Lambda event with httpMethod and path, as API Gateway sends it") from None


def invoke(device: Device, function: str, request: Request) -> Answer:
    """Send a request to a function and wait for its answer."""
    if not _METHOD.fullmatch(request.method):
        raise EdgeletError(f"{request.method!r} is no method of HTTP")
    if not _TARGET.fullmatch(request.target):
        raise EdgeletError(f"{request.target!r} is no path: it begins with / and has %20 in the place of a blank")
    lines = []
    for name, value in request.headers:
        if not (name + value).isprintable() or not name or ":" in name:
            raise EdgeletError(f"header {name!r} has characters that no header may have")
        lines.append(f"{name.lower()}: {value}\r\n")
    since = device.call("logs", _END_OF_LOG, 1)["next"]
    head = "".join(lines).encode()
    job = device.call("invoke", function, request.method, request.target, head, request.body, request.whole)
    result = device.wait_for_job(job)
    records = [one for one in fetch(device, since)[0] if one.get("function") == function]
    timed = [one for one in records if "status" in one]
    headers = [tuple(line.split(": ", 1)) for line in result["headers"].splitlines() if ": " in line]
    return Answer(
        result["status"],
        [(one[0], one[1]) for one in headers],
        base64.b64decode(result["body"]),
        records,
        timed[-1].get("cpu_us", 0) if timed else None,
        result["us"] // 1000,
        result["failure"],
    )
