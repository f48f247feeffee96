"""What was measured, as a file: raw values of every round, with machine, versions and date."""

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from peers.peer import Peer

from .processes import CORES
from .rounds import Measured, Plan

OURS = "edgelet"


@dataclass(frozen=True)
class Spread:
    """The values of several rounds."""

    values: list[float]

    @property
    def median(self) -> float:
        """The one in the middle."""
        return median(self.values)

    @property
    def range(self) -> tuple[float, float]:
        """Least and most."""
        return min(self.values), max(self.values)


class Results:
    """A file of results, which is JSON: see `make`."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @classmethod
    def make(cls, plan: Plan, peers: list[Peer], missing: dict[str, str], measured: Measured) -> "Results":
        """Of what was measured. missing: why other peers were not.

        windows: an entry for each peer, row and number of connections, with lists of a value for each round.
        """
        windows = [
            {"peer": peer, "row": row, "connections": connections, **fields}
            for (peer, row, connections), fields in measured.windows.items()
        ]
        return cls(
            {
                "date": datetime.now().astimezone().isoformat(timespec="minutes"),
                "machine": machine(),
                "rounds": plan.rounds,
                "seconds": plan.seconds,
                "versions": {peer.name: peer.version for peer in peers},
                "missing": missing,
                "starts": measured.starts,
                "deploys": measured.deploys,
                "windows": windows,
            }
        )

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Of a file."""
        return cls(json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """To a file, an entry a line."""
        entries = {name: self.data[name] for name in self.data if name != "windows"}
        lines = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in entries.items()]
        windows = ",\n".join(json.dumps(one) for one in self.data["windows"])
        lines.append(f'"windows": [\n{windows}\n]')
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")

    @property
    def peers(self) -> list[str]:
        """Those that were measured, ours first."""
        return list(self.data["versions"])

    def windows(self) -> Iterator[tuple[str, int]]:
        """All (row, connections)."""
        yield from dict.fromkeys((one["row"], one["connections"]) for one in self.data["windows"])

    def value(self, peer: str, row: str, connections: int, field: str) -> Spread | None:
        """What a field of `load.Window` was, None where it was not measured."""
        for one in self.data["windows"]:
            if (one["peer"], one["row"], one["connections"]) == (peer, row, connections):
                return Spread(one[field])
        return None

    def ratio(self, peer: str, row: str, connections: int, field: str) -> Spread | None:
        """Ours divided by the peer's, round for round."""
        ours, theirs = (self.value(one, row, connections, field) for one in (OURS, peer))
        if ours is None or theirs is None:
            return None
        return Spread([one / other for one, other in zip(ours.values, theirs.values, strict=True)])

    def about(self) -> str:
        """When and where, in a line."""
        data = self.data
        rounds = f"{data['rounds']} rounds of {data['seconds']:g} s"
        return f"{data['date'][:16].replace('T', ' ')}, {data['machine']}, {rounds}"


def machine() -> str:
    """What this machine is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    processor = models[0] if models else platform.machine()
    return f"{processor}, {len(CORES)} cores, {memory:.0f} GB, Linux {platform.release()}"
