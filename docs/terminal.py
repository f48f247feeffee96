"""Records docs/terminal.svg: a new project in `edgelet dev`, in a terminal, as it is.

    PYTHONPATH=host python docs/terminal.py [FILE] [--port N]     with the virtual environment's python

What is typed is said here; everything else is what the commands print.
"""

import argparse
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from edgelet_host.paths import cache_dir
from rich.ansi import AnsiDecoder
from rich.console import CONSOLE_SVG_FORMAT, Console

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 126
# What a command may take that has nothing to build.
LIMIT_S = 60
PROJECT = "hello"
MISTAKE = """export default {
  async fetch(request) {
    const { guests } = await request.json();
    return Response.json({ guests });
  },
};
"""
# Fonts that would be loaded from elsewhere, and who made it.
ELSEWHERE = re.compile(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", re.DOTALL)


class Terminal:
    """A terminal in which one command after the other runs."""

    def __init__(self, folder: Path) -> None:
        self.shown = ""
        self._folder = folder
        for name in ("config", "run", "cache"):
            (folder / name).mkdir()
        # What was built is used; what earlier sessions have deployed is not there.
        for one in cache_dir().iterdir():
            if one.name != "dev":
                (folder / "cache" / one.name).symlink_to(one)
        self._environment = os.environ | {
            "EDGELET_CACHE": str(folder / "cache"),
            "PYTHONPATH": str(ROOT / "host"),
            "TERM": "xterm-256color",
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }
        for name in ("NO_COLOR", "COLUMNS", "EDGELET_DEVICE"):
            self._environment.pop(name, None)

    def run(self, command: str, *actions: tuple[str, Callable[[], object]]) -> None:
        """Run a command to its end. actions: (what it prints, what to do then), in order; after the last one Ctrl-C."""
        self.shown += f"\x1b[1m$ {command}\x1b[0m\r\n"
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, COLUMNS))
        program, *arguments = command.split()
        assert program == "edgelet"
        process = subprocess.Popen(
            [sys.executable, "-m", "edgelet_host", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self._environment,
            cwd=self._folder,
        )
        os.close(slave)
        try:
            self._follow(master, list(actions), lambda: process.send_signal(signal.SIGINT))
            status = process.wait(LIMIT_S)
        finally:
            process.kill()
            process.wait()
            os.close(master)
        if status:
            raise SystemExit(f"{command} ended with status {status}:\n{self.shown}")

    def _follow(self, master: int, actions: list[tuple[str, Callable[[], object]]], end: Callable[[], object]) -> None:
        unread = len(self.shown)
        while True:
            if not select.select([master], [], [], LIMIT_S)[0]:
                raise SystemExit(f"nothing comes any more, {actions} are left:\n{self.shown}")
            try:
                self.shown += os.read(master, 65536).decode()
            except OSError:
                return
            while actions and (found := self.shown.find(actions[0][0], unread)) >= 0:
                # The whole line.
                line_end = self.shown.find("\n", found)
                if line_end < 0:
                    break
                unread = line_end + 1
                actions.pop(0)[1]()
                if not actions:
                    end()


def ask(url: str) -> None:
    """Ask as a browser would; what the answer is, the log shows."""
    # Whoever needs a proxy reaches a device here without.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=LIMIT_S).close()
    except urllib.error.HTTPError as e:
        e.close()


def record(folder: Path, port: int) -> str:
    """Play the session; what the terminal showed."""
    terminal = Terminal(folder)
    url = f"http://localhost:{port}/{PROJECT}"
    main = folder / PROJECT / "main.js"
    good: list[str] = []

    def mistake() -> None:
        good.append(main.read_text())
        main.write_text(MISTAKE)

    terminal.run(f"edgelet new {PROJECT} --javascript")
    terminal.run(
        f"edgelet dev {PROJECT}" + (f" --port {port}" if port != 8080 else ""),
        ("To a board", lambda: ask(f"{url}/greeting?name=ada")),
        ("/greeting 200", mistake),
        ("is ready in", lambda: ask(f"{url}/guests")),
        ("/guests 500", lambda: main.write_text(good[0])),
        ("is ready in", lambda: ask(f"{url}/greeting?name=grace")),
        ("/greeting 200", lambda: None),
    )
    return terminal.shown.replace("^C", "")


def picture(shown: str) -> str:
    """Draw what a terminal showed, as SVG that loads nothing."""
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"), force_terminal=True)  # noqa: SIM115
    for line in AnsiDecoder().decode(shown.replace("\r\n", "\n")):
        console.print(line)
    console.file.close()
    return console.export_svg(title="edgelet", code_format=ELSEWHERE.sub("", CONSOLE_SVG_FORMAT), unique_id="terminal")


def main() -> None:
    """Record it into a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "docs" / "terminal.svg")
    parser.add_argument("--port", type=int, default=8080)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        given.file.write_text(picture(record(Path(temporary), given.port)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
