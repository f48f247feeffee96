"""Random programs and the hostile corpus, killed at random instants: the next request finds pristine state."""

import json

import pytest
from isolate_helpers import ISOLATE, run_device


def run_fuzz(firmware, kills, seed, slowdown=1):
    arguments = [str(kills), str(seed), ISOLATE / "hostile", ISOLATE / "handlers", str(slowdown)]
    endings = json.loads(run_device([firmware, "fuzz.py", *arguments]))
    assert endings["cpu"] + endings["memory"] >= kills
    assert endings["cpu"] > kills / 2


def test_hundreds_of_kills(firmware):
    run_fuzz(firmware, 300, seed=1)


@pytest.mark.slow
def test_ten_thousand_kills(firmware):
    run_fuzz(firmware, 10_000, seed=2)


@pytest.mark.slow
def test_kills_under_sanitizers(firmware_asan):
    run_fuzz(firmware_asan, 2000, seed=3, slowdown=2)
