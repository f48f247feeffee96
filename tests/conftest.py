"""Fixtures for every test: the real firmware, built first where it is missing or stale."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from edgelet_host.firmware.builds import ensure_unix
from hangs import (  # noqa: F401 - hooks
    pytest_addoption,
    pytest_runtest_call,
    pytest_runtest_setup,
    pytest_runtest_teardown,
)


def pytest_configure() -> None:
    """Tests interrupt programs, which would inherit that this signal is ignored: a shell's `&` does so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what keeps one process longest first, so that all processes have work to the end.

    That is a group, then what is slow. Tests with the sanitizer firmware are: to build it takes minutes.
    """
    for item in items:
        if "firmware_asan" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: (not item.get_closest_marker("xdist_group"), not item.get_closest_marker("slow")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables that tests recorded as their property `table`."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "table":
                terminalreporter.write_sep("=", report.nodeid)
                terminalreporter.write_line(value)


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


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Run the test as a user who may not install packages."""
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(65534)
    yield
    if privileged:
        os.seteuid(0)
