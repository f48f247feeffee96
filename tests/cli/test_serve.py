"""`edgelet serve` and `edgelet dev`: the gateway, and what people develop on."""

import signal
import subprocess

import pytest
from cli_helpers import ROOT, Cli, greeting
from device_helpers import free_port, get, request


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
