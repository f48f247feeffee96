"""A function in service: what one release of it needs to answer requests."""

import asyncio
import sys
import time
from hashlib import sha256

import quickjs
from edgelet import limits
from edgelet.functions.invocation import invoke
from edgelet.functions.pending import log_lines
from edgelet.http.server import body_size

# Time of a call's first turn, or of what it logs, from which on others of its function start one at a time, with
# everybody else's turn in between.
_LONG_US = 5000 if sys.platform == "linux" else 50000


class Function:
    """A release of a function, ready to answer requests: `function(head, body, connection)`, see `edgelet.http.server`.

    It lives until its release, variables or secrets change; then another one takes its place and `close()` ends it.
    registry: the `Functions` that it is one of. pending: its calls that wait, PendingCall -> True
    (no set, as in `edgelet.http.server`).
    """

    def __init__(self, registry, release, stats):
        self.registry = registry
        self.pending = {}
        self.queued = 0  # requests that wait to be started
        self.awaited = 0  # requests whose handlers wait, and that are not answered yet
        self.ended = 0  # how many of its calls were ended since they took more than its share
        # Whether one of its last calls has taken so long that others must have their turn before the next one.
        self.takes_long = False
        self._longest_us = 0  # such a time, fading with those that come after it
        self.stats = stats
        self.name = release.function
        self.release = release.id
        self.hosts = release.hosts
        self.routes = release.routes
        self.vars = release.vars
        self.bindings = release.bindings
        self.fetch = release.fetch
        self.client_header = release.client_header
        self._roots = None
        self.limits = _limits(release, registry.config.settings, registry.arena.size)
        self.memory_asked = release.limits.get("memory", 0)  # what its project sets, which may be more than there is
        self.image_size = 0
        self.has_handler = bool(release.main)
        self._release = release
        self._static = _static_files(release) if release.static else None
        self._redactor = None

    def __call__(self, head, body, connection):
        """Answers a request: a tuple, or an awaitable of it."""
        if self._static and head.method in ("GET", "HEAD"):
            response = self._static.respond(head)
            if response is not None:
                if type(response) is not tuple:
                    return self._served(response, head, connection)
                return self._record(response, head, connection)
        if not self.has_handler:
            return connection.server.answer(connection, head, body)
        return invoke(self, head, body, connection)

    async def _served(self, response, head, connection):
        return self._record(await response, head, connection)

    def _record(self, response, head, connection):
        """Puts a static file's response into the log."""
        connection.server.record(connection, head, response[0], body_size(response[2]), "info", self.name)
        return response

    @property
    def roots(self):
        """Whom it trusts over https, as `edgelet.outbound.client` wants it; None for whom the computer trusts."""
        if self._roots is None and "roots" in self.fetch:
            from edgelet.outbound.roots import Named

            self._roots = Named(self._release.roots, "[fetch] roots")
        return self._roots

    def redact(self, text):
        """A text for the log or for an error, without the values of the function's secrets."""
        if self._redactor is None:
            from edgelet.functions.redaction import Redactor  # here: a function that logs nothing takes no RAM for it

            try:
                self._redactor = Redactor(self.registry.config.secret_values(self.name))
            except ValueError as e:
                return "(left out, as it may tell a secret: %s)" % e
        return self._redactor(text)

    @property
    def has_its_share(self):
        """Whether as many of its requests wait in their handlers, or take as many bytes for it, as one function may."""
        share = self.registry.share
        if not self.pending or share is None:
            return False
        image = self.registry.images.images.get(self)
        return len(self.pending) >= share[0] or (image is not None and image.parked_bytes >= share[1])

    def is_beyond_share(self, call):
        """Whether it would have more than its share of bytes if this call, which is in the arena, was parked."""
        share = self.registry.share
        image = self.registry.images.images.get(self)
        if share is None or image is None:
            return False
        return image.parked_bytes + max(call.call.peak - image.size, 0) > share[1]

    @property
    def has_its_queue(self):
        """Whether as many of its requests wait to be started as may of one function."""
        share = self.registry.share
        return share is not None and self.queued >= share[2]

    @property
    def has_its_connections(self):
        """Whether its requests hold as many connections as those of one function may."""
        share = self.registry.share
        return share is not None and self.queued + self.awaited >= share[3]

    def has_taken(self, us):
        """A call has ended its first turn, or its lines are in the log, which took so long."""
        faded_us = self._longest_us - (self._longest_us >> 3)
        self._longest_us = us if us > faded_us else faded_us
        self.takes_long = self._longest_us >= _LONG_US

    def key(self):
        """32 bytes that change with all that goes into the image but the firmware, which the image tells itself."""
        built_with = [self.limits[name] for name in ("cpu_ms", "memory", "stack")]
        parts = (self.name, self.release, self.registry.config.version(self.name), built_with)
        return sha256(repr(parts).encode()).digest()

    def inputs(self):
        """What an image is built from, the first arguments of `quickjs.Arena.build`. Raises ValueError."""
        # A firmware that offers less may have come after the release.
        self.registry.bindings.check(self.bindings)
        bindings = {}
        for name, options in self.bindings.items():
            bindings[name] = self.registry.bindings.offer(options["type"])
        return (
            self._release.bundle(),
            self.registry.config.env(self.name, self.vars),
            bindings,
            self.limits["cpu_ms"],
            self.limits["memory"],
            self.limits["stack"],
            self.name,
        )

    def build(self, arena, keep=True, code=None, inputs=None):
        """The function's image, in the arena and, with `keep`, in RAM. Raises quickjs.Error or ValueError.

        code, inputs: where its code lies, and what `inputs()` gave when that was read.
        """
        inputs = inputs or self.inputs()
        try:
            image = arena.build(*inputs, keep, code)
        except quickjs.Error as e:
            raise quickjs.Error(e.kind, self.redact(e.message), self.redact(e.stack)) from None
        finally:
            log_lines([(level, "start-up: " + text) for level, text in arena.logs()], self, 0)
        self.image_size = image.size
        return image

    def read_code(self, arena, at, part, code, inputs):
        """As `quickjs.Arena.read_code`, of the function."""
        try:
            return arena.read_code(at, part, *inputs, False, code)
        except quickjs.Error as e:
            raise quickjs.Error(e.kind, self.redact(e.message), self.redact(e.stack)) from None

    async def close(self, drain_ms):
        """Lets running calls end for at most `drain_ms`, aborts the others, and erases the images."""
        until = time.ticks_add(time.ticks_ms(), drain_ms)
        while self.pending and time.ticks_diff(until, time.ticks_ms()) > 0:
            await asyncio.sleep_ms(20)
        self.abort()
        await self.registry.images.erase(self)

    def abort(self):
        """Ends the running calls, before this returns."""
        for call in self.pending:
            call.abort()


def _limits(release, settings, arena_bytes):
    """The limits of a release, with the device's settings for those it does not set."""
    chosen = {}
    for name, default, _least, _most in limits.of("function"):
        chosen[name] = default if default is None else settings[name]
    chosen.update(release.limits)
    chosen["memory"] = min(chosen["memory"] or arena_bytes, arena_bytes)
    return chosen


def _static_files(release):
    from edgelet.http import static  # here: a device without static files has the RAM for something else

    return static.Files(release)
