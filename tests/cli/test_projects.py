"""Several projects on one device for their development: it serves what their folders say now, and loses nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_helpers import Cli, greeting
from device_helpers import get, write_project
from edgelet_host.device.console import connect
from edgelet_host.device.development import circle
from edgelet_host.device.projects import Projects
from edgelet_host.device.running import LocalDevice
from edgelet_host.project.config import FILE
from edgelet_host.project.dotenv import DEV_VARS
from pytest import CaptureFixture

# It tells its folder, a secret, and a key that the project has for development.
TOLD = """const folder = %r;
export default { async fetch(request, env) {
  return new Response(`${folder} ${env.KEY} ${await env.KEYS.get("mark")}`);
} };
"""

Bring = Callable[..., str]


@pytest.fixture
def bring(local: LocalDevice, cli: Cli, firmware: Path, capsys: CaptureFixture[str]) -> Iterator[Bring]:
    """Have a run of `edgelet dev` bring projects; what it says. again: another run, with these projects."""
    runs = []

    def bring(*folders: Path, again: bool = False) -> str:
        if again or not runs:
            runs.append(Projects(local, firmware, folders, cli.folder / "notes.json", lambda device: None))
        runs[-1].bring(folders)
        return capsys.readouterr().err

    yield bring
    with connect(local.port) as device:
        for name in device.call("listing"):
            device.wait_for_job(device.call("delete", name))


def project(cli: Cli, folder: str, name: str, *routes: str) -> Path:
    """Make a project, or change its settings."""
    files = {"main.js": TOLD % folder, DEV_VARS: f"KEY=of {folder}\n"}
    fields = {"routes": list(routes), "bindings": {"KEYS": {"type": "kv"}}, "secrets": ["KEY"]}
    return write_project(cli.folder / folder, name, files, **fields)


def put(cli: Cli, **marks: str) -> None:
    for function, mark in marks.items():
        cli.ok("kv", "put", "KEYS", "mark", "--function", function, stdin=mark)


def answers(local: LocalDevice, *routes: str) -> list[str]:
    return [get(local.address, route).text for route in routes]


@pytest.mark.parametrize("again", [True, False])
def test_routes_that_are_exchanged_are_served_as_the_folders_say(cli, local, bring, again):
    one, two = project(cli, "one", "one", "/"), project(cli, "two", "two", "/two", "/too")
    bring(one, two)
    put(cli, one="first", two="second")
    project(cli, "one", "one", "/two", "/too"), project(cli, "two", "two", "/")
    said = bring(one, two, again=again)
    assert "Error" not in said and said.count("is ready") == 2
    assert answers(local, "/", "/two", "/too") == ["two of two second", *["one of one first"] * 2]
    # Which one was without its routes for a moment is of no use to go back to.
    kept = {name: len(cli.run("releases", name, "--json").json()) for name in ("one", "two")}
    assert sorted(kept.values()) == [1, 2]
    assert "has no previous release" in cli.fails("rollback", min(kept, key=kept.__getitem__))


def test_routes_that_are_exchanged_in_a_ring_are_served_though_one_changes_later(cli, local, bring):
    folders = [project(cli, name, name, f"/{name}") for name in ("a", "b", "c", "d")]
    bring(*folders)
    put(cli, a="A", b="B", c="C", d="D")
    # One of them wants what two others have.
    said = bring(project(cli, "a", "a", "/b", "/d"), project(cli, "b", "b", "/c"))
    assert "route /b belongs to function b until the change of" in said and "route /c belongs to function c:" in said
    assert answers(local, "/a", "/b") == ["a of a A", "b of b B"]
    said = bring(project(cli, "d", "d", "/d/d"))
    # What was told is not told again.
    assert said.count("\n") == 1 and "d " in said
    said = bring(project(cli, "c", "c", "/a"))
    assert "Error" not in said and said.count("is ready") == 3
    assert answers(local, "/a", "/b", "/c", "/d", "/d/d") == [
        "c of c C",
        "a of a A",
        "b of b B",
        "a of a A",
        "d of d D",
    ]


def test_who_cannot_be_brought_keeps_the_routes_that_it_has(cli, local, bring):
    one, two = project(cli, "one", "one", "/one"), project(cli, "two", "two", "/two")
    bring(one, two)
    put(cli, one="first", two="second")
    project(cli, "one", "one", "/two"), project(cli, "two", "two", "/one")
    source = (two / "main.js").read_text()
    (two / "main.js").write_text("throw new Error('mine');" + source)
    said = bring(one, two)
    assert f"Error: {two}: thrown: Error: mine" in said
    assert f"{one}: route /two belongs to function two until the change of {two} can be taken" in said
    assert answers(local, "/one", "/two") == ["one of one first", "two of two second"]
    (two / "main.js").write_text(source)
    assert "Error" not in bring(two)
    assert answers(local, "/one", "/two") == ["two of two second", "one of one first"]


def test_nobody_gives_up_routes_for_who_is_refused(cli, local, bring):
    """The other one wants what a third project has, too."""
    folders = [project(cli, name, name, f"/{name}") for name in ("a", "b", "c")]
    bring(*folders)
    put(cli, a="A", b="B", c="C")
    before = cli.ok("releases", "b")
    said = bring(project(cli, "a", "a", "/b", "/c"), project(cli, "b", "b", "/a"))
    assert "route /c belongs to function c: choose another one" in said
    assert answers(local, "/a", "/b", "/c") == ["a of a A", "b of b B", "c of c C"]
    assert cli.ok("releases", "b") == before


def test_nobody_in_a_ring_loses_routes_to_others_and_gets_none(cli, local, bring):
    a, b, c, x = (project(cli, name, name, f"/{name}") for name in ("a", "b", "c", "x"))
    bring(a, b, c, x)
    put(cli, a="A", b="B", c="C", x="X")
    # Of those that exchange theirs the second one wants what somebody else has.
    said = bring(project(cli, "a", "a", "/b"), project(cli, "b", "b", "/c", "/x"), project(cli, "c", "c", "/a"))
    assert f"{b}: route /x belongs to function x: choose another one" in said
    assert f"{a}: route /b belongs to function b until the change of {b} can be taken" in said
    assert answers(local, "/a", "/b", "/c") == ["a of a A", "b of b B", "c of c C"]
    # Or two of them the same, which is free.
    said = bring(project(cli, "b", "b", "/c", "/new"), project(cli, "c", "c", "/a", "/new"))
    assert "wants route /new, too: choose another one for one of them" in said
    assert answers(local, "/a", "/b", "/c") == ["a of a A", "b of b B", "c of c C"]
    assert "Error" not in bring(project(cli, "c", "c", "/a"))
    assert answers(local, "/a", "/b", "/c", "/new") == ["c of c C", "a of a A", "b of b B", "b of b B"]


@pytest.mark.parametrize("again", [True, False])
def test_names_that_are_exchanged_own_what_was_kept_under_them(cli, local, bring, again):
    one, two = project(cli, "one", "one", "/one"), project(cli, "two", "two", "/two")
    bring(one, two)
    put(cli, one="first", two="second")
    project(cli, "one", "two", "/one"), project(cli, "two", "one", "/two")
    said = bring(one, two, again=again)
    assert "Error" not in said and "taken away" not in said
    assert answers(local, "/one", "/two") == ["one of one second", "two of two first"]
    assert cli.ok("list").split() == ["one", "two"]


def test_names_that_are_exchanged_one_after_the_other_own_what_was_kept_under_them(cli, local, bring):
    one, two = project(cli, "one", "one", "/one"), project(cli, "two", "two", "/two")
    bring(one, two)
    put(cli, one="first", two="second")
    assert f"{two} has the name two, too" in bring(project(cli, "one", "two", "/one"))
    # Whoever cannot be read may have any name.
    (two / FILE).write_text("name = ")
    assert "edgelet.toml" in bring(two)
    assert cli.ok("list").split() == ["one", "two"]
    assert "Error" not in bring(project(cli, "two", "one", "/two"))
    assert answers(local, "/one", "/two") == ["one of one second", "two of two first"]


def test_a_project_with_another_name_has_its_values_for_development(cli, local, bring):
    one = project(cli, "one", "one", "/one")
    bring(one)
    said = bring(project(cli, "one", "other", "/one"))
    assert "one was taken away, with what it kept: its project is named other now" in said
    assert answers(local, "/one") == ["one of one null"]


def test_a_former_name_ends_when_no_other_project_can_have_it(cli, local, bring):
    one, two = project(cli, "one", "one", "/one"), project(cli, "two", "two", "/two")
    bring(one, two)
    (two / FILE).write_text("name = ")
    # Its name is kept for the other one, with the route that it had.
    assert "taken away" not in bring(project(cli, "one", "other", "/other"), two)
    assert cli.ok("list").split() == ["one", "other", "two"]
    said = bring(project(cli, "two", "two", "/one"))
    assert "one was taken away, with what it kept: its project is named other now" in said and "Error" not in said
    assert cli.ok("list").split() == ["other", "two"]
    assert answers(local, "/one") == ["two of two null"]


def test_a_name_that_another_project_has_is_told_so_whatever_else_it_waits_for(cli, local, bring):
    one, two, three = (project(cli, name, name, f"/{name}") for name in ("one", "two", "three"))
    bring(one, two, three)
    said = bring(project(cli, "two", "one", "/two"), project(cli, "one", "one", "/three"))
    assert f"Error: {two}: {one} has the name one, too: give one of them another" in said


def test_whose_mistake_it_is_is_told_once(cli, local, bring):
    one, two = project(cli, "one", "one", "/one"), project(cli, "two", "two", "/two")
    (one / "main.js").write_text("no javascript")
    (two / "main.js").write_text("throw new Error('mine');")
    said = bring(one, two)
    assert (said.count(str(one)), said.count(str(two))) == (1, 1)


@pytest.mark.parametrize("file", [FILE, DEV_VARS])
def test_a_file_that_cannot_be_used_ends_with_the_next_change(cli, local, bring, file):
    one, two = project(cli, "one", "one", "/one"), project(cli, "two", "two", "/two")
    (one / file).unlink()
    (one / file).mkdir()
    said = bring(one, two)
    assert f"Error: cannot use {one / file}: Is a directory" in said and "two " in said
    (one / file).rmdir()
    assert "Error" not in bring(project(cli, "one", "one", "/one"))


def test_a_former_self_loses_nothing_before_the_new_one_is_there(cli, local, bring):
    one, two = project(cli, "one", "one", "/one"), project(cli, "two", "two", "/two")
    bring(one, two)
    put(cli, one="first")
    # Its own route is free for it, the other one's is not.
    assert "route /two belongs to function two: choose another" in bring(project(cli, "one", "other", "/one", "/two"))
    assert answers(local, "/one") == ["one of one first"]
    assert json.loads(cli.run("secret", "list", "--function", "one", "--json").out)[0]["name"] == "KEY"


def test_who_waits_for_each_other():
    a, b, c, d = map(Path, "abcd")
    assert circle({}) == circle({a: None, b: a}) == circle({a: b}) == []
    assert circle({a: b, b: a}) == [a, b]
    assert circle({d: a, a: b, b: c, c: a}) == [a, b, c, d]
    assert circle({a: a}) == [a]


def test_a_route_of_a_function_of_nobody_here_is_refused(cli, local, bring):
    cli.ok("deploy", greeting(cli.folder, "stranger"))
    one = project(cli, "a", "a", "/stranger")
    assert f"Error: {one}: route /stranger belongs to function stranger: choose another" in bring(one)
    assert get(local.address, "/stranger").status == 200
