"""Fixtures for every test: the real firmware, built first where it is missing or stale."""

from pathlib import Path

import pytest
from edgelet_host.firmware import ensure_unix


@pytest.fixture(scope="session")
def firmware() -> Path:
    """The Linux firmware."""
    return ensure_unix()


@pytest.fixture(scope="session")
def firmware_asan() -> Path:
    """The Linux firmware with AddressSanitizer and UndefinedBehaviorSanitizer.

    A report ends the process with a status other than 0 (AddressSanitizer: 1); UBSan only prints
    one unless UBSAN_OPTIONS has halt_on_error=1.
    """
    return ensure_unix(sanitize=True)
