"""A real browser, headless Chromium, told what to do over its debugging protocol (Chrome DevTools Protocol)."""

import base64
import fcntl
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from waiting import wait_until

# As root there is no sandbox. Nothing is asked of anybody but what a page asks for.
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_OPTIONS += ["--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe"]
_KEYS = {"Enter": ("\r", 13), "Tab": ("", 9), "Escape": ("", 27)}

# Of an element's text to what is behind it, by WCAG 2.
_CONTRAST = """(element) => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => channels(color).slice(0, 3).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
  const text = luminance(getComputedStyle(element).color);
  while (channels(getComputedStyle(element).backgroundColor)[3] === 0) element = element.parentElement;
  const ground = luminance(getComputedStyle(element).backgroundColor);
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
}"""


def _pipe() -> tuple[int, int]:
    """Make a pipe whose ends are none of the descriptors of which a shell redirects some."""
    ends = os.pipe()
    reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return reading, writing


class Browser:
    """A browser with one page, of width by height CSS pixels."""

    def __init__(self, folder: Path, width: int = 800, height: int = 600) -> None:
        told, self._told = _pipe()
        self._said, said = _pipe()
        # Chromium wants these descriptors.
        command = ["bash", "-c", f'exec "$@" 3<&{told} 4>&{said}', "bash", "chromium-headless-shell"]
        command += [*_OPTIONS, f"--user-data-dir={folder / 'browser'}", "about:blank"]
        with (folder / "browser.log").open("wb") as log:
            self._process = subprocess.Popen(command, pass_fds=[told, said], stdout=log, stderr=log)
        os.close(told)
        os.close(said)
        self._buffer = b""
        self._count = 0
        self._session = ""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.command("Page.enable")
        self.resize(width, height)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *exc: Any) -> None:
        os.close(self._told)  # ends it
        os.close(self._said)
        self._process.wait()

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Do what a method of the protocol does; what it gives. RuntimeError where it fails."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._told, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            part = os.read(self._said, 65536)
            assert part, "the browser has ended"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        return received

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        """Give the page another size."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def prefer(self, scheme: str) -> None:
        """Prefer a color scheme: light or dark."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is there."""
        self.command("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression: str) -> Any:
        """Give the value of an expression in the page; None where the page is about to go."""
        try:
            found = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        except RuntimeError:
            return None
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression is true in the page, whichever it is then."""
        wait_until(lambda: bool(self.evaluate(expression)))

    def text(self) -> str:
        """Give what the page shows."""
        return str(self.evaluate("document.body.innerText"))

    def contrast(self, selector: str) -> float:
        """Give the contrast of an element's text to what is behind it: 1 to 21."""
        return float(self.evaluate(f"({_CONTRAST})(document.querySelector({json.dumps(selector)}))"))

    def press(self, *keys: str) -> None:
        """Press keys: Enter, Tab, Escape."""
        for key in keys:
            text, code = _KEYS[key]
            for kind in ("keyDown", "keyUp"):
                self.command(
                    "Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text, windowsVirtualKeyCode=code
                )

    def write(self, text: str) -> None:
        """Write text where the focus is."""
        self.command("Input.insertText", text=text)

    def screenshot(self) -> bytes:
        """Give a PNG of what is seen."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])
