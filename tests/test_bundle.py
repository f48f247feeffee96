"""Bundles: what the compiler makes, and what the loader refuses."""

import pytest
from isolate_helpers import device_tests, run_device_test


@pytest.mark.parametrize("test", device_tests("bundles.py"))
def test_bundles(firmware, test):
    run_device_test(firmware, "bundles.py", test)
