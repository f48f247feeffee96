"""What worker processes give: how many times the requests of one worker as many workers as cores answer.

CPU time of all processes for a request, with one worker and with more, in rounds that take turns, and of the process
that has most of it. Workers that have a core each answer as many requests as their total allows, or their busiest
process: the owner has KV and the console. The load has a core of its own only where there is one more, so the rate is
calculated from these. WORKERS ROUNDS: other than as many as cores, and 5. The wish of issue 15 is 1.8 times for two.
"""

import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from comparison.load import measure  # noqa: E402
from comparison.processes import CORES, cpu_s, tree  # noqa: E402
from comparison.rows import ROWS, SECRET  # noqa: E402
from device_helpers import Box, running  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402

# The kernel gives each connection to a worker; ten may be divided 7 to 3.
CONNECTIONS, SECONDS = 50, 1.0
APPS = ROOT / "bench" / "peers" / "apps"
SHOWN = ("hello", "sign", "get")


def deploy(box: Box) -> None:
    """Deploy what is asked for."""
    box.deploy("hello", (APPS / "hello.js").read_text(), route="/hello")
    box.deploy("sign", (APPS / "edgelet" / "sign.js").read_text(), route="/sign", vars={"SECRET": SECRET})
    box.deploy("kv", (APPS / "edgelet" / "kv.js").read_text(), route="/kv", bindings={"KV": {"type": "kv"}})
    cpu_us(box, "put")


def cpu_us(box: Box, name: str) -> tuple[float, float]:
    """CPU time of a request, in microseconds: of all processes, and of that which has most."""
    pids = tree(box.local.process.pid)
    before = [cpu_s([pid]) for pid in pids]
    window = measure(box.local.process.pid, box.local.address[1], ROWS[name], CONNECTIONS, SECONDS)
    if window.failed:
        raise SystemExit(f"{window.failed} requests of {name} failed")
    used = [cpu_s([pid]) - was for pid, was in zip(pids, before, strict=True)]
    return window.cpu_us, window.cpu_us * max(used) / sum(used)


def main() -> None:
    """Print the table."""
    given = dict(enumerate(map(int, sys.argv[1:])))
    workers, rounds = given.get(0, max(2, len(CORES))), given.get(1, 5)
    firmware = ensure_unix()
    with ExitStack() as stack:
        boxes = []
        for count in (1, workers):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            boxes.append(stack.enter_context(running(firmware, Path(folder), workers=count)))
            deploy(boxes[-1])
        print(f"          CPU us, 1 worker    CPU us, {workers} workers    its busiest process    times the requests")
        for name in SHOWN:
            found = [[cpu_us(box, name) for box in boxes] for _ in range(rounds)]
            one, more, busiest = (
                statistics.median(values) for values in zip(*((one[0], *more) for one, more in found), strict=True)
            )
            times = statistics.median(one[0] / max(more[0] / workers, more[1]) for one, more in found)
            print(f"{ROWS[name].title:<10}{one:16.1f}{more:21.1f}{busiest:23.1f}{times:22.2f}", flush=True)


if __name__ == "__main__":
    main()
