"""No command shows a secret."""

import pytest
from cli_helpers import Cli, greeting, local_device

ADMIN = "canary-admin-secret"


@pytest.mark.slow
def test_no_secret_shows_anywhere(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        project = greeting(tmp_path, "guarded")
        cli.ok("deploy", project)
        cli.ok("secret", "put", "KEY", stdin="canary-1")
        (tmp_path / "bulk.env").write_text('OTHER="canary-2"\n')
        cli.ok("secret", "bulk", "bulk.env")
        # Refused with a value in hand: too long, not a name, and while the device is not there.
        cli.fails("secret", "put", "KEY", stdin="canary-" * 1000)
        cli.fails("secret", "put", "BAD NAME", stdin="canary-3")
        cli.fails("secret", "put", "KEY", "--device", "/dev/ttyACM99", stdin="canary-4")
        cli.fails("secret", "put", "KEY", "--function", "nobody", stdin="canary-5")
        cli.fails("env", "set", "KEY", stdin="canary-6")
        cli.fails("setup", "--secrets-file", "-", stdin="wifi_password=canary")
        cli.ok("setup", "--secrets-file", "-", stdin=f"admin_secret={ADMIN}")
        for command in (["status"], ["status", "--json"], ["logs"], ["secret", "list"], ["env", "list"], ["doctor"]):
            cli.run(*command)
        (project / "main.js").write_text("export default { fetch() { throw new Error('x') } }")
        cli.ok("deploy", project)
        cli.ok("invoke", "guarded", "--json")
        cli.ok("logs", "--json")
    assert "canary" not in "".join(cli.everything)
    kept = {
        tmp_path / "bulk.env",
        tmp_path / "device" / "secrets.json",
        tmp_path / "device" / "secrets" / "guarded.json",
    }
    for path in tmp_path.rglob("*"):
        if path.is_file() and path not in kept:
            assert b"canary" not in path.read_bytes(), path
