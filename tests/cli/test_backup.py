"""`edgelet backup` and `edgelet restore`: a gateway that runs, with a real device."""

import io
import json
import signal
import stat
import subprocess
import tarfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_helpers import Cli, greeting
from device_helpers import free_port, get


@contextmanager
def serving(cli: Cli, data: Path, *options: str):
    """Runs `edgelet serve`; gives its address."""
    port = free_port()
    process = subprocess.Popen(
        cli.command("serve", "--data", data, "--port", str(port), *options),
        env=cli.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "edgelet serve: " in process.stderr.readline()
        yield ("127.0.0.1", port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


@pytest.fixture
def cli(firmware, tmp_path):
    return Cli(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["one process", "workers"])
def test_a_gateway_is_backed_up_while_it_serves_and_is_the_same_again(cli, tmp_path, options):
    file = tmp_path / "gateway.tar.gz"
    done = threading.Event()
    statuses = set()

    def ask(address):
        while not done.is_set():
            statuses.add(get(address, "/kept").status)

    with serving(cli, tmp_path / "data", *options) as address:
        cli.ok("deploy", greeting(tmp_path, "kept", secrets=["KEY"]))
        cli.ok("secret", "put", "KEY", "--function", "kept", stdin="canary-of-a-secret")
        cli.ok("setup", "--set", "hostname=hall")
        clients = threading.Thread(target=ask, args=[address])
        clients.start()
        try:
            told = cli.ok("backup", file, "--data", tmp_path / "data")
        finally:
            done.set()
            clients.join()
        assert "secrets among them" in told
        assert statuses == {200}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        # What came after the backup is not in it.
        cli.ok("secret", "put", "KEY", "--function", "kept", stdin="another")
    assert "canary" not in "".join(cli.everything)
    restored = tmp_path / "restored"
    cli.ok("restore", file, "--data", restored)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (restored, *restored.rglob("*"))}
    assert modes == {0o600, 0o700}
    with serving(cli, restored) as address:
        assert get(address, "/kept").body.decode().endswith("canary-of-a-secret")
        assert cli.run("status", "--json").json()["hostname"] == "hall"


def test_one_that_is_stopped_too_and_nothing_is_overwritten(cli, tmp_path):
    data, file = tmp_path / "data", tmp_path / "one.tar.gz"
    with serving(cli, data):
        pass
    cli.ok("backup", file, "--data", data)
    assert "exists" in cli.fails("backup", file, "--data", data)
    assert "is not empty" in cli.fails("restore", file, "--data", data)
    assert "is no folder of" in cli.fails("backup", tmp_path / "two.tar.gz", "--data", tmp_path)
    assert sorted(path.name for path in data.iterdir() if "backup" in path.name) == []


def packed(folder: Path, *entries: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    """A backup with these entries."""
    file = folder / "made.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if name != "backup.json":
                entry.type = kind
                entry.linkname = "/etc/passwd"
            tar.addfile(entry, io.BytesIO(content))
    return file


HEAD = ("backup.json", json.dumps({"format": 1}).encode())


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ([("settings.json", b"{}")], tarfile.REGTYPE),
        ([("backup.json", b'{"format": 2}')], tarfile.REGTYPE),
        ([("backup.json", b"[")], tarfile.REGTYPE),
        ([HEAD, ("../outside", b"x")], tarfile.REGTYPE),
        ([HEAD, ("/tmp/outside", b"x")], tarfile.REGTYPE),
        ([HEAD, ("settings.json", b"")], tarfile.SYMTYPE),
        ([HEAD, ("settings.json", b"")], tarfile.LNKTYPE),
        ([HEAD, ("settings.json", b"")], tarfile.FIFOTYPE),
    ],
)
def test_what_is_no_backup_is_refused_and_changes_nothing(cli, tmp_path, entries, kind):
    file = packed(tmp_path, *entries, kind=kind)
    assert "it is no backup, or damaged" in cli.fails("restore", file, "--data", tmp_path / "data")
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "outside").exists()


def test_a_backup_that_is_cut_short_is_refused(cli, tmp_path):
    data, file = tmp_path / "data", tmp_path / "one.tar.gz"
    with serving(cli, data):
        cli.ok("deploy", greeting(tmp_path, "kept"))
    cli.ok("backup", file, "--data", data)
    file.write_bytes(file.read_bytes()[:-200])
    assert "it is no backup, or damaged" in cli.fails("restore", file, "--data", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
