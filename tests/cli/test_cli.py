"""Every command against the real firmware over a pty, piped and in a terminal."""

import contextlib
import http.server
import json
import re
import signal
import socket
import subprocess
import threading
import time
from datetime import datetime

import click
import jwt
import pytest
from cli_helpers import GREETING, ROOT, Cli, greeting, local_device
from device_helpers import free_port, get, write_project
from edgelet_host.cli import main
from edgelet_host.device.running import announce
from edgelet_host.locks import take


@pytest.fixture
def deployed(cli, request):
    """Deploy a greeting under a name of the test's own; (command line, name)."""
    name = re.sub("[^a-z]+", "-", request.node.name.removeprefix("test_"))[:32].strip("-")
    cli.ok("deploy", greeting(cli.folder, name, bindings={"STORE": {"type": "kv"}}))
    return cli, name


# Devices


def test_the_only_device_that_runs_here_is_the_default(local, tmp_path, monkeypatch):
    cli = Cli(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", cli.environment()["XDG_RUNTIME_DIR"])
    assert "no device found" in cli.fails("status")
    with announce(local, "edgelet dev"):
        assert cli.run("status", "--json").json()["hostname"] == "edgelet"
        [found] = cli.run("devices", "--json").json()
        assert (found["port"], found["kind"], found["url"]) == (local.port, "local", local.url)
        assert local.port in cli.ok("devices")
        assert "PORT OR URL" in cli.terminal("devices").out
    assert cli.run("devices", "--json").json() == []
    assert "No device" in cli.run("devices").err


def test_a_device_has_the_names_that_its_owner_gives(local, tmp_path, monkeypatch):
    cli = Cli(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", cli.environment()["XDG_RUNTIME_DIR"])
    cli.ok("devices", "name", local.port, "kitchen")
    with announce(local, "edgelet dev"):
        assert cli.run("status", "--device", "kitchen", "--json").json()["platform"] == "linux"
    # The pty is there, but whose is it now?
    assert f"no device that runs here has {local.port} now" in cli.fails("status", "--device", "kitchen")
    cli.ok("devices", "group", "kitchen", "class1")
    assert "kitchen: it is not connected" in cli.run("deploy", greeting(tmp_path, "hello"), "--group", "class1").err
    assert [one["description"] for one in cli.run("devices", "--json").json()] == ["not connected"]
    assert [one["name"] for one in cli.run("devices", "--json").json()] == ["kitchen"]
    cli.ok("devices", "forget", "kitchen")
    assert "no device is named kitchen" in cli.fails("status", "--device", "kitchen")
    assert "no device is named kitchen" in cli.fails("devices", "forget", "kitchen")
    assert "no blanks" in cli.fails("devices", "name", local.port, "a b")


def test_names_are_written_to_where_a_link_leads(tmp_path):
    cli = Cli(tmp_path)
    kept = tmp_path / "dotfiles" / "edgelet.json"
    link = tmp_path / "config" / "edgelet" / "devices.json"
    link.parent.mkdir(parents=True)
    link.symlink_to(kept)
    # First where it leads to nothing yet.
    for count, name in enumerate(("kitchen", "hall"), 1):
        cli.ok("devices", "name", f"{name}.local", name)
        assert link.is_symlink() and len(json.loads(kept.read_text())) == count
    assert list(kept.parent.iterdir()) == [kept]


def test_who_waits_for_another_that_changes_names_is_told_so(tmp_path):
    cli = Cli(tmp_path)
    folder = tmp_path / "config" / "edgelet"
    folder.mkdir(parents=True)
    command = cli.command("devices", "name", "kitchen.local", "kitchen")
    with (folder / "devices.lock").open("w") as lock:
        take(lock)
        process = subprocess.Popen(
            command, env=cli.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        told = process.stderr.readline()
        assert told == f"Waiting for another edgelet, which changes {folder / 'devices.json'} ...\n"
    assert process.communicate() == ("kitchen.local is kitchen now\n", "")
    assert "Waiting" not in cli.run("devices", "name", "hall.local", "hall").err


@pytest.mark.slow
def test_addresses_in_the_network_have_names_and_are_asked(local, tmp_path):
    cli = Cli(tmp_path)
    address = local.url.removeprefix("http://")
    with socket.create_server(("127.0.0.1", 0)) as deaf, other_server() as other:
        nobody = free_port()
        places = {
            "kitchen": address,
            "hall": f"http://127.0.0.1:{nobody}/",
            "attic": f"127.0.0.1:{deaf.getsockname()[1]}",
            "cellar": f"127.0.0.1:{other}",
            "garden": "garden.invalid",
        }
        for name, place in places.items():
            cli.ok("devices", "name", place, name)
        found = {one["name"]: one for one in cli.run("devices", "--json").json()}
    assert {one["kind"] for one in found.values()} == {"address"}
    assert found["kitchen"]["url"] == local.url
    assert re.fullmatch(r"answers, \d+ functions?", found["kitchen"]["description"])
    assert found["hall"]["url"] == f"http://127.0.0.1:{nobody}"
    assert "does not answer: Connection refused" in found["hall"]["description"]
    assert found["attic"]["description"] == "does not answer within 3 s"
    assert found["cellar"]["description"] == "/healthz answers 404"
    assert "does not answer: Name or service not known" in found["garden"]["description"]
    assert re.search(rf"^{local.url}\tkitchen\taddress\tanswers", cli.ok("devices"), re.MULTILINE)
    assert "commands use the console: give its serial port" in cli.fails("status", "--device", "kitchen")
    cli.ok("devices", "forget", "kitchen")
    for bad in ("a b", "host:port", "user@host", "kitchen:99999"):
        assert "is neither a serial port nor an address" in cli.fails("devices", "name", bad, "x")


@contextlib.contextmanager
def other_server():
    """A web server that is no edgelet device; its port."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.RequestHandlerClass.do_GET = lambda self: self.send_error(404)
        server.RequestHandlerClass.log_message = lambda self, *args: None
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_several_devices_must_be_told_apart(local, firmware, tmp_path, monkeypatch):
    cli = Cli(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", cli.environment()["XDG_RUNTIME_DIR"])
    with local_device(firmware, tmp_path) as other, announce(local, "edgelet dev"), announce(other, "edgelet dev"):
        message = cli.fails("list")
        assert "several devices" in message
        assert local.port in message
        both = f"for one device, not for {local.port}, {other.port}: give --device once"
        assert both in cli.fails("list", "--device", local.port, "--device", other.port)
        assert cli.ok("list", "--device", other.port) == ""


def test_watching_tells_what_comes_and_goes(local, firmware, tmp_path, monkeypatch):
    cli = Cli(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", cli.environment()["XDG_RUNTIME_DIR"])
    command = cli.command("devices", "--watch", "--json")
    with subprocess.Popen(command, env=cli.environment(), stdout=subprocess.PIPE, text=True) as process:
        for _ in range(2):
            with announce(local, "edgelet dev"):
                come = json.loads(process.stdout.readline())
            gone = json.loads(process.stdout.readline())
            assert (come["there"], gone["there"]) == (True, False)
            assert come["port"] == gone["port"] == local.port
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0


# Functions


def test_list_and_status_tell_what_a_function_did(deployed):
    cli, name = deployed
    assert name in cli.ok("list").splitlines()
    assert name in cli.run("list", "--json").json()
    cli.ok("invoke", name)
    [function] = [one for one in cli.run("status", "--json").json()["functions"] if one["name"] == name]
    # The deploy itself asks once, to see that the function answers.
    assert function["requests"] >= 1
    assert function["routes"] == [f"/{name}"]
    assert function["cpu_us"] > 0
    assert re.search(rf"^{name}\t[0-9a-f]{{16}}\t/{name}\t", cli.ok("status"), re.MULTILINE)
    assert "FUNCTION" in cli.terminal("status").out


WAITS = """export default { fetch(request, env, ctx) {
  ctx.waitUntil(new Promise((done) => setTimeout(done, 20000))); return new Response(); } }"""


def test_status_tells_who_waits_and_how_often_they_left_the_arena_and_came_back(cli, local):
    cli.ok("deploy", write_project(cli.folder / "waits", "waits", {"main.js": WAITS}, route="/waits"))
    before = cli.run("status", "--json").json()
    for _ in range(2):
        assert get(local.address, "/waits").status == 200
    state = cli.run("status", "--json").json()
    assert state["waiting"] >= 2 and state["parked_bytes"] > 1024 and state["parks"] > before["parks"]
    text = cli.ok("status")
    assert re.search(rf"^waiting +{state['waiting']} requests, [0-9.]+ KB outside the arena$", text, re.MULTILINE)
    left, back = (rf"{state[what]} times? \([0-9.]+ [mu]s\)" for what in ("parks", "resumes"))
    assert state["parks"] > state["resumes"]
    assert re.search(rf"^parking +{left} out of the arena, {back} back$", text, re.MULTILINE)


@pytest.mark.slow
def test_releases_rollback_and_delete(deployed):
    cli, name = deployed
    [first] = cli.run("releases", name, "--json").json()
    project = cli.folder / name
    (project / "main.js").write_text("export default { fetch() { return new Response('second') } }")
    cli.ok("deploy", project)
    newest, older = cli.run("releases", name, "--json").json()
    assert (newest["active"], older["previous"], older["id"]) == (True, True, first["id"])
    assert cli.ok("invoke", name) == "second\n"
    assert "active" in cli.terminal("releases", name).out
    assert first["id"] in cli.ok("rollback", name)
    assert cli.ok("invoke", name).startswith("GET ")
    cli.ok("rollback", name, newest["id"])
    assert cli.ok("invoke", name) == "second\n"
    assert cli.run("delete", name, stdin="n\n").status == 1
    assert cli.terminal("delete", name, answers={"[y/N]: ": "y\n"}).status == 0
    assert name not in cli.ok("list").splitlines()
    assert f"no function {name}" in cli.fails("releases", name)
    assert f"no function {name}" in cli.fails("delete", name, "--yes")


def test_a_rollback_needs_an_earlier_release(deployed):
    cli, name = deployed
    assert "no previous release" in cli.fails("rollback", name)
    assert "no release" in cli.fails("rollback", name, "0123456789abcdef")


def test_what_is_not_there_is_said_and_no_success(deployed):
    cli, name = deployed
    here = ["--function", name]
    for command in (["rollback", "nope"], ["delete", "nope"], ["releases", "nope"], ["logs", "--function", "nope"]):
        assert "there is no function nope: 'edgelet list' shows" in cli.fails(*command), command
    assert f"WHO is not set on the device for {name}" in cli.fails("env", "unset", "WHO", *here)
    assert f"secret KEY is not set for {name}" in cli.fails("secret", "delete", "KEY", *here)
    assert cli.ok("logs", "--level", "error", *here) == ""


# Variables and secrets


@pytest.mark.slow
def test_variables_take_effect_at_once_and_can_be_pulled(deployed):
    cli, name = deployed
    awkward = 'two\nlines "quoted" \\ and $HOME'
    cli.ok("env", "set", "WHO", "--function", name, stdin="piped\n")
    assert " piped undefined" in cli.ok("invoke", name)
    (cli.folder / "value.txt").write_text(awkward)
    cli.ok("env", "set", "WHO", "--file", "value.txt", "--function", name)
    assert awkward in cli.ok("invoke", name)
    assert cli.run("env", "list", "--function", name, "--json").json() == {"WHO": awkward}
    assert "WHO\t" in cli.ok("env", "list", "--function", name)
    (cli.folder / "value.txt").write_text("grüße \x1b[31m")
    cli.ok("env", "set", "WHO", "--file", "value.txt", "--function", name)
    assert cli.ok("env", "list", "--function", name).endswith("WHO\tgrüße \\x1b[31m\n")
    cli.ok("kv", "put", "STORE", "ключ\x07", "--function", name, stdin="x")
    assert cli.ok("kv", "list", "STORE", "--function", name) == "ключ\\x07\n"
    (cli.folder / "value.txt").write_text(awkward)
    cli.ok("env", "set", "WHO", "--file", "value.txt", "--function", name)
    pulled = cli.ok("env", "pull", "--function", name)
    cli.ok("env", "unset", "WHO", "--function", name)
    assert " undefined undefined" in cli.ok("invoke", name)
    # A pulled file is one that `secret bulk` understands.
    cli.ok("secret", "bulk", "--function", name, stdin=pulled)
    assert awkward in cli.ok("invoke", name)


def test_values_that_a_function_does_not_start_with_are_told(deployed):
    cli, _ = deployed
    source = "if (process.env.MODE === 'bad') throw new Error('no such mode');" + GREETING
    write_project(cli.folder / "strict", "strict", {"main.js": source}, route="/strict")
    cli.ok("deploy", "strict")
    refused = cli.fails("env", "set", "MODE", "--function", "strict", stdin="bad")
    assert "the change is stored, but function strict does not start with it (thrown: Error: no such mode)" in refused
    assert cli.run("env", "list", "--function", "strict", "--json").json() == {"MODE": "bad"}
    cli.ok("env", "set", "MODE", "--function", "strict", stdin="good")
    assert "GET /strict" in cli.ok("invoke", "strict")


def test_a_secret_comes_from_prompt_stdin_or_file_and_is_never_shown(deployed):
    cli, name = deployed
    cli.ok("secret", "put", "KEY", "--function", name, stdin="canary-piped\n")
    assert "canary-piped" in cli.ok("invoke", name)
    typed = {"KEY: ": "canary-typed\n", "Repeat for confirmation: ": "canary-typed\n"}
    prompt = cli.terminal("secret", "put", "KEY", "--function", name, answers=typed)
    assert prompt.status == 0
    assert "canary" not in prompt.out
    assert "canary-typed" in cli.ok("invoke", name)
    listed = cli.run("secret", "list", "--function", name, "--json").json()
    assert [one["name"] for one in listed] == ["KEY"]
    assert abs(datetime.now().timestamp() - listed[0]["set"]) < 600
    assert "KEY\t" in cli.ok("secret", "list", "--function", name)
    cli.ok("secret", "delete", "KEY", "--function", name)
    assert " undefined\n" in cli.ok("invoke", name)


@pytest.mark.parametrize("command", ["env set", "secret put"])
def test_a_value_on_the_command_line_is_refused_and_not_repeated(cli, command):
    told = f"'edgelet {command} KEY' takes the value from a prompt, standard input or --file"
    prompt = cli.terminal(*command.split(), "KEY=canary=value", answers=())
    assert prompt.status == 1 and told in " ".join(prompt.out.split())
    assert "canary" not in prompt.out


@pytest.mark.parametrize("text", ["KEY=from a file\n", '{"KEY": "from a file"}'])
def test_a_bulk_file_may_begin_with_a_byte_order_mark(deployed, text):
    cli, name = deployed
    cli.ok("secret", "bulk", "--function", name, stdin="\ufeff" + text)
    assert cli.ok("invoke", name).endswith(" from a file\n")


def test_an_empty_secret_is_asked_again_or_refused(deployed):
    cli, name = deployed
    typed = ["\n", "canary-typed\n"]
    prompt = ["secret", "put", "KEY", "--function", name]
    # In a terminal the question comes a second time, and then the confirmation.
    shown = cli.terminal(*prompt, answers=[("KEY: ", typed[0]), ("KEY: ", typed[1]), ("confirmation: ", typed[1])])
    assert shown.status == 0
    assert cli.ok("invoke", name).endswith(" canary-typed\n")
    assert "KEY is empty: standard input has nothing in it" in cli.fails(*prompt, stdin="\n")
    (cli.folder / "empty").write_text("")
    assert "KEY is empty: empty has nothing in it" in cli.fails(*prompt, "--file", "empty")
    assert cli.ok("invoke", name).endswith(" canary-typed\n")


@pytest.mark.slow
def test_a_name_is_that_of_a_variable_or_of_a_secret(deployed):
    cli, name = deployed
    here = ["--function", name]
    project = greeting(cli.folder, name, vars={"WHO": "of the file"})
    cli.ok("deploy", project)
    assert f"WHO is a variable of function {name}: rename one" in cli.fails("secret", "put", "WHO", *here, stdin="x")
    assert " of the file " in cli.ok("invoke", name)
    cli.ok("secret", "put", "KEY", *here, stdin="secret")
    greeting(cli.folder, name, vars={"KEY": "of the file"})
    assert "KEY is a variable in edgelet.toml and a secret on the device" in cli.fails("deploy", project)
    assert cli.ok("invoke", name).endswith(" secret\n")
    cli.ok("secret", "delete", "KEY", *here)
    cli.ok("deploy", project)
    assert cli.ok("invoke", name).endswith(" of the file\n")


def test_a_generated_secret_is_long_and_another_each_time(deployed):
    cli, name = deployed
    keys = set()
    for _ in range(2):
        cli.ok("secret", "generate", "KEY", "--function", name)
        keys.add(cli.ok("invoke", name).split()[-1])
    assert len(keys) == 2
    assert all(len(key) == 43 for key in keys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("KEY", "standard input:1: this line is not NAME=VALUE"),
        ('{"KEY": 1}', "standard input: all values must be texts"),
        ('{"KEY": "canary', "standard input is not valid JSON"),
        ("OTHER=canary\nKEY=\n", "KEY is empty in standard input; nothing is set"),
        ("# nothing\n", "standard input has no secrets"),
    ],
)
def test_a_bulk_file_that_is_not_valid_is_refused_without_its_content(deployed, text, message):
    cli, name = deployed
    answer = cli.fails("secret", "bulk", "--function", name, stdin=text)
    assert message in answer
    assert "canary" not in answer


def test_the_function_is_the_projects_in_this_folder(deployed):
    cli, name = deployed
    cli.ok("env", "set", "WHO", stdin="here", cwd=cli.folder / name)
    assert cli.run("env", "list", "--json", "--function", name).json() == {"WHO": "here"}


@pytest.mark.slow
def test_the_same_in_a_terminal(deployed):
    """What other tests do with pipes: prompts instead of standard input, tables instead of lines with tabs."""
    cli, name = deployed
    here = ["--function", name]

    def shown(*args: str, **answers: str) -> str:
        done = cli.terminal(*args, answers={f"{question}: ": f"{answer}\n" for question, answer in answers.items()})
        assert done.status == 0, done.out
        assert "\t" not in done.out
        return done.out

    assert name in shown("list")
    assert f"WHO is set for {name}" in shown("env", "set", "WHO", *here, WHO="ada")
    assert re.search(r"WHO +ada", shown("env", "list", *here))
    assert 'WHO="ada"' in shown("env", "pull", *here)
    assert "key is set" in shown("kv", "put", "STORE", "key", *here, key="typed")
    assert "typed" in shown("kv", "get", "STORE", "key", *here)
    assert "key" in shown("kv", "list", "STORE", *here)
    assert "key is removed from STORE" in shown("kv", "delete", "STORE", "key", *here)
    assert "secret KEY is set" in shown("secret", "generate", "KEY", *here)
    assert re.search(r"KEY +20\d\d-", shown("secret", "list", *here))
    assert f"secret KEY is no longer set for {name}" in shown("secret", "delete", "KEY", *here)
    assert f"WHO is no longer set on the device for {name}" in shown("env", "unset", "WHO", *here)
    (cli.folder / name / "main.js").write_text("export default { fetch() { return new Response('second') } }")
    assert "is active on" in shown("deploy", name)
    assert re.search(r"[0-9a-f]{16} +previous", shown("releases", name))
    assert "is active" in shown("rollback", name)
    assert "is deleted" in shown("delete", name, "--yes")


@pytest.mark.slow
@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(deployed, variable):
    cli, name = deployed
    (cli.folder / name / "main.js").write_text("export default { fetch() { throw new Error('red') } }")
    assert "\x1b[" in cli.terminal("deploy", name).out
    # Colours are m sequences; a terminal that only wants none of them may still get a bar that moves.
    sequence = r"\x1b\[[0-9;]*m" if "NO_COLOR" in variable else r"\x1b"
    for command in (["deploy", name], ["status"], ["logs", "--function", name]):
        shown = cli.terminal(*command, **variable)
        assert shown.status == 0
        assert not re.search(sequence, shown.out), shown.out


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_narrow_terminal_loses_nothing(deployed, term):
    cli, name = deployed
    [release] = cli.run("releases", name, "--json").json()
    for command in (["releases", name], ["status"], ["list"]):
        shown = cli.terminal(*command, columns=40, TERM=term)
        assert name in shown.out or release["id"] in shown.out
        assert "…" not in shown.out
    assert re.search(rf"^FUNCTION  {name}\r$", cli.terminal("status", columns=40, TERM=term).out, re.MULTILINE)
    assert re.search(
        rf"^RELEASE    {release['id']}\r$", cli.terminal("releases", name, columns=40, TERM=term).out, re.MULTILINE
    )


# KV


def test_kv(deployed):
    cli, name = deployed
    here = ["--function", name]
    cli.ok("kv", "put", "STORE", "user/ada", *here, stdin='{"n": 1}')
    cli.ok("kv", "put", "STORE", "other", "--ttl", "600", *here, stdin="x")
    assert cli.ok("kv", "get", "STORE", "user/ada", *here) == '{"n": 1}\n'
    assert cli.ok("kv", "list", "STORE", *here).splitlines() == ["other", "user/ada"]
    listed = cli.run("kv", "list", "STORE", "--json", "--prefix", "o", *here).json()
    assert [one["name"] for one in listed] == ["other"]
    assert listed[0]["expires"] > 0
    cli.ok("kv", "delete", "STORE", "other", *here)
    for command in ("get", "delete"):
        message = cli.fails("kv", command, "STORE", "other", *here)
        assert message == "Error: STORE has no key other: 'edgelet kv list STORE' shows those there are\n"
    assert "no kv binding NONE (there are: STORE)" in cli.fails("kv", "list", "NONE", *here)


def test_kv_bulk(deployed):
    cli, name = deployed
    here = ["--function", name]
    entries = [{"key": f"bulk/{n:03}", "value": "v" * 400 + str(n)} for n in range(200)]
    entries[1] |= {"expiration_ttl": 600, "metadata": {"of": ["it"]}}
    cli.ok("kv", "bulk", "STORE", *here, stdin=json.dumps(entries))
    listed = cli.run("kv", "list", "STORE", "--json", "--prefix", "bulk/", *here).json()
    assert [one["name"] for one in listed] == [one["key"] for one in entries]
    assert (listed[0]["metadata"], listed[1]["metadata"]) == (None, {"of": ["it"]})
    assert listed[0]["expires"] is None
    assert listed[1]["expires"] > time.time()
    assert cli.ok("kv", "get", "STORE", "bulk/199", *here) == "v" * 400 + "199\n"
    cli.ok("kv", "bulk", "STORE", *here, stdin='{"one": "1", "two": "zwei"}')
    assert cli.ok("kv", "get", "STORE", "two", *here) == "zwei\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[", "not valid JSON"),
        ("3", "an object of texts, or an array"),
        ("[]", "standard input has no keys"),
        ('{"a": 1}', "standard input: entry 1: key and value must be texts"),
        ('[{"key": "a"}]', "entry 1: key and value must be texts"),
        ('[{"key": "a", "value": "b"}, {"key": "a", "value": "b", "ttl": 3}]', "entry 2: it has ttl; known are"),
        ('[{"key": "a", "value": "b", "expiration_ttl": 0}]', "expiration_ttl must be a number of seconds"),
        ('[{"key": "a", "value": "b"}, {"key": "", "value": "b"}]', "a KV key"),
    ],
)
def test_kv_bulk_refuses(deployed, text, complaint):
    cli, name = deployed
    assert complaint in cli.fails("kv", "bulk", "STORE", "--function", name, stdin=text)


def test_a_value_that_is_no_text_is_printed_as_it_is(cli):
    source = """export default { async fetch(request, env) {
      await env.STORE.put("raw", new Uint8Array([255, 0, 10]));
      return new Response();
    } };"""
    cli.ok("deploy", write_project(cli.folder / "raw", "raw", {"main.js": source}, bindings={"STORE": {"type": "kv"}}))
    asked = cli.command("kv", "get", "STORE", "raw", "--function", "raw")
    done = subprocess.run(asked, env=cli.environment(), capture_output=True)
    assert done.stdout == b"\xff\0\n"


# Log and invoke


@pytest.mark.slow
def test_logs_are_filtered_by_function_and_level(deployed):
    cli, name = deployed
    cli.ok("invoke", name)
    assert f"[{name}] asked" in cli.ok("logs")
    records = [json.loads(line) for line in cli.ok("logs", "--json", "--function", name).splitlines()]
    assert {one["function"] for one in records} == {name}
    assert "asked" in [one["text"] for one in records]
    assert "asked" not in cli.ok("logs", "--level", "error", "--function", name)
    assert f"[{name}] asked" in cli.terminal("logs", "--function", name).out


@pytest.mark.parametrize("command", [["logs", "--follow"], ["tail"]], ids=" ".join)
def test_logs_are_followed(deployed, command):
    cli, name = deployed
    command = cli.command(*command, "--json", "--function", name)
    process = subprocess.Popen(
        command, env=cli.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    cli.ok("invoke", name, "--path", "/later")
    records = []
    # The deploy's own request comes first.
    while [one["text"] for one in records].count("asked") < 2:
        records.append(json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == ""
    assert process.returncode == 0
    numbers = [one["seq"] for one in records]
    assert numbers == sorted(set(numbers))


@pytest.mark.slow
def test_invoke_sends_method_path_headers_and_body(deployed):
    cli, name = deployed
    answer = cli.run("invoke", name, "--method", "PUT", "--path", "/a/b?c=d", "--json").json()
    assert answer["status"] == 200
    assert answer["body"].startswith("PUT /a/b ")
    assert ["content-type", "text/plain;charset=UTF-8"] in answer["headers"]
    assert answer["cpu_us"] > 0
    assert "asked" in [one["text"] for one in answer["logs"]]
    echo = """export default { async fetch(request) {
      return new Response(request.headers.get("x-token") + await request.text()) } }"""
    (cli.folder / name / "main.js").write_text(echo)
    cli.ok("deploy", cli.folder / name)
    (cli.folder / "headers").write_text("X-Token: from a file\n")
    assert cli.ok("invoke", name, "--header", "@headers", "--data", "-", stdin=", body") == "from a file, body\n"
    assert "--data names a file, or - for standard input" in cli.fails("invoke", name, "--data", '{"a": 1}')
    assert "NAME:VALUE" in cli.fails("invoke", name, "--header", "nonsense")
    assert "no function nobody" in cli.fails("invoke", "nobody")
    assert "is no method of HTTP" in cli.fails("invoke", name, "--method", "GET /")
    assert "is no path: it begins with /" in cli.fails("invoke", name, "--path", "a b")
    assert cli.terminal("invoke", name, "--header", "x-token:t").out.startswith("200")


def test_invoke_sends_a_saved_lambda_event(deployed):
    cli, name = deployed
    events = {
        "v1.json": {"httpMethod": "DELETE", "path": "/v1", "queryStringParameters": {"q": "1"}, "body": None},
        "v2.json": {"requestContext": {"http": {"method": "PATCH"}}, "rawPath": "/v2", "rawQueryString": "q=1"},
    }
    for file, event in events.items():
        (cli.folder / file).write_text(json.dumps(event))
    assert cli.ok("invoke", name, "--event", "v1.json").startswith("DELETE /v1 ")
    assert cli.ok("invoke", name, "--event", "v2.json").startswith("PATCH /v2 ")
    for bad in ([], {"httpMethod": "GET"}, {"httpMethod": "GET", "path": "/", "headers": [1]}):
        (cli.folder / "bad.json").write_text(json.dumps(bad))
        assert "no Lambda event" in cli.fails("invoke", name, "--event", "bad.json")
    assert "leave out" in cli.fails("invoke", name, "--event", "v1.json", "--path", "/")


def test_invoke_reads_static_files_too(cli):
    project = write_project(cli.folder / "files", "files", {"public/a.txt": "a" * 40000}, static={"folder": "public"})
    toml = project / "edgelet.toml"
    toml.write_text(toml.read_text() + 'route = "/files"\n')
    cli.ok("deploy", project)
    assert cli.ok("invoke", "files", "--path", "/files/a.txt") == "a" * 40000 + "\n"
    assert cli.run("invoke", "files", "--path", "/files/none", "--json").json()["status"] == 404


# Tokens

SECRET = "canary-0123456789-0123456789-0123456789"


def test_tokens_are_minted_verified_and_decoded(tmp_path):
    cli = Cli(tmp_path)
    (tmp_path / "secret").write_text(SECRET + "\n")
    token = cli.ok("token", "mint", "--subject", "ada", "--issuer", "me", "--claim", "role=admin", stdin=SECRET).strip()
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], issuer="me")
    assert (claims["sub"], claims["role"], claims["exp"] - claims["iat"]) == ("ada", "admin", 3600)
    verified = cli.run("token", "verify", "--secret-file", "secret", "--issuer", "me", stdin=token).json()
    assert verified == claims
    assert cli.run("token", "verify", stdin=f"{token}\n{SECRET}\n").json() == claims
    asked = cli.terminal("token", "verify", answers={"Token: ": token + "\n", "Secret: ": SECRET + "\n"})
    assert '"sub": "ada"' in asked.out
    decoded = cli.run("token", "decode", stdin=token).json()
    assert decoded == {"header": {"alg": "HS256", "typ": "JWT"}, "claims": claims}
    typed = {"Secret: ": SECRET + "\n", "Repeat for confirmation: ": SECRET + "\n"}
    prompted = cli.terminal("token", "mint", "--subject", "ada", "--expires", "2d", answers=typed)
    minted = prompted.out.split()[-1]
    assert jwt.decode(minted, SECRET, algorithms=["HS256"])["sub"] == "ada"
    assert "canary" not in "".join(cli.everything)


@pytest.mark.slow
def test_tokens_that_are_not_valid_are_refused(tmp_path):
    cli = Cli(tmp_path)
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "other").write_text(SECRET[::-1])
    token = cli.ok("token", "mint", "--subject", "ada", "--secret-file", "secret")
    assert "Signature verification failed" in cli.fails("token", "verify", "--secret-file", "other", stdin=token)
    assert "iss" in cli.fails("token", "verify", "--secret-file", "secret", "--issuer", "me", stdin=token)
    expired = cli.ok("token", "mint", "--subject", "ada", "--expires", "0s", "--secret-file", "secret")
    assert "expired" in cli.fails("token", "verify", "--secret-file", "secret", stdin=expired)
    assert "Signature verification failed" in cli.fails("token", "verify", stdin=f"{token}{SECRET[::-1]}")
    assert "no secret: name its file" in cli.fails("token", "verify", stdin=token)
    assert "too short" in cli.fails("token", "verify", stdin=f"{token}short")
    assert "no token" in cli.fails("token", "decode", stdin="x")
    assert "too short" in cli.fails("token", "mint", "--subject", "ada", stdin="short")
    assert "NAME=VALUE" in cli.fails("token", "mint", "--subject", "ada", "--claim", "x", stdin=SECRET)


# Help


def commands(group, prefix=""):
    """Every command that does something, with its name as typed."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{prefix}{name}", command


def test_the_front_page_shows_the_login_example_as_it_is():
    shown = re.search(
        r"^```js\n(async function login.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert shown[1] in (ROOT / "examples" / "login" / "main.js").read_text()


@pytest.mark.parametrize(("name", "command"), list(commands(main)), ids=str)
def test_every_command_has_an_example_and_is_documented(name, command):
    assert f"Example: edgelet {name}" in command.help or f"| edgelet {name}" in command.help
    page = (ROOT / "docs" / "cli.md").read_text()
    assert all(re.search(rf"\b{word}\b", page) for word in name.split())
