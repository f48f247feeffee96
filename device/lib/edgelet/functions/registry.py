"""The functions of this device: from their releases to the answers that they give."""

import asyncio
import time
from hashlib import sha256

import quickjs
from edgelet import log
from edgelet.functions.arenas import Busy, Isolates
from edgelet.functions.images import FlashImages, RamImages
from edgelet.functions.pending import Waiting, error_response, failed, log_lines
from edgelet.http.routing import Table
from quickjs import DONE, PENDING

# What a binding of a type offers to a handler: env.NAME.method().
_METHODS = {
    "kv": ("get", "put", "delete", "list"),
    "ratelimit": ("limit",),
}

#: Upper bounds of the latency histogram's buckets, in milliseconds of wall time.
BUCKETS = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)


class Stats:
    """What is counted of a function since the device started."""

    def __init__(self):
        self.requests = 0
        self.errors = {}  # kind -> count
        self.cpu_us = 0
        self.wall_ms = 0
        self.peak = 0  # most bytes of an arena that a call used
        self.buckets = [0] * (len(BUCKETS) + 1)

    def add(self, kind, wall_ms, cpu_us, peak):
        """Counts one request."""
        self.requests += 1
        self.cpu_us += cpu_us
        self.wall_ms += wall_ms
        if peak > self.peak:
            self.peak = peak
        if kind != "ok":
            self.errors[kind] = self.errors.get(kind, 0) + 1
        i = 0
        for bound in BUCKETS:
            if wall_ms <= bound:
                break
            i += 1
        self.buckets[i] += 1


class Function:
    """A release of a function, ready to answer requests: `function(head, body, connection)`, see `edgelet.http.server`.

    It lives until its release, variables or secrets change; then another one takes its place and `close()` ends it.
    """

    def __init__(self, owner, release, stats):
        self._owner = owner
        self._isolates = owner.isolates
        self._images = owner.images
        self._release = release
        self._running = {}  # Waiting -> True; no set, as in `http.server`
        self.stats = stats
        self.name = release.function
        self.release = release.id
        self.hosts = release.hosts
        self.routes = release.routes
        self.bindings = release.bindings
        self.limits = owner.limits_of(release)
        self.image_size = 0
        self._static = _static_files(release) if release.static else None
        self.has_handler = bool(release.main)

    def key(self):
        """32 bytes that change with all that goes into the image but the firmware, which the image tells itself."""
        limits = [self.limits[name] for name in ("cpu_ms", "memory", "stack")]
        parts = (self.name, self.release, self._owner.config.version(self.name), limits)
        return sha256(repr(parts).encode()).digest()

    def build(self, arena, keep=True):
        """The function's image, in an idle arena and, with `keep`, in RAM. Raises quickjs.Error or ValueError."""
        env = self._owner.config.env(self.name, self._release.vars)
        bindings = {}
        for name, options in self.bindings.items():
            bindings[name] = (options["type"], _METHODS[options["type"]])
        image = arena.build(
            self._release.bundle(),
            env,
            bindings,
            self.limits["cpu_ms"],
            self.limits["memory"],
            self.limits["stack"],
            self.name,
            keep,
        )
        self.image_size = image.size
        return image

    def __call__(self, head, body, connection):
        """Answers a request: a tuple, or an awaitable of it."""
        if self._static and head.method in ("GET", "HEAD"):
            response = self._static.respond(head)
            if response is not None:
                return response
        if not self.has_handler:
            return connection.server.answer(connection, head, body)
        if len(body) > self.limits["body"]:
            return 413, b"content-type: text/plain;charset=UTF-8\r\n", b"request body is too large\n"
        if not self._isolates.idle:
            return self._queued(head, bytes(body), connection)
        return self._start(self._isolates.idle.pop(), head, body, connection, 0)

    async def _queued(self, head, body, connection):
        began = time.ticks_ms()
        try:
            slot = await self._isolates.wait()
        except Busy as e:
            request = log.request_name(self._owner.next_request())
            log.add("warn", str(e), request, self.name, 503)
            self.stats.add("busy", time.ticks_diff(time.ticks_ms(), began), 0, 0)
            return error_response(503, request, 1)
        # Another release or other values may have come meanwhile, and what was built before must not come back.
        function = self._owner.get(self.name)
        if function is None or not function.has_handler:
            self._isolates.release(slot)
            response = connection.server.answer(connection, head, body)
        else:
            response = function._start(slot, head, body, connection, time.ticks_diff(time.ticks_ms(), began))
        return response if type(response) is tuple else await response

    def _start(self, slot, head, body, connection, queued_ms):
        """Runs the handler in a slot; (status, headers, body), or an awaitable of it where the handler waits."""
        try:
            image = slot.images.get(self) or self._images.demand(slot, self)
            call = image.start(
                head.method,
                head.target,
                head.headers,
                body if len(body) or head.length else None,
                head.host or "localhost",
                connection.scheme,
                self._owner.peer(head, connection) if self._owner.proxies else connection.peer[0],
            )
        except Exception as e:
            self._isolates.release(slot)
            return self._unbuilt(e)
        if call.state == PENDING or call.background:
            return self._wait(slot, call, head, body, connection, queued_ms)
        self._isolates.release(slot)
        number = self._owner.next_request()
        # It waited for nothing, so its CPU time is its time.
        return self._end(call, number, head, body, connection, queued_ms + call.cpu_us // 1000)

    def _unbuilt(self, error):
        request = log.request_name(self._owner.next_request())
        kind = error.kind if isinstance(error, quickjs.Error) else "build"
        text = "the image cannot be built: %s" % error
        if isinstance(error, MemoryError):
            kind, text = "memory", "the device has no memory for this request: %s" % error
        if isinstance(error, quickjs.Error) and error.stack:
            text += "\n" + error.stack
        log.add("error", text, request, self.name, 503)
        self.stats.add(kind, 0, 0, 0)
        return error_response(503, request, 1)

    def _end(self, call, number, head, body, connection, wall_ms, failure=None):
        """Counts and logs a call that has its outcome; the response."""
        cpu_us, peak = call.cpu_us, call.peak
        lines = call.logs()
        if lines:
            log_lines(lines, self, log.request_name(number))
        if call.state == DONE:
            self.stats.add("ok", wall_ms, cpu_us, peak)
            log.ring.request(number, self.name, call.status, cpu_us, wall_ms, peak)
            return call.status, call.headers, call.body
        kind, response = failed(self, call, log.request_name(number), failure)
        self.stats.add(kind, wall_ms, cpu_us, peak)
        if call.passes_through and kind == "thrown":
            return connection.server.answer(connection, head, body)
        return response

    async def _wait(self, slot, call, head, body, connection, queued_ms):
        """A handler that awaits operations, or has given some to ctx.waitUntil."""
        began = time.ticks_ms()
        number = self._owner.next_request()
        waiting = Waiting(self, call, log.request_name(number), self._owner.operations)
        self._running[waiting] = True
        in_background = False
        try:
            await waiting.answer(self.limits["wall_ms"])
            wall_ms = queued_ms + time.ticks_diff(time.ticks_ms(), began)
            response = self._end(call, number, head, body, connection, wall_ms, waiting.failure)
            if call.background and waiting.failure is None:
                in_background = True
                asyncio.create_task(self._finish(slot, waiting))
        finally:
            if not in_background:
                self._leave(slot, waiting)
        return response if type(response) is tuple else await response

    async def _finish(self, slot, waiting):
        """What ctx.waitUntil was given, after the response."""
        try:
            await waiting.finish(self.limits["background_ms"])
            if waiting.failure == "wall":
                text = "ctx.waitUntil took longer than %d ms" % self.limits["background_ms"]
                log.add("warn", text, waiting.request, self.name)
        finally:
            self._leave(slot, waiting)

    def _leave(self, slot, waiting):
        waiting.abandon()
        self._running.pop(waiting, None)
        self._isolates.release(slot)

    async def close(self, drain_ms):
        """Lets running calls end for at most `drain_ms`, aborts the others, and erases the images."""
        until = time.ticks_add(time.ticks_ms(), drain_ms)
        while self._running and time.ticks_diff(until, time.ticks_ms()) > 0:
            await asyncio.sleep_ms(20)
        self.abort()
        await self._images.erase(self)

    def abort(self):
        """Ends the running calls, before this returns."""
        for waiting in self._running:
            waiting.abort()


def _static_files(release):
    from edgelet.http import static  # here: a device without static files has the RAM for something else

    return static.Files(release)


class ImageTooLarge(ValueError):
    """An image needs more than the `limit` bytes that there are for it. stack: where the code was then."""

    def __init__(self, limit, error):
        super().__init__("the image needs more than %d bytes" % limit)
        self.limit = limit
        self.stack = error.stack


class NotStarted(ValueError):
    """A function does not start with its new variables or secrets. stack: of the JavaScript error, "" without one."""

    def __init__(self, name, error):
        super().__init__(
            "the change is stored, but function %s does not start with it (%s): it answers 503 until you set other "
            "values or deploy it anew" % (name, error)
        )
        self.stack = getattr(error, "stack", "")


class Functions:
    """The functions of this device and what they share.

    operations: name of an operation ("kv.get") -> function(function, *args), see `edgelet.functions.pending.Waiting`.
    region: flash for images (see `edgelet.storage.image_slots`) on a board that has RAM for one arena only; else they
    are in RAM.
    """

    def __init__(self, releases, config, operations, region=None):
        settings = config.settings
        self.releases = releases
        self.config = config
        self.operations = operations
        self.isolates = Isolates(
            1 if region else settings["arenas"],
            settings["arena_bytes"],
            settings["queue_length"],
            settings["queue_ms"],
        )
        if region:
            self.images = FlashImages(self.isolates.slots[0], region)
        else:
            self.images = RamImages(self.isolates.slots, settings["image_cache_bytes"])
        self._functions = {}
        self._missing = []
        self._stats = {}
        self._table = Table()
        self._requests = 0
        self.started = time.ticks_ms()
        self.proxies = [p.strip() for p in settings["proxies"].split(",") if p.strip()]
        # Held by what changes functions: one change at a time.
        self._changing = asyncio.Lock()
        self._staged = None

    def find(self, authority, target):
        """The Function that answers a request, or None."""
        return self._table.find(authority, target)

    def names(self):
        """The functions that answer requests, sorted."""
        return sorted(self._functions)

    def stats(self):
        """[(name, Stats)] of every function that has been here since the start, sorted."""
        return sorted(self._stats.items())

    def get(self, name):
        """The Function `name`, or None."""
        return self._functions.get(name)

    def next_request(self):
        """A number for a request, unique since the device started."""
        self._requests += 1
        return self._requests

    def limits_of(self, release):
        """The limits of a release, with the device's defaults for those it does not set."""
        settings = self.config.settings
        size = self.isolates.slots[0].arena.size
        limits = {
            "cpu_ms": settings["cpu_ms"],
            "wall_ms": settings["wall_ms"],
            "background_ms": settings["background_ms"],
            "body": settings["body"],
            "memory": size,
            "stack": None,
        }
        limits.update(release.limits)
        limits["memory"] = min(limits["memory"], size)
        return limits

    def peer(self, head, connection):
        """The client's address: what X-Forwarded-For says, but only from a proxy that the owner named."""
        peer = connection.peer[0]
        if peer in self.proxies:
            return forwarded_for(head.headers, self.proxies) or peer
        return peer

    def start(self):
        """Loads all functions, at boot. One that does not load is logged and left out."""
        for name in self.releases.names():
            try:
                function = self._load(name)
                self._put(function)
                if function.has_handler and not self.images.find(function):
                    self._missing.append(function)
            except (ValueError, quickjs.Error) as e:
                log.error("function is not available: %s" % e, function=name)

    async def prepare(self):
        """After start(), while requests are served: erases images of what is no more, and builds what is missing.

        An image that is kept in flash is missing after a power cut, and with another firmware or other limits.
        """
        async with self._changing:
            await self.images.tidy()
            for function in self._missing:
                try:
                    await self._build(function)
                    log.info("the image was built anew", function=function.name)
                except (ValueError, quickjs.Error) as e:
                    log.error("the image cannot be built: %s" % e, function=function.name)
            self._missing = []

    def _load(self, name):
        """A Function of the active release, with the statistics that it has had so far."""
        stats = self._stats.get(name) or Stats()
        self._stats[name] = stats
        return Function(self, self.releases.release(name), stats)

    def _put(self, function):
        """Puts a function into service; returns the one whose place it takes, or None."""
        old = self._functions.get(function.name)
        self._functions[function.name] = function
        self._table.replace(self._functions.values())
        return old

    async def stage(self, name, id):
        """Builds release `id` of a function, for `activate` to put into service unless something else changes before.

        Returns {image_bytes, memory}: the image's size, and the limit for it and its requests. Where the image cannot
        be built, ImageTooLarge or what the build raises.
        """
        async with self._changing:
            await self._stage(name, id)
            staged = self._staged
            return {"image_bytes": staged.image_size, "memory": staged.limits["memory"]}

    async def activate(self, name, id):
        """Makes release `id` of a function the active one, and ends the old one's requests.

        Where its image cannot be built, what the build raises, and the old release stays.
        """
        async with self._changing:
            staged = self._staged
            if staged is None or (staged.name, staged.release) != (name, id):
                await self._stage(name, id)
            candidate, self._staged = self._staged, None
            try:
                self.releases.activate(name, id)
            except Exception:
                await self.images.erase(candidate)
                raise
            log.info("ready, release %s" % id, function=name)
            await self._replace(candidate)

    async def reload(self, name):
        """Brings changed variables or secrets of a function into service.

        When this returns, the new image is built and what was built with the old values is erased. Raises NotStarted
        where there can be no new image: the old values do not come back, and neither does what was built with them.
        """
        async with self._changing:
            await self._unstage()
            function = self._load(name)
            problem = None
            try:
                await self._build(function)
            except (ValueError, quickjs.Error) as e:
                problem = NotStarted(name, e)
            await self._replace(function)
            if problem:
                raise problem
            log.info("variables and secrets have changed", function=name)

    async def remove(self, name):
        """Takes a function out of service and deletes its releases."""
        async with self._changing:
            await self._unstage()
            self.releases.delete(name)
            old = self._functions.pop(name, None)
            self._table.replace(self._functions.values())
            if old:
                await old.close(self.config.settings["drain_ms"])

    async def _stage(self, name, id):
        await self._unstage()
        release = self.releases.release(name, id)
        self._check_names(release)
        candidate = Function(self, release, self._stats.setdefault(name, Stats()))
        self._check_room(candidate)
        try:
            await self._build(candidate)
        except Exception as e:
            await self.images.erase(candidate)
            if isinstance(e, quickjs.Error) and e.kind == "memory":
                raise ImageTooLarge(candidate.limits["memory"], e)
            raise
        self._staged = candidate

    async def _unstage(self):
        """Erases what was staged: it has waited in vain, or is not up to date any more."""
        staged, self._staged = self._staged, None
        if staged:
            await self.images.erase(staged)

    async def _build(self, function):
        """Builds a function's image, while the one whose place it will take goes on."""
        if function.has_handler:
            slot = await self._take_slot(self._functions.get(function.name))
            try:
                await self.images.make(slot, function)
            finally:
                self.isolates.release(slot)

    async def _take_slot(self, old):
        """An arena to build in. Requests of the function `old` that hold one may end, and are aborted then."""
        try:
            return await self.isolates.take(self.config.settings["drain_ms"])
        except asyncio.TimeoutError:
            if old:
                old.abort()
            return await self.isolates.take()

    def _check_names(self, release):
        for name, _ in self.config.secrets(release.function):
            if name in release.vars:
                raise ValueError(
                    "%s is a variable in edgelet.toml and a secret on the device: rename the variable, or remove the "
                    "secret with 'edgelet secret delete'" % name
                )

    def _check_room(self, candidate):
        others = [one for one in self._functions.values() if one.has_handler and one.name != candidate.name]
        room = self.images.room
        if candidate.has_handler and room is not None and len(others) >= room:
            raise ValueError(
                "this device has room for %d functions with a handler: remove one first with 'edgelet delete'" % room
            )

    async def _replace(self, function):
        """Puts a function into service, and ends the one whose place it takes."""
        old = self._put(function)
        if old:
            await old.close(self.config.settings["drain_ms"])

    def stop(self):
        """Ends all calls, erases all images in RAM and gives the arenas back."""
        for function in self._functions.values():
            function.abort()
        self.images.stop()
        for slot in self.isolates.slots:
            slot.arena.close()


def forwarded_for(lines, proxies):
    """The last address in X-Forwarded-For that is not a trusted proxy's; "" where there is none."""
    addresses = []
    for line in bytes(lines).split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"x-forwarded-for":
            addresses.extend(value.decode().split(","))
    for address in reversed(addresses):
        address = address.strip()
        if address and address not in proxies:
            return address
    return ""
