"""workerd, the runtime of Cloudflare Workers: a Worker for each row, each at a port of its own."""

import json
from pathlib import Path

from device_helpers import free_port
from edgelet_host.project.npm import ensure_program
from workerd import COMPATIBILITY_DATE, VERSION

from .peer import APPS, REASON, Program

_WORKERS = {name: f"{name}.js" for name in ("hello", "echo", "stream", "fetch")} | {
    name: f"workerd/{name}.js" for name in ("verify", "sign", "kv")
}
_CONFIG = """
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "internet", network = (allow = ["private"])),
    (name = "static", disk = {files}),
    (name = "disk", disk = (path = {disk}, writable = true)),
    {services}
  ],
  sockets = [
    {sockets}
  ],
);
"""
_STORE = """
      durableObjectNamespaces = [(className = "Store", uniqueKey = "kv", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),"""


class Workerd(Program):
    """Workers with WebCrypto, and a Durable Object for KV."""

    name = "workerd"
    rows = ("hello", "echo", "verify", "sign", "static", "stream", "get", "put", "fetch", "connection")

    def prepare(self) -> None:
        """Install it, and write its configuration."""
        self._program = ensure_program("workerd", VERSION, REASON)
        self._ports = {name: free_port() for name in [*_WORKERS, "static"]}
        disk = self.folder / "disk"
        disk.mkdir()
        # The service for files serves a folder, at the path of the row.
        (self.folder / "files" / "static").mkdir(parents=True)
        (self.folder / "files" / "static" / "file.txt").write_bytes(self.site.file.read_bytes())
        sockets = [
            f'(name = "{name}", address = "127.0.0.1:{port}", http = (), service = "{name}"),'
            for name, port in self._ports.items()
        ]
        config = _CONFIG.format(
            files=json.dumps(str(self.folder / "files")),
            disk=json.dumps(str(disk)),
            services="\n    ".join(self._service(name) for name in _WORKERS),
            sockets="\n    ".join(sockets),
        )
        self._config.write_text(config)

    @property
    def _config(self) -> Path:
        return self.folder / "config.capnp"

    def _service(self, name: str) -> str:
        sources = {"main.js": APPS / _WORKERS[name]}
        if name in ("verify", "sign"):
            sources["jwt.js"] = APPS / "workerd" / "jwt.js"
        modules = ", ".join(
            f"(name = {json.dumps(module)}, esModule = {json.dumps(source.read_text())})"
            for module, source in sources.items()
        )
        values = {"SECRET": self.site.secret, "UPSTREAM": self.site.upstream}
        bindings = ", ".join(f"(name = {json.dumps(key)}, text = {json.dumps(text)})" for key, text in values.items())
        store = ""
        if name == "kv":
            bindings, store = '(name = "STORE", durableObjectNamespace = "Store")', _STORE
        return f"""(name = "{name}", worker = (
      modules = [{modules}],
      compatibilityDate = "{COMPATIBILITY_DATE}",{store}
      bindings = [{bindings}],
    )),"""

    @property
    def version(self) -> str:
        """The package's, which has its date."""
        return VERSION

    def port_of(self, path: str) -> int:
        """Each Worker has its own."""
        return self._ports[path.split("/")[1]]

    def command(self) -> list:
        """Runs all Workers."""
        return [self._program, "serve", self._config]
