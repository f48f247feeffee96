"""The functions of this device: which there are, and which answers a request."""

import gc
import sys

import quickjs
from edgelet import clock, log
from edgelet.functions.function import Function
from edgelet.functions.stats import Stats
from edgelet.functions.turns import Turns
from edgelet.http.message import forwarded_for
from edgelet.http.routing import Table

_IS_BOARD = sys.platform != "linux"


def _collect():
    if _IS_BOARD:
        gc.collect()


class Functions:
    """The functions of this device and what they share.

    bindings: `edgelet.functions.bindings.Bindings`. region: flash for images (see `edgelet.storage.image_slots`) on a
    board that has no RAM for them; else they are in RAM. arena: a `quickjs.Arena` that is there already.
    """

    def __init__(self, releases, config, bindings, region=None, arena=None):
        settings = config.settings
        self.releases = releases
        self.config = config
        self.bindings = bindings
        self.arena = arena or quickjs.Arena(
            settings["arena_bytes"], settings["waiting_requests"], settings["waiting_bytes"]
        )
        self.turns = Turns(self.arena, settings["queue_length"], settings["queue_ms"], self._resident)
        self.images = self._new_images(settings, region)
        self.unbuilt = []  # functions that an image is to be built for, after start()
        self._functions = {}
        self._stats = {}
        self._table = Table()
        # Of one function, where there are several: (requests that wait in handlers, bytes for them, requests that wait
        # in the queue, connections).
        self.share = None
        self._requests = 0
        self._started_ms = clock.uptime_ms()
        self.proxies = [p.strip() for p in settings["proxies"].split(",") if p.strip()]

    def _new_images(self, settings, region):
        # Each kind is imported where it is used: on a board the other one would take RAM.
        if region:
            from edgelet.functions.flash_images import FlashImages

            return FlashImages(self.arena, region)
        from edgelet.functions.ram_images import RamImages

        return RamImages(self.arena, settings["image_cache_bytes"])

    def start(self):
        """Loads all functions, at boot. One that does not load is logged and left out."""
        for name in self.releases.names():
            try:
                function = self._functions[name] = self.load(name)
                if function.has_handler and not self.images.find(function):
                    self.unbuilt.append(function)
                self._open(function)
            except (OSError, ValueError, quickjs.Error) as e:
                log.error("function is not available: %s" % e, function=name)
        self._have_changed()

    def load(self, name, id=None):
        """A Function of a release, by default the active one, with the statistics that it has had so far."""
        # What stays would lie behind garbage, in the midst of a board's heap.
        _collect()
        release = self.releases.release(name, id)
        _collect()
        function = Function(self, release, self._stats.setdefault(name, Stats()))
        if _IS_BOARD and function.has_handler:
            self.bindings.prepare(function)
        return function

    def _open(self, function):
        if _IS_BOARD and function.has_handler:
            self.bindings.open(function)

    def check(self, name, variables, memory, has_handler):
        """ValueError where there is no place for a release of function `name`.

        memory: what it asks for, 0 for what there is.
        """
        for secret, _ in self.config.secrets(name):
            if secret in variables:
                raise ValueError(
                    "%s is a variable in edgelet.toml and a secret on the device: rename the variable, or remove the "
                    "secret with 'edgelet secret delete'" % secret
                )
        size = self.arena.size
        if memory > size:
            raise ValueError(
                "limits.memory is %d bytes, but the arena of this device has %d: lower it in edgelet.toml%s"
                % (memory, size, ", or set arena_bytes" if sys.platform != "rp2" else "")
            )
        if has_handler:
            self._check_room(name)

    def _check_room(self, name):
        room = self.images.room
        functions = [self.get(other) for other in self.names() if other != name]
        if room is not None and len([one for one in functions if one.has_handler]) >= room:
            raise ValueError(
                "this device has room for %d functions with a handler: remove one first with 'edgelet delete'" % room
            )

    def put(self, function):
        """Puts a function into service; returns the one whose place it takes, or None."""
        old = self._functions.get(function.name)
        self._functions[function.name] = function
        self._have_changed()
        self._open(function)
        return old

    def take_out(self, name):
        """Takes a function out of service; returns it, or None."""
        old = self._functions.pop(name, None)
        self._have_changed()
        return old

    def _have_changed(self):
        self._table.replace(self._functions.values())
        self.share = None
        if len([one for one in self._functions.values() if one.has_handler]) > 1:
            settings = self.config.settings
            percent = settings["waiting_share"]
            parts = ("waiting_requests", "waiting_bytes", "queue_length", "connections")
            self.share = tuple([max(settings[name] * percent // 100, 1) for name in parts])

    def find(self, authority, target):
        """The Function that answers a request, or None."""
        return self._table.find(authority, target)

    def get(self, name):
        """The Function `name`, or None."""
        return self._functions.get(name)

    def names(self):
        """The functions that answer requests, sorted."""
        return sorted(self._functions)

    @property
    def uptime_ms(self):
        """Milliseconds since the start."""
        return clock.uptime_ms() - self._started_ms

    def _resident(self):
        for function in self._functions.values():
            for call in function.pending:
                if call.is_in_arena:
                    return call
        return None

    @property
    def waiting(self):
        """How many requests wait in their handlers."""
        return sum([len(one.pending) for one in self._functions.values()])

    @property
    def streaming(self):
        """How many of these have a response that is being sent."""
        return len([1 for one in self._functions.values() for call in one.pending if call.call.streams])

    def stats(self):
        """[(name, Stats)] of every function that has been here since the start, sorted."""
        return sorted(self._stats.items())

    def next_request(self):
        """A number for a request, unique since the device started."""
        self._requests += 1
        return self._requests

    def peer(self, head, connection):
        """The client's address: what X-Forwarded-For says, but only from a proxy that the owner named."""
        peer = connection.peer[0]
        if peer in self.proxies and not connection.caller:
            return forwarded_for(head.headers, self.proxies) or peer
        return peer

    def stop(self):
        """Ends all calls, erases all images in RAM and gives the arena back."""
        for function in self._functions.values():
            function.abort()
        self.images.stop()
        self.arena.close()
