"""`edgelet deploy`: what it brings, what it refuses, and what it leaves where it is interrupted."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
import tty
from pathlib import Path

import pytest
from cli_helpers import ROOT, Cli, greeting, local_device
from device_helpers import get, write_project
from edgelet_host.device.console import connect
from edgelet_host.device.running import announce
from npm_helpers import installed
from waiting import wait_until


def constant(cli: Cli, name: str, text: str, **fields):
    source = f"export default {{ fetch() {{ return new Response({json.dumps(text)}) }} }}"
    return write_project(cli.folder / name, name, {"main.js": source}, route=f"/{name}", **fields)


def test_unchanged_files_are_not_sent_again(cli, local):
    project = constant(cli, "unchanged", "page", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "public" / "page.txt").write_text("p" * 1000)
    [first] = cli.run("deploy", project, "--json").json()
    assert (first["sent_files"], first["device"]) == (2, local.port)
    assert first["image_bytes"] < first["memory_bytes"]
    (project / "public" / "more.txt").write_text("more")
    [second] = cli.run("deploy", project, "--json").json()
    assert (second["sent_files"], second["sent_bytes"]) == (1, 4)
    assert "0 of 3 files (0 bytes) sent" in cli.ok("deploy", project)
    assert get(local.address, "/unchanged/more.txt").text == "more"


def test_secrets_that_a_function_needs_and_lacks_are_named(cli):
    project = constant(cli, "needy", "x", secrets=["KEY"])
    done = cli.run("deploy", project)
    assert done.status == 0
    assert "secret KEY is not set" in done.err
    cli.ok("secret", "generate", "KEY", "--function", "needy")
    assert cli.run("deploy", project).err == ""


def test_a_terminal_shows_a_bar_for_what_takes_time(cli):
    project = constant(cli, "large", "page", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "public" / "large.bin").write_bytes(os.urandom(100000))
    shown = cli.terminal("deploy", project)
    assert "━" in shown.out
    assert "is active on" in shown.out


def test_several_devices_at_once(cli, local, firmware, tmp_path):
    project = constant(cli, "several", "on both")
    with local_device(firmware, tmp_path) as other:
        both = ["--device", local.port, "--device", other.port]
        done = cli.run("deploy", project, "--json", *both).json()
        assert [one["device"] for one in done] == [local.port, other.port]
        assert [get(one.address, "/several").text for one in (local, other)] == ["on both", "on both"]
        cli.ok("deploy", constant(cli, "taken", "x"), "--device", other.port)
        source = (cli.folder / "taken" / "main.js").read_text()
        routes = ["/taken", "/conflict"]
        conflict = write_project(cli.folder / "conflict", "conflict", {"main.js": source}, routes=routes)
        failed = cli.run("deploy", conflict, *both)
        assert failed.status == 1
        assert f"{other.port}: route /taken belongs to function taken" in failed.err
        assert re.search(rf"^{local.port}\tdone\t229 bytes sent, .*/taken\n{other.port}\tfailed\t$", failed.out, re.M)


def test_all_devices_at_once_some_of_which_fail(local, firmware, tmp_path, monkeypatch):
    cli = Cli(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", cli.environment()["XDG_RUNTIME_DIR"])
    assert "no device found" in cli.fails("deploy", constant(cli, "everywhere", "on all"), "--all")
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(local_device(firmware, tmp_path / str(number))) for number in range(3)]
        for one in others:
            stack.enter_context(announce(one, "edgelet dev"))
        source = (cli.folder / "everywhere" / "main.js").read_text()
        taken = write_project(cli.folder / "taken", "taken", {"main.js": source}, route="/everywhere")
        cli.ok("deploy", taken, "--device", others[1].port)
        failed = cli.run("deploy", cli.folder / "everywhere", "--all")
        assert failed.status == 1
        assert f"{others[1].port}: route /everywhere belongs to function taken" in failed.err
        assert [get(one.address, "/everywhere").text for one in others] == ["on all"] * 3
        listed = [cli.ok("list", "--device", one.port).split() for one in others]
        assert listed == [["everywhere"], ["taken"], ["everywhere"]]
        exclusive = cli.run("deploy", cli.folder / "everywhere", "--all", "--device", others[0].port)
        assert (exclusive.status, "--all and --device" in exclusive.err) == (2, True)


def test_a_handler_that_throws_at_the_first_request_is_deployed(cli, local):
    project = write_project(
        cli.folder / "post",
        "post",
        {"main.js": "export const handler = async (event) => ({ body: JSON.parse(event.body).a })"},
        route="/post",
    )
    done = cli.run("deploy", project)
    assert done.status == 0
    assert re.search(r"Warning: post answers 500 to GET /post on .* \(TypeError: .+\)", done.err)
    assert "the function failed" in get(local.address, "/post").text
    assert "TypeError" in cli.run("deploy", project, "--json").json()[0]["thrown"]


def test_a_deploy_tells_the_url(cli, local):
    host, port = local.address
    assert f"http://{host}:{port}/told\n" in cli.ok("deploy", constant(cli, "told", "x"))
    [named] = cli.run("deploy", constant(cli, "named", "x", host="named.test"), "--json").json()
    assert named["url"] == f"http://named.test:{port}/named"
    assert named["thrown"] == ""
    # A page's is the one to which a browser would be sent.
    project = constant(cli, "paged", "x", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "public" / "index.html").write_text("<h1>paged</h1>")
    assert f"http://{host}:{port}/paged/\n" in cli.ok("deploy", project)


def test_a_handler_behind_a_page_is_asked_too(cli, local):
    project = constant(cli, "behind", "x", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "public" / "index.html").write_text("<h1>in front</h1>")
    [identity] = [one["release"] for one in cli.run("deploy", project, "--json").json()]
    [record] = [one for one in cli.ok("logs", "--function", "behind").splitlines() if "GET" in one]
    assert f"GET /behind/{identity} 200" in record
    (project / "main.js").write_text("export default { fetch() { for (;;); } }")
    failed = cli.run("deploy", project)
    assert (failed.status, "the one before is active again" in failed.err) == (1, True)
    assert get(local.address, f"/behind/{identity}").text == "x"


@pytest.mark.slow
def test_a_first_request_that_takes_long_is_waited_for(cli, local):
    source = """export default { fetch() {
      for (const until = Date.now() + 2500; Date.now() < until; );
      return new Response("late");
    } }"""
    project = write_project(cli.folder / "late", "late", {"main.js": source}, route="/late", limits={"cpu_ms": 10000})
    cli.ok("deploy", project)
    assert get(local.address, "/late").text == "late"


@pytest.mark.slow
def test_others_have_the_console_while_a_deploy_waits(cli, local):
    source = """export default { async fetch(request, env) {
      while (!(await env.STORE.get("go"))) await new Promise((done) => setTimeout(done, 10));
      return new Response("gone");
    } }"""
    # It looks again and again for as long as the commands below take.
    fields = {"route": "/patient", "bindings": {"STORE": {"type": "kv"}}, "limits": {"cpu_ms": 60000}}
    project = write_project(cli.folder / "patient", "patient", {"main.js": source}, **fields)
    command = cli.command("deploy", project)
    with subprocess.Popen(command, env=cli.environment(), stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: "patient" in cli.ok("list").splitlines())
        cli.ok("kv", "put", "STORE", "go", "--function", "patient", stdin="now")
        out, _ = process.communicate()
    assert process.returncode == 0
    assert "is active on" in out


def test_files_for_a_device_that_runs_here_do_not_take_the_console(local, tmp_path, monkeypatch):
    data = os.urandom(1000000)
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("mine")
    monkeypatch.chdir(tmp_path)
    with connect(local.port) as device:
        execute = device.execute
        execute(f"import os\nos.chdir({str(tmp_path / 'there')!r})")
        commands = []
        monkeypatch.setattr(device, "execute", lambda code: commands.append(code) or execute(code))
        device.write_file(str(tmp_path / "large"), data)
        assert len(commands) == 1
        # A file that is another one there.
        device.write_file("file", data[:5000])
    assert (tmp_path / "large").read_bytes() == data
    assert (tmp_path / "file").read_text() == "mine"
    assert (tmp_path / "there" / "file").read_bytes() == data[:5000]


def test_what_a_handler_answers_is_not_taken_for_the_devices_answer(cli, local):
    source = 'export default { fetch: () => new Response("down", { status: 503, headers: { "x-request-id": "1" } }) }'
    project = write_project(cli.folder / "sad", "sad", {"main.js": source}, route="/sad")
    [deployed] = cli.run("deploy", project, "--json").json()
    assert deployed["thrown"] == ""
    assert get(local.address, "/sad").text == "down"


def test_a_deploy_does_not_wait_for_the_end_of_events(cli, local):
    source = """
        export default { fetch() {
          let pulled = 0;
          return new Response(new ReadableStream({
            async pull(controller) {
              await new Promise((done) => setTimeout(done, 1));
              controller.enqueue(new TextEncoder().encode(`data: ${pulled++}\\n\\n`));
            },
            cancel() { console.log(`gone after ${pulled}`); },
          }));
        } };
    """
    project = write_project(cli.folder / "events", "events", {"main.js": source}, route="/events")
    cli.ok("deploy", project)
    wait_until(lambda: "gone after" in cli.ok("logs", "--function", "events"))
    # What nobody reads is asked for once.
    assert int(re.search(r"gone after (\d+)", cli.ok("logs", "--function", "events"))[1]) <= 1


def test_a_release_that_does_not_come_up_is_rolled_back(cli, local):
    project = constant(cli, "steady", "old")
    cli.ok("deploy", project)
    (project / "main.js").write_text("export default { async fetch() { await new Promise(() => {}); } }")
    message = cli.fails("deploy", project)
    assert "does not come up" in message
    assert "the one before is active again" in message
    assert get(local.address, "/steady").text == "old"
    first = write_project(cli.folder / "first", "first", {"main.js": (project / "main.js").read_text()}, route="/first")
    assert "none before it" in cli.fails("deploy", first)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("export default { fetch() { return }", "main.js:1:"),
        ("import { x } from './gone.js'; export default { fetch() {} }", "gone.js"),
        ("export const nothing = 1", "handler"),
        ("throw new Error('at the top'); export default { fetch() {} }", "at the top"),
        (
            "const kept = []; for (;;) kept.push(new Array(1000).fill(0)); export default { fetch() {} }",
            "more than 16777216 bytes",
        ),
        ("for (;;); export default { fetch() {} }", "CPU"),
    ],
)
def test_a_source_that_cannot_run_is_refused_before_it_is_active(cli, local, source, message):
    project = constant(cli, "sound", "sound", limits={"cpu_ms": 1000})
    cli.ok("deploy", project)
    (project / "main.js").write_text(source)
    done = cli.run("deploy", project)
    assert done.status == 1
    assert message in done.err
    assert "Traceback" not in done.err
    assert get(local.address, "/sound").text == "sound"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"arena_bytes": 65536}, "what this device has for a function: raise limits.memory, up to the device's arena"),
        ({"release_file_bytes": 2000}, "file public/large.bin has 5000 bytes, this device takes 2000"),
        ({"release_bytes": 4000}, "this device takes 4000"),
        ({"release_files": 1}, "this device takes 1"),
    ],
)
def test_what_is_too_large_for_the_device_is_refused_with_the_number(cli, firmware, tmp_path, settings, message):
    project = constant(cli, "large", "page", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "public" / "large.bin").write_bytes(bytes(5000))
    with local_device(firmware, tmp_path, **settings) as small:
        assert message in cli.fails("deploy", project, "--device", small.port)
        assert cli.ok("list", "--device", small.port) == ""


def test_an_image_is_measured_against_the_limit_before_it_is_active(cli, local):
    project = constant(cli, "measured", "old")
    [old] = cli.run("deploy", project, "--json").json()
    grown = f"const kept = new Uint8Array({old['image_bytes']}); " + (project / "main.js").read_text()
    source = grown.replace("old", "new")

    def limited(memory: int) -> Path:
        return write_project(project, "measured", {"main.js": source}, route="/measured", limits={"memory": memory})

    # The image has the old one's bytes twice.
    message = cli.fails("deploy", limited(2 * old["image_bytes"] - 1024))
    assert f"the image needs more than {2 * old['image_bytes'] - 1024} bytes, limits.memory in edgelet.toml" in message
    assert "main.js:1:" in message
    assert get(local.address, "/measured").text == "old"
    assert [one["id"] for one in cli.run("releases", "measured", "--json").json() if one["active"]] == [old["release"]]
    told = cli.ok("deploy", limited(2 * old["image_bytes"] + 16384))
    assert re.match(
        r"measured: bundle \d+ bytes, 1 file of \d+ bytes\nmeasured: image \d+ KB of \d+ KB on .+\nmeasured \w+ is",
        told,
    )
    [new] = cli.run("deploy", project, "--json").json()
    assert 2 * old["image_bytes"] - 1024 < new["image_bytes"] < new["memory_bytes"] == 2 * old["image_bytes"] + 16384
    assert get(local.address, "/measured").text == "new"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("", "'name' is missing"),
        ("name = ", "Invalid value"),
        ('name = "x"\nroutr = "/"', "unknown key 'routr'"),
        ('name = "Bad Name"', "function name 'Bad Name'"),
        ('name = "x"\nmain = "gone.js"', "there is no file gone.js"),
        ('name = "x"\nroute = "x"', "route 'x'"),
        ('name = "x"\nlimits = {cpu = 1}', "cpu"),
        ('name = "x"\nsecrets = ["KEY"]\nvars = {KEY = "y"}', "KEY is in vars and in secrets: rename one of them"),
        ('name = "x"\n[dev.kv.K]\na = "b"', "dev.kv.K needs the binding K of type kv"),
        ('name = "x"\nbindings = {K = {type = "kv"}}\n[dev.kv.K]\na = 1', "dev.kv.K must be a table of texts"),
        ('name = "x"\ndev = {vars = {}}', "unknown key 'dev.vars'"),
        ('name = "x"\nstatic = {folder = "gone"}', "no folder gone"),
        ('name = "x"\nstatic = {folder = 1}', "static needs a folder"),
        ('name = "x"\nstatic = {max_age = 1}', "static needs a folder"),
    ],
)
def test_a_project_file_that_is_wrong_is_explained(cli, toml, message):
    project = greeting(cli.folder, "wrong")
    (project / "edgelet.toml").write_text(toml)
    assert message in cli.fails("deploy", project)


@pytest.mark.slow
def test_check_finds_without_a_device_what_every_device_refuses(cli):
    cli.device = None
    project = greeting(cli.folder, "checked")
    told = r"checked: bundle \d+ bytes, 1 file of \d+ bytes\nchecked: image [\d.]+ KB, on a Pico about [\d.]+ KB\n"
    assert re.fullmatch(told, cli.ok("check", project))
    assert cli.ok("check", cwd=project) == cli.ok("check", project)
    for text, message in (
        ("limits = {cpu_ms = 70000}", "limits: cpu_ms must be a whole number from 1 to 60000"),
        ('bindings = {B = {type = "sql"}}', "binding B: its type must be one of"),
        ('host = "Login.local"', "host 'Login.local': use a name"),
        (f'vars = {{A = "{"x" * 8200}"}}', "more than 8192 bytes"),
    ):
        (project / "edgelet.toml").write_text(f'name = "checked"\nroute = "/checked"\n{text}\n')
        assert message in cli.fails("check", project)
    (project / "edgelet.toml").write_text('name = "checked"\nroute = "/checked"\n')
    (project / "main.js").write_text("export default {\n  fetch( }")
    assert "main.js:2:" in cli.fails("check", project)


def test_a_dry_run_asks_the_device_and_changes_nothing(cli, local):
    project = constant(cli, "rehearsed", "old")
    [would] = cli.run("deploy", project, "--dry-run", "--json").json()
    assert (would["device"], would["files"], would["doubt"]) == (local.port, 1, None)
    assert "rehearsed" not in cli.ok("list").splitlines()
    cli.ok("deploy", project)
    assert f"{local.port} would take it, and be sent 0 of 1 file (" in cli.ok("deploy", project, "--dry-run")
    constant(cli, "rehearsed", "new")
    assert "1 of 1 file (" in cli.ok("deploy", project, "--dry-run")
    assert get(local.address, "/rehearsed").text == "old"
    other = greeting(cli.folder, "conflicting")
    (other / "edgelet.toml").write_text('name = "conflicting"\nroute = "/rehearsed"\n')
    refusal = "route /rehearsed belongs to function rehearsed"
    assert refusal in cli.fails("deploy", other, "--dry-run")
    told = cli.run("deploy", other, "--dry-run", "--json")
    [one] = json.loads(told.out)
    assert (told.status, one["device"], refusal in one["error"]) == (1, local.port, True)


def test_a_project_file_may_begin_with_a_byte_order_mark(cli):
    project = constant(cli, "marked", "x")
    toml = project / "edgelet.toml"
    toml.write_bytes(b"\xef\xbb\xbf" + toml.read_bytes())
    cli.ok("deploy", project)


def test_a_file_whose_name_is_no_text_is_named(cli):
    project = constant(cli, "named", "x", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "public" / b"\xff".decode(errors="surrogateescape")).write_text("x")
    assert "\\udcff': give this file a name" in cli.fails("deploy", project)


def test_what_is_hidden_is_not_uploaded(cli, local):
    files = {name: name for name in ("page.txt", ".env", ".git/config", "a/.git/b/config", ".well-known/security.txt")}
    project = constant(cli, "hiding", "handler", static={"folder": "public"})
    for name, text in files.items():
        (project / "public" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "public" / name).write_text(text)
    cli.ok("deploy", project)
    answers = {name: get(local.address, f"/hiding/{name}").text for name in files}
    assert [name for name, text in answers.items() if text == name] == ["page.txt", ".well-known/security.txt"]
    assert set(answers.values()) == {"page.txt", ".well-known/security.txt", "handler"}


@pytest.mark.parametrize("target", ["file", "folder", "by the way"])
def test_a_link_that_leaves_the_project_is_refused(cli, local, target):
    project = constant(cli, "linking", "x", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "inside.txt").write_text("inside")
    (project / "public" / "inside.txt").symlink_to("../inside.txt")
    cli.ok("deploy", project)
    assert get(local.address, "/linking/inside.txt").text == "inside"
    outside = cli.folder / "outside"
    outside.mkdir()
    (outside / "secret").write_text("canary")
    (project / "way").symlink_to(outside)
    place = {"file": outside / "secret", "folder": outside, "by the way": "../way/secret"}[target]
    (project / "public" / "link").symlink_to(place)
    message = cli.fails("deploy", project)
    assert f"{project / 'public' / 'link'} leads to {outside}" in message
    assert "outside the project" in message


@pytest.mark.parametrize("target", ["../folder", ".", "nothing", "link"])
def test_a_link_to_no_file_is_refused(cli, target):
    project = constant(cli, "linking", "x", static={"folder": "public"})
    (project / "public").mkdir()
    (project / "folder").mkdir()
    (project / "public" / "link").symlink_to(target)
    message = cli.fails("check", project)
    assert f"{project / 'public' / 'link'} is a link, but to no file: links to folders are not followed" in message


def test_a_folder_without_a_project_says_how_to_make_one(cli):
    assert "edgelet new" in cli.fails("deploy", cli.folder)


# Interrupted deploys


class Line:
    """A serial line between the command line and a device, which is cut after so many bytes from the former."""

    def __init__(self, device_port: str, cut_after: float) -> None:
        self._cut_after = cut_after
        self.sent = 0
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._device = os.open(device_port, os.O_RDWR | os.O_NOCTTY)

    def carry(self, process: subprocess.Popen, cut) -> None:
        """Carry bytes until the process ends, or `cut()` has cut the line."""
        while process.poll() is None:
            ready, _, _ = select.select([self._master, self._device], [], [], 0.05)
            if self._device in ready:
                os.write(self._master, os.read(self._device, 4096))
            if self._master in ready:
                data = os.read(self._master, 64)
                self.sent += len(data)
                if self.sent > self._cut_after:
                    cut(self)
                    return
                os.write(self._device, data)

    def close(self) -> None:
        for file in (self._master, self._slave, self._device):
            if file is not None:
                os.close(file)
        self._master = self._slave = self._device = None


def deploy_over(line: Line, cli: Cli, project, cut) -> int:
    """Deploy over a line; the exit status."""
    process = subprocess.Popen(
        cli.command("deploy", project, "--device", line.port), env=cli.environment(), stderr=subprocess.PIPE, text=True
    )
    cutting = {"kill": lambda line: process.send_signal(signal.SIGKILL), "close": Line.close}
    reader = threading.Thread(target=process.stderr.read)
    reader.start()
    line.carry(process, cutting[cut])
    status = process.wait()
    reader.join()
    if cut != "close" or line.sent <= line._cut_after:
        line.close()
    return status


@pytest.mark.slow
@pytest.mark.parametrize("cut", ["kill", "close"])
def test_an_interrupted_deploy_leaves_the_old_or_the_new_release(cli, local, cut):
    name = f"cut-{cut}"
    cli.ok("deploy", constant(cli, name, "old"))
    whole = Line(local.port, float("inf"))
    assert deploy_over(whole, cli, constant(cli, name, "measured"), "kill") == 0
    moments = 20
    for moment in range(moments):
        cli.ok("deploy", constant(cli, name, "old"))
        line = Line(local.port, whole.sent * moment / moments)
        status = deploy_over(line, cli, constant(cli, name, f"new {moment}"), cut)
        # How often it asks whether a job is done, and so how much it sends in the end, is a matter of time.
        assert status != 0 or (moment > moments // 2 and line.sent <= line._cut_after)
        assert get(local.address, f"/{name}").text in ("old", f"new {moment}")
        cli.ok("deploy", constant(cli, name, "next"))
        assert get(local.address, f"/{name}").text == "next"


# What docs/functions.md shows


def fenced(language: str) -> list[str]:
    text = (ROOT / "docs" / "functions.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_documented_handlers_and_project_file_work(cli, local):
    handlers, tomls = fenced("js"), fenced("toml")
    assert (len(handlers), len(tomls)) == (8, 4)
    [static] = [text for text in tomls if text.startswith("[static]")]
    project = cli.folder / "greeter"
    project.mkdir()
    (project / "edgelet.toml").write_text(tomls[-1])
    (project / "main.js").write_text(handlers[0])
    cli.ok("deploy", project)
    (cli.folder / "body").write_text('{"name": "ada"}')
    assert cli.ok("invoke", "greeter", "--data", "body") == '{"message":"hello, ada"}\n'
    assert cli.ok("kv", "list", "SEEN", "--function", "greeter") == "ada\n"
    (project / "main.js").write_text(handlers[1])
    cli.ok("deploy", project)
    assert cli.ok("invoke", "greeter", "--path", "/greet?name=ada") == '{"message":"ada"}\n'
    tokens = {"main.js": next(text for text in handlers if "jwt.verify" in text)}
    cli.ok("deploy", write_project(cli.folder / "tokens", "tokens", tokens, route="/tokens"))
    refused = get(local.address, "/tokens")
    assert (refused.status, refused.text) == (401, "jwt must be provided\n")
    keys = {"main.js": next(text for text in handlers if "env.KEYS.key" in text)}
    (cli.folder / "node_modules").symlink_to(installed(ROOT / "tests" / "support" / "jose") / "node_modules")
    cli.ok("deploy", write_project(cli.folder / "keys", "keys", keys, route="/keys"))
    assert get(local.address, "/keys").status == 401
    (project / "main.js").write_text(next(text for text in handlers if "env.AUTH" in text))
    cli.ok("deploy", project)
    source = "export default { fetch: (request) => new Response(request.url) }"
    cli.ok("deploy", write_project(cli.folder / "auth", "auth", {"main.js": source}, route="/auth"))
    assert cli.ok("invoke", "greeter") == "hello, http://auth/who\n"
    page = write_project(cli.folder / "page", "page", {"public/index.html": "<p>"}, route="/page")
    (page / "edgelet.toml").write_text((page / "edgelet.toml").read_text() + static)
    cli.ok("deploy", page)
    assert get(local.address, "/page/").text == "<p>"
