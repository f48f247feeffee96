"""The device's metrics in Prometheus' text format, version 0.0.4."""

import gc

from edgelet import shortages
from edgelet.functions.stats import BUCKETS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Text:
    def __init__(self):
        self.lines = []

    def family(self, name, kind, help):
        self.lines.append("# HELP edgelet_%s %s" % (name, help))
        self.lines.append("# TYPE edgelet_%s %s" % (name, kind))

    def sample(self, name, value, **labels):
        text = ",".join(['%s="%s"' % (key, _escaped(labels[key])) for key in sorted(labels)])
        self.lines.append("edgelet_%s%s %s" % (name, "{%s}" % text if text else "", value))

    def gauge(self, name, value, help):
        self.family(name, "gauge", help)
        self.sample(name, value)


def _escaped(value):
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def render(functions, server, restarts=0, wifi_rssi=None):
    """All metrics as str. wifi_rssi: dBm, None without Wi-Fi."""
    gc.collect()
    text = _Text()
    stats = functions.stats()
    _requests(text, stats)
    _latency(text, stats)
    _resources(text, functions, stats)
    text.family("http_refused_total", "counter", "Requests refused before any function saw them.")
    for status in sorted(server.refused):
        text.sample("http_refused_total", server.refused[status], status=status)
    text.family("shortages_total", "counter", "How often something had run out, by what.")
    for what in sorted(shortages.counts):
        text.sample("shortages_total", shortages.counts[what], of=what)
    text.gauge("http_memory_held_bytes", server.memory.held, "Bodies and slow responses that connections hold.")
    text.gauge("http_memory_most_bytes", server.memory.most, "How much of them they may hold.")
    text.gauge("http_connections", len(server.connections), "Open connections.")
    text.family("restarts_total", "counter", "Restarts of the runtime since the firmware started.")
    text.sample("restarts_total", restarts)
    text.gauge("uptime_seconds", functions.uptime_ms / 1000, "Time since the start.")
    # Of several processes (edgelet.processes) those of all.
    free, used = functions.heap() if hasattr(functions, "heap") else (gc.mem_free(), gc.mem_alloc())
    text.gauge("heap_free_bytes", free, "Free bytes of MicroPython's heap.")
    text.gauge("heap_used_bytes", used, "Used bytes of MicroPython's heap.")
    if wifi_rssi is not None:
        text.gauge("wifi_rssi_dbm", wifi_rssi, "Strength of the Wi-Fi signal.")
    return "\n".join(text.lines) + "\n"


def _requests(text, stats):
    text.family("requests_total", "counter", "Requests that a function was to answer.")
    for name, one in stats:
        text.sample("requests_total", one.requests, function=name)
    text.family("errors_total", "counter", "Requests that failed, by kind.")
    for name, one in stats:
        for kind in sorted(one.errors):
            text.sample("errors_total", one.errors[kind], function=name, kind=kind)


def _latency(text, stats):
    text.family("request_duration_seconds", "histogram", "Time from the request's head to its response.")
    for name, one in stats:
        count = 0
        for i, bound in enumerate(BUCKETS):
            count += one.buckets[i]
            text.sample("request_duration_seconds_bucket", count, function=name, le=bound / 1000)
        count += one.buckets[-1]
        text.sample("request_duration_seconds_bucket", count, function=name, le="+Inf")
        text.sample("request_duration_seconds_sum", one.wall_us / 1000000, function=name)
        text.sample("request_duration_seconds_count", count, function=name)


def _resources(text, functions, stats):
    text.family("cpu_seconds_total", "counter", "CPU time in JavaScript.")
    for name, one in stats:
        text.sample("cpu_seconds_total", one.cpu_us / 1000000, function=name)
    text.family("operations_seconds_total", "counter", "Time that handlers' operations took of the event loop.")
    for name, one in stats:
        text.sample("operations_seconds_total", one.operations_us / 1000000, function=name)
    text.family("arena_peak_bytes", "gauge", "Most bytes of an arena that a request used.")
    for name, one in stats:
        text.sample("arena_peak_bytes", one.peak, function=name)
    text.family("image_bytes", "gauge", "Size of a function's image.")
    for name in functions.names():
        text.sample("image_bytes", functions.get(name).image_size, function=name)
    text.gauge("images_cached_bytes", functions.images.bytes, "Images kept in RAM.")
    arena = functions.arena
    text.gauge("requests_queued", functions.turns.queued, "Requests that wait for their turn in the arena.")
    text.gauge("requests_waiting", functions.waiting, "Requests that wait in their handlers.")
    text.gauge("requests_streaming", functions.streaming, "Of these, those whose response is being sent as it is made.")
    text.gauge("requests_parked", arena.parked_calls, "Of those that wait, those outside the arena.")
    text.gauge("parked_bytes", arena.parked_bytes, "What they take there.")
    for name, count, spent_us in (("park", arena.parks, arena.park_us), ("resume", arena.resumes, arena.resume_us)):
        text.family(name + "s_total", "counter", "Times that a request left the arena or came back.")
        text.sample(name + "s_total", count)
        text.family(name + "_seconds_total", "counter", "What that took.")
        text.sample(name + "_seconds_total", spent_us / 1000000)
