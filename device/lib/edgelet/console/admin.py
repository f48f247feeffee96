"""What the command line executes on a device over its console, by `call`; what goes over the line is in `protocol`.

Functions raise ValueError with one line that says what is wrong. What takes more than a moment (commit, stage,
activate, rollback, delete, examine, a change of variables or secrets, what may look at every key of KV) runs in the
event loop after the command; `job` tells how it went.
"""

import asyncio
import gc
import json
import os
import sys
import time
from binascii import b2a_base64

import edgelet_version
import quickjs
from edgelet import clock, log
from edgelet.board import network
from edgelet.console import protocol
from edgelet.device import running
from edgelet.event_loop import in_slices
from edgelet.functions.deployment import ImageTooLarge
from edgelet.http.message import Cut
from edgelet.storage import files
from micropython import const

_JOBS_KEPT = const(16)
# Bytes of log records in an answer: a pty has room for it while its reader stands still, longer than output waits.
_LOG_BYTES = const(3000)

_jobs = {}  # number -> how it stands
_job_count = 0


def call(version, function, *args):
    """Calls a function of this module for a command line of that version, and prints its answer."""
    try:
        if version == protocol.VERSION:
            answer = {"result": globals()[function](*args)}
        else:
            answer = {"error": {"code": protocol.OTHER_VERSION, "text": "version %d" % protocol.VERSION}}
        line = json.dumps(answer)
    except Exception as e:
        line = json.dumps({"error": error_of(e)})
    print(line)


def error_of(e):
    """An exception as `call` tells it: {code, text}, and its limit and stack where it has them."""
    error = {"code": _code(e), "text": str(e)}
    if error["code"] == protocol.FAILED and not hasattr(e, "code"):
        error["text"] = "%s: %s" % (type(e).__name__, e)
    for name in ("limit", "stack"):
        if getattr(e, name, None):
            error[name] = getattr(e, name)
    return error


def _code(e):
    if hasattr(e, "code"):
        return e.code  # what another process has told (edgelet.processes)
    if isinstance(e, ImageTooLarge):
        return protocol.IMAGE_TOO_LARGE
    if isinstance(e, (ValueError, quickjs.Error)):
        return protocol.REFUSED
    if isinstance(e, MemoryError):
        return protocol.NO_MEMORY
    if isinstance(e, OSError) and e.errno == files.ENOSPC:
        return protocol.NO_SPACE
    return protocol.FAILED


async def _run(number, coroutine):
    try:
        _jobs[number] = {"state": "done", "result": await coroutine}
    except Exception as e:
        _jobs[number] = {"state": "failed", "error": error_of(e)}


def _start(coroutine):
    global _job_count
    ended = sorted([one for one in _jobs if _jobs[one]["state"] != "running"])
    if len(ended) >= _JOBS_KEPT:
        del _jobs[ended[0]]  # nobody will ask for it
    _job_count = number = _job_count + 1
    _jobs[number] = {"state": "running"}
    asyncio.create_task(_run(number, coroutine))
    return {"job": number}


def job(number):
    """How a job stands: state (running, done, failed), and result, or the error as `call` has it.

    Its outcome, which can be a response of any size, is told once and then forgotten.
    """
    if number not in _jobs:
        raise ValueError("there is no job %s, or its outcome was told" % number)
    return _jobs[number] if _jobs[number]["state"] == "running" else _jobs.pop(number)


def _network_address(device):
    """The address in the network, "" while a board has none; on Linux where the server listens."""
    if device.link:
        return device.link.address()
    return device.listens_at if sys.platform == "linux" else ""


def _access_point(device):
    """That of a board's own, where its owner wants one: its name, whether it is open, the board's address in it."""
    point = device.access_point
    return {"name": point.name, "is_open": point.is_open, "address": point.address} if point else None


def system(root):
    """What a device tells of itself, also where it serves nothing. root: the folder of its data."""
    gc.collect()
    flash_size, flash_free, _ = files.space(root)
    return {
        "platform": sys.platform,
        "machine": os.uname().machine if hasattr(os, "uname") else sys.platform,
        "micropython": ".".join([str(part) for part in sys.implementation[1][:3]]),
        "engine": quickjs.ENGINE_ID,
        "firmware": quickjs.FIRMWARE_ID,
        "version": edgelet_version.VERSION,
        "commit": edgelet_version.COMMIT,
        "clock_set": clock.is_set(),
        "heap_free": gc.mem_free(),
        "heap_used": gc.mem_alloc(),
        "flash_free": flash_free,
        "flash_size": flash_size,
    }


def status():
    """Board, firmware, memory, flash, clock, and each function with what is counted of it."""
    device = running()
    functions = []
    counted = dict(device.functions.stats())
    for name in device.functions.names():
        function = device.functions.get(name)
        one = counted[name]
        functions.append(
            {
                "name": name,
                "release": function.release,
                "hosts": function.hosts,
                "routes": function.routes,
                "image_bytes": function.image_size,
                "problem": device.functions.images.problem(function),
                "limits": function.limits,
                "requests": one.requests,
                "errors": one.errors,
                "cpu_us": one.cpu_us,
                "wall_us": one.wall_us,
                "peak_bytes": one.peak,
            }
        )
    arena = device.functions.arena
    state = {
        "hostname": device.config.settings["hostname"],
        "address": _network_address(device),
        "link": {"name": device.link.name, "state": device.link.state} if device.link else None,
        "access_point": _access_point(device),
        "uptime_ms": device.functions.uptime_ms,
        "arena_bytes": arena.size,
        "waiting": device.functions.waiting,
        "parked_bytes": arena.parked_bytes,
        "parks": arena.parks,
        "park_us": arena.park_us,
        "resumes": arena.resumes,
        "resume_us": arena.resume_us,
        "connections": len(device.server.connections),
        "functions": functions,
    }
    state.update(system(device.root))
    return state


def listing():
    """The functions' names."""
    return running().releases.names()


class _Connection:
    """A connection over the console."""

    reader = writer = None  # for microdot's websockets, which it has not
    is_internal = True
    caller = calls = None
    depth = 0

    def __init__(self, server, whole):
        self.server = server
        self.scheme = server.scheme
        self.whole = whole
        self.peer = ("console", 0)
        self.arrived_us = time.ticks_us()
        self.arrived_ms = time.ticks_ms()
        self.failure = None

    async def hold_back(self, response):
        return response


async def answer(function, head, body, whole):
    """A function's answer to a request without a client: (status, header lines, body, failure, microseconds).

    whole: with what it sends as a stream, which may take long.
    """
    connection = _Connection(running().server, whole)
    response = function(head, body, connection)
    if type(response) is not tuple:
        response = await response
    status, headers, content = response
    if not isinstance(content, bytes):
        content = await _collected(content, function.limits, whole)
    us = clock.us_since(connection.arrived_us, connection.arrived_ms)
    return status, bytes(headers), content, connection.failure, us


async def _invoke(function, head, body, whole):
    status, headers, content, failure, us = await answer(function, head, body, whole)
    body = b2a_base64(content)[:-1].decode()
    return {"status": status, "headers": headers.decode(), "body": body, "us": us, "failure": failure}


async def _collected(stream, limits, whole):
    """A streamed body; of one that the function produces what comes within its `wall_ms` and `body`, or nothing."""
    body = bytearray()

    async def collect():
        async for chunk in stream.chunks:
            body.extend(chunk)
            if stream.function and len(body) > limits["body"]:
                break

    try:
        if whole or not stream.function:
            await (asyncio.wait_for_ms(collect(), limits["wall_ms"]) if stream.function else collect())
    except (asyncio.TimeoutError, Cut):
        pass  # A stream may have no end; why it was cut is in the log.
    finally:
        await stream.close()
    return bytes(body)


def invoke(name, method, target, headers, body, whole=True):
    """Starts a request to a function, with header lines and a body as bytes; the job. whole: see answer().

    Its result: {status, headers, body (base64), us (wall time), failure}. `headers` is text, lines that end with CR LF.
    failure: why the function did not answer, see `protocol`; None where it did.
    """
    from edgelet.functions.head import Head  # here: it is in memory only where it is used

    device = running()
    function = device.functions.get(name)
    if function is None:
        raise ValueError("there is no function %s: 'edgelet list' shows those there are" % name)
    host = function.hosts[0] if function.hosts else device.config.settings["hostname"]
    return _start(_invoke(function, Head(method, target, host, headers, len(body)), body, whole))


def releases(name):
    """The releases of a function, newest first."""
    return running().releases.list(name)


def begin(name):
    """Begins a deploy; the folder to write into."""
    return running().releases.begin(name)


def missing(name):
    """Starts to look for the files of the deploy that the device lacks; the job. Its result: [sha256, size] of each.

    What it would refuse then, it refuses now.
    """
    return _start(in_slices(_missing(running(), name)))


def _missing(device, name):
    release = device.releases.staged(name)
    yield
    device.functions.bindings.check(release.bindings)
    device.functions.check(name, release.vars, release.limits.get("memory", 0), bool(release.main))
    release = None
    yield
    return (yield from device.releases.missing_steps(name))


def commit(name):
    """Starts to verify the deploy and make it a release; the job. Its result: the release's id."""
    return _start(in_slices(running().releases.commit(name)))


def stage(name, id):
    """Starts to build a release for `activate`; the job. Its result: {image_bytes, memory}, the limit for the image."""
    return _start(running().deployment.stage(name, id))


def activate(name, id):
    """Starts to activate a release; the job."""
    return _start(running().deployment.activate(name, id))


def rollback(name, id=None):
    """Starts to activate an earlier release, by default the previous one; the job."""
    device = running()
    return _start(device.deployment.activate(name, id or device.releases.previous(name)))


def forget_previous(name):
    """Removes the release before the active one, so that there is none to go back to."""
    running().releases.forget_previous(name)


def delete(name):
    """Starts to remove a function with its releases, variables, secrets and stores; the job."""
    return _start(running().remove(name))


def variables(name):
    """The variables that were set on the device for a function."""
    running().releases.release(name)
    return running().config.vars(name)


def set_variables(name, changes):
    """Stores variables, a dict (None removes one), and starts to build the function with them; the job."""
    device = running()
    device.releases.release(name)
    device.config.set_vars(name, changes)
    return _start(device.deployment.reload(name))


def _check_names(function, variables, changes):
    for name, value in changes.items():
        if value is not None and name in variables:
            raise ValueError("%s is a variable of function %s: rename one of them" % (name, function))


def secrets(name):
    """[name, time set] of each secret of a function."""
    running().releases.release(name)
    return running().config.secrets(name)


def set_secrets(name, changes):
    """Stores secrets, a dict (None removes one), and starts to build the function with them; the job."""
    device = running()
    _check_names(name, device.releases.release(name).vars, changes)
    function = device.functions.get(name)
    if function:
        function.redact("")  # knows the old values from now on, which its last calls have
    device.config.set_secrets(name, changes)
    return _start(device.deployment.reload(name))


def settings():
    """The device's settings: those that were set, all of them, and the names of the device secrets that are set.

    has_wifi: whether those of the radio mean anything.
    """
    settings = running().config.settings
    return {
        "set": settings.changed(),
        "all": settings.all(),
        "secrets": running().config.device_secrets(),
        "has_wifi": network.has_wifi(),
    }


def set_settings(changes):
    """Sets settings and device secrets, a dict; None restores the default. Refuses what the device has nothing for."""
    for name, value in changes.items():
        if value in (None, "", 0, -1):
            continue
        if name.startswith("wifi_") and not network.has_wifi():
            raise ValueError("this device has no Wi-Fi for %s" % name)
        if name in ("cpu_mhz", "ppp_baud", "safe_pin") and sys.platform == "linux":
            raise ValueError("%s is a board's, and this device is none" % name)
    running().config.set(changes)
    return True


def begin_roots():
    """The file into which to write certificates for `set_roots`, DER one after the other."""
    return running().config.begin_roots()


def set_roots(size):
    """Has functions that name no roots trust those that were written, `size` bytes; 0 removes what there is.

    It takes effect when the runtime starts.
    """
    running().config.set_roots(size)
    return True


def load_certificate():
    """Starts to have the server read its certificate and key anew; the job. Open connections keep the old ones."""
    return _start(_load_certificate(running()))


async def _load_certificate(device):
    device.certificate.load()
    if hasattr(device, "give_certificate"):  # of edgelet.processes.owner
        await device.give_certificate()
    else:
        device.server.ssl = device.certificate.context


def logs(since=0, count=16):
    """Log records from sequence number `since` on, the next number, and whether the clock is set.

    Up to `count` of them, fewer where they are long: who wants more asks again, behind the last.
    """
    records = []
    left = _LOG_BYTES
    for one in log.since(since, count):
        text = log.as_json(one)
        left -= len(text)
        if records and left < 0:
            break
        records.append(json.loads(text))
    return {"next": log.ring.next_seq, "records": records, "clock_set": clock.is_set()}


def _namespace(name, binding):
    device = running()
    bindings = device.releases.release(name).bindings
    if bindings.get(binding, {}).get("type") != "kv":
        there = ", ".join(sorted(one for one in bindings if bindings[one]["type"] == "kv")) or "none"
        raise ValueError("function %s has no kv binding %s (there are: %s)" % (name, binding, there))
    return device.bindings.kv(name, binding)


def kv_get(name, binding, key):
    """A value: {text}, or {base64} of one that is no UTF-8 text; null for a key that is not there."""
    value = _namespace(name, binding).get(key)
    if value is None:
        return None
    try:
        return {"text": value.decode()}
    except UnicodeError:
        return {"base64": b2a_base64(value).decode()}


def kv_put(name, binding, entries):
    """Starts to set values, entries [key, value as text, ttl, metadata as JSON]; the job.

    Its result: [[key, error]] of those that could not be set.
    """
    store = _namespace(name, binding)
    records = []
    for key, value, ttl, metadata in entries:
        try:
            records.append((key, store.record(value, ttl, metadata=metadata)))
        except ValueError as e:
            raise ValueError("%s: %s" % (key, e))
    return _start(_change_kv(store, records))


def kv_delete(name, binding, key):
    """Starts to remove a key; the job, with the result of `kv_put`."""
    return _start(_change_kv(_namespace(name, binding), [(key, None)]))


async def _change_kv(store, changes):
    for key, record in changes:
        await in_slices(store.prepare(key, record))
    errors = store.change(changes)
    return [[changes[i][0], str(errors[i])] for i in range(len(changes)) if errors[i]]


def kv_list(name, binding, prefix="", cursor=""):
    """Starts to read a page of keys; the job. Its result: {keys: [[key, expiry, metadata as JSON]], cursor}."""
    return _start(_list_kv(_namespace(name, binding), prefix, cursor))


async def _list_kv(store, prefix, cursor):
    keys, cursor = await in_slices(store.list_steps(prefix=prefix, cursor=cursor))
    return {"keys": keys, "cursor": cursor}


def examine(repair=False):
    """Starts to look for damage in what the device keeps, and with `repair` to set it right; the job.

    Its result: [{path, text, repaired}].
    """
    from edgelet.console import damage  # here: it is in memory only where it is used

    return _start(damage.examine(running(), repair))


def set_clock(unix_s):
    """Sets a board's clock; false on Linux, which keeps its own."""
    try:
        clock.rtc_set_second(unix_s)
    except ImportError:
        return False
    return True
