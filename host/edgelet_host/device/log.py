"""The device's log as people read it, and how it is followed."""

from dataclasses import dataclass
from typing import Any

from edgelet_host.device.console import Device
from edgelet_host.runtime import names
from edgelet_host.units import count_text, printable, size_text, time_text

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
        levels = list(names.LOG_LEVELS)
        return levels.index(record["level"]) >= levels.index(self.level)


def fetch(device: Device, since: int) -> tuple[list[dict[str, Any]], int, int]:
    """Give the records that there are from sequence number `since` on, the number to go on with, and how many are lost.

    Those from number 0 on begin with the oldest that the device still has. Others are lost where it has no room for
    them until they are asked for.
    """
    return fetch_rest(device, since, device.call("logs", since))


def fetch_rest(device: Device, since: int, answer: dict[str, Any]) -> tuple[list[dict[str, Any]], int, int]:
    """Like `fetch`, where the device has answered once already."""
    records: list[dict[str, Any]] = answer["records"]
    end = answer["next"]
    first = records[0]["seq"] if records and not since else since
    while records and records[-1]["seq"] + 1 < end:
        more = device.call("logs", records[-1]["seq"] + 1)["records"]
        records += [one for one in more if one["seq"] < end]
        if not more or more[-1]["seq"] >= end:
            break
    return records, end, max(end - first, 0) - len(records)


def log_line(record: dict[str, Any]) -> str:
    """Give a log record as one line, or more where the text has several."""
    parts = [f"{record['level']:5}"]
    if "function" in record:
        parts.append(f"[{record['function']}]")
    if "method" in record:
        parts.append(f"{record['method']} {printable(record.get('path', ''))}")
    if "status" in record:
        parts.append(str(record["status"]))
    # Of a text with several lines, as a stack has, the others come last.
    lines = printable(record["text"], kept="\n").rstrip("\n").split("\n")
    if lines[0]:
        parts.append(lines[0])
    if "status" in record:
        cpu, wall = (time_text(record.get(name, 0) / 1e6) for name in ("cpu_us", "wall_us"))
        parking = _parking_text(record["parks"], record.get("parking_us", 0)) if "parks" in record else ""
        parts.append(f"({size_text(record.get('bytes', 0))}, {cpu} CPU, {wall}{parking})")
    if "client" in record:
        parts.append(printable(record["client"]))
    if "request" in record:
        parts.append(f"#{record['request']}")
    return "\n".join([" ".join(parts), *lines[1:]])


def _parking_text(parks: int, parking_us: int) -> str:
    return f", parked {count_text(parks, 'time')} in {time_text(parking_us / 1e6)}"
