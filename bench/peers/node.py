"""Node.js: node:http with handlers in one process, without isolation."""

from pathlib import Path

from edgelet_host.project.npm import ensure_package

from .peer import APPS, ARCHITECTURE, REASON, Peer, Program, output_of

_VERSION = "24.21.0"


def program() -> Path:
    """Give the path of Node.js, which npm has as a package for each processor. Raises EdgeletError."""
    return ensure_package(f"node-linux-{ARCHITECTURE}", _VERSION, REASON) / "bin" / "node"


class Node(Program):
    """node:http, node:crypto, node:sqlite."""

    name = "Node.js"
    rows = ("hello", "echo", "verify", "sign", "static", "stream", "get", "put", "fetch", "connection")

    def prepare(self) -> None:
        """Install it."""
        self._program = program()

    @property
    def version(self) -> str:
        """With that of V8."""
        return output_of(self._program, "-p", "`${process.versions.node}, V8 ${process.versions.v8}`")

    def command(self) -> list:
        """Runs the application."""
        return [self._program, APPS / "node" / "node.mjs"]

    def variables(self) -> dict[str, str]:
        """What the application reads."""
        return application_variables(self)


def application_variables(peer: Peer) -> dict[str, str]:
    """What the applications in apps/node read from the environment."""
    return {
        "PORT": str(peer.port),
        "FILE": str(peer.site.file),
        "UPSTREAM": peer.site.upstream,
        "SECRET": peer.site.secret,
        "DATABASE": str(peer.folder / "kv.sqlite"),
        "NODE_ENV": "production",
    }
