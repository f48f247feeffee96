"""The functions of this device: which there are, and which answers a request."""

import time

import quickjs
from edgelet import log
from edgelet.functions.arenas import Arenas
from edgelet.functions.function import Function
from edgelet.functions.stats import Stats
from edgelet.http.message import forwarded_for
from edgelet.http.routing import Table


class Functions:
    """The functions of this device and what they share.

    bindings: `edgelet.functions.bindings.Bindings`. region: flash for images (see `edgelet.storage.image_slots`) on a
    board that has RAM for one arena only; else they are in RAM.
    """

    def __init__(self, releases, config, bindings, region=None):
        settings = config.settings
        self.releases = releases
        self.config = config
        self.bindings = bindings
        self.arenas = Arenas(
            1 if region else settings["arenas"],
            settings["arena_bytes"],
            settings["queue_length"],
            settings["queue_ms"],
        )
        self.images = _images(self.arenas.slots, settings, region)
        self.unbuilt = []  # functions that an image is to be built for, after start()
        self._functions = {}
        self._stats = {}
        self._table = Table()
        self._requests = 0
        self.started = time.ticks_ms()
        self.proxies = [p.strip() for p in settings["proxies"].split(",") if p.strip()]

    def start(self):
        """Loads all functions, at boot. One that does not load is logged and left out."""
        for name in self.releases.names():
            try:
                function = self.load(name)
                self.put(function)
                if function.has_handler and not self.images.find(function):
                    self.unbuilt.append(function)
            except (OSError, ValueError, quickjs.Error) as e:
                log.error("function is not available: %s" % e, function=name)

    def load(self, name, id=None):
        """A Function of a release, by default the active one, with the statistics that it has had so far."""
        return Function(self, self.releases.release(name, id), self._stats.setdefault(name, Stats()))

    def put(self, function):
        """Puts a function into service; returns the one whose place it takes, or None."""
        old = self._functions.get(function.name)
        self._functions[function.name] = function
        self._table.replace(self._functions.values())
        return old

    def take_out(self, name):
        """Takes a function out of service; returns it, or None."""
        old = self._functions.pop(name, None)
        self._table.replace(self._functions.values())
        return old

    def find(self, authority, target):
        """The Function that answers a request, or None."""
        return self._table.find(authority, target)

    def get(self, name):
        """The Function `name`, or None."""
        return self._functions.get(name)

    def names(self):
        """The functions that answer requests, sorted."""
        return sorted(self._functions)

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
        if peer in self.proxies:
            return forwarded_for(head.headers, self.proxies) or peer
        return peer

    def stop(self):
        """Ends all calls, erases all images in RAM and gives the arenas back."""
        for function in self._functions.values():
            function.abort()
        self.images.stop()
        self.arenas.close()


def _images(slots, settings, region):
    # Each kind is imported where it is used: on a board the other one would take RAM.
    if region:
        from edgelet.functions.flash_images import FlashImages

        return FlashImages(slots[0], region)
    from edgelet.functions.ram_images import RamImages

    return RamImages(slots, settings["image_cache_bytes"])
