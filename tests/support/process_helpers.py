"""A device of several processes: who they are, and clients that keep asking it."""

import http.client
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from device_helpers import Box
from edgelet_host.device.log import fetch
from waiting import wait_until

# KV by GET: /app/put?k=KEY&v=VALUE, /app/get?k=KEY, /app/delete?k=KEY. /app/burn computes for ever.
APP = """
const answer = { put: (kv, k, v) => kv.put(k, v), get: (kv, k) => kv.get(k), delete: (kv, k) => kv.delete(k) };
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const what = url.pathname.split("/")[2];
    if (what === "burn") for (;;);
    if (what === "limit") return Response.json(await env.LIMIT.limit({ key: "everybody" }));
    if (!answer[what]) return new Response(what);
    const value = await answer[what](env.KV, url.searchParams.get("k"), url.searchParams.get("v"));
    return new Response(JSON.stringify(value ?? null));
  },
};
"""

#: How many workers the tests' devices have.
WORKERS = 3


def _status(process: int) -> dict[str, str]:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def children(box: Box) -> list[int]:
    """Give the processes that the device's first one has forked and not buried, the owner first."""
    pid = box.local.process.pid
    found = []
    for process in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            if _status(int(process))["State"][0] != "Z":
                found.append(int(process))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def owner(box: Box) -> int:
    """Give the process that owns the data: the first one that was forked."""
    return min(children(box))


def workers(box: Box) -> list[int]:
    """Give the processes that serve."""
    found = children(box)
    return [process for process in found if process != min(found)]


def confinement(process: int) -> dict[str, str]:
    """Tell what the kernel says of a process: NoNewPrivs, Seccomp."""
    return _status(process)


def deploy_app(box: Box) -> None:
    """Deploy the function `app`."""
    bindings = {"KV": {"type": "kv"}, "LIMIT": {"type": "ratelimit", "limit": 10, "period": 3600}}
    box.deploy("app", APP, routes=["/app"], bindings=bindings, limits={"cpu_ms": 20000})


def log_end(box: Box) -> int:
    """Give the number of the next record of the log."""
    end: int = box.device.call("logs", 1 << 40)["next"]
    return end


def logs_since(box: Box, since: int) -> list[dict[str, Any]]:
    """Give the log's records from that number on."""
    return fetch(box.device, since)[0]


_SERVING = """
from edgelet.device import running
print(sum([link.is_open for link in running().functions.crew.links.values()]))
"""


def await_workers(box: Box, gone: int = 0) -> None:
    """Wait until as many workers serve as should, the process `gone` not among them."""
    said = f"with {WORKERS} worker processes"
    wait_until(lambda: len(workers(box)) == WORKERS and gone not in workers(box))
    # A process that has begun is not confined yet, and has told nobody that it serves.
    wait_until(lambda: int(box.device.execute(_SERVING)) == WORKERS)
    if not gone:
        wait_until(lambda: any(said in one["text"] for one in box.logs()))


class Asker(threading.Thread):
    """A client on a keep-alive connection: it asks what `targets` gives, and asks anew what gets no answer.

    answers: (target, status, body). failures: how many requests got no answer. again: whether one that had failed got
    none on a new connection either.
    """

    def __init__(self, address: tuple[str, int], targets: Iterator[str], stopped: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self._address, self._targets, self._stopped = address, targets, stopped
        self.answers: list[tuple[str, int, bytes]] = []
        self.failures = 0
        self.again = False

    def run(self) -> None:
        connection = http.client.HTTPConnection(*self._address)
        for target in self._targets:
            has_failed = False
            while not self._stopped():
                try:
                    connection.request("GET", target)
                    response = connection.getresponse()
                    self.answers.append((target, response.status, response.read()))
                    break
                except (OSError, http.client.HTTPException):
                    self.failures += 1
                    self.again = self.again or has_failed
                    has_failed = True
                    connection.close()
            if self._stopped():
                break
        connection.close()


@contextmanager
def load(box: Box, count: int, targets: Callable[[int], Iterator[str]]) -> Iterator[list[Asker]]:
    """So many clients, of which each asks what targets(its number) gives."""
    stopped = threading.Event()
    askers = [Asker(box.local.address, targets(i), stopped.is_set) for i in range(count)]
    for one in askers:
        one.start()
    try:
        wait_until(lambda: all(one.answers for one in askers))
        yield askers
    finally:
        stopped.set()
        for one in askers:
            one.join()


def more_answers(askers: list[Asker]) -> None:
    """Wait until each client has further answers, to requests that it has sent from now on."""
    before = [len(one.answers) for one in askers]
    wait_until(lambda: all(len(one.answers) > count + 1 for one, count in zip(askers, before, strict=True)))


def always(target: str) -> Callable[[int], Iterator[str]]:
    """Give the same target again and again, to each client."""
    return lambda _number: itertools.repeat(target)


# It says which release answers, in a response that does not end.
_ENDLESS = """
export default { fetch: () => new Response(new ReadableStream({
  start(controller) { controller.enqueue(new TextEncoder().encode("RELEASE")); },
  pull: () => new Promise((resolve) => setTimeout(resolve, 20000)),
})) };
"""


def deploy_while_another_drains(box: Box) -> None:
    """Commit a release while calls of the one before the last may still end, then bring it into service."""

    def first_bytes() -> tuple[http.client.HTTPConnection, bytes]:
        connection = box.connection()
        connection.request("GET", "/endless")
        return connection, connection.getresponse().read(5)

    def source(release: str) -> str:
        return _ENDLESS.replace("RELEASE", release)

    box.deploy("endless", source("first"), routes=["/endless"])
    held, said = first_bytes()
    second = box.commit("endless", source("after"), routes=["/endless"])
    job = box.device.call("activate", "endless", second)
    wait_until(lambda: any(one["active"] and one["id"] == second for one in box.device.call("releases", "endless")))
    third = box.commit("endless", source("third"), routes=["/endless"])
    held.close()
    box.device.wait_for_job(job)
    box.job("activate", "endless", third)
    last, now = first_bytes()
    last.close()
    assert (said, now) == (b"first", b"third")
    box.job("delete", "endless")
