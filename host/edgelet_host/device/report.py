"""What is reported of a board and how it does: versions, sizes, timings, resets, errors.

Not secrets, names of networks, addresses, or what functions log.
"""

import json
import platform
import re
import statistics
import time
from collections.abc import Sequence
from typing import Any

from edgelet_host import __version__
from edgelet_host.device.console import Device, DeviceError
from edgelet_host.device.log import Filter, fetch
from edgelet_host.runtime import protocol
from edgelet_host.units import printable, size_text, time_text

# What only the device itself knows beside its status. Asked here and not of `edgelet.console.admin`, whose functions
# take a board's memory.
_FACTS = """
import gc, json, micropython, time
from edgelet import shortages
from edgelet.board.safemode import Starts
from edgelet.device import running
try:
    device = running()
    root, restarts, rssi = device.root, device.restarts, device.wifi_rssi()
except ValueError:
    root, restarts, rssi = "/data", None, None
facts = {"root": root, "runtime_restarts": restarts, "rssi": rssi}
facts.update({"shortages": shortages.counts, "ticks_ms": time.ticks_ms()})
for name in ("starts", "radio_restarts"):
    facts[name] = Starts(root + "/" + name).failed
try:
    import machine
    cause = machine.reset_cause()
    facts["cause"] = [name for name in dir(machine) if name.endswith("_RESET") and getattr(machine, name) == cause]
    facts["clock_hz"] = machine.freq()
except (ImportError, AttributeError):
    pass
gc.collect()
print(json.dumps(facts))
micropython.mem_info()
"""
_HEAP_BLOCK = 16  # bytes on 32 bits, twice as many on 64: in these micropython.mem_info counts
_ROUNDS = 5
_LINES = 20
_FUNCTION_TIMES = ("requests", "cpu_us", "wall_us", "peak_bytes", "image_bytes")


def collect(device: Device) -> dict[str, Any]:
    """Ask a device for everything that a report has; a dict for JSON."""
    times = []
    for _ in range(_ROUNDS):
        began = time.monotonic()
        device.execute("pass")
        times.append(time.monotonic() - began)
    told, _, heap = device.execute(_FACTS).partition("\n")
    facts = json.loads(told)
    state, problem = _status(device, facts["root"])
    largest = re.search(r"max free sz: (\d+)", heap)
    block = _HEAP_BLOCK * (2 if state["platform"] == "linux" else 1)
    lines = [one for one in fetch(device, 0)[0] if "function" not in one and Filter(level="warn").takes(one)]
    settings = {} if problem else device.call("settings")["set"]
    given = [value for value in settings.values() if isinstance(value, str)]
    # The longest first: of a name that begins with another one the rest would stay.
    hidden = sorted(filter(None, [*given, *(one["name"] for one in state["functions"])]), key=len, reverse=True)
    kept = ("version", "commit", "firmware", "engine", "micropython", "machine", "platform")
    sizes = ("heap_free", "heap_used", "flash_free", "flash_size", "arena_bytes", "parked_bytes")
    return {
        "problem": problem,
        "computer": {"edgelet": __version__, "python": platform.python_version(), "system": platform.platform()},
        "device": {name: state[name] for name in kept} | {"clock_hz": facts.get("clock_hz")},
        "sizes": {name: state[name] for name in sizes} | {"heap_largest": int(largest[1]) * block if largest else None},
        "timings": {name: state[name] for name in ("parks", "park_us", "resumes", "resume_us")}
        | {"uptime_ms": state.get("uptime_ms", facts["ticks_ms"])}
        | {"console_ms": round(statistics.median(times) * 1000, 1)},
        "network": {"link": state["link"], "rssi": facts["rssi"], "clock_set": state["clock_set"]},
        "resets": {
            "last_cause": facts.get("cause"),
            "failed_starts": facts["starts"],
            "runtime_restarts": facts["runtime_restarts"],
            "radio_restarts": facts["radio_restarts"],
        },
        "functions": [{name: one[name] for name in (*_FUNCTION_TIMES, "errors")} for one in state["functions"]],
        "shortages": facts["shortages"],
        "log": [
            f"{one['level']} {_without_names(printable(one['text'], kept=chr(10)), hidden)}" for one in lines[-_LINES:]
        ],
    }


def _status(device: Device, root: str) -> tuple[dict[str, Any], str]:
    """Give a device's status, and why nothing is served, or ""."""
    try:
        return device.call("status"), ""
    except DeviceError as e:
        # A status is refused where nothing is served.
        if e.error.get("code") != protocol.REFUSED:
            raise
        counts: dict[str, Any] = dict.fromkeys(("parks", "park_us", "resumes", "resume_us"), 0)
        nothing = dict.fromkeys(("link", "arena_bytes", "parked_bytes"))
        return device.call("system", root) | counts | nothing | {"functions": []}, e.message


def _without_names(text: str, hidden: Sequence[str]) -> str:
    """Hide addresses, files, which are named by functions, and words of the owner's."""
    text = re.sub(r"\b\d+(\.\d+){3}\b", "x.x.x.x", text)
    text = re.sub(r"(?<![\w/])/[\w.~-]+/[^\s:,()]*", "/...", text)
    for word in hidden:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "***", text)
    return text


def render(report: dict[str, Any]) -> str:
    """Give a report as Markdown, with questions for a person at its end."""
    device, sizes, timings, network = (report[name] for name in ("device", "sizes", "timings", "network"))
    link = network["link"]
    hz = f", {device['clock_hz'] / 1e6:g} MHz" if device["clock_hz"] else ""
    rows = [
        *([("problem", report["problem"])] if report["problem"] else []),
        ("board", f"{device['machine']} ({device['platform']}){hz}"),
        ("firmware", f"{device['version']} {device['commit']}, {device['firmware']}, engine {device['engine']}"),
        ("MicroPython", device["micropython"]),
        ("computer", "edgelet {edgelet}, Python {python}, {system}".format(**report["computer"])),
        ("heap", _of(sizes, "heap_free", "heap_used", "heap_largest")),
        ("flash", _of(sizes, "flash_free", "flash_size")),
        ("arena", _of(sizes, "arena_bytes", "parked_bytes")),
        ("up for", time_text(timings["uptime_ms"] / 1000)),
        ("an empty command", time_text(timings["console_ms"] / 1000)),
        ("parked, and brought back", f"{_mean(timings, 'park')}, {_mean(timings, 'resume')}"),
        ("network", f"{link['name']} {link['state']}" if link else "none"),
        ("signal", f"{network['rssi']} dBm" if network["rssi"] is not None else "unknown"),
        ("clock", "set" if network["clock_set"] else "not set"),
        ("last reset", ", ".join(report["resets"]["last_cause"] or ["unknown"])),
        *((name.replace("_", " "), str(value)) for name, value in report["resets"].items() if name != "last_cause"),
        *((f"shortages of {name}", str(count)) for name, count in report["shortages"].items() if count),
        *((f"function {i}", _function(one)) for i, one in enumerate(report["functions"], 1)),
    ]
    table = "".join(f"| {name} | {value} |\n" for name, value in rows)
    log = "".join(f"    {line}\n" for line in "\n".join(report["log"]).splitlines()) or "    nothing\n"
    return (
        f"# A run on hardware\n\n| what | value |\n| --- | --- |\n{table}\n"
        f"Warnings and errors of the device:\n\n{log}\n"
        "- Which board and revision, and how is it powered?\n- Which access point or adapter?\n"
        "- What have you done, what did you expect, and what happened?\n- Does it happen again?\n"
    )


def _of(values: dict[str, Any], *names: str) -> str:
    return ", ".join(f"{name}: {size_text(values[name])}" for name in names if values[name] is not None)


def _mean(timings: dict[str, Any], what: str) -> str:
    count = timings[f"{what}s"]
    return f"{count} times" + (f" in {time_text(timings[f'{what}_us'] / count / 1e6)} each" if count else "")


def _function(one: dict[str, Any]) -> str:
    count = one["requests"]
    errors = ", ".join(f"{number} {kind}" for kind, number in sorted(one["errors"].items())) or "no errors"
    times = [("cpu_us", "CPU"), ("wall_us", "in all")] if count else []
    means = [f"{time_text(one[name] / count / 1e6)} {what}" for name, what in times]
    sizes = f"image {size_text(one['image_bytes'])}, peak {size_text(one['peak_bytes'])}"
    return ", ".join([f"{count} requests", *means, sizes, errors])
