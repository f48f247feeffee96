"""A local device that is an emulated Raspberry Pi Pico, with the firmware of EDGELET_PICO.

    with start(data, "127.0.0.1", 8080, log) as local: ...

Its processor is cortex_m0plus, a library in C beside this. The board's network is PPP over its UART. The other end is
ppp_peer, a program in C beside this; it forwards a TCP port of this machine to the board. Both are built first if need
be. Nothing needs root.
"""

import contextlib
import os
import pty
import socket
import subprocess
import sys
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edgelet_host.device import health
from edgelet_host.device.local import check_address, child, make_private
from edgelet_host.device.running import LocalDevice
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import sources
from edgelet_host.firmware.boards import board_firmware
from edgelet_host.firmware.builds import digest, explain_make, file_digest, tool_times
from edgelet_host.firmware.system import BUILD_PACKAGES, ensure_packages
from edgelet_host.paths import cache_dir, peer_name, prebuilt, processor_name, this_system
from edgelet_host.terminal import step

# rp2040py's own modules in C go with its own processor only. Each module of it asks for this when it is imported.
os.environ["RP2040PY_SKIP_CYTHON"] = "1"

BOARD = "EDGELET_PICO"

# An emulated board takes seconds to start, on a busy machine more.
_START_S = 120.0
_ASK_S = 60.0
_HOST_MODULES = Path(__file__).resolve().parents[2]
PEER = Path(__file__).parent / "ppp_peer"
PROCESSOR = Path(__file__).parent / "cortex_m0plus"
_PROCESSOR_FLAGS = ("-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")


def ensure_peer() -> Path:
    """Give the path of ppp_peer: that of a release, else build it first where it is missing or stale."""
    if released := prebuilt(peer_name(this_system())):
        return released
    lwip = sources.ensure("lwip")
    state = [file_digest(path) for path in sorted(PEER.iterdir())]
    build = cache_dir() / "builds" / f"ppp-peer-{digest(str(lwip), *state, *tool_times())}"
    program, objects, log = build / "ppp_peer", build / "make", build / "build.log"
    if not program.exists():
        ensure_packages(BUILD_PACKAGES)
        with sources.locked(build, "another build of ppp_peer"), step("Building ppp_peer"):
            objects.mkdir(exist_ok=True)
            command = ["make", f"--directory={PEER}", f"LWIP={lwip}", f"BUILD={objects}"]
            with log.open("wb") as output:
                failed = subprocess.run(command, stdout=output, stderr=output, check=False).returncode
            if failed:
                raise EdgeletError(explain_make(log))
            (objects / "ppp_peer").replace(program)
    return program


def ensure_processor() -> Path:
    """Give the path of the processor, a shared library: that of a release, else build it first if need be."""
    if released := prebuilt(processor_name(this_system())):
        return released
    files = sorted(PROCESSOR.iterdir())
    key = digest(*map(file_digest, files), *_PROCESSOR_FLAGS, *tool_times())
    build = cache_dir() / "builds" / f"cortex-m0plus-{key}"
    library, partial = build / "processor.so", build / "partial.so"
    if not library.exists():
        ensure_packages(BUILD_PACKAGES)
        with sources.locked(build, "another build of the processor"), step("Building the emulated processor"):
            code = [file for file in files if file.suffix == ".c"]
            done = subprocess.run(
                ["gcc", *_PROCESSOR_FLAGS, "-o", partial, *code], capture_output=True, encoding="utf-8", check=False
            )
            if done.returncode != 0:
                raise EdgeletError(f"The emulated processor does not build: {(done.stderr or 'gcc failed').strip()}")
            partial.replace(library)
    return library


@contextmanager
def start(data: Path, host: str, port: int, log: Path) -> Iterator[LocalDevice]:
    """Start a board that keeps its flash in `data`, and wait until it answers; stop it in the end.

    The firmware is built first where it is missing or stale. host: an IPv4 address. log: a file for what the emulator
    has to say.
    """
    if ":" in host:
        raise EdgeletError(f"the emulated board is reached by IPv4: choose another address than {host} with --host")
    check_address(host, port)
    make_private(data, log)
    processor, peer = ensure_processor(), ensure_peer()
    firmware = board_firmware(BOARD)
    with ExitStack() as stack:
        master, slave = pty.openpty()
        stack.callback(os.close, slave)
        near, far = socket.socketpair()
        with os.fdopen(master, "rb", buffering=0) as console, log.open("wb") as errors, near, far:
            tty.setraw(slave)
            wire = near.fileno()
            machine = (sys.executable, "-m", f"{__name__}.machine", firmware, data / "flash.bin", str(wire), processor)
            path = os.pathsep.join(map(str, filter(None, (_HOST_MODULES, os.environ.get("PYTHONPATH")))))
            board = stack.enter_context(child(machine, console, console, errors, [wire], {"PYTHONPATH": path}))
            forward = (peer, socket.gethostbyname(host), str(port))
            forwarder = stack.enter_context(child(forward, far.fileno(), errors, errors))
        _wait_until_it_answers([board, forwarder], host, port, log)
        yield LocalDevice(board, os.ttyname(slave), (host, port), emulated=True)


def _wait_until_it_answers(processes: Sequence[subprocess.Popen[bytes]], host: str, port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    target = "127.0.0.1" if host == "0.0.0.0" else host
    with step("Starting the emulated Pico"):
        while time.monotonic() < until:
            for process in processes:
                if process.poll() is not None:
                    last = (log.read_text("utf-8", "replace").strip().splitlines() or [""])[-1]
                    raise EdgeletError(f"the emulated Pico ended at once: {last or process.returncode}")
            # Refused until the link is up, reset until the server listens.
            with contextlib.suppress(OSError, health.UnhealthyError):
                health.ask(f"http://{target}:{port}", _ASK_S)
                return
            time.sleep(0.05)
    raise EdgeletError(f"the emulated Pico does not answer after {_START_S:.0f} s; what it says is in {log}")
