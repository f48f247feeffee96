"""The comparison: servers are started one after another, checked, and asked in turn, row for row, in several rounds."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from typing import Any

from edgelet_host.errors import EdgeletError
from peers.peer import Peer

from .load import measure
from .rows import KV_KEYS, ROWS, Row

_WARM_UP_CONNECTIONS = 10


@dataclass(frozen=True)
class Plan:
    """How much is measured. seconds: of a window. connections: how many there are, in turn. starts: of each server.

    growth_steps: of each axis of growth, with `growth_rounds` windows of `growth_s` seconds each.
    """

    rounds: int
    seconds: float
    warm_up_s: float
    connections: tuple[int, ...]
    starts: int
    growth_steps: int
    growth_rounds: int
    growth_s: float


QUICK = Plan(2, 0.25, 0.25, (10,), 2, growth_steps=2, growth_rounds=1, growth_s=0.2)
FULL = Plan(5, 0.4, 0.6, (1, 10, 50, 250), 5, growth_steps=5, growth_rounds=3, growth_s=0.3)
#: With these a request takes so long that more connections only wait.
_ONE_NUMBER_ONLY = ("V8 isolate a request", "QuickJS runtime a request", "microdot")


@dataclass
class Measured:
    """What was found, each value a list with one of each round.

    windows: (peer, row, connections) -> field of `load.Window` -> values. starts, deploys: peer -> field of
    `FirstAnswer` -> values.
    """

    windows: dict[tuple[str, str, int], dict[str, list[float]]] = field(default_factory=dict)
    starts: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    deploys: dict[str, dict[str, list[float]]] = field(default_factory=dict)


def run(peers: list[Peer], plan: Plan, tell: Callable[[str], None]) -> Measured:
    """Measure servers that are prepared. They run in the end, for who called to stop. tell: is told what is done."""
    measured = Measured()
    tell("starting")
    for number in range(plan.starts):
        for peer in peers:
            _note(measured.starts, peer.name, [peer.start()])
            if number < plan.starts - 1:
                peer.stop()
    for peer in peers:
        tell(f"checking {peer.name}")
        fill(peer)
        check(peer)
    for _ in range(plan.starts):
        for peer in peers:
            _note(measured.deploys, peer.name, [peer.deploy()])
    for name in ROWS:
        for peer in peers:
            if name in peer.rows:
                tell(f"warming up {peer.name}, {name}")
                _window(peer, ROWS[name], _WARM_UP_CONNECTIONS, plan.warm_up_s)
    for number in range(plan.rounds):
        tell(f"round {number + 1} of {plan.rounds}")
        for name, row in ROWS.items():
            for connections in plan.connections:
                for peer in peers:
                    if name in peer.rows and (connections == 10 or peer.name not in _ONE_NUMBER_ONLY):
                        window = _window(peer, row, connections, plan.seconds)
                        _note(measured.windows, (peer.name, name, connections), [window])
    return measured


def _window(peer: Peer, row: Row, connections: int, seconds: float) -> Any:
    assert peer.process is not None
    return measure(peer.process.pid, peer.port_of(row.path), row, connections, seconds)


def _note(notes: dict[Any, dict[str, list[float]]], key: Any, found: Iterable[Any]) -> None:
    fields = notes.setdefault(key, defaultdict(list))
    for one in found:
        for name, value in asdict(one).items():
            fields[name].append(round(value, 3))


def fill(peer: Peer) -> None:
    """Put what `get` asks for into its KV."""
    if "put" in peer.rows:
        for key in range(KV_KEYS):
            ask(peer, ROWS["put"], key)


def check(peer: Peer) -> None:
    """Raise EdgeletError where an answer is not the one that all give."""
    for name in peer.rows:
        row = ROWS[name]
        status, kind, body = ask(peer, row, 0)
        if status != 200 or not kind.startswith(row.type) or not row.is_right(body):
            raise EdgeletError(f"{peer.name} answers {name} with {status} {kind}: {body[:80]!r}")


def ask(peer: Peer, row: Row, key: int) -> tuple[int, str, bytes]:
    """Ask a server once: status, media type, body."""
    connection = HTTPConnection("127.0.0.1", peer.port_of(row.path))
    try:
        connection.request(row.method, row.path.format(key), row.body or None, row.headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", ""), answer.read()
    finally:
        connection.close()
