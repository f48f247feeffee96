"""Times `edgelet deploy` of a 5 KB function to a local device, from the command to the new answer.

The goal (issue 4): under 1 s, start of the launcher and the interpreter included.
"""

import http.client
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from edgelet_host.device.local import start
from edgelet_host.firmware.builds import ensure_unix

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 10
SOURCE_BYTES = 5000
PORT = 8099


def write_source(path, text):
    """A handler of 5 KB that answers with `text`: one that has work to compile, not one long comment."""
    lines = [f'export default {{ fetch() {{ return new Response("{text}"); }} }};']
    while sum(map(len, lines)) < SOURCE_BYTES:
        n = len(lines)
        lines.append(f'export function step{n}(a, b) {{ return a > {n} ? `${{b}} of {n}` : [a, b, "{text}"]; }}')
    path.write_text("\n".join(lines) + "\n")


def answer(address):
    """What the function answers now."""
    connection = http.client.HTTPConnection(*address)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def main():
    """Print the times; the exit status is 1 where the median misses the goal."""
    seconds = []
    with tempfile.TemporaryDirectory() as name:
        project = Path(name, "project")
        project.mkdir()
        (project / "edgelet.toml").write_text('name = "bench"\n')
        with start(ensure_unix(), Path(name, "data"), "127.0.0.1", PORT, Path(name, "device.log")) as local:
            environment = os.environ | {"EDGELET_DEVICE": local.port}
            for round_ in range(ROUNDS + 1):
                write_source(project / "main.js", f"round {round_}")
                started = time.perf_counter()
                command = [ROOT / "edgelet", "deploy", project]
                subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
                assert answer(local.address) == f"round {round_}"
                seconds.append(time.perf_counter() - started)
    # The first round brings what later ones find in the page cache.
    median = statistics.median(seconds[1:])
    print(f"deploy of 5 KB: median {median:.2f} s, best {min(seconds):.2f} s, worst {max(seconds[1:]):.2f} s")
    return median >= 1


if __name__ == "__main__":
    raise SystemExit(main())
