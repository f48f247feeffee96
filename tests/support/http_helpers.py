"""tests/http/http_app.py on a real firmware, and a client that says just what a test wants said."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
from pathlib import Path

from device_helpers import free_port
from waiting import wait_until

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests" / "http"
LIB = ROOT / "device" / "lib"

# The fields that a response leaves to the server, and some that look like them.
FRAMING_FIELDS = ["connection", "content-length", "date", "keep-alive", "proxy-connection", "te", "trailer"]
FRAMING_FIELDS += ["transfer-encoding", "upgrade"]
OTHER_FIELDS = ["age", "content-language", "content-type", "dat", "dates", "host", "tea", "trailers", "via"]

GET = b"GET /f/echo HTTP/1.1\r\nHost: a\r\n\r\n"
STATS = b"GET /stats HTTP/1.1\r\nHost: a\r\n\r\n"


def device_command(firmware, script, *args, heap="64M"):
    """(command, environment) that run a script with the runtime package on its path."""
    return [firmware, "-X", f"heapsize={heap}", PROGRAMS / script, *map(str, args)], {"MICROPYPATH": f".frozen:{LIB}"}


class HttpApp:
    """tests/http/http_app.py with `limits`; with hooks or TLS (files of certificate and key) where wanted."""

    def __init__(self, firmware, hooks=False, tls=None, heap="64M", **limits):
        self.port = free_port()
        self.tls = tls
        args = [self.port, json.dumps(limits), "hooks" if hooks else "", *(tls or [])]
        command, env = device_command(firmware, "http_app.py", *args, heap=heap)
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        wait_until(self._is_listening)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()

    def _is_listening(self):
        assert self.process.poll() is None, "the server did not start"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self):
        return Client(self.port, self.tls is not None)

    def ask(self, request, method="GET"):
        """The response to a request on a connection of its own."""
        with self.client() as client:
            client.send(request)
            return client.response(method)

    def stats(self):
        return json.loads(self.ask(STATS).body)

    @contextlib.contextmanager
    def halted(self):
        """The server does nothing meanwhile: what is sent to it is all there when it goes on."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)
        yield
        self.process.send_signal(signal.SIGCONT)

    def wait_until_alone(self):
        """Wait until the server knows that all clients are gone but the one that asks it."""
        wait_until(self._is_alone)

    def _is_alone(self):
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}"
        # As long as there are too many, this one is turned away too.
        with contextlib.suppress(ConnectionError):
            response = self.ask(STATS)
            return response.status == 200 and json.loads(response.body)["connections"] == 1
        return False


class Response:
    """A response: status, headers (list of pairs, names in lower case), body."""

    def __init__(self, raw):
        self.status = raw.status
        self.headers = [(name.lower(), value) for name, value in raw.getheaders()]
        self.body = raw.read()

    def __getitem__(self, name):
        """The values of a header."""
        return [value for key, value in self.headers if key == name]


class _Unclosed:
    """A file that http.client's responses share, since they are pipelined."""

    def __init__(self, file):
        self._file = file

    def __getattr__(self, name):
        return getattr(self._file, name)

    def close(self):
        pass


class Client:
    """A connection."""

    def __init__(self, port, tls=False):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.file.close()
        self.socket.close()

    def makefile(self, mode):
        """For http.client, which takes this for a socket."""
        return _Unclosed(self.file)

    def send(self, data):
        self.socket.sendall(data)

    def response(self, method="GET"):
        """The next response; one that is cut off raises http.client.IncompleteRead or another exception."""
        raw = http.client.HTTPResponse(self, method=method)
        raw.begin()
        return Response(raw)

    def at_end(self):
        """Whether the server has closed the connection, with nothing left to read."""
        return self.file.read() == b""
