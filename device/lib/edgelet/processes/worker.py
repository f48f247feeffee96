"""A process that serves HTTP with an arena of its own; what all have together it asks of the owner."""

import asyncio
import os

import _workers
import quickjs
from edgelet import device as device_module
from edgelet import event_loop, log
from edgelet.console import admin
from edgelet.device import Device
from edgelet.functions import registry
from edgelet.functions.bindings import Bindings
from edgelet.functions.deployment import Deployment
from edgelet.functions.head import Head
from edgelet.functions.ram_images import RamImages
from edgelet.outbound import client
from edgelet.processes.link import Link
from edgelet.processes.report import Reporter
from edgelet.storage import config
from edgelet.storage.releases import Releases

# How long lines of the log are gathered, and how often it is told what was counted, where there was something, and at
# least.
_LOG_MS = 20
_REPORT_MS = 250
_LEAST_MS = 1000
_USER = 4  # in what os.stat() gives
_RECORDS = 500  # of the log, of one message
_OFFERS = 16  # images of other workers that nobody has asked for yet
_OFFER_BYTES = 16 << 20  # of an image that others are given; a larger one is built in each
# What is the device's altogether: each worker has its part.
_SHARED = ("connections", "waiting_requests", "waiting_bytes", "queue_length", "image_cache_bytes")
#: What a worker reads of the device's files, folders all, and of the computer's.
READ = ("releases", "env", "secrets")
_SYSTEM = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/ssl",
    "/etc/pki",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
)


class _Settings(config.Settings):
    """The device's settings, with this worker's part of what is shared. count: of the workers."""

    count = 1

    def __getitem__(self, name):
        value = super().__getitem__(name)
        return _part(value, self.count) if name in _SHARED else value

    def server_limits(self):
        """As of `edgelet.storage.config.Settings`."""
        limits = super().server_limits()
        limits.connections = _part(limits.connections, self.count)
        return limits


def _part(value, count):
    return max(value // count, 1) if value else 0


class _Config(config.Config):
    """Settings, variables and secrets, which it only reads."""

    def __init__(self, root, clock, count):
        self._root = root
        self._clock = clock
        self.settings = _Settings(root)
        self.settings.count = count


class _Releases(Releases):
    """The releases, of which the owner changes the files."""

    def verify_steps(self, name, id):
        """The owner has done so."""
        return
        yield

    def switch(self, name, id, active):
        """The same."""

    def sweep(self, name):
        """The same."""

    def retire(self, name):
        """The same."""

    def delete_steps(self, name):
        """The same."""
        return
        yield


class _KeySet:
    """A key set of the owner's: see `edgelet.functions.jwks.KeySet`."""

    def __init__(self, link, *which):
        self._link = link
        self._which = which

    async def _call(self, method, *arguments):
        name, release, binding = self._which
        return await self._link.call("jwks", name, release, binding, method, arguments)

    async def get(self):
        """As there."""
        return await self._call("get")

    async def key(self, kid, alg):
        """As there."""
        return await self._call("key", kid, alg)

    async def response(self, again):
        """As there."""
        return await self._call("response", again)


class _Bindings(Bindings):
    """The bindings of all functions, whose operations the owner carries out."""

    def __init__(self, root, settings, resolver, link):
        super().__init__(root, settings, resolver)
        self._roots = super()._read_roots()
        self._link = link
        for name in self.operations:
            self.operations[name] = self._asking(name)

    def _asking(self, operation):
        ask = self._link.ask

        def steps(function, *arguments):
            return ask(operation, (function.name, function.release, arguments), function.name)
            yield

        return steps

    def _read_roots(self):
        return self._roots

    def key_set(self, function, binding):
        """As of `edgelet.functions.bindings.Bindings`."""
        return _KeySet(self._link, function.name, function.release, binding)


class _Images(RamImages):
    """Images in RAM. What one worker has built the others need not build: their arenas are at the same address."""

    def __init__(self, arena, most, link):
        super().__init__(arena, most)
        self._link = link
        self._offered = {}  # key of a function -> an image that another worker has built

    def offer(self, key, saved):
        """Another worker has built an image. One of another arena or firmware is of no use: it is built here then."""
        if key in self._offered:
            return
        while len(self._offered) >= _OFFERS:
            self._offered.pop(next(iter(self._offered))).erase()
        try:
            self._offered[key] = self._arena.load(saved)
        except (quickjs.Error, ValueError, MemoryError):
            pass

    def demand(self, function):
        """As of `edgelet.functions.ram_images.RamImages`."""
        image = self._offered.pop(function.key(), None)
        if image is None:
            image = super().demand(function)
            if image.size <= _OFFER_BYTES:
                self._link.tell("image", function.key(), image.save())
            return image
        function.image_size = image.size
        self.images[function] = image
        self.bytes += image.size
        self._evict(function)
        return image

    def withdraw(self):
        """Something has changed: what nobody has taken is out of date, or will be."""
        while self._offered:
            self._offered.popitem()[1].erase()


class _Functions(registry.Functions):
    """The functions of this worker. first: the number before that of its first request."""

    def __init__(self, releases, config, bindings, arena, first, link):
        self._link = link
        super().__init__(releases, config, bindings, None, arena)
        self._requests = first

    def _new_images(self, settings, _region):
        return _Images(self.arena, settings["image_cache_bytes"], self._link)

    def start(self):
        """As of `edgelet.functions.registry.Functions`; the owner has said what is not available."""
        for name in self.releases.names():
            try:
                self._functions[name] = self.load(name)
            except (OSError, ValueError):
                pass
        self._have_changed()

    def load(self, name, id=None):
        """As there."""
        function = super().load(name, id)
        # Before its secrets change: its last calls have the old ones.
        function.redact("")
        return function


class _Deployment(Deployment):
    """Changes of this worker's functions, in the order in which the owner has them made."""

    async def stage(self, name, id):
        """As of `edgelet.functions.deployment.Deployment`; what is staged already stays so."""
        staged = self._staged
        if staged is None or (staged.name, staged.release) != (name, id):
            return await super().stage(name, id)
        return {"image_bytes": staged.image_size, "memory": staged.limits["memory"]}

    def _replace(self, function):
        self._images.withdraw()
        return super()._replace(function)

    def say(self, text, name):
        """The owner says it for all."""


class _Device(Device):
    """A device that is one worker of several."""

    def __init__(self, root, link, arena, start):
        self._link = link
        count = start["count"]

        def new_config(root, clock):
            return _Config(root, clock, count)

        def new_bindings(root, settings, resolver):
            return _Bindings(root, settings, resolver, link)

        def new_functions(releases, config, bindings, _region):
            return _Functions(releases, config, bindings, arena, start["number"], link)

        super().__init__(root, None, (new_config, _Releases, new_bindings, new_functions, _Deployment))
        self.restarts = start["restarts"]
        self.listens_at = start["at"]

    def start(self):
        """Loads the functions."""
        device_module._running = self
        self.functions.start()

    async def _metrics(self, request):
        headers = {}
        for name in ("Host", "Authorization"):
            if name in request.headers:
                headers[name] = request.headers[name]
        return tuple(await self._link.call("metrics", headers))


class Worker:
    """What a worker does. link: the descriptor to the owner. listener: a socket that listens at `at`."""

    def __init__(self, descriptor, listener, arena, root, at, collect):
        self._listener = listener
        self._arena = arena
        self._root = root
        self._port = at[1]
        self._collect = collect
        self._device = None
        self._reporter = None
        self._next_seq = log.ring.next_seq
        self._lost = log.ring.lost
        self._arrived = asyncio.Event()
        self._link = Link(descriptor, self._hear, admin.error_of)
        self._handlers = {
            "start": self._start,
            "stage": lambda *release: self._device.deployment.stage(*release),
            "activate": lambda *release: self._device.deployment.activate(*release),
            "reload": lambda name: self._device.deployment.reload(name),
            "remove": lambda name: self._device.deployment.remove(name),
            "invoke": self._invoke,
            "report": self._report_now,
            "certificate": self._take_certificate,
        }

    async def run(self):
        """Until the owner has ended."""
        asyncio.create_task(self._link.run())
        await self._link.ended.wait()

    def _hear(self, link, message):
        if message[0] == ".":
            if self._device:
                self._device.functions.images.offer(*message[2])
            return
        _, id, operation, arguments = message
        asyncio.create_task(self._answer(id, self._handlers[operation], arguments))

    async def _answer(self, id, handler, arguments):
        error = value = None
        try:
            value = await handler(*arguments)
        except Exception as e:
            error = e
        self._link.answer(id, error, value)

    async def _start(self, start):
        """Begins to serve; the names of what confines the process."""
        client.share(start["count"])
        self._device = device = _Device(self._root, self._link, self._arena, start)
        device.start()
        context = _context(*start["pem"]) if start["pem"] else None
        confined = _workers.confine(_readable_paths(self._root))
        self._reporter = Reporter(device)
        asyncio.create_task(self._send_log())
        asyncio.create_task(self._send_reports())
        asyncio.create_task(self._collect(device.server))
        asyncio.create_task(device.server.start_server(self._listener, self._port, ssl=context))
        return confined

    async def _invoke(self, name, method, target, host, headers, body, whole):
        function = self._device.functions.get(name)
        if function is None:
            raise ValueError("there is no function %s: 'edgelet list' shows those there are" % name)
        head = Head(method, target, host, headers, len(body))
        answered = await admin.answer(function, head, body, whole)
        self._flush()  # who asks reads the log next
        return answered[:4]

    async def _take_certificate(self, cert, key):
        self._device.server.ssl = _context(cert, key)

    async def _report_now(self):
        self._flush()
        self._link.tell("report", self._reporter.report())

    # The log and what is counted

    async def _send_log(self):
        ring = log.ring
        while True:
            if ring.next_seq == self._next_seq:
                self._arrived.clear()
                ring.notify = self._arrived.set
                await self._arrived.wait()
            await asyncio.sleep_ms(_LOG_MS)
            self._flush()

    def _flush(self):
        """Sends what has come into the log."""
        ring = log.ring
        while self._next_seq < ring.next_seq:
            first = max(self._next_seq, ring.next_seq - ring.count)
            records = ring.records(first, _RECORDS)
            lost = first - self._next_seq + ring.lost - self._lost
            self._next_seq, self._lost = first + len(records), ring.lost
            self._link.tell("log", records, lost)

    async def _send_reports(self):
        waited = 0
        before = -1
        while True:
            await asyncio.sleep_ms(_REPORT_MS)
            waited += _REPORT_MS
            if log.ring.next_seq != before or waited >= _LEAST_MS:
                before, waited = log.ring.next_seq, 0
                self._link.tell("report", self._reporter.report())


def _readable_paths(root):
    paths = ["%s/%s" % (root, name) for name in READ] + list(_SYSTEM)
    if os.stat("/proc/self")[_USER]:
        # Files there are replaced by new ones, which no rule for one of them would allow. Of root's it has no need.
        paths.append("/etc")
    chosen = os.getenv("SSL_CERT_FILE")
    if chosen:
        paths.append(chosen)
    return paths


def _context(cert, key):
    import tls

    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def run(descriptor, listener, arena, root, at, collect):
    """Runs a worker until the owner has ended; the exit status."""
    event_loop.prepare()
    asyncio.run(Worker(descriptor, listener, arena, root, at, collect).run())
    return 0
