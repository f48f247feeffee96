"""Bun: Bun.serve with its router."""

from edgelet_host.project.npm import ensure_package

from .node import application_variables
from .peer import APPS, ARCHITECTURE, REASON, Program, output_of

_VERSION = "1.4.5"
# Bun's packages have another name for this processor.
_ARCHITECTURE = {"arm64": "aarch64"}.get(ARCHITECTURE, ARCHITECTURE)


class Bun(Program):
    """Bun.serve, node:crypto, bun:sqlite."""

    name = "Bun"
    rows = ("hello", "echo", "verify", "sign", "static", "stream", "get", "put", "fetch", "connection")

    def prepare(self) -> None:
        """Install it."""
        self._program = ensure_package(f"@oven/bun-linux-{_ARCHITECTURE}", _VERSION, REASON) / "bin" / "bun"

    @property
    def version(self) -> str:
        """Its own; its JavaScriptCore has none."""
        return output_of(self._program, "--version")

    def command(self) -> list:
        """Runs the application."""
        return [self._program, APPS / "node" / "bun.mjs"]

    def variables(self) -> dict[str, str]:
        """What the application reads."""
        return application_variables(self)
