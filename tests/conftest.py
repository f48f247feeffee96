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
from hypothesis import HealthCheck, settings

# What a marker's tests need, by the variable that names it.
VARIABLES = {"upstream": "EDGELET_MICROPYTHON", "esp_idf": "IDF_PATH"}

# Characters of a parameter that go into a test's name, which pytest puts into the environment: Linux starts no program
# with a variable of 128 KB.
LONGEST_PARAMETER = 200

# How long an example takes, or is made, says how busy the machine is.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_configure() -> None:
    """Tests interrupt programs, which would inherit that this signal is ignored: a shell's `&` does so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long parameter by what it is for."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_PARAMETER else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what keeps one process longest first, so that all processes have work to the end.

    That is a group, then what is slow. Tests with the sanitizer firmware are: to build it takes minutes. What needs
    something that a variable names is left out where it names nothing.
    """
    unset = [marker for marker, variable in VARIABLES.items() if not os.environ.get(variable)]
    left_out = [item for item in items if any(map(item.get_closest_marker, unset))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    for item in items:
        if "firmware_asan" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: (not item.get_closest_marker("xdist_group"), not item.get_closest_marker("slow")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was left out for want of something, and the tables that tests recorded as their property `table`."""
    for marker, variable in VARIABLES.items():
        if not os.environ.get(variable):
            terminalreporter.write_line(f"Left out: tests marked {marker}, since {variable} names nothing.")
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
