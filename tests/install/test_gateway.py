"""gateway/: its script in a root of its own, its unit as systemd reads it, and the recipe of docs/gateway.md."""

import http.client
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from authority import Authority
from cli_helpers import ROOT, Cli, greeting
from device_helpers import free_port, get

# Installing asks the package index, and takes seconds.
pytestmark = pytest.mark.slow
SCRIPT = ROOT / "gateway" / "install.sh"
NAME = "gateway.example.org"
UNIT = ROOT / "gateway" / "edgelet.service"


class Gateway:
    """A root with a gateway, and its command line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "var" / "lib" / "edgelet" / "data"
        self.current = root / "opt" / "edgelet" / "current"
        (root / "etc").mkdir()
        # No user is made where it is there already.
        (root / "etc" / "passwd").write_text("edgelet:x:990:990::/var/lib/edgelet:/usr/sbin/nologin\n")

    def script(self, *args: object) -> "subprocess.CompletedProcess[str]":
        command = ["sh", SCRIPT, "--root", self.root, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def cli(self) -> "GatewayCli":
        return GatewayCli(self.root, gateway=self)


@dataclass
class GatewayCli(Cli):
    """The command line that the script has installed."""

    gateway: Gateway | None = None

    def command(self, *args: str | Path) -> list[str]:
        return [str(self.gateway.current / "bin" / "edgelet"), *map(str, args)]

    def environment(self) -> dict[str, str]:
        return {name: value for name, value in super().environment().items() if name != "PYTHONPATH"}


@contextmanager
def serving(cli: Cli, data: Path, port: int) -> Iterator[tuple[str, int]]:
    """Run what the unit runs; gives the address."""
    process = subprocess.Popen(
        cli.command("serve", "--data", data, "--port", str(port)),
        env=cli.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stderr.readline()
        assert "edgelet serve: " in line, line
        yield ("127.0.0.1", port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def test_a_gateway_is_installed_upgraded_and_removed(own_wheel, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    gateway = Gateway(root)
    assert "no package" in gateway.script("install", tmp_path / "no package").stderr
    done = gateway.script("install", own_wheel)
    assert done.returncode == 0, done.stderr
    first = gateway.current.readlink()
    settings = root / "etc" / "default" / "edgelet"
    settings.write_text("EDGELET_OPTIONS=--port 9000\n")
    cli = gateway.cli()
    with serving(cli, gateway.data, free_port()) as address:
        cli.ok("deploy", greeting(tmp_path, "kept"))
        assert get(address, "/kept").status == 200
    assert stat.S_IMODE(gateway.data.stat().st_mode) == 0o700
    # A package that pip cannot install: what is there goes on.
    broken = tmp_path / "edgelet-9-py3-none-any.whl"
    broken.write_bytes(b"no zip")
    assert "What was there goes on" in gateway.script("install", broken).stderr
    assert gateway.current.readlink() == first
    other = tmp_path / own_wheel.name
    shutil.copy(own_wheel, other)
    with zipfile.ZipFile(other, "a") as archive:
        archive.comment = b"another one"
    done = gateway.script("install", other)
    assert done.returncode == 0, done.stderr
    assert gateway.current.readlink() != first
    assert not (gateway.current.parent / first).exists()
    assert settings.read_text() == "EDGELET_OPTIONS=--port 9000\n"
    with serving(cli, gateway.data, free_port()) as address:
        assert get(address, "/kept").status == 200
    assert gateway.script("remove").returncode == 0
    assert not (root / "opt" / "edgelet").exists()
    assert not (root / "etc" / "systemd" / "system" / "edgelet.service").exists()
    assert gateway.data.is_dir()
    assert settings.exists()


def test_systemd_takes_the_unit_and_finds_it_closed(tmp_path):
    program = tmp_path / "edgelet"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "edgelet.service"
    unit.write_text(UNIT.read_text().replace("/opt/edgelet/current/bin/edgelet", str(program)))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # Of 100: how much of the computer the service could reach.
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]
    assert "StateDirectoryMode=0700\n" in UNIT.read_text()


def test_caddy_in_front_as_the_page_has_it(firmware, tmp_path):
    page = (ROOT / "docs" / "gateway.md").read_text()
    (recipe,) = re.findall(r"^```caddyfile\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    port, tls = free_port(), free_port()
    Authority(tmp_path, "authority").certificate("gateway", f"subjectAltName=DNS:{NAME}")
    # Nobody here gives certificates for that name, and its ports are others'.
    own = f"\ttls {tmp_path}/gateway.pem {tmp_path}/gateway.key\n"
    site = recipe.replace(f"{NAME} {{\n", f"https://{NAME}:{tls} {{\n{own}").replace("8080", str(port))
    options = f"\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {tmp_path}/caddy\n"
    (tmp_path / "Caddyfile").write_text(f"{{\n{options}}}\n{site}")
    project = greeting(tmp_path, "peer")
    (project / "main.js").write_text("export default { fetch: (request) => new Response(request.peer) };\n")
    cli = Cli(tmp_path)
    with (
        serving(cli, tmp_path / "data", port),
        subprocess.Popen(
            ["caddy", "run", "--config", tmp_path / "Caddyfile"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as caddy,
    ):
        try:
            cli.ok("deploy", project)
            assert any("serving initial configuration" in line for line in caddy.stdout)
            assert ask_over_tls(tmp_path, tls) == "127.0.0.1"
            cli.ok("setup", "--set", "proxies=127.0.0.1")
            # Not the address that the client claims to have, but what the proxy sees.
            assert ask_over_tls(tmp_path, tls) == "127.0.0.2"
        finally:
            caddy.terminate()


def ask_over_tls(folder: Path, port: int) -> str:
    """What a client at 127.0.0.2 is answered, who knows the authority."""
    context = ssl.create_default_context(cafile=folder / "authority.pem")
    plain = socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0))
    client = http.client.HTTPConnection("127.0.0.1", port)
    with context.wrap_socket(plain, server_hostname=NAME) as client.sock:
        client.request("GET", "/peer", headers={"Host": NAME, "X-Forwarded-For": "203.0.113.9"})
        return client.getresponse().read().decode()
