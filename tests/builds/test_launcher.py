"""The launcher and system packages: other users, nothing installed, interrupted set-ups."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from build_helpers import copy_sources
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.environments import ensure_environment, program
from edgelet_host.firmware.system import BUILD_PACKAGES, ensure_packages, missing_packages
from edgelet_host.paths import ROOT

NOBODY = 65534
# Debian's own programs, whatever else this machine has.
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture
def folder():
    """A folder that every user can read and write."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.fixture
def checkout(folder):
    """A copy of the launcher and the command line that every user can read, with few packages."""
    copy_sources(ROOT / "host", folder / "edgelet" / "host")
    shutil.copytree(ROOT / "firmware" / "variants", folder / "edgelet" / "firmware" / "variants")
    shutil.copy(ROOT / "firmware" / "sources.toml", folder / "edgelet" / "firmware")
    shutil.copy(ROOT / "edgelet", folder / "edgelet")
    lock = (ROOT / "requirements.txt").read_text()
    (click,) = re.findall(r"^click==.*?(?=^\S)", lock, re.DOTALL | re.MULTILINE)
    (folder / "edgelet" / "requirements.txt").write_text(click)
    return folder / "edgelet"


def environment(checkout, **more):
    """The environment for a launcher that has a cache of its own."""
    return os.environ | {"PATH": SYSTEM_PATH, "EDGELET_CACHE": str(checkout.parent / "cache")} | more


def launch(checkout, *arguments, user=None, **more):
    return subprocess.run(
        [checkout / "edgelet", *arguments],
        env=environment(checkout, **more),
        user=user if os.geteuid() == 0 else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def nothing_installed(folder):
    """The settings that leave a shell and Python in PATH, and make dpkg believe that nothing is installed."""
    (folder / "dpkg" / "info").mkdir(parents=True)
    (folder / "dpkg" / "status").touch()
    return {"DPKG_ADMINDIR": str(folder / "dpkg"), "PATH": programs(folder, "python3", "dpkg-query")}


def programs(folder, *more):
    """A PATH with what the launcher runs, apt and `more`."""
    path = folder / "bin"
    path.mkdir()
    for name in ("sh", "dirname", "readlink", "sha256sum", "mkdir", "flock", "id", "apt-get", *more):
        (path / name).symlink_to(shutil.which(name, path=SYSTEM_PATH))
    return str(path)


def test_others_are_told_which_packages_to_install(unprivileged, nothing_installed, monkeypatch):
    for name, value in nothing_installed.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EdgeletError, match=r"Install them: sudo apt install gcc libc6-dev make$"):
        ensure_packages(BUILD_PACKAGES)


def test_a_program_that_is_there_needs_no_package(unprivileged, nothing_installed, folder, monkeypatch):
    for name in ("gcc", "make"):
        (folder / "bin" / name).symlink_to("/bin/true")
    for name, value in nothing_installed.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EdgeletError, match=r"Install them: sudo apt install libc6-dev$"):
        ensure_packages(BUILD_PACKAGES)


def test_only_what_is_missing_is_named(nothing_installed, monkeypatch):
    status = Path(nothing_installed["DPKG_ADMINDIR"]) / "status"
    fields = "Status: {}\nMaintainer: x\nArchitecture: amd64\nVersion: 1\nDescription: x\n\n"
    installed, removed = fields.format("install ok installed"), fields.format("deinstall ok config-files")
    status.write_text(f"Package: gcc\n{installed}Package: make\n{removed}")
    monkeypatch.setenv("DPKG_ADMINDIR", str(status.parent))
    assert missing_packages(["gcc", "libc6-dev", "make"]) == ["libc6-dev", "make"]


def test_programs_are_named_where_there_is_no_dpkg(tmp_path, monkeypatch):
    (tmp_path / "make").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EdgeletError, match=r"^Not found: gcc\. Install"):
        ensure_packages(BUILD_PACKAGES)


def test_without_python_others_are_told_what_to_install(checkout, folder):
    done = launch(checkout, "--help", user=NOBODY, PATH=programs(folder))
    assert done.returncode == 1
    *_, error = done.stderr.splitlines()
    assert error == (
        "Error: Python 3.11 or newer with venv is missing. Install it: sudo apt install python3 python3-venv"
    )


def test_a_cache_that_cannot_be_written(checkout):
    done = launch(checkout, "--help", user=NOBODY, EDGELET_CACHE="/proc/edgelet")
    assert done.returncode == 1
    assert done.stderr == ("Error: /proc/edgelet cannot be written. Set EDGELET_CACHE to a folder that can.\n")


@pytest.mark.slow
def test_pip_without_an_index_names_its_log(checkout):
    done = launch(checkout, "--help", PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE=os.devnull)
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert error.startswith("Error: pip could not install the packages. Check the network and run again;")
    assert "No matching distribution" in Path(error.rpartition(" ")[2]).read_text()


@pytest.mark.slow
def test_a_new_user_gets_an_environment_and_the_names_of_packages(checkout, nothing_installed):
    done = launch(checkout, "build", user=NOBODY, **nothing_installed)
    assert done.returncode == 1
    first, error = done.stderr.splitlines()
    assert first.startswith("Setting up Python packages in ")
    assert error.endswith("Install them: sudo apt install gcc libc6-dev make")
    again = launch(checkout, "build", user=NOBODY, **nothing_installed)
    assert again.stderr.splitlines() == [error]


@pytest.mark.slow
def test_an_interrupted_set_up_starts_anew(checkout):
    setup = subprocess.Popen(
        [checkout / "edgelet", "--help"],
        env=environment(checkout),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert setup.stderr.readline().startswith(b"Setting up Python packages in ")
    os.killpg(setup.pid, signal.SIGKILL)
    setup.communicate()
    done = launch(checkout, "--help")
    assert done.returncode == 0
    assert "Usage: edgelet" in done.stdout


@pytest.mark.slow
def test_an_interrupted_environment_of_packages_that_few_need_starts_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGELET_CACHE", str(tmp_path / "cache"))
    requirements = tmp_path / "few.txt"
    requirements.write_text("")
    environment = ensure_environment(requirements)
    # As one that was killed leaves it: pip's program comes last.
    (environment / "complete").unlink()
    program(environment, "pip").unlink()
    assert program(ensure_environment(requirements), "pip").exists()


@pytest.mark.slow
def test_two_launchers_set_up_once(checkout):
    command = [checkout / "edgelet", "--help"]
    pair = [
        subprocess.Popen(command, env=environment(checkout), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    results = [process.communicate() for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    assert sum(b"Setting up Python packages" in errors for _, errors in results) == 1


@pytest.mark.slow
def test_a_changed_lock_or_a_vanished_interpreter_sets_up_again(checkout):
    assert "Setting up" in launch(checkout, "--help").stderr
    assert launch(checkout, "--help").stderr == ""
    with (checkout / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    assert "Setting up" in launch(checkout, "--help").stderr
    for link in (checkout.parent / "cache").glob("venv-*/bin/python"):
        link.unlink()
        link.symlink_to("/nonexistent/python3.11")
    done = launch(checkout, "--help")
    assert "Setting up" in done.stderr
    assert "Usage: edgelet" in done.stdout


@pytest.mark.slow
def test_the_launcher_can_be_a_link(checkout, folder):
    (folder / "linked").symlink_to(checkout / "edgelet")
    done = subprocess.run(
        [folder / "linked", "--help"], env=environment(checkout), capture_output=True, text=True, check=True
    )
    assert "Usage: edgelet" in done.stdout
