"""The firmware runs MicroPython programs of tests/storage/device: what the tests of the device's storage share."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests" / "storage" / "device"
LIBRARY = ROOT / "device" / "lib"


def device_module(name):
    """A module of the runtime package, in this Python: for what has no input or output."""
    if str(LIBRARY) not in sys.path:
        sys.path.append(str(LIBRARY))
    return importlib.import_module(f"edgelet.{name}")


def command(firmware, program, *args, heap="16M"):
    return [str(firmware), "-X", f"heapsize={heap}", str(PROGRAMS / program), *args]


ENVIRONMENT = {"MICROPYPATH": f"{LIBRARY}:.frozen"}


def run(firmware, program, *args, heap="16M"):
    """The JSON that a program in tests/storage/device prints."""
    done = subprocess.run(command(firmware, program, *args, heap=heap), env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


class DeviceError(Exception):
    """An exception on the device: .type and .message."""

    def __init__(self, type_name, message):
        super().__init__(f"{type_name}: {message}")
        self.type = type_name
        self.message = message


class Device:
    """A firmware that executes what it is sent: device("1 + 1") == 2, device("x = {}", value)."""

    def __init__(self, firmware, heap="16M"):
        self._process = subprocess.Popen(
            command(firmware, "driver.py", heap=heap),
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, source, *values):
        """Executes `source`, in which each {} stands for a value. Returns its value or raises DeviceError."""
        source = source.format(*map(repr, values)) if values else source
        self._process.stdin.write(repr(source) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the firmware has ended"
        kind, *rest = ast.literal_eval(line)
        if kind == "error":
            raise DeviceError(*rest)
        return rest[0]

    def close(self):
        """Ends the firmware."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
