"""A V8 isolate for each request: the package isolated-vm in Node.js."""

from edgelet_host.project.npm import ensure_package

from .node import application_variables, program
from .peer import APPS, REASON, Program

_VERSION = "7.0.1"


class IsolatedVm(Program):
    """node:http, and behind it an isolate from a snapshot for each request."""

    name = "V8 isolate a request"
    rows = ("hello", "echo", "verify", "sign")

    def prepare(self) -> None:
        """Install it, and the Node.js that its package has a binary for."""
        self._program = program()
        # Its script would build it for the system's Node.js; what it has a binary for, it finds by itself.
        self._package = ensure_package("isolated-vm", _VERSION, REASON, ["--ignore-scripts"])

    @property
    def version(self) -> str:
        """The package's."""
        return f"isolated-vm {_VERSION}"

    def command(self) -> list:
        """Runs the application; isolates cannot be made from snapshots where Node.js itself was."""
        return [self._program, "--no-node-snapshot", APPS / "node" / "isolate.mjs"]

    def variables(self) -> dict[str, str]:
        """What the application reads."""
        return application_variables(self) | {"ISOLATED_VM": str(self._package)}
