"""Random programs and the hostile corpus, killed at random instants: the next request finds pristine state.

And random schedules of calls that wait for each other in one arena: each comes to what it comes to alone.
"""

import json

import pytest
from isolate_helpers import ISOLATE, run_device

# Values of quickjs.Call.state.
ABANDONED, DONE = 0, 2


def run_fuzz(firmware, kills, seed, slowdown=1):
    arguments = [str(kills), str(seed), ISOLATE / "hostile", ISOLATE / "handlers", str(slowdown)]
    endings = json.loads(run_device([firmware, "fuzz.py", *arguments]))
    assert endings["cpu"] + endings["memory"] >= kills
    assert endings["cpu"] > kills / 2


@pytest.mark.slow
def test_hundreds_of_kills(firmware):
    run_fuzz(firmware, 300, seed=1)


@pytest.mark.slow
def test_ten_thousand_kills(firmware):
    run_fuzz(firmware, 10_000, seed=2)


@pytest.mark.slow
def test_kills_under_sanitizers(firmware_asan):
    run_fuzz(firmware_asan, 2000, seed=3, slowdown=2)


def run_schedules(firmware, first, count):
    endings = json.loads(run_device([firmware, "park_fuzz.py", str(first), str(count)]))
    kinds = ("cpu", "memory", "result", "stuck", "thrown", str(DONE), str(ABANDONED))
    assert all(endings[kind] for kind in kinds), endings
    assert endings["parks"] > 50 * count and endings["refusals"], endings


def test_parked_calls_come_to_what_they_come_to_alone(firmware):
    run_schedules(firmware, 1, 20)


@pytest.mark.slow
def test_parked_calls_under_sanitizers(firmware_asan):
    run_schedules(firmware_asan, 1000, 60)
