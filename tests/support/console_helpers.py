"""A real firmware on a real pty, and what talks to it."""

import contextlib
import os
import pty
import socket
import subprocess
import sys
import tty
from pathlib import Path

from device_helpers import free_port
from isolate_helpers import SANITIZER_OPTIONS

ROOT = Path(__file__).parents[2]
DEVICE = ROOT / "device"
APP = ROOT / "tests" / "console" / "console_app.py"


MEASURES_HEAP = """
import gc
{prepared}
def used_after(count):
    for i in range(count):
        {repeated}
    gc.collect()
    return gc.mem_alloc()
used_after(2)
print(used_after(200) - used_after(2))
"""


def run_on_device(firmware, source, *args):
    """Executes MicroPython `source` with the runtime package on its path. Returns what it printed."""
    done = subprocess.run(
        [firmware, "-c", source, *map(str, args)],
        env={"MICROPYPATH": f"{DEVICE / 'lib'}:.frozen", **SANITIZER_OPTIONS},
        capture_output=True,
        text=True,
        cwd=DEVICE,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def heap_growth(firmware, prepared, repeated):
    """Bytes of the heap that are used more after `repeated`, a line with `i`, ran 200 times than after two."""
    return int(run_on_device(firmware, MEASURES_HEAP.format(prepared=prepared, repeated=repeated)))


class App:
    """tests/console/console_app.py on a firmware whose console is `stdin` and `stdout`."""

    def __init__(self, firmware, stdin, stdout, *args):
        self.port = free_port()
        self.process = subprocess.Popen(
            [firmware, str(APP), str(self.port), *args],
            env={"MICROPYPATH": f"{DEVICE / 'lib'}:.frozen"},
            stdin=stdin,
            stdout=stdout,
            cwd=DEVICE,
            start_new_session=True,
        )

    def connect(self):
        """Opens a connection for `ask`. The server must be up: read `ready` from the console first."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        return connection.makefile("rwb", buffering=0)

    def ask(self, question, connection=None):
        """Returns the answer of the app's server."""
        with contextlib.ExitStack() as stack:
            stream = connection or stack.enter_context(self.connect())
            stream.write(question.encode() + b"\n")
            return stream.readline().decode().strip()

    def stop(self):
        """Ends the firmware."""
        self.process.kill()
        self.process.wait()


class PtyApp(App):
    """The app with a pty as its console: `path` is what mpremote connects to, `fd` this process's side.

    `side` tells which side of the pty the firmware has: "master", as with `edgelet dev`, so that mpremote opens the
    other one by its path; or "slave", as in a terminal.
    """

    def __init__(self, firmware, side="master", *args):
        master, slave = pty.openpty()
        self.path = os.ttyname(slave)
        tty.setraw(slave)
        theirs, self.fd = (master, slave) if side == "master" else (slave, master)
        super().__init__(firmware, theirs, theirs, *args)
        os.close(theirs)
        self.read_until(b"ready")
        self.read_until(b"\n")

    def write(self, data):
        """Types `data`, all of it."""
        while data:
            data = data[os.write(self.fd, data) :]

    def read_until(self, end):
        """Reads up to and with `end`."""
        data = bytearray()
        while not data.endswith(end):
            data += os.read(self.fd, 1)
        return bytes(data)

    def mpremote(self, *args, check=True):
        """Runs the unmodified mpremote. Returns what it printed."""
        done = subprocess.run([sys.executable, "-m", "mpremote", "connect", self.path, *args], capture_output=True)
        assert not check or done.returncode == 0, done.stderr + done.stdout
        return done.stdout.replace(b"\r\n", b"\n").decode()

    def stop(self):
        """Ends the firmware and closes the pty."""
        super().stop()
        os.close(self.fd)
