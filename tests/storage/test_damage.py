"""Damaged files: the function or the file that it concerns is out of service, all else serves, and it is named."""

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from device_helpers import Box, free_port, running
from edgelet_host.device.console import connect
from edgelet_host.device.local import start

ADMIN = "an-admin-secret-of-a-test"
KEPT = """export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  const store = env.STORE;
  if (pathname === "/hello/put") await store.put("new", "value");
  if (pathname === "/hello/list") return Response.json((await store.list()).keys.map(({ name }) => name).sort());
  return new Response(`RELEASE ${env.KEY} ${env.WHO} ${await store.get("k")}`);
} };
"""
STEADY = "export default { fetch() { return new Response('steady') } }"
PAGE = "<h1>page</h1>"


@contextmanager
def started(firmware: Path, folder: Path) -> Iterator[Box]:
    """Start a device on files that an earlier one left, or somebody else changed."""
    with (
        start(firmware, folder / "device", "127.0.0.1", free_port(), folder / "device.log") as local,
        connect(local.port) as device,
    ):
        yield Box(local, device, firmware, folder / "projects")


def deploy(box: Box, text: str) -> None:
    files = {"main.js": KEPT.replace("RELEASE", text), "public/page.html": PAGE, "public/other.txt": "other"}
    fields = {"bindings": {"STORE": {"type": "kv"}}, "static": {"folder": "public"}, "secrets": ["KEY"]}
    box.deploy("hello", files, route="/hello", **fields)


@pytest.fixture(scope="module")
def whole(firmware, tmp_path_factory):
    """A device's folder: the function hello in its second release, with all that can be kept for it, and another."""
    folder = tmp_path_factory.mktemp("whole")
    with running(firmware, folder) as box:
        box.deploy("steady", STEADY, route="/steady")
        deploy(box, "first")
        deploy(box, "second")
        box.job("set_secrets", "hello", {"KEY": "k3y-value"})
        box.job("set_variables", "hello", {"WHO": "me"})
        box.job("kv_put", "hello", "STORE", [("k", "v", None, None)])
        box.job("kv_put", "hello", "STORE", [("other", "v", None, None)])
        box.device.call("set_settings", {"admin_secret": ADMIN, "hostname": "box"})
        assert box.get("/hello").text == "second k3y-value me v"
        assert box.get("/hello/page.html").text == PAGE
    data = Data(folder)
    os.utime(data.manifest("previous"), (1, 1))  # not in the same second
    return folder


@dataclass
class Data:
    """The files of a stopped device."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / "device" / name

    @property
    def hello(self) -> Path:
        return self / "releases/hello"

    @property
    def store(self) -> Path:
        return self / "kv/hello.STORE"

    @property
    def pointer(self) -> dict[str, str]:
        return json.loads((self.hello / "current").read_text())

    def manifest(self, which: str) -> Path:
        return self.hello / self.pointer[which] / "manifest"

    def file(self, name: str, which: str = "active") -> Path:
        """Where a file of a release is kept."""
        for line in self.manifest(which).read_text().splitlines()[1:]:
            path, sha256, _ = json.loads(line)
            if path == name:
                return self.hello / sha256
        raise AssertionError(f"there is no {name}")


def folder_instead(path: Path) -> None:
    if path.exists():
        path.unlink()
    path.mkdir()
    (path / "of-somebody").write_text("x")


def file_instead(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("x")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_function(path: Path) -> None:
    """A manifest that is whole, and of another function."""
    path.write_bytes(path.read_bytes().replace(b'"function": "hello"', b'"function": "steady"', 1))


def rename_release(data: Data) -> None:
    """A whole release of the function steady in the place of one of hello."""
    other = json.loads((data / "releases/steady/current").read_text())["active"]
    for path in (data / "releases/steady").iterdir():
        if path.name != "current":
            (shutil.copytree if path.is_dir() else shutil.copy)(path, data.hello / path.name)
    (data.hello / "current").write_text(json.dumps({"active": other, "previous": data.pointer["active"]}))


WORKS = "second k3y-value me v"
BACK = "first k3y-value me v"


@dataclass(frozen=True)
class Damage:
    """What is done to the files of a device, and what then has to be.

    before: the answer of hello, text or status, while it is damaged. after: the same after `doctor --repair`.
    named: the end of the path that log and doctor name. logged: whether the log does so before anybody asks doctor.
    steady: the status of the other function.
    """

    name: str
    do: Callable[[Data], Any]
    before: str | int
    named: str
    after: str | int = WORKS
    logged: bool = True
    steady: int = 200


DAMAGES = [
    Damage("foreign file in a namespace", lambda d: (d.store / "README").write_text("x" * 9), WORKS, "README"),
    Damage("another foreign file", lambda d: (d.store / "läuft.txt").write_text("x" * 9), WORKS, "läuft.txt"),
    Damage("empty file in a namespace", lambda d: empty(d.store / "README"), WORKS, "README"),
    Damage("folder in a namespace", lambda d: folder_instead(d.store / "bm8"), WORKS, "bm8"),
    Damage("folder named as a copy", lambda d: folder_instead(d.store / "bm8~"), WORKS, "bm8~", logged=False),
    Damage("empty value", lambda d: empty(d.store / "aw"), "second k3y-value me null", "aw",
           "second k3y-value me null", logged=False),
    Damage("folder in place of a value", lambda d: folder_instead(d.store / "aw"), 500, "aw",
           "second k3y-value me null"),
    Damage("file in place of a namespace", lambda d: file_instead(d.store), "second k3y-value me null", "hello.STORE",
           "second k3y-value me null", logged=False),
    Damage("file in place of all namespaces", lambda d: file_instead(d / "kv"), "second k3y-value me null", "kv",
           "second k3y-value me null", logged=False),
    Damage("foreign folder beside namespaces", lambda d: folder_instead(d / "kv/backup"), WORKS, "backup",
           logged=False),
    Damage("folder in place of the pointer", lambda d: folder_instead(d.hello / "current"), 404, "hello/current"),
    Damage("empty pointer", lambda d: empty(d.hello / "current"), 404, "hello/current"),
    Damage("cut pointer", lambda d: cut(d.hello / "current"), 404, "hello/current"),
    Damage("pointer of another kind", lambda d: (d.hello / "current").write_text("[1, 2]"), 404, "hello/current"),
    Damage("pointer with numbers", lambda d: (d.hello / "current").write_text('{"active": 1, "previous": 2}'), 404,
           "hello/current"),
    Damage("pointer out of the folder", lambda d: (d.hello / "current").write_text(
        '{"active": "../steady/../st/", "previous": null}'), 404, "hello/current"),
    Damage("pointer to a release that is not there", lambda d: shutil.rmtree(d.manifest("active").parent), 404,
           "manifest", BACK),
    Damage("folder in place of the manifest", lambda d: folder_instead(d.manifest("active")), 404, "manifest", BACK),
    Damage("empty manifest", lambda d: empty(d.manifest("active")), 404, "manifest", BACK),
    Damage("cut manifest", lambda d: cut(d.manifest("active")), 404, "manifest", BACK),
    Damage("flipped byte in the manifest", lambda d: flip(d.manifest("active")), 404, "manifest", BACK),
    Damage("manifest that names another function", lambda d: other_function(d.manifest("active")), 404, "manifest",
           BACK),
    Damage("release of another function", rename_release, 404, "manifest"),
    Damage("flipped byte in the manifest before", lambda d: flip(d.manifest("previous")), WORKS, "manifest"),
    Damage("folder in place of the manifest before", lambda d: folder_instead(d.manifest("previous")), WORKS,
           "manifest"),
    Damage("flipped byte in the bundle", lambda d: flip(d.file("main.qjs")), 503, "main.qjs", BACK),
    Damage("empty bundle", lambda d: empty(d.file("main.qjs")), 503, "main.qjs", BACK),
    Damage("no bundle", lambda d: d.file("main.qjs").unlink(), 503, "main.qjs", BACK),
    Damage("folder in place of the bundle", lambda d: folder_instead(d.file("main.qjs")), 503, "main.qjs", BACK),
    Damage("flipped byte in the bundle before", lambda d: flip(d.file("main.qjs", "previous")), WORKS,
           "the one before", logged=False),
    Damage("file in place of the releases", lambda d: file_instead(d / "releases"), 404, "releases", 404,
           steady=404),
    Damage("file in place of a function", lambda d: file_instead(d.hello), 404, "releases/hello", 404),
    Damage("foreign file beside functions", lambda d: (d / "releases/Notes.txt").write_text("x"), WORKS, "Notes.txt"),
    Damage("foreign folder beside functions", lambda d: folder_instead(d / "releases/lost+found"), WORKS,
           "lost+found"),
    Damage("foreign file in a function", lambda d: (d.hello / "notes").write_text("x"), WORKS, "hello/notes",
           logged=False),
    Damage("file in place of the staging folder", lambda d: (d.hello / "staging").write_text("x"), WORKS, "",
           logged=False),
    Damage("folder in place of the settings", lambda d: folder_instead(d / "settings.json"), WORKS, "settings.json"),
    Damage("empty settings", lambda d: empty(d / "settings.json"), WORKS, "settings.json"),
    Damage("settings of another kind", lambda d: (d / "settings.json").write_text("[]"), WORKS, "settings.json"),
    Damage("settings that are no text", lambda d: (d / "settings.json").write_bytes(b'{"hostname": "\xff"}'), WORKS,
           "settings.json"),
    Damage("folder in place of device secrets", lambda d: folder_instead(d / "secrets.json"), WORKS, "secrets.json"),
    Damage("cut device secrets", lambda d: cut(d / "secrets.json"), WORKS, "secrets.json"),
    Damage("device secrets of another kind", lambda d: (d / "secrets.json").write_text('{"admin_secret": 5}'), WORKS,
           "secrets.json"),
    Damage("cut secrets", lambda d: cut(d / "secrets/hello.json"), 503, "secrets/hello.json",
           "second undefined me v"),
    Damage("folder in place of secrets", lambda d: folder_instead(d / "secrets/hello.json"), 503,
           "secrets/hello.json", "second undefined me v"),
    Damage("secrets of another kind", lambda d: (d / "secrets/hello.json").write_text('{"KEY": ["a"]}'), 503,
           "secrets/hello.json", "second undefined me v"),
    Damage("file in place of all secrets", lambda d: file_instead(d / "secrets"), 503, "secrets",
           "second undefined me v", steady=503),
    Damage("empty variables", lambda d: empty(d / "env/hello.json"), 503, "env/hello.json",
           "second k3y-value undefined v"),
    Damage("variables of another kind", lambda d: (d / "env/hello.json").write_text('{"WHO": 5}'), 503,
           "env/hello.json", "second k3y-value undefined v"),
    Damage("folder named as a copy of settings", lambda d: folder_instead(d / "settings.json~"), WORKS, "",
           logged=False),
    Damage("foreign file beside secrets", lambda d: (d / "secrets/notes").write_text("x"), WORKS, "notes",
           logged=False),
    Damage("secrets of no function", lambda d: (d / "secrets/gone.json").write_text("{}"), WORKS, "gone.json",
           logged=False),
]  # fmt: skip


def answer(box: Box) -> str | int:
    response = box.get("/hello/x")
    return response.text if response.status == 200 else response.status


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_is_local_named_and_set_right(firmware, whole, tmp_path, damage):
    data = Data(tmp_path)
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    damage.do(data)
    with started(firmware, tmp_path) as box:
        assert box.get("/steady").status == damage.steady
        assert box.get("/healthz", Host="localhost").status == 200
        metrics = box.get("/metrics", Host="localhost", Authorization=f"Bearer {ADMIN}").status
        assert metrics == (503 if damage.named == "secrets.json" else 200)
        assert answer(box) == damage.before
        if damage.before == WORKS:
            assert box.get("/hello/list").json() == ["k", "other"]
            assert box.get("/hello/put").status == 200
        logged = [one["text"] for one in box.logs() if one["level"] == "error"]
        assert any(damage.named in text and ("doctor --repair" in text or "deploy" in text) for text in logged) == (
            damage.logged
        ), logged
        assert not any("task failed" in text for text in logged), logged
        if damage.steady == 200:
            box.deploy("third", STEADY, route="/third")
    with started(firmware, tmp_path) as box:
        found = box.job("examine")
        assert all(one["repaired"] is False and ("doctor --repair" in one["text"]) for one in found), found
        assert any((one["path"] + one["text"]).find(damage.named) >= 0 for one in found) == bool(damage.named), found
        repaired = box.job("examine", True)
        assert len(repaired) == len(found)
        assert all(one["repaired"] for one in repaired), repaired
        assert answer(box) == damage.after, (repaired, box.logs())
        assert box.job("examine") == []
        if damage.after != 404:
            deploy(box, "next")
            assert answer(box) == str(damage.after).replace("first", "next").replace("second", "next")
    with started(firmware, tmp_path) as box:
        assert [one["text"] for one in box.logs() if one["level"] == "error"] == []


def test_a_static_file_that_was_damaged_is_not_sent(firmware, whole, tmp_path):
    data = Data(tmp_path)
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    page = data.file("public/page.html")
    with started(firmware, tmp_path) as box:
        assert box.get("/hello/page.html").text == PAGE
        flip(page)
        for range_ in ({}, {"Range": "bytes=0-3"}):
            assert box.get("/hello/page.html", **range_).status == 503
        assert box.get("/hello/other.txt").text == "other"
        assert answer(box) == WORKS
        [text] = [one["text"] for one in box.logs() if one["level"] == "error"][:1]
        assert str(page) in text
        assert "public/page.html of function hello, is damaged: deploy it again" in text
        [found] = box.job("examine")
        assert (found["path"], found["repaired"]) == (str(page), False)
        [found] = box.job("examine", True)
        assert (found["path"], found["repaired"]) == (str(page), False)
        assert found["text"].endswith("is damaged: deploy it again; it was removed")
        assert box.get("/hello/page.html").status == 503
        deploy(box, "second")
        assert box.get("/hello/page.html").text == PAGE
        page.unlink()
        assert box.get("/hello/page.html").status == 503
        folder_instead(page)
        assert box.get("/hello/page.html").status == 503
        assert box.get("/hello/other.txt").text == "other"
        deploy(box, "second")
        assert box.get("/hello/page.html").text == PAGE
        assert box.job("examine") == []


def test_a_large_static_file_is_read_before_it_is_sent(firmware, tmp_path):
    content = "0123456789abcdef" * 20000
    with running(firmware, tmp_path) as box:
        box.deploy("hello", {"public/large.txt": content}, route="/hello", static={"folder": "public"})
        assert box.get("/hello/large.txt").text == content
        [stored] = (box.folder.parent / "device/releases/hello").glob("?" * 64)
        flip(stored)
        assert box.get("/hello/large.txt", Range="bytes=0-9").status == 503


def test_a_damaged_function_can_be_deleted_and_rolled_back(firmware, whole, tmp_path):
    data = Data(tmp_path)
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    flip(data.manifest("active"))
    with started(firmware, tmp_path) as box:
        box.job("rollback", "hello")
        assert answer(box) == BACK
        empty(data.hello / "current")
        box.job("delete", "hello")
        assert not data.hello.exists()


def test_what_the_device_keeps_is_for_its_user_alone(firmware, whole, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    everything = [tmp_path / "device", *(tmp_path / "device").rglob("*"), tmp_path / "device.log"]

    def readable_by_others() -> list[Path]:
        return [path for path in everything if stat.S_IMODE(path.stat().st_mode) & 0o077]

    assert readable_by_others() == []  # as it was made
    for path in everything:
        path.chmod(0o755 if path.is_dir() else 0o644)
    with started(firmware, tmp_path) as box:
        assert readable_by_others() == []
        assert answer(box) == WORKS
