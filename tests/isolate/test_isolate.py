"""The isolates from MicroPython: calls, limits and images. The tests themselves are in the folder `device`."""

import pytest
from isolate_helpers import device_tests, run_device, run_device_test

FILES = ("calls.py", "computing.py", "limits.py", "images.py", "outside.py", "bundles.py", "parking.py")
TESTS = [(name, test) for name in FILES for test in device_tests(name)]


@pytest.mark.parametrize(("name", "test"), TESTS)
def test_isolate(firmware, name, test):
    run_device_test(firmware, name, test)


# KiB of address space: enough for an arena, MicroPython's heap, and some hundreds of calls that wait.
FULL = ["sh", "-c", 'ulimit -v 420000; exec "$0" -c "import parking; parking.no_memory_for_one_more_call()"']


def test_calls_that_wait_fill_the_memory(firmware):
    run_device([*FULL, firmware])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "test"), TESTS)
def test_isolate_under_sanitizers(firmware_asan, name, test):
    run_device_test(firmware_asan, name, test)
