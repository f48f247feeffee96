"""The process that has the console, releases, settings, KV, rate limits, key sets, metrics and log for all workers.

It runs no JavaScript and serves no HTTP. What a function asks of its bindings comes from its worker, and is carried out
by the same table of operations as in a device of one process.
"""

import asyncio
import gc
import time
from asyncio import core

import _workers
from edgelet import device as device_module
from edgelet import event_loop, log, shortages
from edgelet.console import admin
from edgelet.console.repl import Console
from edgelet.device import Device
from edgelet.event_loop import in_slices
from edgelet.functions import registry
from edgelet.functions.bindings import Bindings
from edgelet.functions.function import Function
from edgelet.http.certificate import Certificate
from edgelet.http.routing import Table
from edgelet.processes import report
from edgelet.processes.link import Failure, Gone, Link, spent_us
from edgelet.storage.config import Config
from edgelet.storage.releases import Releases

# What a worker has for a change beside the time for calls to end, and for its start.
_GRACE_MS = 5000
# How often it is looked after workers that say nothing, and how often in a row until one is ended; they say something
# each second.
_WATCH_MS = 1000
_SILENT = 5
# Steps of an operation that others wait for.
_SLICE_US = 500
# The numbers of requests that each worker has, so that none comes twice, whoever has ended.
_NUMBERS = 1 << 28


class Totals:
    """What all workers have counted, under the names of an `quickjs.Arena`, and what is so now."""

    def __init__(self, size, crew):
        self.size = size
        self.counts = {}
        self._crew = crew

    def __getattr__(self, name):
        if name in report.COUNTERS:
            return self.counts.get(name, 0)
        if name == "bytes":
            name = "images_bytes"
        if name in report.GAUGES:
            return self._crew.sum(name)
        raise AttributeError(name)


class _Connections:
    def __init__(self, crew):
        self._crew = crew

    def __len__(self):
        return self._crew.sum("connections")


class OwnedFunction(Function):
    """A function as the owner knows it: a worker answers its requests."""

    def __call__(self, head, body, connection):
        """Answers a request of the console."""
        return self._ask(head, body, connection)

    async def _ask(self, head, body, connection):
        crew = self.registry.crew
        request = self.name, head.method, head.target, head.host, head.headers, body, connection.whole
        answer = await crew.any().call("invoke", *request)
        status, headers, content, connection.failure = answer
        return status, headers, content


class OwnedFunctions(registry.Functions):
    """The functions of the device, without an arena and images of its own."""

    def __init__(self, releases, config, bindings, crew):
        settings = config.settings
        self.releases = releases
        self.config = config
        self.bindings = bindings
        self.crew = crew
        self.arena = self.images = self.turns = self.totals = Totals(settings["arena_bytes"], crew)
        self.totals.images = {}
        self.totals.room = None
        self.totals.find = lambda function: True
        self.totals.problem = lambda function: ""
        self.unbuilt = []
        self.share = None
        self.proxies = []
        self._functions = {}
        self._stats = {}
        self._table = Table()
        self._requests = 0
        self._started_ms = registry.clock.uptime_ms()
        self._former = {}  # name -> its release before, whose last calls may still ask

    waiting = property(lambda self: self.crew.sum("waiting"))
    streaming = property(lambda self: self.crew.sum("streaming"))

    def load(self, name, id=None):
        """As of `edgelet.functions.registry.Functions`."""
        stats = self._stats.setdefault(name, registry.Stats())
        return OwnedFunction(self, self.releases.release(name, id), stats)

    def of(self, name, id):
        """The function of which a worker has that release. ValueError where there is none."""
        for found in (self._functions.get(name), self._former.get(name)):
            if found and found.release == id:
                return found
        self._former[name] = found = self.load(name, id)
        return found

    def heap(self):
        """(free, used) bytes of the heaps of all processes."""
        crew = self.crew
        return gc.mem_free() + crew.sum("heap_free"), gc.mem_alloc() + crew.sum("heap_used")

    def stop(self):
        """The workers end by themselves."""


class Crew:
    """The workers. control: the descriptor to `edgelet.processes.supervisor`."""

    def __init__(self, control, count):
        self._control = control
        self.count = count
        self.links = {}  # slot -> Link of a worker that serves
        self._gauges = {}  # slot -> what it has told last
        self._silent = {}  # slot -> how often it was looked after it since it said something
        self.numbers = 0
        self.is_complete = asyncio.Event()

    def sum(self, name):
        """A gauge of all workers together."""
        at = report.GAUGES.index(name)
        return sum([gauges[at] for gauges in self._gauges.values()])

    def any(self):
        """A link to a worker. ValueError where there is none."""
        for link in self.links.values():
            if link.is_open:
                return link
        raise ValueError("no worker process serves at the moment: try again")

    def hears(self, slot, gauges=None):
        """A worker has said something."""
        self._silent[slot] = 0
        if gauges and slot in self.links:
            self._gauges[slot] = gauges

    def serves(self, slot, link):
        """A worker serves from now on."""
        self.links[slot] = link
        self._silent[slot] = 0
        if len(self.links) == self.count:
            self.is_complete.set()

    def has_ended(self, slot, link):
        """A worker is no more."""
        if self.links.get(slot) is link:
            del self.links[slot]
            self._gauges.pop(slot, None)
            self._silent.pop(slot, None)

    def end(self, slot):
        """Ends a worker, in whose place another one comes."""
        self.tell("kill %d" % slot)

    def tell(self, text):
        """A message for the supervisor."""
        _workers.send(self._control, text.encode(), -1)

    async def all(self, ms, operation, *arguments):
        """Has all workers do something: [their answers], of which a `Failure` is one.

        Who does not answer within `ms` is ended: in its place comes one that begins with what is on the disk.
        """
        return await self._some(list(self.links.items()), operation, arguments, ms)

    async def settle(self, ms, operation, *arguments):
        """As `all`, of what has to come: who fails is ended, too."""
        await self._some(list(self.links.items()), operation, arguments, ms, True)

    async def one_by_one(self, ms, operation, *arguments):
        """As `all`, one worker first, and then the others, who have from it what it has built."""
        found = []
        links = list(self.links.items())
        while links and not found:
            found = await self._some([links.pop(0)], operation, arguments, ms)
        if operation == "stage" and found and isinstance(found[0], Failure):
            return found  # as it would be with the others
        return found + await self._some(links, operation, arguments, ms)

    async def _some(self, links, operation, arguments, ms, must=False):
        tasks = [asyncio.create_task(self._one(slot, link, operation, arguments, ms, must)) for slot, link in links]
        found = []
        for task in tasks:
            answer = await task
            if not isinstance(answer, Gone):
                found.append(answer)
        return found

    async def _one(self, slot, link, operation, arguments, ms, must):
        try:
            return await asyncio.wait_for_ms(link.call(operation, *arguments), ms)
        except Gone as e:
            return e
        except Failure as e:
            if not must:
                return e
            why = "'%s' has failed: %s" % (operation, e)
        except asyncio.TimeoutError:
            why = "'%s' is not done within %d ms" % (operation, ms)
        log.error("worker %d: %s: another one takes its place" % (slot, why))
        link.close()
        self.has_ended(slot, link)
        self.end(slot)
        return Gone()

    async def watch(self, most_cpu_ms):
        """Ends workers that say nothing: they are stuck. most_cpu_ms() gives what a call may take of one."""
        while True:
            await asyncio.sleep_ms(_WATCH_MS)
            for slot, count in list(self._silent.items()):
                self._silent[slot] = count + 1
                if count > _SILENT + most_cpu_ms() // _WATCH_MS:
                    log.error("worker %d says nothing: another one takes its place" % slot)
                    self._silent.pop(slot)
                    self.end(slot)


class OwnedDeployment:
    """Changes of the functions, as `edgelet.functions.deployment.Deployment`: done when every worker serves them."""

    def __init__(self, functions):
        self._functions = functions
        self._drain_ms = functions.config.settings["drain_ms"]
        self.changing = asyncio.Lock()

    async def stage(self, name, id):
        """See `edgelet.functions.deployment.Deployment`."""
        async with self.changing:
            return await self._stage(name, id)

    async def _stage(self, name, id):
        functions = self._functions
        candidate = functions.load(name, id)
        ms = candidate.limits["cpu_ms"] + most_cpu_ms(functions) + self._drain_ms + _GRACE_MS
        answers = await functions.crew.one_by_one(ms, "stage", name, id)
        for answer in answers:
            if isinstance(answer, Failure):
                raise answer
        if not answers:
            raise ValueError("no worker process could build it: the log says more")
        return answers[0]

    async def activate(self, name, id):
        """See `edgelet.functions.deployment.Deployment`."""
        async with self.changing:
            staged = await self._stage(name, id)
            self._functions.releases.activate(name, id)
            function = self._functions.load(name, id)
            function.image_size = staged["image_bytes"]
            self._functions.put(function)
            log.info("ready, release %s" % id, function=name)
            await self._settle("activate", name, id)

    async def reload(self, name):
        """See `edgelet.functions.deployment.Deployment`."""
        async with self.changing:
            function = self._functions.load(name)
            self._functions.put(function)
            ms = self._drain_ms + most_cpu_ms(self._functions) + _GRACE_MS
            answers = await self._functions.crew.one_by_one(ms, "reload", name)
            for answer in answers:
                if isinstance(answer, Failure):
                    raise answer
            log.info("variables and secrets have changed", function=name)

    async def remove(self, name):
        """See `edgelet.functions.deployment.Deployment`."""
        async with self.changing:
            self._functions.releases.retire(name)
            await self._settle("remove", name)
            self._functions.take_out(name)
        await in_slices(self._functions.releases.delete_steps(name))

    async def _settle(self, operation, *arguments):
        """What has to come."""
        ms = self._drain_ms + most_cpu_ms(self._functions) + _GRACE_MS
        await self._functions.crew.settle(ms, operation, *arguments)

    async def prepare(self):
        """The workers build what they need."""


def most_cpu_ms(functions):
    """How long a worker may be busy with one call."""
    found = [functions.get(name).limits["cpu_ms"] for name in functions.names()]
    return max(found) if found else 0


class OwnedCertificate(Certificate):
    """The server's certificate: checked here, used by the workers. pem: (certificate, key), bytes."""

    def load(self):
        """As `edgelet.http.certificate.Certificate`."""
        super().load()
        with open(self._cert, "rb") as cert, open(self._key, "rb") as key:
            self.pem = cert.read(), key.read()


class Owner:
    """What the owner does for its workers."""

    def __init__(self, control, stream, count, root, at, certificate, restarts):
        self.crew = Crew(control, count)
        self._control = control
        self._stream = stream
        self._certificate = certificate
        self._is_told = restarts == 0  # else what was told of workers before the restart comes first

        def make_functions(releases, config, bindings, _region):
            return OwnedFunctions(releases, config, bindings, self.crew)

        self.device = device = Device(root, None, (Config, Releases, Bindings, make_functions, OwnedDeployment))
        device.restarts = restarts
        device.listens_at = "%s:%d" % at
        device.certificate = certificate
        device.server.scheme = "https" if certificate else "http"
        device.server.memory = device.functions.totals
        device.server.connections = _Connections(self.crew)
        device.give_certificate = self._give_certificate
        self._changing = device.deployment.changing
        self._handlers = {
            "jwks": self._jwks,
            "metrics": self._metrics,
        }
        self._told = {"report": self._report, "log": self._log, "image": self._image}

    async def follow(self):
        """Takes what the supervisor says, for ever."""
        while True:
            await _readable(self._stream)
            text, fd = _workers.receive(self._control)
            if not text:
                _workers.leave(1)
            word, _, rest = text.decode().partition(" ")
            if word == "restarted":
                self._is_told = True
            elif not self._is_told:
                if fd >= 0:
                    _workers.close(fd)
            elif word == "worker":
                asyncio.create_task(self._admit(int(rest), fd))
            elif word == "ended":
                slot, status = rest.split()
                why = "by signal %s" % status[1:] if status[0] == "-" else "with status %s" % status
                log.error("worker %s has ended %s: another one takes its place" % (slot, why))

    async def _admit(self, slot, fd):
        """A worker begins: it serves what is there now, and no change comes in between."""
        link = Link(fd, lambda link, message: self._hear(slot, link, message), admin.error_of)
        asyncio.create_task(link.run())
        crew = self.crew
        try:
            async with self._changing:
                crew.numbers += _NUMBERS
                pem = self._certificate.pem if self._certificate else None
                start = {"restarts": self.device.restarts, "number": crew.numbers, "count": crew.count, "pem": pem}
                start["at"] = self.device.listens_at
                confined = await asyncio.wait_for_ms(link.call("start", start), 2 * _GRACE_MS)
                crew.serves(slot, link)
            log.debug("worker %d serves, confined by: %s" % (slot, ", ".join(confined) or "nothing"))
            await link.ended.wait()
        except (Failure, asyncio.TimeoutError) as e:
            log.error("worker %d does not start: %s" % (slot, e or "it takes too long"))
            crew.end(slot)
        except Gone:
            pass  # It has ended, which the supervisor says, too.
        finally:
            link.close()
            crew.has_ended(slot, link)

    def _hear(self, slot, link, message):
        self.crew.hears(slot)
        if message[0] == ".":
            self._told[message[1]](slot, *message[2])
            return
        _, id, operation, arguments = message
        if operation in self._handlers:
            asyncio.create_task(self._answer(link, id, operation, arguments))
        else:
            self._operate(link, id, operation, *arguments)

    async def _answer(self, link, id, operation, arguments):
        began = time.ticks_us()
        error = value = None
        try:
            value = await self._handlers[operation](*arguments)
        except Exception as e:
            error = e
        link.answer(id, error, value, spent_us(began))

    # Operations of bindings

    def _operate(self, link, id, operation, name, release, arguments):
        began = time.ticks_us()
        try:
            function = self.device.functions.of(name, release)
            result = self.device.bindings.operations[operation](function, *arguments)
            if hasattr(result, "send"):
                steps = result
                while spent_us(began) < _SLICE_US:
                    next(steps)
                asyncio.create_task(self._carry_on(link, id, steps, began))
                return
        except StopIteration as end:
            result = end.value
        except Exception as e:
            link.answer(id, _as_said(e), None, spent_us(began))
            return
        self._give(link, id, result, began)

    async def _carry_on(self, link, id, steps, began):
        try:
            result = await in_slices(steps)
        except Exception as e:
            link.answer(id, _as_said(e), None, spent_us(began))
            return
        self._give(link, id, result, began)

    def _give(self, link, id, result, began):
        us = spent_us(began)
        if hasattr(result, "done"):
            result.done = lambda error, more_us: link.answer(id, error and _as_said(error), None, us + more_us)
        else:
            link.answer(id, None, result, us)

    async def _jwks(self, name, release, binding, method, arguments):
        found = self.device.bindings.key_set(self.device.functions.of(name, release), binding)
        if method not in ("get", "key", "response"):
            raise ValueError(method)
        return await getattr(found, method)(*arguments)

    # What is counted, and the log

    def _report(self, slot, counted):
        functions = self.device.functions
        for name, one in counted["functions"].items():
            if name not in functions._stats:
                continue
            report.add(functions._stats[name], one)
            function = functions.get(name)
            if function and one[7]:
                function.image_size = one[7]
        report.add_counts(self.device.server.refused, counted["refused"])
        report.add_counts(shortages.counts, counted["shortages"])
        report.add_counts(functions.totals.counts, counted["arena"])
        self.crew.hears(slot, counted["gauges"])

    def _image(self, slot, key, saved):
        """A worker has built an image: the others may need it, too."""
        for other, link in self.crew.links.items():
            if other != slot:
                link.tell("image", key, saved)

    def _log(self, slot, records, lost):
        for record in records:
            log.ring.keep(record)
        log.ring.lost += lost

    async def _metrics(self, headers):
        """The answer to a request for the metrics with these headers: what a route of microdot's gives."""
        await self.crew.all(_GRACE_MS, "report")
        answer = await self.device._metrics(_Request(headers))
        if isinstance(answer, tuple):
            return answer
        return answer.body, answer.status_code, dict(answer.headers.items())

    async def _give_certificate(self):
        await self.crew.settle(_GRACE_MS, "certificate", *self._certificate.pem)


class _Request:
    def __init__(self, headers):
        self.headers = headers


def _readable(stream):
    yield core._io_queue.queue_read(stream)


def _as_said(error):
    """An error of an operation, with the text that a handler is told in a device of one process."""
    return Failure({"text": str(error) or type(error).__name__})


def run(control, root, at, count, as_json, certificate):
    """Runs the owner for ever. control: the descriptor to the supervisor. at: (host, port). certificate: None or files.

    Raises ValueError or OSError where it cannot begin.
    """
    stream = open(control, "r+b")  # noqa: SIM115 - as long as the process lives
    certificate = OwnedCertificate(*certificate) if certificate else None
    restarts = 0
    while True:
        event_loop.prepare()
        asyncio.run(_serve(control, stream, root, at, count, as_json, certificate, restarts))
        asyncio.new_event_loop()
        restarts += 1
        log.info("restarting")


async def _serve(control, stream, root, at, count, as_json, certificate, restarts):
    """Runs the owner until the console asks for a restart."""
    owner = Owner(control, stream, count, root, at, certificate, restarts)
    device = owner.device
    if restarts:
        owner.crew.tell("restart")
    device.start()
    owner.crew.tell("up")
    tasks = [
        asyncio.create_task(owner.follow()),
        asyncio.create_task(owner.crew.watch(lambda: most_cpu_ms(device.functions))),
        asyncio.create_task(_say_that_it_listens(owner, at)),
    ]
    try:
        await Console(as_json).serve()
    finally:
        for task in tasks:
            task.cancel()
        device_module._running = None


async def _say_that_it_listens(owner, at):
    await owner.crew.is_complete.wait()
    scheme = "https" if owner.device.certificate else "http"
    log.info("listening on %s://%s:%d with %d worker processes" % (scheme, at[0], at[1], owner.crew.count))
