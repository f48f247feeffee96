"""A test that hangs fails with what it and the processes that it started were doing; they are killed.

conftest.py takes the hooks of this file. Each phase of a test (fixtures, the test, the fixtures' end) has `hang_limit`
seconds, a setting of pytest, and at most AFTER_HANG_S once one has hung: a fault that hangs one test often hangs more,
and CI's time is short. The report is printed at once, too. Where Python itself does not come back, pytest's
faulthandler_timeout ends the process.
"""

import faulthandler
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

# What a killed process does not end is interrupted again after this time.
AGAIN_S = 60
GDB_S = 30
AFTER_HANG_S = 300
GDB = ["gdb", "--batch", "--nx", "--eval-command=set pagination off", "--eval-command=thread apply all backtrace 30"]

HAS_HUNG = pytest.StashKey[bool]()


class HangError(BaseException):
    """A test took longer than it may. Not an Exception: neither the test nor Hypothesis takes it for its own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    # A build takes minutes, on a busy machine many.
    parser.addini("hang_limit", "seconds after which a phase of a test has failed", default="1800")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    # Fixtures remember this kind: the next test does not wait for the same again.
    return (yield from interrupted_at_limit(item, pytest.fail.Exception))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    return (yield from interrupted_at_limit(item, HangError))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    return (yield from interrupted_at_limit(item, pytest.fail.Exception))


def interrupted_at_limit(item: pytest.Item, error: type[BaseException]) -> Iterator[None]:
    """Run a phase; at the limit raise `error` where the test waits."""
    limit = float(item.config.getini("hang_limit"))
    if item.config.stash.get(HAS_HUNG, False):
        limit = min(limit, AFTER_HANG_S)

    def expire(_signal: int, _frame: object) -> None:
        report = f"The test hangs: this took longer than {limit:.0f} s.\n\n{python_stacks()}\n{describe_children()}"
        kill_children()
        item.config.stash[HAS_HUNG] = True
        with item.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"{item.nodeid}: {report}", file=sys.stderr, flush=True)
        raise error(report)

    signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, limit, AGAIN_S)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def python_stacks() -> str:
    """Give the stacks of this process's threads."""
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file)
        file.seek(0)
        return file.read()


def children() -> list[int]:
    """Give all living descendants of this process, parents first."""
    by_parent = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name before may have blanks and brackets.
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                by_parent[int(parent)].append(int(path.parent.name))
    found = [os.getpid()]
    for process in found:
        found += by_parent[process]
    return found[1:]


def describe_children() -> str:
    """Give for each descendant its command line, what it waits for, and its stack, as far as one may look."""
    return "\n".join(map(describe, children())) or "It has no processes.\n"


def describe(process: int) -> str:
    """Give what is to be known of a process."""
    folder = Path("/proc") / str(process)
    facts = dict.fromkeys(("cmdline", "status", "wchan", "stack"), "?")
    for name in facts:
        with suppress(OSError):
            facts[name] = (folder / name).read_text(errors="replace")
    command = shlex.join(facts["cmdline"].rstrip("\0").split("\0"))
    state = next((line for line in facts["status"].splitlines() if line.startswith("State:")), "State: ?")
    lines = [f"Process {process}: {command}", state, f"Waits in the kernel for: {facts['wchan']}", facts["stack"]]
    return "\n".join([*lines, native_stack(process)])


def native_stack(process: int) -> str:
    """Give the stacks of a process's threads, where gdb is there and may look."""
    if shutil.which("gdb") is None:
        return "(no gdb)\n"
    command = [*GDB, f"--pid={process}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=GDB_S
        )
    except subprocess.TimeoutExpired:
        return f"(gdb had nothing to say within {GDB_S} s)\n"
    return "".join(line for line in done.stdout.splitlines(keepends=True) if line.startswith(("#", "Thread"))) or (
        f"(gdb: {done.stderr.strip()})\n"
    )


def kill_children() -> None:
    """Kill all descendants of this process."""
    for process in children():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
