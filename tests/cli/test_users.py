"""`edgelet user`: users of the login example."""

import pytest


@pytest.mark.slow
def test_a_user_who_was_added_can_log_in(cli, local):
    cli.ok("new", "gate", "--template", "login", "--javascript")
    toml = cli.folder / "gate" / "edgelet.toml"
    toml.write_text(toml.read_text().replace('route = "/"', 'host = "gate.test"\nroute = "/"'))
    cli.ok("deploy", "gate")
    here = ["--function", "gate"]
    cli.ok("secret", "generate", "JWT_SECRET", *here)
    typed = {"Password: ": "canary-password\n", "Repeat for confirmation: ": "canary-password\n"}
    shown = cli.terminal("user", "add", "grace", *here, answers=typed)
    assert shown.status == 0
    record = cli.ok("kv", "get", "USERS", "user:grace", *here)
    assert record.startswith("pbkdf2-sha256$600000$")
    assert cli.ok("kv", "get", "USERS", "iterations", *here) == "600000\n"
    (cli.folder / "body").write_text('{"user": "grace", "password": "canary-password"}')
    answer = cli.run("invoke", "gate", "--path", "/login", "--data", "body", "--json").json()
    assert (answer["status"], "token" in answer["body"]) == (200, True)
    assert "edgelet user password grace" in cli.fails("user", "add", "grace", *here, stdin="another canary")
    cli.ok("user", "password", "grace", *here, stdin="another canary")
    assert cli.ok("kv", "get", "USERS", "user:grace", *here) != record
    assert cli.run("invoke", "gate", "--path", "/login", "--data", "body", "--json").json()["status"] == 401
    assert "at least 8" in cli.fails("user", "password", "grace", *here, stdin="short")

    for name in ("", "x" * 49):
        assert "has 1 to 48 characters" in cli.fails("user", "add", name, *here, stdin="another canary")

    cli.ok("user", "add", "ada", "--iterations", "1000", *here, stdin="a canary of hers")
    assert cli.ok("kv", "get", "USERS", "iterations", *here) == "600000\n"
    assert cli.ok("user", "list", *here).splitlines() == ["ada", "grace"]
    assert cli.run("user", "list", "--json", *here).json() == ["ada", "grace"]
    cli.ok("user", "delete", "grace", *here)
    assert cli.ok("user", "list", *here).splitlines() == ["ada"]
    for change in ("delete", "password"):
        assert "there is no user grace" in cli.fails("user", change, "grace", *here, stdin="another canary")
    assert "canary" not in "".join(cli.everything)
