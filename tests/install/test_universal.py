"""The wheel for any computer where nothing else is: no Linux firmware, no compiler, no Node.js."""

import json
import os
import subprocess
import sys

import pytest
from cli_helpers import local_device
from device_helpers import free_port
from edgelet_host import __version__
from edgelet_host.paths import COMPILER, LINUX_FIRMWARE, ROOT, cache_dir
from flash_helpers import Pico, running
from install_helpers import BOARD, ask, listen

# Installing asks the package index, and takes seconds; a board is emulated.
pytestmark = pytest.mark.slow


def test_it_has_a_compiler_of_its_own_and_no_linux_firmware(universal):
    assert (universal.prebuilt / COMPILER).is_file()
    assert not (universal.prebuilt / LINUX_FIRMWARE).exists()
    done = subprocess.run([*universal.pip, "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_project_is_checked_and_deployed(universal, firmware, tmp_path):
    universal.ok("new", "mine")
    assert "mine: bundle " in universal.ok("check", "mine")
    assert "mine: bundle " in universal.ok("check", "mine", HOME="/proc", XDG_CACHE_HOME="/proc")
    with local_device(firmware, tmp_path) as local:
        universal.ok("deploy", "mine", "--device", local.port, user=None)
        answer = universal.ok("invoke", "mine", "--path", "/mine/greeting", "--device", local.port, user=None)
        assert json.loads(answer) == {"message": "hello, world"}


def test_flash_brings_the_boards_firmware_at_once(universal, firmware, tmp_path):
    with running(Pico(firmware, tmp_path), in_bootsel=True) as board:
        given = ["--volume", str(board.volume), "--device", board.port]
        assert "EDGELET_PICO.uf2 (SHA-256 " in universal.ok("flash", "--board", BOARD, *given, user=None)


def test_it_does_what_it_can_without_a_device_as_on_any_system(universal, firmware, tmp_path):
    program = ROOT / "tests" / "install" / "anywhere.py"
    told = universal.python(program).splitlines()
    assert told[0] == f"edgelet {__version__}"
    # What this computer's firmware makes of the same project, by the same program.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "host")}
    done = subprocess.run(
        [sys.executable, program, told[-1], cache_dir()], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# A checkout's package has no board's firmware.
@pytest.mark.released
def test_dev_runs_an_emulated_pico_and_says_what_else_there_is(universal):
    port = free_port()
    with universal.running("dev", "--port", port) as lines:
        assert next(lines).startswith("No edgelet.toml in this folder")
        assert "this is an emulated Pico. Otherwise take a board at USB" in next(lines)
        listen(lines, "edgelet dev: ")
        status, answer = ask(port, "POST", "/login", '{"user": "ada", "password": "correct horse"}')
        assert status == 200
        assert ask(port, "GET", "/me", Authorization=f"Bearer {answer['token']}") == (200, {"user": "ada"})


def test_serve_says_where_it_runs(universal):
    done = universal.run("serve", "--data", "gateway", "--port", free_port())
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
