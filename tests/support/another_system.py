"""Runs the command line as on another system, as far as Linux can play one.

    another_system.py SYSTEM ARGUMENTS

SYSTEM is what sys.platform is there: win32 or darwin. Nothing of the command line imports what only Unix has, calls
what `os` lacks there, opens /proc, or reads or writes text in the system's own encoding. Python's own library and the
packages that talk to the system keep what they have.
"""

import builtins
import importlib
import os
import sys
import warnings
from types import ModuleType

# What decides for itself by sys.platform, when it is imported or later.
BEFORE = (
    *("asyncio", "concurrent.futures.thread", "getpass", "http.client", "shutil", "subprocess", "tempfile", "uuid"),
    *("click", "click.shell_completion", "rich.console", "rich.progress", "rich.status", "rich.table"),
    *("mpremote.transport_serial", "serial", "serial.tools.list_ports"),
    *("jwt", "wasmtime"),
)
# Modules that are Unix's or Linux's own, and functions and constants of `os`.
UNIX = ("crypt", "fcntl", "grp", "nis", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty")
CALLS = {
    "win32": (
        *("chown", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getgroups", "getpgid"),
        *("getuid", "killpg", "lchown", "mkfifo", "nice", "openpty", "pipe2", "setsid", "setuid", "ttyname", "uname"),
        *("sched_getaffinity", "sched_setaffinity"),
    ),
    "darwin": ("pipe2", "sched_getaffinity", "sched_setaffinity"),
}


def _take_away(system: str) -> None:
    gone = UNIX if system == "win32" else ()
    real = builtins.__import__

    def guarded(name, scope=None, *more, **named):
        asker = str((scope or {}).get("__name__", "")).partition(".")[0]
        if asker in ("edgelet_host", "edgelet") and name in gone:
            raise ModuleNotFoundError(f"No module named {name!r} on {system}")
        return real(name, scope, *more, **named)

    builtins.__import__ = guarded
    for name in CALLS[system]:
        delattr(os, name)
    sys.addaudithook(_refuse)
    sys.platform = system
    if system == "win32":
        sys.modules["msvcrt"] = _msvcrt()


def _refuse(event: str, args: tuple) -> None:
    if event in ("open", "os.listdir", "os.scandir") and str(args[0]).startswith("/proc"):
        raise FileNotFoundError(2, "there is no /proc on this system", str(args[0]))


def _msvcrt() -> ModuleType:
    """Windows' lock of a byte, by Linux's own: both refuse where another process has it."""
    import fcntl

    module = ModuleType("msvcrt")
    module.LK_LOCK, module.LK_NBLCK = 1, 2

    def locking(file: int, mode: int, count: int) -> None:
        assert count == 1
        # Of the opened file, as Windows has it: those of fcntl are the process's.
        fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if mode == module.LK_NBLCK else 0))

    module.locking = locking
    return module


def main() -> None:
    system = sys.argv.pop(1)
    for name in BEFORE:
        importlib.import_module(name)
    if "PLAYED_USB" in os.environ:
        import usb

        usb.play()
    _take_away(system)
    warnings.filterwarnings("error", category=EncodingWarning, module="edgelet_host")
    # Not this folder: what is tried comes from PYTHONPATH.
    del sys.path[0]
    from edgelet_host.cli import main as run

    run(prog_name="edgelet")


if __name__ == "__main__":
    main()
