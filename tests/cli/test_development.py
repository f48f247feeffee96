"""What a project gets on devices for its development only: `.dev.vars`, and the device of `edgelet test-server`."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from cli_helpers import GREETING, Cli, greeting
from device_helpers import get, write_project
from edgelet_host.device.console import connect
from edgelet_host.device.development import Development
from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, read_project
from edgelet_host.project.dotenv import DEV_VARS, parse, read_dev_vars
from edgelet_host.session import snapshot

# An answer tells what it was asked, WHO and KEY.
TOLD = "GET /{} {} {}"


def test_lines_of_values():
    text = "\n".join(
        [
            "# a comment",
            "export A=one",
            "B = 'two # three' # a comment",
            'C="line\\nand \\"quote\\""',
            "D=a#b # a comment",
            'KEY="-----BEGIN KEY-----',
            "abc=",
            '-----END KEY-----"  # a comment',
            "E='it is not closed",
            "F=",
        ]
    )
    assert parse("file", text) == {
        "A": "one",
        "B": "two # three",
        "C": 'line\nand "quote"',
        "D": "a#b",
        "KEY": "-----BEGIN KEY-----\nabc=\n-----END KEY-----",
        "E": "'it is not closed",
        "F": "",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nhunter2", ":2: this line is not NAME=VALUE"),
        ("NO-NAME=hunter2", "name 'NO-NAME': use 1 to 64 letters"),
        ("STORE=hunter2", "STORE is a binding in edgelet.toml: rename one of them"),
        ("EMPTY=", "EMPTY is empty: give it a value"),
    ],
)
def test_dev_vars_that_cannot_be(tmp_path, text, message):
    project = write_project(tmp_path, "bad", {"main.js": "", DEV_VARS: text}, bindings={"STORE": {"type": "kv"}})
    with pytest.raises(EdgeletError, match=message.replace("(", "\\(")) as error:
        read_dev_vars(read_project(project))
    assert "hunter2" not in str(error.value)


def test_dev_vars_are_on_the_device_for_development_only(cli, local, firmware, tmp_path):
    project = greeting(cli.folder, "early", vars={"WHO": "all"}, secrets=["KEY"])
    (project / DEV_VARS).write_text('WHO="only me"\nKEY=a key that nobody sees\nMORE=of it\n')
    notes = tmp_path / "notes.json"

    def bring() -> Development:
        work = Development(read_project(project), firmware, notes)
        with connect(local.port) as device:
            assert work.bring(device).missing_secrets == []
        return work

    work = bring()
    assert get(local.address, "/early").text == TOLD.format("early", "only me", "a key that nobody sees")
    assert any("has MORE, edgelet.toml has not: name it in secrets" in line for line in work.release.warnings)
    # What goes to the device as a release, what is kept of it, and what is printed have no value.
    assert b"only me" not in work.release.manifest + b"".join(work.release.files.values()) + notes.read_bytes()
    assert "only me" not in cli.ok("logs") + cli.ok("env", "list", "--function", "early")
    assert "a key" not in str(cli.everything)
    # What is taken out of the file goes.
    (project / DEV_VARS).write_text("KEY=another key\n")
    bring()
    assert get(local.address, "/early").text == TOLD.format("early", "all", "another key")
    listed = [one["name"] for one in json.loads(cli.ok("secret", "list", "--function", "early", "--json"))]
    assert listed == ["KEY"]


def test_a_function_ends_when_its_project_has_another_name(cli, local, firmware, tmp_path):
    project = greeting(cli.folder, "former")

    def bring() -> list[str]:
        work = Development(read_project(project), firmware, tmp_path / "notes.json")
        with connect(local.port) as device:
            work.bring(device)
        return work.former

    assert bring() == []
    bystander = greeting(cli.folder, "bystander")
    cli.ok("deploy", bystander)
    settings = project / FILE
    settings.write_text(settings.read_text().replace('name = "former"', 'name = "latter"'))
    assert bring() == ["former"]
    assert get(local.address, "/former").text == TOLD.format("former", "undefined", "undefined")
    assert {"bystander", "latter"} <= set(cli.ok("list").split()) and "former" not in cli.ok("list").split()
    # One that is not taken leaves the former with what it keeps.
    whole = (project / "main.js").read_text()
    settings.write_text(settings.read_text().replace('name = "latter"', 'name = "worse"'))
    for bad in ("throw new Error('mine');", ""):
        (project / "main.js").write_text(bad + whole)
        if not bad:
            settings.write_text(settings.read_text().replace("/former", "/bystander"))
        with pytest.raises(EdgeletError, match=r"mine|belongs to function bystander"):
            bring()
        assert get(local.address, "/former").text == TOLD.format("former", "undefined", "undefined")
    settings.write_text(settings.read_text().replace("/bystander", "/former").replace('"worse"', '"latter"'))
    # Damaged notes are none.
    (tmp_path / "notes.json").write_text("")
    assert bring() == []
    # Somebody else may have taken it away meanwhile.
    cli.ok("delete", "latter", "--yes")
    settings.write_text(settings.read_text().replace('name = "latter"', 'name = "last"'))
    assert bring() == []
    assert get(local.address, "/former").status == 200


def test_a_deploy_reads_no_dev_vars(cli, local):
    project = greeting(cli.folder, "late", vars={"WHO": "all"})
    (project / DEV_VARS).write_text("WHO=me\nKEY=secret\n")
    cli.ok("deploy", project)
    assert get(local.address, "/late").text == TOLD.format("late", "all", "undefined")


def test_dev_follows_dev_vars(tmp_path):
    project = greeting(tmp_path, "followed")
    before = snapshot(project)
    (project / ".hidden").write_text("")
    assert snapshot(project) == before
    (project / DEV_VARS).write_text("WHO=me\n")
    assert snapshot(project) != before


def test_dev_bears_folders_that_vanish_while_it_looks(tmp_path):
    project = greeting(tmp_path, "watched")
    before = snapshot(project)
    ended = threading.Event()

    def make_and_remove() -> None:
        while not ended.is_set():
            for number in range(20):
                (project / "node_modules" / str(number)).mkdir(parents=True)
                (project / "made" / str(number)).mkdir(parents=True)
            for name in ("node_modules", "made"):
                shutil.rmtree(project / name)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(make_and_remove)
        try:
            assert [snapshot(project) for _ in range(500)] == [before] * 500
        finally:
            ended.set()
        done.result()


COMMAND = """
import os, sys, urllib.request
print(urllib.request.urlopen(os.environ["EDGELET_URL"] + "/path").read().decode())
print(os.environ["EDGELET_URL"])
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_command_runs_beside_a_device_of_its_own(firmware, tmp_path):
    cli = Cli(tmp_path)
    # Its own host name leads elsewhere.
    project = greeting(tmp_path, "tested", vars={"WHO": "you"}, secrets=["KEY"], hosts=["example.com"])
    (project / DEV_VARS).write_text("KEY=of dev vars\n")
    (project / "test.py").write_text(COMMAND)
    done = cli.run("test-server", "python3", "test.py", "0", cwd=project)
    answer, url = done.out.splitlines()
    assert (done.status, answer, done.err) == (0, TOLD.format("tested/path", "you", "of dev vars"), "")
    with pytest.raises(ConnectionRefusedError):
        get(("127.0.0.1", urlsplit(url).port), "/")
    # A status is handed on, and the log says why, without secrets.
    (project / "main.js").write_text(GREETING.replace('"asked"', '"asked", env.KEY'))
    done = cli.run("test-server", "python3", "test.py", "7", cwd=project)
    assert done.status == 7
    assert "asked ***" in done.err
    assert "no program nonsense" in cli.fails("test-server", "nonsense", cwd=project)
    assert "has no edgelet.toml" in cli.fails("test-server", "true")
    (project / "main.js").write_text("export default {")
    assert "SyntaxError" in cli.fails("test-server", "true", cwd=project)
