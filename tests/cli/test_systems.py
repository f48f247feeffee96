"""The package for any computer on Windows and macOS, as far as Linux can play them: tests/support/another_system.py."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from classroom import classroom
from cli_helpers import ROOT, Cli
from edgelet_host import paths
from edgelet_host.bootloader import flashing
from edgelet_host.device import ports, targets
from edgelet_host.device.running import announce
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.builds import Revision
from edgelet_host.release.dist import make_universal_wheel
from edgelet_host.release.parts import ensure_compiler_wasm
from edgelet_host.release.wheels import pure_wheel
from flash_helpers import Pico, make_uf2, running

# Of the command line; what is Linux's own are the local device, the emulated board's surroundings and the builds.
LINUX = {"device/local.py", "emulator/__init__.py", "emulator/machine.py"}
LINUX |= {f"firmware/{name}.py" for name in ("builds", "debian", "system")}


@dataclass
class OtherCli(Cli):
    """The command line of an unpacked package on another system."""

    system: str = "win32"
    package: Path = Path()

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PYTHONPATH": str(self.package)}

    def command(self, *args: str | Path) -> list[str]:
        program = ROOT / "tests" / "support" / "another_system.py"
        return [sys.executable, "-X", "warn_default_encoding", str(program), self.system, *map(str, args)]


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The package, without boards' firmware."""
    folder = tmp_path_factory.mktemp("package")
    wheel = make_universal_wheel(pure_wheel(folder / "pure"), folder, ensure_compiler_wasm(), [], Revision())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(params=["win32", "darwin"])
def other(request, local, package, tmp_path) -> Cli:
    return OtherCli(tmp_path, local.port, system=request.param, package=package)


@pytest.mark.slow
def test_a_project_comes_to_a_board_and_is_looked_after(other):
    other.ok("new", "mine", "--javascript")
    assert "mine: bundle " in other.ok("check", "mine")
    assert "mine" in other.ok("deploy", "mine", "--dry-run") + other.ok("deploy", "mine")
    assert json.loads(other.ok("invoke", "mine", "--path", "/mine/greeting")) == {"message": "hello, world"}
    assert "mine" in other.ok("list")
    assert "firmware" in other.ok("status")
    assert "GET /mine" in other.ok("logs", "--function", "mine")
    assert len(other.ok("releases", "mine").splitlines()) >= 1
    other.ok("env", "set", "GREETING", "--function", "mine", stdin="grüß dich")
    assert json.loads(other.ok("invoke", "mine", "--path", "/mine/greeting")) == {"message": "grüß dich, world"}
    assert "GREETING" in other.ok("env", "list", "--function", "mine")
    other.ok("secret", "put", "KEY", "--function", "mine", stdin="canary")
    assert "KEY" in other.ok("secret", "list", "--function", "mine")
    other.ok("delete", "mine", "--yes")


@pytest.mark.slow
def test_kv_users_and_tokens(other):
    other.ok("new", "visits", "--template", "login", "--javascript")
    other.ok("deploy", "visits")
    user = f"ada-{other.system}"
    for args, stdin in ((("user", "add", user), "correct horse"), (("kv", "put", "USERS", "key"), "wert ü")):
        other.ok(*args, "--function", "visits", stdin=stdin)
    other.ok("user", "delete", user, "--function", "visits")
    assert other.ok("kv", "get", "USERS", "key", "--function", "visits") == "wert ü\n"
    (other.folder / "key").write_text("0123456789abcdef0123456789abcdef")
    token = other.ok("token", "mint", "--secret-file", other.folder / "key", "--subject", "ada").strip()
    assert '"sub": "ada"' in other.ok("token", "decode", stdin=token)
    other.ok("delete", "visits", "--yes")


@pytest.mark.slow
def test_devices_have_names_which_are_kept_where_the_system_has_such_things(other, local, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", other.environment()["XDG_RUNTIME_DIR"])
    other.ok("devices", "name", local.port, "kitchen")
    assert "kitchen" in other.ok("devices")
    with announce(local, "edgelet dev"):
        assert "firmware" in other.ok("status", "--device", "kitchen")
    other.ok("devices", "forget", "kitchen")
    assert "there is no COM77" in other.fails("status", "--device", "COM77")
    assert "no device is named company.local" in other.fails("status", "--device", "company.local")


@pytest.mark.slow
def test_a_board_is_set_up_and_examined(other):
    other.ok("setup", "--set", "hostname=kitchen")
    told = other.run("doctor").out
    assert "device: answers at" in told
    assert "MicroPython" in other.ok("doctor", "--report")
    assert "_EDGELET_COMPLETE" in other.ok("completion", "powershell")


@pytest.mark.slow
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_names_go_with_boards_that_are_worked_on_side_by_side(firmware, package, tmp_path, monkeypatch, system):
    cli = OtherCli(tmp_path, system=system, package=package)
    with classroom(firmware, tmp_path, 2) as (_, boards):
        monkeypatch.setenv("PLAYED_USB", str(tmp_path / "usb"))
        lines = [f"{one.serial};{one.name};class1;{one.name}\r\n" for one in boards]
        (tmp_path / "class.csv").write_bytes("".join(["\ufeffdevice;name;group;hostname\r\n", *lines]).encode())
        assert cli.ok("setup", "--all", "--csv", "class.csv").count("\tdone\t") == 2
        for one in boards:
            one.unplug()
        for one, port in zip(boards, ("COM9", "COM8"), strict=True):
            one.plug(port)
        cli.ok("new", "mine")
        assert cli.ok("deploy", "mine", "--group", "class1").count("\tdone\t") == 2
        assert "mine" in cli.ok("list", "--device", "board01")
        assert [one["name"] for one in json.loads(cli.ok("devices", "--json"))] == ["board02", "board01"]


@pytest.mark.slow
def test_a_board_is_flashed(firmware, package, tmp_path):
    cli = OtherCli(tmp_path, package=package)
    content = os.urandom(100_000)
    image = make_uf2(tmp_path / "firmware.uf2", content)
    with running(Pico(firmware, tmp_path), in_bootsel=True) as board:
        told = cli.ok("flash", "--image", image, "--volume", board.volume, "--device", board.port)
        assert "compared and started" in told
        assert board.chip.read_bytes()[: len(content)] == content


@pytest.mark.slow
def test_ctrl_c_ends_a_command_that_follows(other):
    with subprocess.Popen(
        other.command("logs", "--follow"), env=other.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        # Python itself has begun then.
        assert process.stdout.readline()
        other.ok("setup", "--set", "hostname=hall")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
    assert b"Traceback" not in out
    assert process.returncode in (0, 1, 130)


@pytest.mark.slow
def test_only_what_is_linuxs_own_uses_what_windows_lacks():
    command = [sys.executable, "-m", "mypy", "--platform", "win32", "--no-color-output"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {line.partition(":")[0] for line in done.stdout.splitlines() if ": error: " in line}
    assert {name.removeprefix("host/edgelet_host/") for name in found} <= LINUX, done.stdout


def test_bootsel_volumes_are_found_as_the_system_shows_them(tmp_path, monkeypatch):
    volume = tmp_path / "RPI-RP2"
    volume.mkdir()
    (volume / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\n")
    monkeypatch.setattr(flashing, "_VOLUMES", tmp_path)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert flashing._find_volume(None) == volume
    monkeypatch.setattr(sys, "platform", "win32")
    assert flashing._find_volume(None) is None
    assert [str(one)[:2] for one in flashing._mounted()][:2] == ["C:", "D:"]
    assert flashing._fat_mounts("/dev/sda1 /media/ada/RPI\\040RP2 vfat rw 0 0\n/dev/sdb / ext4 rw 0 0\n") == [
        Path("/media/ada/RPI RP2")
    ]


def test_names_of_ports():
    assert [ports.is_port(one) for one in ("COM3", "com12", "/dev/cu.usbmodem1101", "/dev/ttyACM0")] == [True] * 4
    assert [ports.is_port(one) for one in ("COM", "COM0", "community.local", "192.168.1.7:80")] == [False] * 4
    with pytest.raises(EdgeletError, match="there is no COM3"):
        targets.choose_targets(["COM3"])


@pytest.mark.parametrize(
    ("system", "cache", "config"),
    [
        ("linux", ".cache/edgelet", ".config/edgelet"),
        ("darwin", "Library/Caches/edgelet", ".config/edgelet"),
        ("win32", "AppData/Local/edgelet/cache", "AppData/Local/edgelet"),
    ],
)
def test_folders(monkeypatch, tmp_path, system, cache, config):
    for name in ("EDGELET_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert (paths.cache_dir(), paths.config_dir()) == (tmp_path / cache, tmp_path / config)
    if system == "win32":
        monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "here"))
        assert paths.cache_dir() == tmp_path / "here" / "edgelet" / "cache"
