"""What is installed and tried: a wheel of this machine's Linux firmware, or with --release those of a release."""

import platform
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from edgelet_host.firmware.builds import Revision
from edgelet_host.firmware.sources import read_sources
from edgelet_host.firmware.system import ensure_packages
from edgelet_host.paths import BOARD_FIRMWARE, LINUX_FIRMWARE, this_system
from edgelet_host.release.dist import license_text, make_universal_wheel
from edgelet_host.release.parts import ensure_compiler_wasm, ensure_emulator
from edgelet_host.release.wheels import complete, pure_wheel
from flash_helpers import make_uf2
from install_helpers import ANY, BOARD, CONTENT, QEMU, Installed, machine_of


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--release", type=Path, help="Folder of a release, to try its wheels.")


def pytest_collection_modifyitems(config, items):
    """Leave out what tries a release where none is named."""
    if config.getoption("--release") is None:
        left_out = [item for item in items if item.get_closest_marker("released")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "wheel" in metafunc.fixturenames:
        folder = metafunc.config.getoption("--release")
        found = sorted(folder.absolute().glob("*.whl")) if folder else [None]
        wheels = [wheel for wheel in found if wheel is None or machine_of(wheel) != ANY]
        names = [machine_of(wheel) if wheel else platform.machine() for wheel in wheels]
        metafunc.parametrize("wheel", wheels, indirect=True, ids=names, scope="module")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder in which every user can read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest, place: Path) -> Path:
    """A wheel with firmware inside."""
    if request.param is not None:
        ensure_packages({"qemu-user-static": QEMU["aarch64"]})
        return request.param
    return _wheel_of_checkout(place, request.getfixturevalue("firmware"))


def _wheel_of_checkout(place: Path, built: Path) -> Path:
    firmware = place / LINUX_FIRMWARE
    subprocess.run(["strip", "-o", firmware, built], check=True)
    board = make_uf2(place / BOARD_FIRMWARE.format(BOARD), CONTENT)
    files = {LINUX_FIRMWARE: firmware, board.name: board}
    terms = {"zlib": license_text(read_sources()["zlib"])}
    return complete(pure_wheel(place / "pure"), place, f"linux_{platform.machine()}", files, terms, 1_700_000_000)


@pytest.fixture(scope="module")
def own_wheel(request: pytest.FixtureRequest, place: Path) -> Path:
    """A wheel for this computer."""
    if folder := request.config.getoption("--release"):
        return next(wheel for wheel in folder.absolute().glob("*.whl") if machine_of(wheel) == platform.machine())
    return _wheel_of_checkout(place, request.getfixturevalue("firmware"))


@pytest.fixture(scope="module")
def installed(wheel: Path, place: Path) -> Installed:
    """The wheel in an environment that has nothing else, but for what pip brings with it."""
    installed = Installed(place / machine_of(wheel), machine_of(wheel))
    installed.install(wheel)
    return installed


@pytest.fixture(scope="module")
def universal(request: pytest.FixtureRequest, place: Path) -> Installed:
    """The wheel for any computer, likewise. Of a checkout it has no board's firmware."""
    if folder := request.config.getoption("--release"):
        (wheel,) = folder.absolute().glob("*-none-any.whl")
    else:
        parts = [make_uf2(place / BOARD_FIRMWARE.format(BOARD), CONTENT), *ensure_emulator(this_system())]
        wheel = make_universal_wheel(pure_wheel(place / "pure"), place, ensure_compiler_wasm(), parts, Revision())
    installed = Installed(place / ANY, ANY)
    installed.install(wheel)
    return installed
