"""Events and abort signals say what Node's say, and hold under the limits of a call."""

from pathlib import Path

import pytest
from isolate_helpers import device_tests, run_device_test
from web_helpers import run_in_firmware, run_in_node

EVENTS = Path(__file__).with_name("events.js")


def test_says_what_node_says(firmware):
    expected = run_in_node(EVENTS)
    assert run_in_firmware(firmware, EVENTS) == expected
    assert len(expected) > 100


def test_says_what_the_standard_says_where_node_is_wrong(firmware):
    pairs = run_in_firmware(firmware, EVENTS, "runStandard")
    assert [result for _, result in pairs] == [expected for expected, _ in pairs]
    assert len(pairs) > 20


@pytest.mark.parametrize("function", ["run", "runStandard"])
def test_says_the_same_under_sanitizers(firmware, firmware_asan, function):
    expected = run_in_firmware(firmware, EVENTS, function)
    assert run_in_firmware(firmware_asan, EVENTS, function) == expected


TESTS = device_tests("events.py")


@pytest.mark.parametrize("test", TESTS)
def test_events(firmware, test):
    run_device_test(firmware, "events.py", test)


@pytest.mark.slow
@pytest.mark.parametrize("test", TESTS)
def test_events_under_sanitizers(firmware_asan, test):
    run_device_test(firmware_asan, "events.py", test)
