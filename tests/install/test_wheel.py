"""A wheel where nothing else is: no compiler, no make, no Node.js, a user who owns nothing but a home folder."""

import json
import re
import shutil
import subprocess
import zipfile

import pytest
from device_helpers import free_port
from edgelet_host import __version__
from edgelet_host.paths import LINUX_FIRMWARE
from flash_helpers import Pico, running
from install_helpers import BOARD, ask, listen

# Installing asks the package index, and takes seconds.
pytestmark = pytest.mark.slow


def test_pip_finds_all_that_it_wants(installed):
    assert installed.ok("--version") == f"edgelet {__version__}\n"
    done = subprocess.run([*installed.pip, "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_dev_serves_the_login_example_and_takes_more(installed):
    port = free_port()
    with installed.running("dev", "--port", port) as lines:
        assert next(lines).startswith("No edgelet.toml in this folder")
        listen(lines, "edgelet dev: ")
        status, answer = ask(port, "POST", "/login", '{"user": "ada", "password": "correct horse"}')
        assert status == 200
        assert ask(port, "GET", "/me", Authorization=f"Bearer {answer['token']}") == (200, {"user": "ada"})
        installed.ok("new", "mine")
        installed.ok("deploy", "mine")
        assert ask(port, "GET", "/mine/greeting")[0] == 200
        assert sorted(installed.ok("list").split()) == ["login", "mine"]
        assert json.loads(installed.ok("invoke", "mine", "--path", "/mine/greeting")) == {"message": "hello, world"}


def test_serve_keeps_what_was_deployed(installed):
    port, data = free_port(), installed.home / "gateway"
    for first in (True, False):
        with installed.running("serve", "--data", data, "--port", port) as lines:
            listen(lines, "edgelet serve: ")
            if first:
                installed.ok("new", "kept")
                installed.ok("deploy", "kept")
            assert ask(port, "GET", "/kept/greeting")[0] == 200


def test_a_project_is_checked_where_nothing_can_be_written(installed):
    installed.ok("new", "checked")
    assert "checked: bundle " in installed.ok("check", "checked", HOME="/proc", XDG_CACHE_HOME="/proc")


def test_flash_brings_the_boards_firmware_at_once(installed, firmware, tmp_path):
    with running(Pico(firmware, tmp_path), in_bootsel=True) as board:
        given = ["--volume", str(board.volume), "--device", board.port]
        assert "EDGELET_PICO.uf2 (SHA-256 " in installed.ok("flash", "--board", BOARD, *given, user=None)
        assert board.chip.read_bytes()[: len(installed.board_content())] == installed.board_content()


def test_doctor_wants_no_compiler(installed):
    assert "ok       firmware: is part of this package\n" in installed.run("doctor").stdout


def test_a_wheel_tells_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        info = f"edgelet-{__version__}.dist-info"
        about = archive.read(f"{info}/WHEEL").decode()
        firmware = archive.getinfo(f"edgelet_host/checkout/prebuilt/{LINUX_FIRMWARE}")
        assert b"Jean-loup Gailly" in archive.read(f"{info}/licenses/zlib.txt")
    tags = wheel.stem.split("-")[-1].split(".")
    assert re.findall(r"^Tag: (.*)$", about, flags=re.MULTILINE) == [f"py3-none-{tag}" for tag in tags]
    assert "Root-Is-Purelib: false" in about
    assert firmware.external_attr >> 16 == 0o100755
    assert names[-1].startswith(info)


# The Linux firmware of a checkout is linked to this system's C library.
@pytest.mark.released
def test_the_firmware_of_a_release_needs_nothing_of_the_system(installed, tmp_path):
    command = [f"/{part.name}" for part in installed.firmware_parts()]
    for part in installed.firmware_parts():
        shutil.copy(part, tmp_path)
    port = free_port()
    (tmp_path / "data").mkdir()
    runtime = ["-m", "edgelet.runtime", "/data", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        ["chroot", tmp_path, *command, *runtime],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        for line in process.stdout:
            if b"listening" in line:
                break
        assert ask(port, "GET", "/healthz")[0] == 200
    finally:
        process.kill()
        process.communicate()
