"""`edgelet setup`."""

import pytest
from cli_helpers import Cli, local_device
from device_helpers import get

ADMIN = "canary-admin-secret"


def test_setup_without_a_terminal_sets_what_is_given(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        given = [
            "--set",
            "hostname=kitchen",
            "--set",
            "queue_length=2",
            "--set",
            "watchdog=false",
            "--secrets-file",
            "-",
        ]
        assert "4 settings" in cli.ok("setup", *given, stdin=f"admin_secret={ADMIN}\n")
        state = cli.run("status", "--json").json()
        assert state["hostname"] == "kitchen"
        assert get(local.address, "/metrics", Host="kitchen", Authorization=f"Bearer {ADMIN}").status == 200
        assert get(local.address, "/metrics", Host="kitchen", Authorization="Bearer x").status == 401


def test_setup_in_a_terminal_asks(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        answers = {"Name on the network": "hall\n", "Time server": "\n", "admin_secret": ADMIN + "\n"}
        done = cli.terminal("setup", answers=answers)
        assert "2 settings" in done.out
        assert "canary" not in done.out
        assert cli.run("status", "--json").json()["hostname"] == "hall"
        assert get(local.address, "/metrics", Host="hall", Authorization=f"Bearer {ADMIN}").status == 200


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        ([], "", "give --set and --secrets-file"),
        (["--set", "wifi_password=x"], "", "use --secrets-file"),
        (["--set", "hostname"], "", "SETTING=VALUE"),
        (["--set", "nonsense=1"], "", "there is no setting nonsense"),
        (["--set", "queue_length=many"], "", "whole number"),
        (["--set", "watchdog=no"], "", "true or false"),
        (["--set", "queue_length=-1"], "", "from 0 to 8000"),
        (["--secrets-file", "-"], "other=canary", "no device secret other"),
        (["--secrets-file", "-"], "admin_secret=canary", "16 to 128 bytes"),
        (["--secrets-file", "gone"], "", "cannot read gone"),
    ],
)
def test_setup_refuses_what_is_not_valid(cli, args, stdin, message):
    answer = cli.fails("setup", *args, stdin=stdin)
    assert message in answer
    assert "canary" not in answer
