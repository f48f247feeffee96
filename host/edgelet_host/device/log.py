"""The device's log as people read it, and how it is followed."""

from dataclasses import dataclass
from typing import Any

from edgelet_host.device.console import Device
from edgelet_host.units import time_text

LEVELS = ("debug", "info", "warn", "error")
LEVEL_COLORS = {"warn": "yellow", "error": "red"}


@dataclass(frozen=True)
class Filter:
    """Which records are wanted: of a function ("" for all), of this level and above."""

    function: str = ""
    level: str = "debug"

    def takes(self, record: dict[str, Any]) -> bool:
        """Whether a record is wanted."""
        if self.function and record.get("function") != self.function:
            return False
        return LEVELS.index(record["level"]) >= LEVELS.index(self.level)


def fetch(device: Device, since: int) -> tuple[list[dict[str, Any]], int]:
    """Give all records from sequence number `since` on, and the number to go on with."""
    records: list[dict[str, Any]] = []
    while True:
        answer = device.call("logs", since)
        records += answer["records"]
        if not answer["records"]:
            return records, max(since, answer["next"])
        since = answer["records"][-1]["seq"] + 1


def log_line(record: dict[str, Any]) -> str:
    """Give a log record as one line, or more where the text has several."""
    parts = [f"{record['level']:5}"]
    if "function" in record:
        parts.append(f"[{record['function']}]")
    if "status" in record:
        parts.append(str(record["status"]))
    if record["text"]:
        parts.append(printable(record["text"]))
    if "cpu_us" in record or "wall_ms" in record:
        # The device counts whole milliseconds.
        wall = time_text(record["wall_ms"] / 1e3) if record.get("wall_ms") else "0 ms"
        parts.append(f"({time_text(record.get('cpu_us', 0) / 1e6)} CPU, {wall})")
    if "request" in record:
        parts.append(f"#{record['request']}")
    return " ".join(parts)


def printable(text: str) -> str:
    """Escape what could steer a terminal; lines stay lines."""
    return "".join(c if c == "\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)
