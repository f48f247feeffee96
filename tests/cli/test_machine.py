"""New projects, the gateway, setting up a device, and what a beginner meets."""

import os
import pty
import signal
import subprocess
import sys
import tty
from pathlib import Path

import pytest
import serial
from cli_helpers import ROOT, Cli, greeting, local_device
from device_helpers import free_port, get, request, with_heap
from edgelet_host.project.config import read_project


@pytest.fixture(scope="module")
def local(firmware, tmp_path_factory):
    with local_device(firmware, tmp_path_factory.mktemp("machine")) as local:
        yield local


@pytest.fixture
def cli(local, tmp_path):
    return Cli(tmp_path, local.port)


# New projects


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


# The gateway


def test_serve_keeps_functions_and_prints_the_log(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    for run in range(2):
        process = subprocess.Popen(
            cli.command("serve", "--data", "data", "--port", str(port), "--host", "127.0.0.1"),
            env=cli.environment(),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert f"edgelet serve: http://localhost:{port}" in process.stderr.readline()
            if run == 0:
                # The device that runs here is the default one.
                cli.ok("deploy", greeting(tmp_path, "kept"))
            assert get(("127.0.0.1", port), "/kept").status == 200
            line = ""
            while "[kept] asked" not in line:
                line = process.stdout.readline()
                assert line
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate()
        assert process.returncode == 0
        assert errors.strip() == "Stopped."


def test_serve_has_its_folder_for_itself(firmware, tmp_path):
    cli = Cli(tmp_path)
    for _ in range(2):
        ports = [free_port(), free_port()]
        commands = [["serve", "--data", "data", "--host", "127.0.0.1", "--port", str(port)] for port in ports]
        process = subprocess.Popen(
            cli.command(*commands[0]), env=cli.environment(), cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        try:
            assert "edgelet serve: " in process.stderr.readline()
            message = cli.fails(*commands[1])
            assert f"data is used by another edgelet (process {process.pid}, http://127.0.0.1:{ports[0]})" in message
        finally:
            # Its lock ends with it, however that ends.
            process.kill()
            process.communicate()


def test_dev_shares_its_device_with_other_commands(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    greeting(tmp_path, "first")
    environment = cli.environment() | {"PYTHONUNBUFFERED": "1"}
    command = cli.command("dev", "first", "--port", str(port))
    process = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        line = ""
        while "edgelet dev: http" not in line:
            line = process.stderr.readline()
            assert line
        for _ in range(5):
            assert cli.ok("list") == "first\n"
        cli.ok("env", "set", "WHO", "--function", "first", stdin="ada")
        assert " ada " in get(("127.0.0.1", port), "/first").text
        assert f"port {port} is in use" in cli.fails("dev", "first", "--port", str(port))
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 0
    assert errors.strip().endswith("Stopped.")


@pytest.mark.parametrize("folder", ["checkout", "project"])
def test_dev_runs_the_login_example_in_a_checkout_else_this_folder(firmware, tmp_path, folder):
    cli = Cli(tmp_path)
    port = free_port()
    cwd = ROOT if folder == "checkout" else greeting(tmp_path, "mine")
    command = cli.command("dev", "--port", str(port))
    process = subprocess.Popen(command, env=cli.environment(), cwd=cwd, stderr=subprocess.PIPE, text=True)
    try:
        line = ""
        while "edgelet dev: http" not in line:
            line = process.stderr.readline()
            assert line
        if folder == "checkout":
            assert "POST /login" in get(("127.0.0.1", port), "/nothing").text
            body = '{"user": "ada", "password": "correct horse"}'
            assert request(("127.0.0.1", port), "POST", "/login", body).status == 200
        else:
            assert get(("127.0.0.1", port), "/mine").status == 200
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0


def test_dev_follows_several_projects_and_outlives_their_errors(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    command = cli.command("dev", greeting(tmp_path, "one"), greeting(tmp_path, "two"), "--port", str(port))
    process = subprocess.Popen(
        command, env=cli.environment(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def wait_for(text: str) -> str:
        line = ""
        while text not in line:
            line = process.stderr.readline()
            assert line, f"it ended before it printed {text!r}"
        return line

    def answer(name: str) -> str:
        return get(("127.0.0.1", port), f"/{name}").text

    try:
        wait_for("edgelet dev: http")
        assert [answer(name)[:9] for name in ("one", "two")] == ["GET /one ", "GET /two "]
        main = tmp_path / "two" / "main.js"
        main.write_text("export default { fetch() { return new Response('changed') } }")
        assert f"http://localhost:{port}/two" in wait_for("two ")
        assert [answer("one")[:9], answer("two")] == ["GET /one ", "changed"]
        main.write_text("export default {\n  fetch() { return new Response('broken' } }")
        assert f"{tmp_path / 'two'}: main.js:2:" in wait_for("Error: ")
        wait_for("Waiting for the next change")
        assert answer("two") == "changed"
        main.write_text("export default { fetch() { return new Response('mended') } }")
        wait_for("is ready")
        assert answer("two") == "mended"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0


# Setting up

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


def completed(cli: Cli, line: str) -> list[str]:
    """What bash is told when somebody presses the tab key at the end of a line."""
    words = {"_EDGELET_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        cli.command(), env=cli.environment() | words, capture_output=True, text=True, cwd=cli.folder, check=True
    )
    assert done.stderr == ""
    return [one.removeprefix("plain,") for one in done.stdout.split()]


def test_completion_knows_commands_boards_devices_and_functions(cli, local):
    cli.ok("deploy", greeting(cli.folder, "complete"))
    assert completed(cli, "edgelet secr") == ["secret"]
    assert completed(cli, "edgelet secret ge") == ["generate"]
    assert completed(cli, "edgelet build --board EDGELET_PICO_") == ["EDGELET_PICO_W"]
    assert completed(cli, "edgelet rollback compl") == ["complete"]
    assert completed(cli, "edgelet logs --function compl") == ["complete"]
    assert completed(cli, f"edgelet kv list --device {local.port} --function compl") == ["complete"]
    cli.ok("devices", "name", local.port, "kitchen")
    assert completed(cli, "edgelet status --device kit") == ["kitchen"]
    # A device that is not there is no error while somebody types.
    cli.device = "/dev/ttyACM99"
    assert completed(cli, "edgelet rollback compl") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_scripts(tmp_path, shell):
    script = Cli(tmp_path).ok("completion", shell)
    assert "_EDGELET_COMPLETE" in script
    assert f"{shell}_complete" in script


def test_completion_of_bash_works_in_bash(tmp_path):
    cli = Cli(tmp_path)
    program = tmp_path / "edgelet"
    program.write_text('#!/bin/sh\nexec "$PYTHON" -m edgelet_host "$@"\n')
    program.chmod(0o755)
    environment = cli.environment() | {"PYTHON": sys.executable, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    typed = """eval "$(edgelet completion bash)"
COMP_WORDS=(edgelet secr); COMP_CWORD=1; _edgelet_completion edgelet; echo "${COMPREPLY[@]}"
"""
    done = subprocess.run(["bash", "-c", typed], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "secret\n"


@pytest.mark.parametrize(("line", "word", "answer"), [("edgelet secr", "secr", "secret"), ("edgelet kv ", "", "get")])
def test_completion_of_powershell(tmp_path, line, word, answer):
    cli = Cli(tmp_path)
    words = {"_EDGELET_COMPLETE": "powershell_complete", "COMP_WORDS": line, "COMP_CWORD": word}
    done = subprocess.run(cli.command(), env=cli.environment() | words, capture_output=True, text=True, check=True)
    assert answer in [one.split("\t")[1] for one in done.stdout.splitlines()]
    assert all(one.startswith("plain\t") for one in done.stdout.splitlines())


# What a beginner meets


def test_a_port_that_is_not_there(cli):
    assert "there is no /dev/ttyACM99" in cli.fails("status", "--device", "/dev/ttyACM99")


def test_a_file_that_is_no_port(cli):
    assert "is no serial port" in cli.fails("status", "--device", str(cli.folder))
    assert "is no serial port" in cli.fails("status", "--device", "/dev/null")


def test_files_and_arguments_that_cannot_be_used(cli):
    (cli.folder / "file").write_text("")
    assert "cannot use /proc/mine: No such file" in cli.fails("new", "/proc/mine")
    assert "cannot use" in cli.fails("serve", "--data", "file")
    assert "the argument '\\udcff' is no UTF-8 text" in cli.fails(
        "setup", "--set", b"\xff".decode(errors="surrogateescape")
    )


def test_a_closed_standard_input_is_an_empty_one(cli):
    for command, message in ((["setup"], "nobody to ask"), (["token", "decode"], "this is no token")):
        closed = ["sh", "-c", '"$@" <&-', "sh", *cli.command(*command)]
        done = subprocess.run(closed, env=cli.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_what_is_too_much_for_the_devices_memory(firmware, tmp_path):
    with local_device(with_heap(firmware, tmp_path, "2M"), tmp_path, arena_bytes=1 << 20) as local:
        cli = Cli(tmp_path, local.port)
        cli.ok("deploy", greeting(cli.folder, "small", bindings={"STORE": {"type": "kv"}}))
        (cli.folder / "large").write_bytes(b"x" * 4_000_000)
        message = cli.fails("kv", "put", "STORE", "key", "--file", "large", "--function", "small")
        assert "too much for the device's memory" in message
        assert "too much for the device's memory" in cli.fails("invoke", "small", "--data", "large")
        assert cli.ok("invoke", "small").startswith("GET ")


def test_a_port_that_another_program_uses(cli, local):
    with serial.Serial(local.port, exclusive=True):
        assert "is used by another program: close it" in cli.fails("status")


def test_a_port_that_nobody_answers_at(tmp_path):
    master, slave = pty.openpty()
    try:
        tty.setraw(slave)
        cli = Cli(tmp_path, os.ttyname(slave))
        assert "no MicroPython answers" in cli.fails("status")
    finally:
        os.close(master)
        os.close(slave)


def test_a_port_that_one_may_not_open(cli, local):
    # Who is no root owns the pty and may open it all the same.
    mode = 0o600 if os.geteuid() == 0 else 0
    before = Path(local.port).stat().st_mode
    Path(local.port).chmod(mode)
    try:
        done = cli.as_nobody("status", "--device", local.port)
    finally:
        Path(local.port).chmod(before)
    assert done.status == 1
    assert done.err == (
        f"Error: no permission for {local.port}. Add yourself to its group: sudo usermod -aG dialout $USER, "
        "and log in again\n"
    )
    cli.ok("status")


OTHER_FIRMWARE = """
import asyncio, sys
from edgelet.console.repl import Console
# What asyncio imports when it is needed first.
asyncio.Event, asyncio.Lock, asyncio.StreamReader, asyncio.StreamWriter, asyncio.wait_for_ms
for name in [name for name in sys.modules if name.startswith("edgelet")]:
    del sys.modules[name]
sys.path.clear()
asyncio.run(Console().serve())
"""


OLD_FIRMWARE = OTHER_FIRMWARE.replace(
    "sys.path.clear()", "sys.modules['edgelet.console'] = sys.modules['edgelet'] = object()"
)
NEW_FIRMWARE = """
import asyncio
from edgelet.console import protocol
from edgelet.console.repl import Console
protocol.VERSION += 1
asyncio.run(Console().serve())
"""


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (OTHER_FIRMWARE, "this board runs other firmware than edgelet's: 'edgelet flash --board NAME' brings it"),
        (OLD_FIRMWARE, "the device's firmware is of another version than this command line: flash this board with"),
        (NEW_FIRMWARE, "the device's firmware is of another version than this command line: flash this board with"),
    ],
)
def test_a_board_with_other_firmware(firmware, tmp_path, program, message):
    master, slave = pty.openpty()
    tty.setraw(slave)
    process = subprocess.Popen([firmware, "-c", program], stdin=master, stdout=master, cwd=tmp_path)
    try:
        cli = Cli(tmp_path, os.ttyname(slave))
        assert message in cli.fails("status")
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_a_device_that_goes_away_in_the_middle(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        process = subprocess.Popen(
            cli.command("logs", "--follow"),
            env=cli.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "listening" in process.stdout.readline()
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.startswith("Error: ")
    assert "Traceback" not in errors


def test_the_function_must_be_named_where_there_are_several(cli):
    for name in ("several-a", "several-b"):
        cli.ok("deploy", greeting(cli.folder, name))
    message = cli.fails("env", "list")
    assert "Name it with --function" in message
    assert "several-a" in message


# Users of the login example


def test_a_user_who_was_added_can_log_in(cli, local):
    cli.ok("new", "gate", "--template", "login")
    toml = cli.folder / "gate" / "edgelet.toml"
    toml.write_text(toml.read_text().replace('route = "/"', 'host = "gate.test"\nroute = "/"'))
    cli.ok("deploy", "gate")
    here = ["--function", "gate"]
    cli.ok("secret", "generate", "JWT_SECRET", *here)
    typed = {"Password: ": "canary-password\n", "Repeat for confirmation: ": "canary-password\n"}
    shown = cli.terminal("user", "add", "grace", *here, answers=typed)
    assert shown.status == 0
    record = cli.ok("kv", "get", "USERS", "user:grace", *here)
    assert record.startswith("pbkdf2-sha256$20000$")
    (cli.folder / "body").write_text('{"user": "grace", "password": "canary-password"}')
    answer = cli.run("invoke", "gate", "--path", "/login", "--data", "body", "--json").json()
    assert (answer["status"], "token" in answer["body"]) == (200, True)
    cli.ok("user", "add", "grace", *here, stdin="another canary")
    assert cli.ok("kv", "get", "USERS", "user:grace", *here) != record
    assert cli.run("invoke", "gate", "--path", "/login", "--data", "body", "--json").json()["status"] == 401
    assert "at least 8" in cli.fails("user", "add", "grace", *here, stdin="short")
    assert "canary" not in "".join(cli.everything)


# Secrets


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
