"""The command line as pip installs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_helpers import ROOT
from edgelet_host import __version__

SHIPPED = ("device", "examples", "firmware", "host/edgelet_host")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """What pip installs, beside a copy of the sources: nothing is built in the checkout."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for part in SHIPPED:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    files = {path.relative_to(source): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    # setuptools is among the packages of the tests, so that nothing is downloaded.
    options = ["--no-deps", "--no-build-isolation", "--no-compile", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", folder, source]
    subprocess.run(command, check=True, capture_output=True)
    assert len(files) > 100
    for path, content in files.items():
        place = Path("edgelet_host", "checkout", path)
        if path.parts[0] == "host":
            place = path.relative_to("host")
        if path.name not in ("LICENSE", "pyproject.toml"):
            assert (folder / place).read_bytes() == content, path
    return folder


@pytest.mark.slow
def test_an_installed_command_line_has_the_checkouts_version(installed):
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "edgelet_host", "--version"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"edgelet {__version__}\n"
    [metadata] = installed.glob("edgelet-*.dist-info/METADATA")
    assert f"Version: {__version__}\n" in metadata.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("template", ["hello", "lambda", "login", "static"])
def test_an_installed_command_line_has_all_files_and_makes_projects(installed, tmp_path, template):
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "edgelet_host", "new", "mine", "--template", template]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "mine/edgelet.toml" in done.stdout.splitlines()
    assert 'name = "mine"' in (tmp_path / "mine" / "edgelet.toml").read_text()
