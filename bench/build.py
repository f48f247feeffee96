"""Times what every command pays before its work: the launcher, and a build with nothing changed.

The goal (issue 2): a rebuild with nothing changed takes under a second, launcher and interpreter included.
"""

import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 10
COMMANDS = {
    "interpreter only": ["python3", "-c", ""],
    "edgelet --help": [ROOT / "edgelet", "--help"],
    "edgelet build": [ROOT / "edgelet", "build"],
    "edgelet build --sanitize": [ROOT / "edgelet", "build", "--sanitize"],
}


def seconds(command):
    """Wall time of one run of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main():
    """Print the table; builds what is stale first."""
    print(f"{'ms of wall time':26} {'best':>6} {'median':>7}")
    for name, command in COMMANDS.items():
        seconds(command)
        times = [1000 * seconds(command) for _ in range(ROUNDS)]
        print(f"{name:26} {min(times):6.0f} {statistics.median(times):7.0f}")


if __name__ == "__main__":
    main()
