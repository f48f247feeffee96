"""Workers written for the platform answer here as they do there: each handler runs on workerd and on a device.

A handler's file begins with what it shows, and a line for each request to it: `//> METHOD TARGET`, and what else the
request has as JSON, `{"headers": {}, "body": ""}`. What is compared are status, headers and body, but for headers that
are the servers' own: framing and connection (RFC 9112), and the date; and for reasons of statuses, which mean nothing.
Of a body that a server has packed it is the content.
"""

import gzip
import http.client
import json
import shutil
import socket
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from device_helpers import Box, running
from upstream import Upstream
from workerd import is_service_worker, workerd
from workers_upstream import serve

HANDLERS = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "handlers").glob("*.js"))}
DIFFERENCES: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "differences.toml").read_text())
SERVERS_OWN = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
SECRET = "open sesame"
GROUP = 12  # handlers of a function, which may have 16 hosts


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    target: str
    headers: dict[str, str]
    body: str | None


def requests_of(source: str) -> list[Asked]:
    """Those that a handler's file lists."""
    found = []
    for line in source.splitlines():
        if line.startswith("//> "):
            method, target, *more = line[4:].split(" ", 2)
            rest = json.loads(more[0]) if more else {}
            found.append(Asked(method, target, rest.get("headers", {}), rest.get("body")))
    return found


def host_of(name: str) -> str:
    return name.replace("_", "-") + ".test"


def unpacked(answer: http.client.HTTPResponse) -> bytes:
    """The body, which need not be what Content-Encoding says."""
    body = answer.read()
    is_packed = answer.getheader("content-encoding") == "gzip" and body[:2] == b"\x1f\x8b"
    return gzip.decompress(body) if is_packed else body


def ask(family: socket.AddressFamily, address: Any, name: str, asked: Asked) -> dict[str, Any]:
    """Status, headers and body of the answer."""
    body = (asked.body or "").encode()
    headers = {"host": host_of(name), "connection": "close", **asked.headers}
    if asked.body is not None:
        headers["content-length"] = str(len(body))
    lines = [f"{asked.method} {asked.target} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items()), "", ""]
    with socket.socket(family) as connection:
        connection.connect(address)
        connection.sendall("\r\n".join(lines).encode() + body)
        answer = http.client.HTTPResponse(connection, method=asked.method)
        answer.begin()
        fields = sorted((key.lower(), value) for key, value in answer.getheaders() if key.lower() not in SERVERS_OWN)
        return {"status": answer.status, "headers": fields, "body": unpacked(answer)}


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    with Upstream(serve) as upstream, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield {
            "UPSTREAM": upstream.url,
            "CLOSED": f"http://127.0.0.1:{closed.getsockname()[1]}/",
            "GREETING": "hello, wörld",
            "PASSWORD": SECRET,
        }


@pytest.fixture(scope="module")
def there(env: dict[str, str]) -> Iterator[Path]:
    # Not pytest's folder: the name of a Unix socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="workerd-"))
    try:
        with workerd(folder, HANDLERS, env) as sockets:
            yield sockets
    finally:
        shutil.rmtree(folder)


def hosts_of(name: str) -> list[str]:
    """Those that its requests name."""
    named = [asked.headers["host"] for asked in requests_of(HANDLERS[name]) if "host" in asked.headers]
    return [host_of(name), *(host.lower().partition(":")[0] for host in named)]


def project_of(names: list[str]) -> dict[str, str]:
    """The modules of a function that has several handlers: a deploy takes longer than all requests to a handler."""
    imports = [f'import {name} from "./{name}.js";' for name in names]
    entries = [f"{json.dumps(host)}: {name}" for name in names for host in hosts_of(name)]
    main = f"""{" ".join(imports)}
        const handlers = {{ {", ".join(entries)} }};
        export default {{
            fetch: (request, env, ctx) => handlers[new URL(request.url).hostname].fetch(request, env, ctx),
        }};
    """
    return {"main.js": main, **{f"{name}.js": HANDLERS[name] for name in names}}


def deploy_all(box: Box, env: dict[str, str]) -> None:
    modules = [name for name in HANDLERS if not is_service_worker(HANDLERS[name])]
    groups = [modules[at : at + GROUP] for at in range(0, len(modules), GROUP)]
    functions = [(names, project_of(names)) for names in groups]
    functions += [([name], {"main.js": HANDLERS[name]}) for name in HANDLERS if name not in modules]
    for number, (names, files) in enumerate(functions):
        hosts = [host for name in names for host in hosts_of(name)]
        # Those that compute for long: how fast this machine is decides no answer.
        limits = {"cpu_ms": 60000} if any(name.startswith("crypto") for name in names) else {}
        more = {"fetch": {"allow": ["127.0.0.1"]}, "limits": limits}
        box.deploy(f"workers{number}", files, hosts=hosts, vars=env, **more)


@pytest.fixture(scope="module")
def here(firmware: Path, tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Iterator[Box]:
    with running(firmware, tmp_path_factory.mktemp("workers")) as box:
        deploy_all(box, env)
        yield box


@pytest.mark.xdist_group("workers")
@pytest.mark.parametrize("name", HANDLERS)
def test_answers_as_workerd_does(there: Path, here: Box, name: str) -> None:
    differing: dict[str, list[Any]] = {}
    for asked in requests_of(HANDLERS[name]):
        expected = ask(socket.AF_UNIX, str(there / name), name, asked)
        answer = ask(socket.AF_INET, here.local.address, name, asked)
        for part in expected:
            if answer[part] != expected[part]:
                differing.setdefault(part, []).append((asked, answer[part], expected[part]))
    assert sorted(differing) == sorted(DIFFERENCES.get(name, {}).get("parts", [])), differing


def test_hardly_any_differs() -> None:
    assert len(HANDLERS) >= 100
    assert all(requests_of(source) for source in HANDLERS.values())
    assert DIFFERENCES.keys() <= HANDLERS.keys()
    assert len(DIFFERENCES) <= 5
