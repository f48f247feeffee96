"""Servers in edgelet's own firmware: plain microdot, and a new QuickJS runtime for each request."""

import shutil

from edgelet_host.firmware.builds import ensure_unix
from edgelet_host.paths import ROOT

from .peer import APPS, Program, output_of

_LIBRARY = ROOT / "device" / "lib"


class _Script(Program):
    """A program in MicroPython."""

    def prepare(self) -> None:
        """Build the firmware."""
        self._firmware = ensure_unix()

    def variables(self) -> dict[str, str]:
        """Where modules are found."""
        return {"MICROPYPATH": f"{_LIBRARY}:.frozen"}


class Microdot(_Script):
    """microdot with handlers in Python, which closes each connection after its answer."""

    name = "microdot"
    rows = ("hello", "echo", "static", "stream", "connection")

    @property
    def version(self) -> str:
        """MicroPython's."""
        return "on " + output_of(self._firmware, "-c", "import sys; print(sys.version.split('; ')[1])")

    def command(self) -> list:
        """Runs the application."""
        return [self._firmware, APPS / "micropython" / "microdot_app.py", str(self.port), self.site.file]


class NewRuntime(_Script):
    """edgelet's server and engine, with a new QuickJS runtime and context from bytecode for each request."""

    name = "QuickJS runtime a request"
    rows = ("hello", "echo", "verify", "sign")

    def prepare(self) -> None:
        """Put the handlers together."""
        super().prepare()
        self._handlers = self.folder / "handlers"
        self._handlers.mkdir()
        for source in (APPS / "hello.js", APPS / "echo.js", *(APPS / "edgelet").glob("[vs]*.js")):
            shutil.copy(source, self._handlers)

    @property
    def version(self) -> str:
        """QuickJS-ng's in the firmware."""
        return "quickjs-ng in edgelet"

    def command(self) -> list:
        """Runs the application."""
        script = APPS / "micropython" / "new_runtime_app.py"
        return [self._firmware, script, str(self.port), self.site.secret, self._handlers]
