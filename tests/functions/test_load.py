"""50 connections with handlers that succeed, throw, hang and exhaust memory, mixed; and what it leaves behind."""

import http.client
import json
import threading
from pathlib import Path

import pytest
from device_helpers import running
from waiting import wait_until, wait_until_nobody

# So that a few bytes a request would show.
REQUESTS = 4000
CONNECTIONS = 50

SOURCE = """
export default { async fetch(request) {
  const what = new URL(request.url).pathname.slice(1);
  if (what === "throw") throw new Error("no");
  if (what === "hang") for (;;);
  if (what === "memory") { const kept = []; for (;;) kept.push(new Array(1000).fill(0)); }
  if (what === "wait") await new Promise((resolve) => setTimeout(resolve, 5));
  return Response.json({ what, n: (await request.text()).length });
} };
"""

EXPECTED = {"good": 200, "wait": 200, "throw": 500, "memory": 503, "hang": 504}
# What one client asks for in turn: mostly good requests.
TURN = ["good", "wait", "good", "throw", "good", "memory", "good", "wait", "good", "hang"]


class Client(threading.Thread):
    """One keep-alive connection that asks until it is told to stop; counts what it was answered."""

    def __init__(self, address, stop, turn):
        super().__init__(daemon=True)
        self._address, self._stopped, self._turn = address, stop, turn
        self.answers = dict.fromkeys(EXPECTED, 0)
        self.wrong = []

    def run(self):
        connection = http.client.HTTPConnection(*self._address)
        connection.connect()
        at = self._turn
        while not self._stopped.is_set() and not self.wrong:
            what = TURN[at % len(TURN)]
            at += 1
            try:
                connection.request("POST", f"/{what}", b"x" * 100)
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException) as e:
                self.wrong.append(f"{what}: {e!r}")
                return
            if response.status != EXPECTED[what] or (
                response.status == 200 and json.loads(body) != {"what": what, "n": 100}
            ):
                self.wrong.append(f"{what}: {response.status} {body!r}")
            self.answers[what] += 1
        connection.close()


def load(address, count):
    """Run the clients until they have so many answers, and some of each kind."""
    stop = threading.Event()
    clients = [Client(address, stop, i) for i in range(CONNECTIONS)]

    def is_enough():
        found = [sum(client.answers[what] for client in clients) for what in EXPECTED]
        return any(client.wrong for client in clients) or (min(found) > 0 and sum(found) >= count)

    for client in clients:
        client.start()
    wait_until(is_enough)
    stop.set()
    for client in clients:
        client.join()
    assert [one for client in clients for one in client.wrong] == []


def held(box):
    """Bytes of heap that are held, after a collection, and open files, when the server knows that all clients left."""
    wait_until_nobody(box.device.execute)
    # asyncio's queue refers to some ended tasks until others have run.
    used = min(int(box.device.execute("import gc\ngc.collect()\nprint(gc.mem_alloc())")) for _ in range(20))
    return used, len(list(Path(f"/proc/{box.local.process.pid}/fd").iterdir()))


@pytest.mark.slow
def test_mixed_load_fails_no_good_request_and_leaves_nothing_behind(firmware, tmp_path):
    # The log ring must be full before the first measurement, so it is small here.
    with running(firmware, tmp_path, queue_ms=30000, log_bytes=4096) as box:
        box.deploy("mixed", SOURCE, route="/", limits={"cpu_ms": 10, "memory": 512 * 1024})
        load(box.local.address, REQUESTS // 4)
        before = held(box)
        load(box.local.address, REQUESTS)
        after = held(box)
        assert after[0] - before[0] <= 4096
        assert after[1] == before[1]
