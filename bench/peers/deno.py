"""Deno: Deno.serve."""

from edgelet_host.project.npm import ensure_package

from .node import application_variables
from .peer import APPS, ARCHITECTURE, REASON, Program, output_of

_VERSION = "2.9.6"


class Deno(Program):
    """Deno.serve, node:crypto, node:sqlite."""

    name = "Deno"
    rows = ("hello", "echo", "verify", "sign", "static", "stream", "get", "put", "fetch", "connection")

    def prepare(self) -> None:
        """Install it."""
        self._program = ensure_package(f"@deno/linux-{ARCHITECTURE}-glibc", _VERSION, REASON) / "deno"

    @property
    def version(self) -> str:
        """With that of V8."""
        first, engine = output_of(self._program, "--version").splitlines()[:2]
        return f"{first.split()[1]}, V8 {engine.split()[1]}"

    def command(self) -> list:
        """Runs the application."""
        return [self._program, "run", "--no-config", "--no-prompt", "--allow-all", APPS / "node" / "deno.mjs"]

    def variables(self) -> dict[str, str]:
        """What the application reads, and where Deno keeps what it has translated."""
        return application_variables(self) | {"DENO_DIR": str(self.folder / "cache"), "DENO_NO_UPDATE_CHECK": "1"}
