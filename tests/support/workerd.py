"""workerd, the runtime of Cloudflare Workers, which says how a Worker answers."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgelet_host.project.npm import ensure_program
from waiting import wait_until

VERSION = "1.20261117.1"
COMPATIBILITY_DATE = "2026-11-01"

_CONFIG = """
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "internet", network = (allow = ["private"])),
    {services}
  ],
  sockets = [
    {sockets}
  ],
);
"""


def is_service_worker(source: str) -> bool:
    """Whether a Worker has the older form: a script, which listens for events."""
    return "export default" not in source


def _service(folder: Path, name: str, source: str, env: dict[str, str]) -> str:
    (folder / f"{name}.js").write_text(source)
    bindings = ", ".join(
        f"(name = {json.dumps(key)}, text = {json.dumps(value, ensure_ascii=False)})" for key, value in env.items()
    )
    embed = f'embed "{name}.js"'
    code = (
        f"serviceWorkerScript = {embed}"
        if is_service_worker(source)
        else f'modules = [(name = "main.js", esModule = {embed})]'
    )
    date = f'compatibilityDate = "{COMPATIBILITY_DATE}"'
    return f'(name = "{name}", worker = ({code}, {date}, bindings = [{bindings}])),'


@contextmanager
def workerd(folder: Path, workers: dict[str, str], env: dict[str, str]) -> Iterator[Path]:
    """Run Workers, sources by name: each listens for HTTP on the Unix socket of its name, in the folder given.

    env: what all of them have in `env`, and as globals where they are scripts. They may fetch from this computer.
    """
    services = "\n    ".join(_service(folder, name, source, env) for name, source in workers.items())
    sockets = "\n    ".join(
        f'(name = "{name}", address = "unix:{folder / name}", http = (), service = "{name}"),' for name in workers
    )
    config = folder / "config.capnp"
    config.write_text(_CONFIG.format(services=services, sockets=sockets))
    program = ensure_program("workerd", VERSION, "this test compares with workerd")
    with (folder / "workerd.log").open("w") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=log)
        try:
            wait_until(lambda: process.poll() is not None or _listens(folder / list(workers)[-1]))
            assert process.poll() is None, (folder / "workerd.log").read_text()
            yield folder
        finally:
            process.kill()
            process.wait()


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
