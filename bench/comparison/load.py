"""Requests from wrk, for a fraction of a second at a time."""

import json
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from .processes import LOAD_CORE, cpu_s, on_core, rss_mb, tree
from .rows import Row

# A request is one at random of a list that wrk formats before.
_SCRIPT = """
local requests = {{}}
wrk.method = {method}
wrk.body = {body}
wrk.headers = {headers}
function init(args)
  for i = 1, {keys} do requests[i] = wrk.format(nil, (string.gsub({path}, "{{}}", i - 1))) end
  io.stderr:write("begins\\n")
end
function request()
  return requests[math.random(#requests)]
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.status + errors.timeout
  io.stderr:write(string.format('{{"requests": %d, "us": %d, "failed": %d, "p50": %d, "p99": %d}}',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Window:
    """What requests took for a while: microseconds, and MB of memory in the end. failed: answers that were errors."""

    per_s: float
    cpu_us: float
    p50_us: float
    p99_us: float
    rss_mb: float
    failed: int


def _lua(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{_lua(key)}] = {_lua(one)}" for key, one in value.items()) + "}"
    return json.dumps(value) if value else "nil"


def measure(pid: int, port: int, row: Row, connections: int, seconds: float) -> Window:
    """Have a server answer a row for so long, and look at what its process and that one's children take."""
    script = _SCRIPT.format(
        keys=row.keys,
        path=_lua(row.path),
        method=_lua(row.method),
        body=_lua(row.body),
        headers=_lua(row.headers),
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file, on_core(LOAD_CORE):
        file.write(script)
        file.flush()
        # Its own time has whole seconds.
        options = ["-t1", f"-c{connections}", "-d600s", "--timeout=10s", f"--script={file.name}"]
        pids = tree(pid)
        before = cpu_s(pids)
        command = ["wrk", *options, f"http://127.0.0.1:{port}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            said = _end_after(process, seconds)
    used = cpu_s(pids) - before
    found = json.loads(said)
    count = max(1, found["requests"])
    return Window(
        count * 1e6 / found["us"], used * 1e6 / count, found["p50"], found["p99"], rss_mb(pids), found["failed"]
    )


def _end_after(process: "subprocess.Popen[str]", seconds: float) -> str:
    """Let wrk go on for so long after it began, then end it: what it said then."""
    assert process.stderr is not None
    process.stderr.readline()
    time.sleep(seconds)
    while True:
        # A signal that comes before wrk begins to wait for its time's end does not wake it.
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=1)[1]
        except subprocess.TimeoutExpired:
            continue
