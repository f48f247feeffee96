"""A local device that is an emulated Raspberry Pi Pico, with the firmware of EDGELET_PICO, or a Pico W.

    with start(PICO, data, "127.0.0.1", 8080, log) as local: ...

Its processor is cortex_m0plus, a library in C beside this. A Pico's network is PPP over its UART, a Pico W's the access
point of `radio.py`, which it is made to join. The other end is peer, a program in C beside this; it forwards a TCP port
of this machine to the board. Both are built first if need be. Nothing needs root.
"""

import contextlib
import os
import pty
import shutil
import socket
import subprocess
import sys
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edgelet_host.device import health
from edgelet_host.device.local import child, make_private, reserved
from edgelet_host.device.running import LocalDevice, announce
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import sources
from edgelet_host.firmware.boards import board_build, board_firmware, image_name
from edgelet_host.firmware.builds import digest, explain_make, file_digest, tool_times
from edgelet_host.firmware.system import BUILD_PACKAGES, ensure_packages
from edgelet_host.paths import cache_dir, peer_name, prebuilt, processor_name, this_system
from edgelet_host.terminal import step

# rp2040py's own modules in C go with its own processor only. Each module of it asks for this when it is imported.
os.environ["RP2040PY_SKIP_CYTHON"] = "1"

# The boards by the names that they have on the command line, with their firmware and their network.
PICO, PICO_W = "pico", "pico-w"
FIRMWARES = {PICO: "EDGELET_PICO", PICO_W: "EDGELET_PICO_W"}
_NETWORKS = {PICO: "ppp", PICO_W: "radio"}
BOARD = FIRMWARES[PICO]
# The Wi-Fi network that a Pico W finds, which takes any password.
ACCESS_POINT = "edgelet"

# An emulated board takes seconds to start, on a busy machine more.
_START_S = 120.0
_ASK_S = 60.0
_HOST_MODULES = Path(__file__).resolve().parents[2]
PEER = Path(__file__).parent / "peer"
PROCESSOR = Path(__file__).parent / "cortex_m0plus"
_PROCESSOR_FLAGS = ("-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")


def ensure_peer() -> Path:
    """Give the path of peer: that of a release, else build it first where it is missing or stale."""
    if released := prebuilt(peer_name(this_system())):
        return released
    lwip = sources.ensure("lwip")
    state = [file_digest(path) for path in sorted(PEER.iterdir())]
    build = cache_dir() / "builds" / f"peer-{digest(str(lwip), *state, *tool_times())}"
    program, objects, log = build / "peer", build / "make", build / "build.log"
    sources.make_once(program, build, lambda: _build_peer(lwip, objects, log, program), "another build of peer")
    return program


def _build_peer(lwip: Path, objects: Path, log: Path, program: Path) -> None:
    ensure_packages(BUILD_PACKAGES)
    # Files that a killed compiler was writing pass for finished.
    shutil.rmtree(objects, ignore_errors=True)
    objects.mkdir()
    command = ["make", f"--directory={PEER}", f"LWIP={lwip}", f"BUILD={objects}"]
    with step("Building the emulated board's network"), log.open("wb") as output:
        failed = subprocess.run(command, stdout=output, stderr=output, check=False).returncode
    if failed:
        raise EdgeletError(explain_make(log))
    (objects / "peer").replace(program)


def ensure_processor() -> Path:
    """Give the path of the processor, a shared library: that of a release, else build it first if need be."""
    if released := prebuilt(processor_name(this_system())):
        return released
    files = sorted(PROCESSOR.iterdir())
    key = digest(*map(file_digest, files), *_PROCESSOR_FLAGS, *tool_times())
    build = cache_dir() / "builds" / f"cortex-m0plus-{key}"
    library = build / "processor.so"
    sources.make_once(library, build, lambda: _build_processor(files, library), "another build of the processor")
    return library


def _build_processor(files: Sequence[Path], library: Path) -> None:
    ensure_packages(BUILD_PACKAGES)
    code = [file for file in files if file.suffix == ".c"]
    partial = library.with_name("partial.so")
    command: list[str | Path] = ["gcc", *_PROCESSOR_FLAGS, "-o", partial, *code]
    with step("Building the emulated processor"):
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise EdgeletError(f"The emulated processor does not build: {(done.stderr or 'gcc failed').strip()}")
    partial.replace(library)


def check(board: str) -> None:
    """Raise EdgeletError where a board's firmware is not there and cannot be built from what is there."""
    if os.environ.get("EDGELET_MICROPYTHON") or not prebuilt(image_name(FIRMWARES[board])):
        build = board_build(FIRMWARES[board])
        if build.checkout is not None:
            sources.check_checkout(build.checkout, sources.places(build.submodules))


@contextmanager
def start(board: str, data: Path, host: str, port: int, log: Path) -> Iterator[LocalDevice]:
    """Start a board that keeps its flash in `data`, and wait until it answers; stop it in the end.

    The firmware is built first where it is missing or stale. board: PICO or PICO_W. host: an IPv4 address. port: 0 is
    any that is free. log: a file for what the emulator has to say.
    """
    make_private(data, log)
    log.write_bytes(b"")
    near, far = socket.socketpair()
    with (
        near,
        far,
        _held(host, port) as port,
        power(board, data, near, log) as (process, console),
        network(board, host, port, far, log) as forwarder,
    ):
        local = LocalDevice(process, console, (host, port), emulated=True)
        if board == PICO_W:
            _have_it_join(local)
        wait_until_it_answers([process, forwarder], host, port, log)
        yield local


@contextmanager
def _held(host: str, port: int) -> Iterator[int]:
    """Give the port, which nobody else gets before the board's network is up and while it is down."""
    with reserved(host, port) as address:
        port = address.getsockname()[1]
        if sys.platform != "linux":
            # There nobody listens on what somebody else has.
            address.close()
        yield port


@contextmanager
def power(
    board: str, data: Path, wire: socket.socket, log: Path, hours: Path | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Switch a board on; its process, and the path of its console. Its network is at the other end of `wire`.

    board, data, log: as `start` has them, made private. hours: a file, see `edgelet_host.emulator.hours`.
    """
    processor, firmware = ensure_processor(), board_firmware(FIRMWARES[board])
    command: list[str | Path] = [sys.executable, "-m", f"{__name__}.machine", _NETWORKS[board], firmware]
    command += [data / "flash.bin", str(wire.fileno()), processor, *([hours] if hours else [])]
    path = os.pathsep.join(map(str, filter(None, (_HOST_MODULES, os.environ.get("PYTHONPATH")))))
    with ExitStack() as stack:
        master, slave = pty.openpty()
        stack.callback(os.close, slave)
        with os.fdopen(master, "rb", buffering=0) as console, log.open("ab") as errors:
            tty.setraw(slave)
            environment = {"PYTHONPATH": path}
            process = stack.enter_context(child(command, console, console, errors, [wire.fileno()], environment))
        yield process, os.ttyname(slave)


@contextmanager
def network(
    board: str,
    host: str,
    port: int,
    wire: socket.socket,
    log: Path,
    nameservers: Sequence[str] = (),
    hours: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Be the network at the other end of a board's line, which forwards a TCP port of this machine to it.

    nameservers: up to two IPv4 addresses, which a plain Pico is told. Whoever has the line answers in their place.
    hours: a file, see `edgelet_host.emulator.hours`, whose time is this end's, too.
    """
    command: list[str | Path] = [ensure_peer(), *(("-t", hours) if hours else ()), _NETWORKS[board]]
    command += [socket.gethostbyname(host), str(port), *nameservers]
    with log.open("ab") as errors, child(command, wire.fileno(), errors, errors) as forwarder:
        yield forwarder


def _have_it_join(local: LocalDevice) -> None:
    """Tell a board the name of the network that there is, where it does not know it."""
    from edgelet_host.device.console import connect
    from edgelet_host.device.provisioning import apply

    with announce(local, "the emulated Pico W that starts"), step("Switching the emulated Pico W on"):
        with connect(local.port) as device:
            settings = device.call("settings")["all"]
        if ACCESS_POINT not in [settings[name] for name in ("wifi_ssid", "wifi_ssid_2", "wifi_ssid_3")]:
            apply(local.port, {"wifi_ssid": ACCESS_POINT})


def wait_until_it_answers(processes: Sequence[subprocess.Popen[bytes]], host: str, port: int, log: Path) -> None:
    """Return when a board answers over HTTP; raise EdgeletError where it does not, or one of its processes ends."""
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
