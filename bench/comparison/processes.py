"""What processes take, and where they run. The servers have one core, what asks them another where there are two."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CORES = os.sched_getaffinity(0)
SERVER_CORE = max(CORES)
LOAD_CORE = min(CORES)
# Of a clock's number, see clock_getcpuclockid(3): the CPU time of a whole process.
_CPUCLOCK_SCHED = 2


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Have what this thread starts run on a core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def cpu_s(pids: list[int]) -> float:
    """CPU time that processes have used, with all their threads, in seconds."""
    return sum(time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED) for pid in pids)


def rss_mb(pids: list[int]) -> float:
    """Memory of processes that is in RAM, in MB of 2^20 bytes."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
