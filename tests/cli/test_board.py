"""The command line and what only boards have: a radio, a clock that must be set, little flash.

The runtime on the real Linux firmware; tests/support/board plays the hardware.
"""

import json
import re
import time

import pytest
from cli_helpers import Cli, as_board, greeting, local_device
from device_helpers import free_port
from edgelet_host.device.console import connect
from edgelet_host.device.running import LocalDevice
from edgelet_host.session import Session
from flash_helpers import Pico, running

WIFI = ["--set", "wifi_ssid=home", "--secrets-file", "-"]
PASSWORD = "wifi_password=correct horse\n"


@pytest.fixture
def board(firmware, tmp_path):
    """A board with Wi-Fi that was never set up; its command line."""
    program = as_board(firmware, tmp_path, "wifi_board.py", DNS_PORT=str(free_port()))
    with local_device(program, tmp_path) as local:
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


def test_setup_opens_an_access_point_with_a_password_that_is_made_asked_for_or_given(board, tmp_path):
    told = board.ok("setup", "--access-point")
    assert "2 settings are set, its clock is set, and the device has restarted" in told
    made = re.search(r"Access point edgelet-3f2a is open. Its password: (([a-z2-9]{4}-){2}[a-z2-9]{4})\n", told)[1]
    assert "a page opens that asks for your Wi-Fi. If none opens: http://127.0.0.1\n" in told
    secrets = json.loads((tmp_path / "device" / "secrets.json").read_text())
    assert secrets["wifi_access_point_password"][0] == made
    assert "no network is set, access point edgelet-3f2a" in board.ok("status")
    assert "no network is set: its access point edgelet-3f2a is open" in board.run("doctor").out

    asked = board.terminal("setup", "--access-point", answers={"Password of the access point": "open sesame\n"})
    assert "Its password: as given" in asked.out
    assert "sesame" not in asked.out
    wrong = board.terminal("setup", "--access-point", answers={"Password of the access point": "sesame\n"})
    assert "must be text of 8 to 63 bytes" in wrong.out
    given = ["setup", "--access-point", *WIFI]
    joined = board.run(*given, "--json", stdin=PASSWORD + "wifi_access_point_password=open sesame").json()
    assert (joined[0]["address"], joined[0]["access_point"]) == ("192.0.2.7", "edgelet-3f2a")
    told = board.ok("setup", "--access-point")
    assert "opens when no network can be joined. Its password: " in told
    assert told.endswith("Connect a phone or a computer to it: a page opens that asks for your Wi-Fi.\n")
    board.ok("setup", "--set", "wifi_access_point=true")
    logs = board.ok("logs")
    assert made not in logs
    assert "sesame" not in logs


def test_an_access_point_without_a_password_is_refused(board):
    assert "wifi_access_point needs a password: 'edgelet setup --access-point' gives it one" in (
        board.fails("setup", "--set", "wifi_access_point=true")
    )


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
        session = Session(LocalDevice(None, board.port, ("127.0.0.1", 80)), firmware, [project], tmp_path)
        for _ in range(2):
            before = time.time()
            with connect(board.port) as device:
                assert not device.call("status")["clock_set"]
            session.projects.bring([project])
            with connect(board.port) as device:
                now = float(device.execute("from edgelet import clock\nprint(clock.unix_ms())")) / 1000
            board.reset()
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
