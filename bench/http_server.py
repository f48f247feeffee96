"""Requests a second of a hello application, keep-alive, 10 connections, on one core: ours and plain microdot.

All run in turn, several times, so that a busy machine treats them alike; the best round of each counts. Needs wrk.
The goal (issue 3): JavaScript, in a pristine image for each request, at least 4 times microdot with a Python handler.
"""

import os
import re
import socket
import subprocess
import tempfile
from pathlib import Path

from edgelet_host.firmware.builds import ensure_unix

HERE = Path(__file__).resolve().parent
KINDS = ["microdot", "route", "function", "javascript", "runtime"]
ROUNDS = 3
SECONDS = 3


class Server:
    """bench/http_device.py with one kind of application, on a core of its own where there are two."""

    def __init__(self, firmware, kind):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory(prefix="edgelet-bench-")
        command = [firmware, HERE / "http_device.py", kind, str(self.port), self.folder.name]
        env = {"MICROPYPATH": f"{HERE.parent / 'device' / 'lib'}:.frozen"}
        self.process = subprocess.Popen(command, env=env)
        os.sched_setaffinity(self.process.pid, {max(os.sched_getaffinity(0))})
        while self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                pass
        raise SystemExit(f"{kind}: the server did not start")

    def cpu_seconds(self):
        """CPU time that the process has used, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def measure(self):
        """(requests a second, CPU microseconds a request) of one round."""
        before = self.cpu_seconds()
        command = ["wrk", "-t1", "-c10", f"-d{SECONDS}s", f"http://127.0.0.1:{self.port}/"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        used = self.cpu_seconds() - before
        if "Non-2xx" in output:
            raise SystemExit(output)
        requests = int(re.search(r"(\d+) requests in", output)[1])
        return float(re.search(r"Requests/sec: *([\d.]+)", output)[1]), used * 1e6 / requests


def main():
    """Print the table; takes about 50 seconds."""
    firmware = ensure_unix()
    servers = {kind: Server(firmware, kind) for kind in KINDS}
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        rounds = {kind: [] for kind in KINDS}
        for _ in range(ROUNDS):
            for kind, server in servers.items():
                rounds[kind].append(server.measure())
    finally:
        for server in servers.values():
            server.process.kill()
    base = max(rounds["microdot"])[0]
    print("server       requests/s   CPU us/request   ratio")
    for kind in KINDS:
        rate = max(rounds[kind])[0]
        print(f"{kind:12} {rate:10.0f} {min(cpu for _, cpu in rounds[kind]):16.1f} {rate / base:7.1f}")


if __name__ == "__main__":
    main()
