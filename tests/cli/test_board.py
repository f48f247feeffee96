"""The command line and what only boards have: a radio, a clock that must be set, little flash.

The runtime on the real Linux firmware; tests/support/board plays the hardware.
"""

import re
import time

import pytest
from cli_helpers import Cli, as_board, greeting, local_device
from edgelet_host.device.console import connect
from edgelet_host.device.running import LocalDevice
from edgelet_host.session import Session
from flash_helpers import Pico, running

WIFI = ["--set", "wifi_ssid=home", "--secrets-file", "-"]
PASSWORD = "wifi_password=correct horse\n"


@pytest.fixture
def board(firmware, tmp_path):
    """A board with Wi-Fi that was never set up; its command line."""
    with local_device(as_board(firmware, tmp_path, "wifi_board.py"), tmp_path) as local:
        yield Cli(tmp_path, local.port)


def test_setup_joins_wifi_and_sets_the_clock(board):
    before = board.run("status", "--json").json()
    assert (before["clock_set"], before["link"]) == (False, None)
    assert "Wi-Fi is up: http://192.0.2.7" in board.ok("setup", *WIFI, stdin=PASSWORD)
    after = board.run("status", "--json").json()
    assert (after["clock_set"], after["address"]) == (True, "192.0.2.7")
    assert after["link"] == {"name": "Wi-Fi", "state": "up"}
    told = board.ok("status")
    assert "192.0.2.7, Wi-Fi up" in told
    assert "clock set" in told
    assert "ok       Wi-Fi: 192.0.2.7" in board.run("doctor").out


def test_setup_in_a_terminal_asks_for_wifi_where_there_is_a_radio(board):
    answers = {
        "Name on the network": "\n",
        "Wi-Fi network": "home\n",
        "Country": "DE\n",
        "Time server": "\n",
        "wifi_password": "correct horse\n",
        "admin_secret": "\n",
    }
    done = board.terminal("setup", answers=answers)
    assert "3 settings are set, its clock is set" in done.out
    assert "Wi-Fi is up" in done.out
    assert "horse" not in done.out


@pytest.mark.parametrize(
    ("ssid", "password", "reason", "advice"),
    [
        ("home", "battery staple", "wrong password", "give another wifi_password"),
        ("hone", "correct horse", "no network of that name in reach", "Look at its name"),
    ],
)
def test_wifi_that_cannot_be_joined_is_explained(board, ssid, password, reason, advice):
    given = ["--set", f"wifi_ssid={ssid}", "--secrets-file", "-"]
    done = board.run("setup", *given, stdin=f"wifi_password={password}")
    assert done.status == 1
    [error] = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    assert f"Wi-Fi '{ssid}': {reason}. " in error
    assert advice in error
    assert password not in done.out + done.err
    assert f"missing  Wi-Fi: {reason}: 'edgelet setup' sets it up" in board.run("doctor").out
    # The settings are kept, and what was wrong can be put right.
    assert "Wi-Fi is up" in board.ok("setup", *WIFI, stdin=PASSWORD)


@pytest.mark.slow
def test_a_clock_that_is_not_set_is_told_with_what_sets_it(board):
    project = greeting(board.folder, "early")
    warning = board.run("deploy", project).err
    assert "the clock of" in warning
    assert "'edgelet setup' sets it" in warning
    assert "missing  clock: not set, so that tokens and times are wrong: 'edgelet setup' sets it" in (
        board.run("doctor").out
    )
    assert "clock not set" in board.ok("status")
    board.ok("setup", *WIFI, stdin=PASSWORD)
    assert board.run("deploy", project).err == ""
    assert "ok       clock: set" in board.run("doctor").out


def test_dev_sets_the_clock_of_a_board_whenever_it_starts(firmware, tmp_path, capsys):
    project = greeting(tmp_path, "early")
    with running(Pico(firmware, tmp_path)) as board:
        session = Session(LocalDevice(None, board.port, ("127.0.0.1", 80)), firmware, [project])
        for _ in range(2):
            before = time.time()
            with connect(board.port) as device:
                assert not device.call("status")["clock_set"]
            session.deploy(project)
            with connect(board.port) as device:
                now = float(device.execute("from edgelet import clock\nprint(clock.unix_ms())")) / 1000
                device.send("import machine\nmachine.reset()")
            # It is set to a whole second.
            assert before - 1 <= now <= time.time() + 1
    assert capsys.readouterr().out.count("listening on") == 2


@pytest.mark.slow
def test_a_device_without_space_says_so_and_loses_nothing(firmware, tmp_path):
    with local_device(as_board(firmware, tmp_path, "small_flash.py"), tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        project = greeting(tmp_path, "kept", bindings={"STORE": {"type": "kv"}}, static={"folder": "public"})
        (project / "public").mkdir()
        (project / "public" / "large.bin").write_bytes(bytes(10))
        cli.ok("deploy", project)
        [release] = cli.run("releases", "kept", "--json").json()
        (project / "public" / "large.bin").write_bytes(bytes(250000))
        message = cli.fails("deploy", project)
        assert re.search(
            r"no space: the deploy needs \d{6} bytes, the device has \d{6} free\. 'edgelet delete'", message
        )
        # Keys that are written until flash is full, then what else wants to be written.
        (tmp_path / "value").write_bytes(b"x" * 4096)
        kept = 0
        while (done := cli.run("kv", "put", "STORE", f"key{kept}", "--file", "value")).status == 0:
            kept += 1
        assert done.err == "Error: no space left for a KV value: 'edgelet kv delete' makes room\n"
        assert "no space left: 'edgelet delete' or" in cli.fails("secret", "put", "KEY", "--file", "value")
        assert "no space" in cli.fails("deploy", project)
        assert cli.run("status", "--json").json()["flash_free"] < 2 * 4096
        assert cli.ok("invoke", "kept") == "GET /kept undefined undefined\n"
        assert cli.run("releases", "kept", "--json").json() == [release]
        # With room it goes on.
        for key in range(8):
            cli.ok("kv", "delete", "STORE", f"key{key}")
        (project / "public" / "large.bin").write_bytes(bytes(10))
        cli.ok("deploy", project)
        (tmp_path / "secret").write_bytes(b"x" * 4000)
        cli.ok("secret", "put", "KEY", "--file", "secret")
