"""The isolates from MicroPython: calls, limits and images. The tests themselves are in the folder `device`."""

import pytest
from isolate_helpers import device_tests, run_device_test

FILES = ("calls.py", "limits.py", "images.py", "bundles.py", "parking.py")
TESTS = [(name, test) for name in FILES for test in device_tests(name)]


@pytest.mark.parametrize(("name", "test"), TESTS)
def test_isolate(firmware, name, test):
    run_device_test(firmware, name, test)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "test"), TESTS)
def test_isolate_under_sanitizers(firmware_asan, name, test):
    run_device_test(firmware_asan, name, test)
