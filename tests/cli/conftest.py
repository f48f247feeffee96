"""What most commands are tried with: a local device for all tests of a file, and a command line for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_helpers import Cli, local_device
from edgelet_host.device.running import LocalDevice


@pytest.fixture(scope="module")
def local(firmware: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDevice]:
    """A device that was never set up."""
    with local_device(firmware, tmp_path_factory.mktemp("machine")) as local:
        yield local


@pytest.fixture
def cli(local: LocalDevice, tmp_path: Path) -> Cli:
    """Its command line, in an empty folder."""
    return Cli(tmp_path, local.port)
