"""What commands print while they work."""

import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_helpers import ROOT, Cli, converse
from device_helpers import free_port
from rich.cells import cell_len

STEP = """
from edgelet_host.terminal import step
with step("Building what takes long") as show:
    show("Linking\\n a program whose name is longer than this terminal is wide\\n")
    import sys
    sys.stdin.read()
"""


def test_the_detail_of_a_step_stays_on_its_line(tmp_path):
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 40))
    command = [sys.executable, "-c", STEP]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=Cli(tmp_path).environment())
    os.close(slave)
    # It ends with its input, once it has shown that.
    shown = converse(master, [("is wide", "\x04")])
    os.close(master)
    assert process.wait() == 0
    assert "Building what takes long  " in shown and "Linking" not in shown
    # More than one line would be taken back by more than one step upwards.
    assert shown.count("\x1b[1A") <= 1
    assert re.search(r"Building what takes long: done in [0-9.]+ m?s\r\n$", shown)


TABLE = """
from edgelet_host.terminal import print_table
print_table(["FUNCTION", "ERRORS", "CPU", ""], [["guestbook", "1 cpu, 1 thrown", "123.4 us", "größe 大きさ"]])
"""


@pytest.mark.parametrize("term", ["xterm", "dumb"])
@pytest.mark.parametrize("width", range(30, 70, 9))
def test_tables_break_text_between_words_only(tmp_path, term, width):
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, width))
    environment = Cli(tmp_path).environment() | {"TERM": term, "NO_COLOR": "1"}
    with subprocess.Popen([sys.executable, "-c", TABLE], stdin=slave, stdout=slave, stderr=slave, env=environment):
        os.close(slave)
        shown = re.sub(r"\x1b\[\d*m", "", converse(master, []))
    os.close(master)
    assert {"FUNCTION", "ERRORS", "CPU", "guestbook", "cpu,", "thrown", "123.4", "us", "größe", "大きさ"} <= {
        *shown.split()
    }
    assert max(map(cell_len, shown.splitlines())) <= width


def text_of(picture: Path) -> list[str]:
    """What a picture shows, without what is another number each time."""
    words = "".join(ElementTree.parse(picture).getroot().itertext()).replace("\xa0", " ").split()
    return re.sub(
        r" --port 0|/dev/pts/\d+|[0-9a-f]{16}|[\d.]+ (us|ms|s|bytes|KB)\b", "", re.sub(r"\d{4,}", "0", " ".join(words))
    ).split()


@pytest.mark.slow
def test_the_picture_in_the_readme_shows_what_the_commands_print(firmware, tmp_path):
    assert "docs/terminal.svg" in (ROOT / "README.md").read_text()
    command = [sys.executable, ROOT / "docs" / "terminal.py", tmp_path / "new.svg", "--port", str(free_port())]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT / "host")}, check=True)
    assert text_of(tmp_path / "new.svg") == text_of(ROOT / "docs" / "terminal.svg")
    # It loads nothing.
    picture = (ROOT / "docs" / "terminal.svg").read_text()
    assert not re.search(r"url\((?!#)|href|@import", picture)
    assert {one.split("/")[2].split(":")[0] for one in re.findall(r"http[^\s<&\"]+", picture)} == {
        "127.0.0.1",
        "localhost",
        "www.w3.org",
    }
