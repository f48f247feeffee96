"""Requests to the emulated Pico, and what its processor does for each."""

import http.client
import json
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.device.running import LocalDevice

CYCLES_PER_MS = 125_000
_IDLE_MS = 2000

#: Puts plain microdot in the place of edgelet's server, in the same event loop, on the same port.
MICRODOT = """
import asyncio
from asyncio import core
from edgelet.device import running
from microdot import Microdot
queue, server = core._io_queue, running().server
(listener,) = [entry[2] for entry in queue.map.values() if entry[0] is server._task]
queue.remove(server._task)
listener.close()
app = Microdot()
@app.get("/hello")
async def hello(request):
    return "hello world\\n"
asyncio.create_task(app.start_server(port=80))
"""


@dataclass(frozen=True)
class Load:
    """What some requests took: emulated milliseconds for all, and cycles of one, with those of each address."""

    requests: int
    ms: float
    cycles: float
    samples: dict[int, float]

    @property
    def rate(self) -> float:
        """Requests a second of emulated time."""
        return self.requests / self.ms * 1000

    @property
    def busy_ms(self) -> float:
        """How long the processor is busy with one request."""
        return self.cycles / CYCLES_PER_MS


class Board:
    """The emulator of a board, and what it says of itself."""

    def __init__(self, local: LocalDevice, log: Path) -> None:
        self._local = local
        self._log = log

    def clock(self) -> dict:
        """Give the emulator's state, by name."""
        return self._asked(signal.SIGUSR1)

    def load(self, target: str, count: int, connections: int, fresh: bool) -> Load:
        """Send `count` requests on each of some connections at a time; fresh: on a new one each."""
        idle = self._profile(lambda: time.sleep(_IDLE_MS / 1000))
        with ThreadPoolExecutor(connections) as pool:
            busy = self._profile(lambda: list(pool.map(lambda _: self.ask(target, count, fresh), range(connections))))
        requests = count * connections
        # What the board does when nobody asks is done meanwhile, too.
        idle_share = busy[0] / idle[0]
        samples = {address: cycles / requests for address, cycles in busy[2].items()}
        for address, cycles in idle[2].items():
            samples[address] = samples.get(address, 0) - cycles * idle_share / requests
        return Load(requests, busy[0], (busy[1] - idle[1] * idle_share) / requests, samples)

    def _profile(self, act) -> tuple[float, int, Counter[int]]:
        self._asked(signal.SIGUSR2)
        before = self.clock()
        act()
        after = self.clock()
        samples = Counter({int(address): cycles for address, cycles in self._asked(signal.SIGUSR2)["samples"].items()})
        return after["ms"] - before["ms"], after["cycles"] - before["cycles"], samples

    def _asked(self, number: signal.Signals) -> dict:
        before = self._log.stat().st_size
        self._local.process.send_signal(number)
        while not (text := self._log.read_text()[before:]).endswith("\n"):
            pass
        return json.loads(text.splitlines()[-1])

    def ask(self, target: str, count: int, fresh: bool = False) -> None:
        """Send requests one after the other, over one connection or a new one each."""
        connection = http.client.HTTPConnection(*self._local.address)
        for _ in range(count):
            connection.request("GET", target)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            if fresh:
                connection.close()
        connection.close()
