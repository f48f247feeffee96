"""Tests of the isolates that run in MicroPython, on the real firmware.

The MicroPython files lie in tests/isolate/device; each of their functions whose name begins with `test_` is a test,
which runs in a process of its own.
"""

import ast
import os
import subprocess
from pathlib import Path

ISOLATE = Path(__file__).parents[1] / "isolate"
DEVICE = ISOLATE / "device"

# A report of either sanitizer ends the process. Leaks: MicroPython frees nothing of its own at its end.
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def device_tests(name: str) -> list[str]:
    """The tests in tests/isolate/device/`name`."""
    tree = ast.parse((DEVICE / name).read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in names if name.startswith("test_")]


def run_device(command: list[str | Path]) -> str:
    """Run MicroPython in tests/isolate/device; what it printed. Fails the test unless it ends with 0, silently."""
    done = subprocess.run(
        command,
        check=False,
        cwd=DEVICE,
        env=os.environ | SANITIZER_OPTIONS,
        capture_output=True,
        text=True,
        errors="backslashreplace",
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-4000:] + done.stderr[-8000:]
    return done.stdout


def run_device_test(firmware: Path, name: str, function: str) -> None:
    """Run one function of tests/isolate/device/`name`."""
    module = Path(name).stem
    run_device([firmware, "-c", f"import {module}; {module}.{function}()"])


# For a device's console, which itself compiles what it is sent from the heap.
OVERWRITE_HEAP = (DEVICE / "heap.py").read_text() + "overwrite()\n"


def occurrences(process: subprocess.Popen[bytes], text: bytes) -> int:
    """How often `text` is in the memory that the process may write."""
    proc = Path("/proc") / str(process.pid)
    found = 0
    with (proc / "mem").open("rb") as memory:
        for line in (proc / "maps").read_text().splitlines():
            addresses, access = line.split()[:2]
            start, end = (int(x, 16) for x in addresses.split("-"))
            if access.startswith("rw"):
                memory.seek(start)
                found += memory.read(end - start).count(text)
    return found
