"""What CI measures, and prints in the end of its run."""

import json
import subprocess
import sys

import pytest
from edgelet_host.paths import ROOT

# Program of bench/ -> the rows of its table..
ROWS = {
    "pico": [
        "boot to first answer",
        "image build",
        "image restore, emulated",
        "image restore, XIP read time, calculated",
        "hello, from head received to last byte in lwIP",
        "JWT verify",
        "JWT sign",
        "PBKDF2, 10,000 iterations",
        "deploy of 5 KB",
        "heap free with one function",
    ]
}
# What `edgelet bench` compares.
COMPARED = ["hello", "echo", "verify", "sign", "static", "stream", "put", "get", "fetch", "connection"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_measured(firmware, record_property, name):
    command = [sys.executable, ROOT / "bench" / f"{name}.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # 1: a goal is missed, which is for people to read.
    assert done.returncode in (0, 1), done.stderr
    lines = [line.strip("│ ") for line in done.stdout.splitlines()]
    assert [row for row in ROWS[name] if not any(line.startswith(row) for line in lines)] == [], done.stderr
    record_property("table", done.stdout)


@pytest.mark.slow
def test_the_comparison_measures_what_it_says(tmp_path):
    file = tmp_path / "results.json"
    command = [sys.executable, "-m", "edgelet_host", "bench", "--quick", "--peer", "node", "--json", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(file.read_text())
    assert list(results["versions"]) == ["edgelet", "Node.js"]
    assert {(one["peer"], one["row"]) for one in results["windows"]} == {
        (peer, row) for peer in results["versions"] for row in COMPARED
    }
    assert [one for one in results["windows"] if any(one["failed"]) or 0 in one["cpu_us"]] == []
    assert set(results["growth"]) == {"functions", "connections", "bodies", "images", "get", "put"}
    assert "Goals" in done.stdout
