"""Many requests of many kinds in one process: each finds pristine state, and memory does not grow."""

import json
import math
import statistics

import pytest
from isolate_helpers import ISOLATE, run_device

HANDLERS = ISOLATE / "handlers"
KINDS = {path.stem for path in HANDLERS.glob("*.js")} - {"pristine"}
MOST_GROWTH = 64 * 1024


def check_randoms(numbers):
    """No two are equal, and their mean is within five standard deviations of that of a uniform sample from [0, 1)."""
    assert len(set(numbers)) == len(numbers) and min(numbers) >= 0 and max(numbers) < 1
    assert abs(statistics.fmean(numbers) - 0.5) < 5 * math.sqrt(1 / 12 / len(numbers))


def run_requests(command, count, slowdown=1):
    """Run requests.py with a fixed seed; every kind must come up. Returns the growth of resident memory in bytes."""
    lines = run_device([*command, "requests.py", str(count), "1", str(HANDLERS), str(slowdown)]).splitlines()
    result = json.loads(lines[0])
    assert set(result["requests"]) == KINDS and sum(result["requests"].values()) == count
    assert min(result["requests"].values()) > 0
    check_randoms([float(line) for line in lines[1:]])
    return result["growth"]


def test_there_are_enough_kinds():
    assert len(KINDS) >= 14
    endings = {(HANDLERS / f"{kind}.js").read_text().split(":")[0] for kind in KINDS}
    assert endings == {"// done", "// thrown", "// cpu", "// memory", "// stack"}


@pytest.mark.slow
def test_thousands_of_requests(firmware):
    assert run_requests([firmware], 4000) <= MOST_GROWTH


@pytest.mark.slow
def test_hundred_thousand_requests(firmware):
    assert run_requests([firmware], 100_000) <= MOST_GROWTH


@pytest.mark.slow
def test_requests_under_sanitizers(firmware_asan):
    run_requests([firmware_asan], 20_000, slowdown=5)


@pytest.mark.slow
def test_requests_under_valgrind(firmware):
    suppressions = ISOLATE / "valgrind.supp"
    valgrind = ["valgrind", "--quiet", "--error-exitcode=9", f"--suppressions={suppressions}"]
    run_requests([*valgrind, firmware], 1000, slowdown=50)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mistake", "report"),
    [
        ("overflow", "AddressSanitizer: use-after-poison"),
        ("use-after-free", "AddressSanitizer: use-after-poison"),
        ("undefined", "runtime error: signed integer overflow"),
    ],
)
def test_sanitizers_see_a_planted_mistake(firmware_asan, mistake, report):
    with pytest.raises(AssertionError, match=report):
        run_device([firmware_asan, "-c", f"import quickjs; quickjs._plant({mistake!r})"])
    run_device([firmware_asan, "-c", "import quickjs; quickjs._plant('none')"])
