"""The local device: the Linux firmware as a child process, with a pty as its serial console."""

import contextlib
import errno
import ipaddress
import os
import pty
import socket
import struct
import subprocess
import sys
import time
import tty
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from edgelet_host.device.certificate import Certificate
from edgelet_host.device.running import LocalDevice
from edgelet_host.errors import EdgeletError
from edgelet_host.locks import take

# In the folder of a device, locked while it runs.
_LOCK = "lock"
# How long a device may take until it listens.
_START_S = 15.0


def take_address(host: str, port: int) -> socket.socket:
    """Give a socket that has this address and does not listen there. port: 0 is any that is free.

    host: a name or an IPv4 address. Until it is closed the system gives the port to nobody who asks for any. On Linux
    who sets SO_REUSEADDR can listen there meanwhile. Raises EdgeletError where nobody can.
    """
    address = _resolved(host, port)
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as e:
        taken.close()
        if isinstance(e, PermissionError):
            raise EdgeletError(f"port {port} is for root only: choose one above 1023 with --port") from None
        if e.errno == errno.EADDRINUSE:
            raise EdgeletError(_in_use(address)) from None
        raise _no_listening(host, e.strerror) from None
    return taken


def _resolved(host: str, port: int) -> tuple[str, int]:
    """Give the IPv4 address of a host. Raises EdgeletError where it has none, or one where nobody can listen."""
    if ":" in host:
        raise EdgeletError(f"devices listen on IPv4: choose another address than {host} with --host")
    try:
        # bind takes "" for every address, and what is no name for an error of the program.
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    except UnicodeError:
        raise EdgeletError(f"{host} is no host name: choose an address with --host") from None
    except OSError as e:
        raise _no_listening(host, e.strerror) from None
    address = str(found[0])
    # One can bind there, and nobody can connect.
    if _is_of_many(address):
        raise _no_listening(host, "it stands for several computers")
    return address, port


def _no_listening(host: str, reason: str | None) -> EdgeletError:
    return EdgeletError(f"cannot listen on {host}: {reason}. Choose another address with --host")


def _is_of_many(address: str) -> bool:
    """Whether this is an address of multicast or broadcast."""
    if ipaddress.IPv4Address(address).is_multicast or address == "255.255.255.255":
        return True
    # Which broadcast addresses the networks of this computer have, the system knows. This sends nothing.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((address, 9))
        except PermissionError:
            return True
        except OSError:
            pass
    return False


@contextmanager
def reserved(host: str, port: int) -> Iterator[socket.socket]:
    """Have an address for a device, as `take_address` has it, with no other edgelet that starts at the same time.

    port: 0 is any that is free.
    """
    with take_address(host, port) as taken, ExitStack() as stack:
        # The system takes two sockets there until one of them listens.
        if port and sys.platform == "linux":
            mark = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            try:
                mark.bind(_mark(taken.getsockname()))
                mark.listen()
            except OSError:
                raise EdgeletError(_in_use(taken.getsockname(), "another edgelet")) from None
        yield taken


def _mark(address: tuple[str, int]) -> str:
    """Give the abstract name by which an edgelet has an address: one of the network that this computer is in."""
    return f"\0edgelet {address[0]}:{address[1]}"


def _in_use(address: tuple[str, int], user: str = "") -> str:
    """Say that an address is in use, by an edgelet where one has it, or all addresses with this port."""
    for host in (address[0], "0.0.0.0") if sys.platform == "linux" else ():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, contextlib.suppress(OSError):
            asking.setblocking(False)
            asking.connect(_mark((host, address[1])))
            process = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            # 0 is one that cannot be seen from here, in another container say.
            user = f"another edgelet (process {process})" if process else "another edgelet"
            break
    by, whom = (f" by {user}", "that") if user else ("", "what uses it")
    return f"port {address[1]} is in use{by}: stop {whom}, or choose another with --port"


def make_private(data: Path, log: Path) -> None:
    """Make the folder and the log of a device, or correct them, so that other users of this computer read neither."""
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    for file in (log, data / _LOCK):
        file.touch()
        file.chmod(0o600)


@contextmanager
def start(
    firmware: Path,
    data: Path,
    host: str,
    port: int,
    log: Path,
    certificate: Certificate | None = None,
    workers: int = 1,
) -> Iterator[LocalDevice]:
    """Start a device that keeps its files in `data` and writes its own errors to `log`; stop it in the end.

    port: 0 is any that is free. certificate: where given, it speaks https. workers: how many processes serve. Raises
    EdgeletError where it cannot be, or another device has the folder.
    """
    with ExitStack() as stack:
        # Also until it listens, and while it restarts.
        port = stack.enter_context(reserved(host, port)).getsockname()[1]
        make_private(data, log)
        command: list[str | Path] = [firmware, "-m", "edgelet.runtime", data, "--host", host, "--port", str(port)]
        scheme = "http"
        if workers > 1:
            command += ["--workers", str(workers)]
        if certificate is not None:
            command += ["--cert", certificate.cert, "--key", certificate.key]
            scheme = "https"
        stack.enter_context(_locked(data, f"{scheme}://{host}:{port}"))
        # The firmware has the master's side, so that the other one can be opened like a serial port again and again.
        master, slave = pty.openpty()
        stack.callback(os.close, slave)
        with os.fdopen(master, "rb", buffering=0) as console, log.open("wb") as errors:
            tty.setraw(slave)
            process = stack.enter_context(child(command, console, console, errors))
        _wait_until_it_listens(process, host, port, log)
        yield LocalDevice(process, os.ttyname(slave), (host, port), scheme=scheme)


@contextmanager
def _locked(data: Path, url: str) -> Iterator[None]:
    """Keep others from running a device on this folder, for as long as this process lives."""
    with (data / _LOCK).open("a+", encoding="utf-8") as file:
        try:
            take(file, wait=False)
        except BlockingIOError:
            file.seek(0)
            raise EdgeletError(f"{data} is used by {file.read()}: stop that, or choose another folder") from None
        file.truncate(0)
        file.write(f"another edgelet (process {os.getpid()}, {url})")
        file.flush()
        yield


@contextmanager
def child(
    command: Sequence[str | Path],
    stdin: IO[bytes] | int,
    stdout: IO[bytes],
    stderr: IO[bytes],
    kept: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that ends with the block, and with this process whatever ends that.

    kept: file descriptors that the program keeps. environment: what differs from that of this process.
    """
    # Of util-linux. Elsewhere there is nothing like it: the emulated board ends when the other end of its line is gone.
    bound = ("setpriv", "--pdeathsig", "TERM") if sys.platform == "linux" else ()
    process = subprocess.Popen(
        [*bound, *command],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=kept,
        env=os.environ | dict(environment or {}),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


def _wait_until_it_listens(process: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    target = "127.0.0.1" if host == "0.0.0.0" else host
    while time.monotonic() < until:
        if process.poll() is not None:
            check_port(log, (target, port))
            raise EdgeletError(f"the local device ended at once: {_last(log) or f'exit status {process.returncode}'}")
        with contextlib.suppress(OSError), socket.create_connection((target, port), 0.5):
            return
        time.sleep(0.01)
    raise EdgeletError(f"the local device does not listen after {_START_S:.0f} s; its errors are in {log}")


def check_port(log: Path, address: tuple[str, int]) -> None:
    """Raise EdgeletError where a device has ended since another program listens where it was to do so."""
    if _last(log).endswith(errno.errorcode[errno.EADDRINUSE]):
        raise EdgeletError(_in_use(address))


def _last(log: Path) -> str:
    """Give the last line of what a device has written of its errors."""
    return (log.read_text("utf-8", "replace").strip().splitlines() or [""])[-1]
