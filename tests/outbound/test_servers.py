"""fetch() from servers that others have written: nginx and Caddy, over HTTP and TLS."""

import gzip
import random
import socket
import subprocess
from contextlib import contextmanager

import pytest
from authority import NAMES, Authority
from device_helpers import free_port
from fetch_helpers import error, fetched, trusting
from waiting import wait_until

# What a server shows on a port: over HTTP, or with one of these certificates.
CERTIFICATES = {
    "good": (NAMES, "30"),
    "wrong-host": ("subjectAltName=DNS:other.example", "30"),
    "expired": (NAMES, "-1"),
    "itself": None,
}

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr;
events {{}}
http {{
  access_log off; root {folder}/files; gzip on; gzip_types text/plain; gzip_min_length 100; gzip_proxied any;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  {servers}
}}
"""
NGINX_SERVER = """
server {{
  listen 127.0.0.1:{port}{tls};
  location /moved {{ return 302 /text.txt; }}
  location /gone {{ return 204; }}
}}
"""
CADDY = """
{{
  admin off
  auto_https off
  storage file_system {folder}/caddy
}}
{servers}
"""
CADDY_SERVER = """
{scheme}://localhost:{port}, {scheme}://127.0.0.1:{port} {{
  bind 127.0.0.1
  {tls}
  root * {folder}/files
  encode gzip
  redir /moved /text.txt 302
  respond /gone 204
  file_server
}}
"""

HAND_ON = """
export default {
  fetch(request) {
    const url = new URL(request.url).search.slice(1);
    return fetch(new Request(url, request), { redirect: "manual" });
  },
};
"""


def nginx(folder, ports):
    servers = ""
    for name, port in ports.items():
        files = f"ssl_certificate {folder}/{name}.pem; ssl_certificate_key {folder}/{name}.key"
        tls = "" if name == "http" else f" ssl; {files}"
        servers += NGINX_SERVER.format(port=port, tls=tls)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, servers=servers))
    return ["nginx", "-p", folder, "-c", folder / "nginx.conf"]


def caddy(folder, ports):
    servers = ""
    for name, port in ports.items():
        scheme, tls = ("http", "") if name == "http" else ("https", f"tls {folder}/{name}.pem {folder}/{name}.key")
        servers += CADDY_SERVER.format(scheme=scheme, port=port, tls=tls, folder=folder)
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder, servers=servers))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("servers")
    authority = Authority(folder, "authority")
    for name, how in CERTIFICATES.items():
        if how:
            authority.certificate(name, *how)
    Authority(folder, "itself")
    files = folder / "files"
    files.mkdir()
    (files / "text.txt").write_text("".join(random.Random(1).choices("abcdef \n", k=300_000)))
    (files / "empty.txt").write_text("")
    return authority


@contextmanager
def serving(command, log):
    with log.open("wb") as output:
        process = subprocess.Popen([*map(str, command)], stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="module", params=[nginx, caddy])
def ports(request, authority):
    ports = {name: free_port() for name in ("http", *CERTIFICATES)}
    with serving(request.param(authority.folder, ports), authority.folder / "log") as process:
        wait_until(lambda: process.poll() is not None or all(map(accepts, ports.values())))
        assert process.poll() is None, (authority.folder / "log").read_text()
        yield ports


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory, authority):
    with trusting(firmware, tmp_path_factory.mktemp("box"), authority.folder / "authority.pem") as box:
        box.deploy("on", HAND_ON, route="/on", fetch={"allow": ["127.0.0.1", "localhost"]})
        yield box


@pytest.fixture
def text(authority):
    return (authority.folder / "files" / "text.txt").read_text()


@pytest.mark.parametrize("name", ["http", "good"])
def test_what_servers_do(box, ports, text, name):
    base = f"{'http' if name == 'http' else 'https'}://localhost:{ports[name]}"

    def get(path, **init):
        found = fetched(box, base + path, init)
        assert "error" not in found, found
        found["headers"] = dict(found["headers"])
        return found

    # Packed on the way, by chunks whose number nobody knows before.
    assert get("/text.txt")["text"] == text
    assert get("/text.txt", headers={"accept-encoding": "identity"})["text"] == text
    assert get("/empty.txt")["text"] == ""
    moved = get("/moved")
    assert (moved["text"] == text, moved["redirected"], moved["url"]) == (True, True, base + "/text.txt")
    assert get("/moved", redirect="manual")["status"] == 302
    assert get("/gone")["status"] == 204
    assert get("/missing")["status"] == 404
    assert get("/text.txt", method="POST", body="x" * 100_000)["status"] in (200, 405)
    head = get("/text.txt", method="HEAD", headers={"accept-encoding": "identity"})
    assert (head["text"], head["headers"]["content-length"]) == ("", str(len(text)))
    part = get("/text.txt", headers={"range": "bytes=10-19", "accept-encoding": "identity"})
    assert (part["status"], part["text"]) == (206, text[10:20])
    assert get("/text.txt", headers={"if-none-match": head["headers"]["etag"]})["status"] == 304


@pytest.mark.parametrize("name", ["http", "good"])
def test_what_servers_answer_is_handed_on(box, ports, text, name):
    url = f"/on?{'http' if name == 'http' else 'https'}://localhost:{ports[name]}"
    assert box.get(url + "/text.txt").text == text
    packed = box.get(url + "/text.txt", accept_encoding="gzip")
    assert (packed.headers["content-encoding"], gzip.decompress(packed.body).decode() == text) == ("gzip", True)
    assert box.request("HEAD", url + "/text.txt").body == b""
    assert box.get(url + "/gone").status == 204
    assert box.get(url + "/moved").headers["location"].endswith("/text.txt")
    part = box.get(url + "/text.txt", range="bytes=0-9")
    assert (part.status, part.text) == (206, text[:10])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wrong-host", "does not match with the expected CN"),
        ("expired", "validity has expired"),
        ("itself", "not correctly signed by the trusted CA"),
    ],
)
def test_servers_that_are_not_trusted(box, ports, name, reason):
    assert reason in error(box, f"https://localhost:{ports[name]}/text.txt")


def test_the_wrong_scheme(box, ports):
    assert fetched(box, f"http://localhost:{ports['good']}/")["status"] == 400
    assert error(box, f"https://localhost:{ports['http']}/").startswith(f"localhost:{ports['http']}: ")
