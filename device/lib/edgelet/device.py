"""The device as a whole: the server, the functions behind it, and the device's own pages."""

import socket
import sys

import quickjs
from edgelet import clock, log, names
from edgelet.functions.bindings import Bindings
from edgelet.functions.deployment import Deployment
from edgelet.functions.registry import Functions
from edgelet.http.routing import host_name
from edgelet.http.server import Server
from edgelet.outbound import addresses, resolver
from edgelet.storage import config
from edgelet.storage.releases import Releases
from microdot import Response

_running = None


def running():
    """The Device that runs. ValueError where none does."""
    if _running is None:
        from edgelet.board import safemode

        why = ", the board is in safe mode, as %s" % safemode.active if safemode.active else ""
        raise ValueError("nothing is served%s: restart the device (unplug it and plug it in again)" % why)
    return _running


class Device:
    """All parts of a device whose data lie below the folder `root`. region: flash for images, see `Functions`.

    parts: what its parts are made by, where it is one process of several (`edgelet.processes`).
    """

    def __init__(self, root, region=None, parts=None):
        new_config, new_releases, new_bindings, new_functions, new_deployment = parts or (
            config.Config,
            Releases,
            Bindings,
            Functions,
            Deployment,
        )
        self.root = root
        self.config = new_config(root, _unix_time)
        settings = self.config.settings
        log.ring.resize(settings["log_bytes"])
        self.resolver = resolver.of_linux() if sys.platform == "linux" else resolver.Resolver(self._name_servers)
        self.releases = new_releases(root, settings, quickjs.ENGINE_ID, self._forget)
        self.bindings = new_bindings(root, settings, self.resolver)
        # On Linux there is memory for others; what keeps its images in flash has none.
        self.bindings.has_one_arena = sys.platform != "linux" or bool(region)
        self.releases.check_bindings = self.bindings.check
        self.functions = new_functions(self.releases, self.config, self.bindings, region)
        self.deployment = new_deployment(self.functions)
        self.server = Server(self._find, settings.server_limits())
        self.server.client_of = self.functions.peer
        self.server.is_here = self._is_here
        self._own_hosts = names.own_hosts(settings["hostname"])
        self.resolver.own = self._own_hosts[:2]
        self.server.get(names.HEALTH)(self._healthz)
        self.server.get(names.METRICS)(self._metrics)
        self.restarts = 0
        self.wifi_rssi = lambda: None
        self.link = None  # edgelet.board.network.Link, on a board that has a network to join
        self.access_point = None  # edgelet.board.access_point.AccessPoint, where the owner wants one
        self.listens_at = ""  # host:port
        self.certificate = None  # edgelet.http.certificate.Certificate, where it speaks https

    def start(self):
        """Brings the releases in order and loads the functions."""
        global _running
        _running = self
        for problem in self.config.problems():
            log.error(problem)
        for name, problem in self.releases.boot():
            log.error(problem, function=name)
        self.functions.start()
        for name in self.functions.names():
            log.info("ready, release %s" % self.functions.get(name).release, function=name)

    async def remove(self, name):
        """Removes a function and all that the device keeps for it."""
        await self.deployment.remove(name)
        log.info("removed", function=name)

    def _forget(self, name):
        """Removes variables, secrets and stores of a function that is deleted, in steps."""
        from edgelet.storage import kv  # here, as metrics below: who does not use them has the RAM for something else

        self.config.forget(name)
        self.bindings.forget(name)
        yield from kv.forget(self.root, name)

    def stop(self):
        """Ends what runs and erases all images."""
        global _running
        _running = None
        self.functions.stop()

    def _name_servers(self):
        return self.link.name_servers() if self.link else []

    def _find(self, head):
        target = head.target
        if target in names.OWN_PATHS and host_name(head.host) in self._own_hosts:
            return None
        return self.functions.find(head.host, target)

    def _is_here(self, address):
        from edgelet.outbound import policy  # here, as metrics below

        address = policy.meant(address)
        text = addresses.text(address)
        if sys.platform != "linux":
            return address[0] == 127 or (bool(self.link) and self.link.address() == text)
        host = self.listens_at.rpartition(":")[0]
        if host != "0.0.0.0":
            return host == text
        # Linux binds a socket to its own addresses only.
        # By UDP, since worker processes may not listen by TCP (edgelet.processes).
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.bind(socket.getaddrinfo(text, 0)[0][-1])
            return True
        except OSError:
            return False
        finally:
            sock.close()

    def _is_own(self, request):
        return host_name(request.headers.get("Host", "")) in self._own_hosts

    async def _healthz(self, request):
        if not self._is_own(request):
            return "not found", 404
        return {"status": "ok", "clock_set": clock.is_set(), "functions": self.functions.names()}

    async def _metrics(self, request):
        if not self._is_own(request):
            return "not found", 404
        try:
            secret = self.config.device_secret("admin_secret")
        except ValueError as e:
            log.error(str(e))
            return "the device's secrets are damaged: its log says more", 503
        if not secret:
            return "no admin secret is set: run 'edgelet setup'", 403
        given = request.headers.get("Authorization", "")
        if not constant_time_equal(given.encode(), b"Bearer " + secret.encode()):
            return "the admin secret is missing or wrong", 401, {"WWW-Authenticate": "Bearer"}
        from edgelet import metrics

        text = metrics.render(self.functions, self.server, self.restarts, self.wifi_rssi())
        return Response(text, 200, {"Content-Type": metrics.CONTENT_TYPE})


def constant_time_equal(a, b):
    """Whether two bytes are equal, in a time that tells nothing of where they differ."""
    difference = len(a) ^ len(b)
    for i in range(len(a)):
        difference |= a[i] ^ (b[i] if i < len(b) else 0)
    return difference == 0


def _unix_time():
    return clock.unix_ms() // 1000
