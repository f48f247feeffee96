"""`edgelet new`: projects from templates."""

import subprocess

import pytest
from device_helpers import get
from edgelet_host.project.config import read_project


@pytest.mark.parametrize(
    ("template", "answer"),
    [("hello", '{"message":"hello, world"}'), ("lambda", '{"message":"hello, world"}'), ("static", "<h1>")],
)
def test_a_new_project_has_a_test_that_runs_and_can_be_deployed(cli, local, template, answer):
    name = f"new-{template}"
    listed = cli.ok("new", name, "--template", template)
    assert f"{name}/edgelet.toml" in listed
    assert read_project(cli.folder / name).name == name
    done = subprocess.run(["npm", "test"], cwd=cli.folder / name, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "pass 1" in done.stdout
    cli.ok("deploy", name)
    assert answer in get(local.address, f"/{name}/{'index.html' if template == 'static' else ''}").text


@pytest.mark.parametrize("template", ["hello", "lambda"])
def test_a_new_project_in_typescript(cli, local, template):
    name = f"typed-{template}"
    cli.ok("new", name, "--typescript", "--template", template)
    cli.ok("deploy", name)
    answer = get(local.address, f"/{name}?name=ada")
    assert (answer.status, answer.text) == (200, '{"message":"hello, ada"}')


@pytest.mark.slow
def test_a_new_login_in_typescript(cli):
    cli.ok("new", "typed-login", "--typescript", "--template", "login")
    project = cli.folder / "typed-login"
    assert sorted(path.name for path in project.glob("*.ts")) == ["main.ts", "password.ts"]
    cli.ok("deploy", project)
    cli.ok("secret", "generate", "JWT_SECRET", "--function", "typed-login")
    body = '{"user": "ada", "password": "correct horse"}'
    log_in = ["invoke", "typed-login", "--path", "/typed-login/login", "--data", "-"]
    # The user of `edgelet dev` is on no other device.
    assert "wrong user or password" in cli.ok(*log_in, stdin=body)
    cli.ok("user", "add", "ada", "--function", "typed-login", stdin="correct horse")
    assert '"token"' in cli.ok(*log_in, stdin=body)


@pytest.mark.slow
@pytest.mark.parametrize("template", ["hello", "lambda"])
def test_the_test_of_a_new_project_in_typescript_runs(cli, template):
    cli.ok("new", "typed", "--typescript", "--template", template)
    for command in (["npm", "install", "--no-audit", "--no-fund"], ["npm", "test"]):
        done = subprocess.run(command, cwd=cli.folder / "typed", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 1" in done.stdout


@pytest.mark.slow
def test_new_projects_run_side_by_side(cli, local):
    templates = {"side-hello": "hello", "side-lambda": "lambda", "side-static": "static", "side-login": "login"}
    for name, template in templates.items():
        cli.ok("new", name, "--template", template)
        cli.ok("deploy", name)
    answers = {name: get(local.address, f"/{name}/").text for name in templates}
    assert answers["side-hello"] == answers["side-lambda"] == '{"message":"hello, world"}'
    assert "<h1>side-static</h1>" in answers["side-static"]
    assert "<h1>Log in</h1>" in answers["side-login"]
    assert "POST /login" in get(local.address, "/side-login/nothing").text


def test_new_refuses_what_cannot_be(cli):
    cli.ok("new", "there")
    assert "there already" in cli.fails("new", "there")
    assert "lower-case letters" in cli.fails("new", "No Name")
    assert "has no code" in cli.fails("new", "other", "--typescript", "--template", "static")
