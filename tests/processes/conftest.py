"""A device with several workers, for all tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from device_helpers import Box, running
from process_helpers import WORKERS, await_workers, deploy_app


@pytest.fixture(scope="module")
def box(firmware: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The device, with the function `app`."""
    with running(firmware, tmp_path_factory.mktemp("workers"), workers=WORKERS, hostname="edgelet") as one:
        await_workers(one)
        deploy_app(one)
        yield one
