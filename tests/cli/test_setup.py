"""`edgelet setup`."""

import pytest
from authority import Authority
from cli_helpers import Cli, local_device
from device_helpers import get
from upstream import Upstream, response

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


def test_roots_of_the_device_are_whom_functions_trust_that_name_none(firmware, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours, theirs = Authority(tmp_path / "ours", "ours"), Authority(tmp_path / "theirs", "theirs")
    (tmp_path / "project").mkdir()
    with Upstream(lambda c, r: c.sendall(response(b"trusted")), ours.certificate("server")) as upstream:
        toml = f'name = "asks"\n[fetch]\nallow = ["127.0.0.1"]\n[vars]\nURL = "{upstream.url}"\n'
        (tmp_path / "project" / "edgelet.toml").write_text(toml)
        source = "export default { fetch: (r, env) => fetch(env.URL).catch((e) => new Response(`${e}`)) }"
        (tmp_path / "project" / "main.js").write_text(source)
        with local_device(firmware, tmp_path) as local:
            cli = Cli(tmp_path, local.port)
            cli.ok("deploy", str(tmp_path / "project"))
            for given, answer in (
                (str(theirs.folder / "theirs.pem"), "not correctly signed by the trusted CA"),
                (str(ours.folder / "ours.pem"), "trusted"),
                ("", "this computer has no root certificates"),
            ):
                assert "its roots are set" in cli.ok("setup", "--roots", given)
                assert answer in get(local.address, "/").text


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
        ([], "", "give --set, --secrets-file, --access-point or --roots"),
        (["--set", "wifi_password=x"], "", "use --secrets-file"),
        (["--set", "hostname"], "", "SETTING=VALUE"),
        (["--set", "hostname=a", "--set", "hostname=b"], "", "hostname is given twice"),
        (["--set", "nonsense=1"], "", "there is no setting nonsense"),
        (["--set", "queue_length=many"], "", "whole number"),
        (["--set", "watchdog=no"], "", "true or false"),
        (["--set", "queue_length=-1"], "", "from 0 to 8000"),
        (["--secrets-file", "-"], "other=canary", "no device secret other"),
        (["--secrets-file", "-"], "admin_secret=canary", "16 to 128 bytes"),
        (["--secrets-file", "gone"], "", "cannot read gone"),
        (["--set", "wifi_ssid=home"], "", "this device has no Wi-Fi for wifi_ssid"),
        (["--secrets-file", "-"], "wifi_password=canary-1", "this device has no Wi-Fi for wifi_password"),
        (["--access-point"], "", "this device has no Wi-Fi for wifi_access_point"),
        (["--access-point", "--json"], "", "give the access point's password: wifi_access_point_password in"),
        (["--access-point", "--all"], "", "give the access point's password: wifi_access_point_password in"),
        (["--set", "cpu_mhz=48"], "", "cpu_mhz is a board's, and this device is none"),
        (["--set", "safe_pin=3"], "", "safe_pin is a board's, and this device is none"),
        (["--roots", "gone"], "", "--roots names gone, but there is no such file"),
        (["--roots", "/dev/null"], "", "but there is no such file"),
        (["--roots", __file__], "", "which has no certificate in PEM"),
    ],
)
def test_setup_refuses_what_is_not_valid(cli, args, stdin, message):
    answer = cli.fails("setup", *args, stdin=stdin)
    assert message in answer
    assert "canary" not in answer
