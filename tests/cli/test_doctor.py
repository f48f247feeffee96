"""`edgelet doctor`, and `edgelet shell`, for who looks closer."""

import json

import pytest
from cli_helpers import Cli, greeting, local_device
from edgelet_host.device.console import connect

ADMIN = "canary-admin-secret"


def test_doctor_says_what_is_missing_and_how_to_mend_it(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        before = cli.run("doctor")
        assert before.status == 1
        assert "missing  admin secret: not set" in before.out
        assert "missing  functions: none" in before.out
        assert "ok       clock: set" in before.out
        cli.ok("setup", "--secrets-file", "-", stdin=f"admin_secret={ADMIN}")
        cli.ok("deploy", greeting(tmp_path, "one"))
        assert all(one["ok"] for one in cli.run("doctor", "--json").json())


def test_doctor_finds_damage_and_repairs_it(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        cli.ok("setup", "--secrets-file", "-", stdin=f"admin_secret={ADMIN}")
        cli.ok("deploy", greeting(tmp_path, "one"))
        foreign = tmp_path / "device" / "releases" / "backup.zip"
        foreign.write_text("x")
        (tmp_path / "device" / "secrets.json").write_text("{")
        found = cli.run("doctor")
        assert found.status == 1
        assert f"damaged  {foreign}: it is not of edgelet: 'edgelet doctor --repair' moves it aside" in found.out
        assert f"damaged  {tmp_path}/device/secrets.json: it is damaged" in found.out
        assert "missing  admin secret: " in found.out
        repaired = cli.run("doctor", "--repair")
        assert repaired.status == 1  # the admin secret has to be set again
        assert f"repaired  {foreign}: it is not of edgelet: it is in " in repaired.out
        assert (tmp_path / "device" / "damaged" / "releases-backup.zip").read_text() == "x"
        cli.ok("setup", "--secrets-file", "-", stdin=f"admin_secret={ADMIN}")
        assert all(one["ok"] for one in cli.run("doctor", "--json").json())


@pytest.mark.slow
def test_a_report_has_what_others_need_and_nothing_that_is_secret(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        given = ["--set", "hostname=canary", "--set", "time_server=canary.example", "--secrets-file", "-"]
        cli.ok("setup", *given, stdin=f"admin_secret={ADMIN}")
        project = greeting(tmp_path, "canary-function", secrets=["TOKEN"])
        cli.ok("deploy", project)
        cli.ok("secret", "put", "TOKEN", "--function", "canary-function", stdin="canary-token")
        (project / "main.js").write_text(
            "export default { fetch() { console.error('canary-log'); throw new Error('canary-error') } }"
        )
        cli.ok("deploy", project)
        cli.run("invoke", "canary-function")
        with connect(local.port) as device:
            device.execute("from edgelet import log\nlog.warn('a warning about 192.0.2.77')")
            device.execute("from edgelet import log\nlog.error('/data/kv/canary-function/S: 2 files are no keys')")
            device.execute("from edgelet import log\nlog.warn('time server canary.example: no answer')")
            device.execute("from edgelet import log\nlog.error('function canary-function does not start')")
        text = cli.ok("doctor", "--report")
        told = cli.run("doctor", "--report", "--json").json()
        assert "--report changes nothing" in cli.fails("doctor", "--report", "--repair")
    assert "canary" not in text + json.dumps(told)
    assert "warn a warning about x.x.x.x" in text
    assert "error /...: 2 files are no keys" in text
    assert "warn time server ***: no answer" in text
    assert "error function *** does not start" in text
    assert f"| MicroPython | {told['device']['micropython']} |" in text
    [function] = told["functions"]
    assert (function["requests"], function["errors"]) == (3, {"thrown": 2})  # two of them are those of the deploys
    assert told["sizes"]["heap_largest"] > 1000
    assert told["resets"] == {"last_cause": None, "failed_starts": 0, "runtime_restarts": 1, "radio_restarts": 0}
    assert told["timings"]["console_ms"] > 0


def test_doctor_without_a_device_and_tools(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = Cli(tmp_path).run("doctor")
    assert done.status == 1
    assert "missing  device: no device found" in done.out
    assert "missing  C compiler: builds the firmware: sudo apt install gcc libc6-dev make" in done.out
    assert "missing  Node.js: only for TypeScript and npm packages: sudo apt install nodejs npm" in done.out


def test_shell_is_the_devices_own_prompt(cli):
    shown = cli.terminal("shell", answers={"exit this shell": "print(6*7)\r", "42": "\x1d"})
    assert shown.status == 0
