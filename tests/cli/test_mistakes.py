"""What a beginner meets: ports, files, other firmware, too much."""

import os
import pty
import re
import select
import subprocess
import threading
import time
import tty
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import serial
from cli_helpers import Cli, greeting, local_device
from device_helpers import with_heap
from edgelet_host.device.console import DeviceError, connect
from edgelet_host.device.local import start
from edgelet_host.runtime import protocol
from waiting import wait_until


def test_a_port_that_is_not_there(cli):
    assert "there is no /dev/ttyACM99" in cli.fails("status", "--device", "/dev/ttyACM99")


@pytest.mark.slow
def test_a_file_that_is_no_port(cli):
    assert "is no serial port" in cli.fails("status", "--device", str(cli.folder))
    assert "is no serial port" in cli.fails("status", "--device", "/dev/null")


def test_files_and_arguments_that_cannot_be_used(cli):
    (cli.folder / "file").write_text("")
    assert "cannot use /proc/mine: No such file" in cli.fails("new", "/proc/mine")
    assert "cannot use" in cli.fails("serve", "--data", "file")
    (cli.folder / "edgelet.toml").write_text('name = "grüß"', "latin-1")
    assert "edgelet.toml is not UTF-8 text: save it as UTF-8" in cli.fails("check")
    assert "edgelet.toml is not UTF-8 text: save it as UTF-8" in cli.fails("setup", "--all", "--csv", "edgelet.toml")
    assert "the argument '\\udcff' is no UTF-8 text" in cli.fails(
        "setup", "--set", b"\xff".decode(errors="surrogateescape")
    )


@pytest.mark.parametrize("arguments", [["completion", "bash"], ["--help"], ["status", "--help"], ["--version"]])
def test_a_full_disk_is_told(cli, arguments):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            cli.command(*arguments), env=cli.environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"Error: no space is left: make room on the disk\n")


def test_a_cache_that_cannot_be_written(cli, monkeypatch):
    monkeypatch.setenv("EDGELET_CACHE", "/proc/none")
    message = "cannot use /proc/none: No such file or directory. Set EDGELET_CACHE to a folder that can be written"
    assert message in cli.fails("build")
    assert "Set EDGELET_CACHE" not in cli.fails("new", "/proc/mine")


def answer_something_else(master: int) -> None:
    """Play a raw REPL that answers each command as if it was one before it, until nobody is there."""
    received = b""
    with suppress(OSError):
        while piece := os.read(master, 1000):
            received += piece
            if received.endswith(b"\x05A\x01"):
                os.write(master, b"R\x01\x00\x10\x01")
            elif received.endswith(b"\r\x01"):
                os.write(master, b"raw REPL; CTRL-B to exit\r\n>")
            elif number := re.search(rb"print\((\d+)\)\x04$", received):
                os.write(master, b"OK" + number[1] + b"\r\n\x04\x04>")
            elif received.endswith(b"\x04"):
                os.write(
                    master, b"\x04" + b'{"result": {"records": [], "next": 1, "clock_set": true}}\r\n' + b"\x04\x04>"
                )


def test_an_answer_to_another_command_is_none(tmp_path):
    master, slave = pty.openpty()
    tty.setraw(slave)
    device = threading.Thread(target=answer_something_else, args=(master,))
    device.start()
    message = Cli(tmp_path, os.ttyname(slave)).fails("status")
    os.close(slave)
    device.join()
    os.close(master)
    assert "the device answered another command than this one. Run the command again" in message


def test_the_prompt_without_a_terminal(cli):
    assert "the prompt needs a terminal" in cli.fails("shell")


LEFT_BEHIND = b"""\r\x03\r\x01from edgelet.console import admin
import asyncio, time
async def busy():
    time.sleep(1)
asyncio.create_task(busy())
\x04"""


def test_what_others_have_left_behind_is_not_answered_to_the_next(cli):
    # Who follows the log has found the prompt of one that gave up before, while the device computed (a login), and
    # gives up in turn. Its prompt and the answer to what it has asked come when the next program reads already.
    command = f"from edgelet.console import admin\nadmin.call({protocol.VERSION}, 'logs')"
    with serial.Serial(cli.device, exclusive=True) as port:
        port.write(LEFT_BEHIND)
        port.read_until(b"\x04\x04>")
        port.write(b"\r\x03\r\x01" + b"\x05A\x01" + command.encode() + b"\x04")
    with connect(cli.device) as device:
        assert "machine" in device.call("status")


def test_a_long_answer_is_taken_as_it_comes(local, monkeypatch):
    # Byte by byte it takes so long that to a device on a slow machine nobody seems to read, and it drops the rest.
    sizes = []
    read = serial.Serial.read
    monkeypatch.setattr(serial.Serial, "read", lambda port, size=1: sizes.append(size) or read(port, size))
    with connect(local.port) as device:
        assert device.execute("print('x' * 100000)") == "x" * 100000 + "\r\n"
    assert len(sizes) < 10000


def test_a_closed_standard_input_is_an_empty_one(cli):
    for command, message in ((["setup"], "nobody to ask"), (["token", "decode"], "this is no token")):
        closed = ["sh", "-c", '"$@" <&-', "sh", *cli.command(*command)]
        done = subprocess.run(closed, env=cli.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_what_is_too_much_for_the_devices_memory(firmware, tmp_path):
    with local_device(with_heap(firmware, tmp_path, "2M"), tmp_path, arena_bytes=1 << 20) as local:
        cli = Cli(tmp_path, local.port)
        cli.ok("deploy", greeting(cli.folder, "small", bindings={"STORE": {"type": "kv"}}))
        (cli.folder / "large").write_bytes(b"x" * 4_000_000)
        message = cli.fails("kv", "put", "STORE", "key", "--file", "large", "--function", "small")
        assert "too much for the device's memory" in message
        assert "too much for the device's memory" in cli.fails("invoke", "small", "--data", "large")
        assert cli.ok("invoke", "small").startswith("GET ")


@pytest.mark.slow
def test_a_port_that_another_program_uses(cli, local):
    with serial.Serial(local.port, exclusive=True):
        assert "is used by another program: close it" in cli.fails("status")


@pytest.mark.slow
def test_a_port_that_nobody_answers_at(tmp_path):
    master, slave = pty.openpty()
    try:
        tty.setraw(slave)
        cli = Cli(tmp_path, os.ttyname(slave))
        assert "no MicroPython answers" in cli.fails("status")
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("heard", [b"\x01", b"\x04"], ids=["when it is asked", "when it is given a command"])
def test_a_device_that_ends_while_it_is_spoken_to(heard):
    master, slave = pty.openpty()
    tty.setraw(slave)
    port = os.ttyname(slave)

    def end() -> None:
        said = b""
        while heard not in said:
            said += os.read(master, 100)
            if said.endswith(b"\x01"):
                os.write(master, b"raw REPL; CTRL-B to exit\r\n>" if heard != b"\x01" else b"raw")
        os.close(master)

    gone = f"^{port}: lost the connection to the device, which is not there any more. 'edgelet devices' lists"
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end)
        with pytest.raises(DeviceError, match=gone), connect(port):
            pass
        ended.result()
    os.close(slave)


def test_a_port_that_one_may_not_open(cli, local):
    # Who is no root owns the pty and may open it all the same.
    mode = 0o600 if os.geteuid() == 0 else 0
    before = Path(local.port).stat().st_mode
    Path(local.port).chmod(mode)
    try:
        done = cli.as_nobody("status", "--device", local.port)
    finally:
        Path(local.port).chmod(before)
    assert done.status == 1
    assert done.err == (
        f"Error: no permission for {local.port}. Add yourself to its group: sudo usermod -aG dialout $USER, "
        "and log in again\n"
    )
    cli.ok("status")


OTHER_FIRMWARE = """
import asyncio, sys
from edgelet.console.repl import Console
# What asyncio imports when it is needed first.
asyncio.Event, asyncio.Lock, asyncio.StreamReader, asyncio.StreamWriter, asyncio.wait_for_ms
for name in [name for name in sys.modules if name.startswith("edgelet")]:
    del sys.modules[name]
sys.path.clear()
asyncio.run(Console().serve())
"""


OLD_FIRMWARE = OTHER_FIRMWARE.replace(
    "sys.path.clear()", "sys.modules['edgelet.console'] = sys.modules['edgelet'] = object()"
)
NEW_FIRMWARE = """
import asyncio
from edgelet.console import protocol
from edgelet.console.repl import Console
protocol.VERSION += 1
asyncio.run(Console().serve())
"""


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (OTHER_FIRMWARE, "this board runs other firmware than edgelet's: 'edgelet flash --board NAME' brings it"),
        (OLD_FIRMWARE, "the device's firmware is of another version than this command line: flash this board with"),
        (NEW_FIRMWARE, "the device's firmware is of another version than this command line: flash this board with"),
    ],
)
def test_a_board_with_other_firmware(firmware, tmp_path, program, message):
    master, slave = pty.openpty()
    tty.setraw(slave)
    process = subprocess.Popen([firmware, "-c", program], stdin=master, stdout=master, cwd=tmp_path)
    try:
        cli = Cli(tmp_path, os.ttyname(slave))
        assert message in cli.fails("status")
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


@pytest.mark.slow
def test_a_command_whose_rest_comes_too_late_is_sent_again(cli, local, monkeypatch):
    def stand_still(transport) -> None:
        """Have the next long command wait until the device has given it up."""
        write = transport.serial.write

        def late(data: bytes) -> None:
            write(data)
            if len(data) > 1000:
                monkeypatch.undo()
                wait_until(lambda: transport.serial.in_waiting > len("TimeoutError"))

        monkeypatch.setattr(transport.serial, "write", late)

    cli.ok("deploy", greeting(cli.folder, "kept", bindings={"STORE": {"type": "kv"}}))
    with connect(local.port) as device:
        stand_still(device._transport)
        entries = [["key", "x" * 5000, None, None]]
        assert device.wait_for_job(device.call("kv_put", "kept", "STORE", entries)) == []
        assert device.call("kv_get", "kept", "STORE", "key") == {"text": "x" * 5000}
        # Another one may need what those before it have left.
        stand_still(device._transport)
        with pytest.raises(DeviceError, match=r"the rest of a command did not reach the device in time\. Run"):
            device.execute("x = 1 #" + "x" * 5000)


def test_a_device_that_goes_away_in_the_middle(firmware, tmp_path):
    with local_device(firmware, tmp_path) as local:
        cli = Cli(tmp_path, local.port)
        process = subprocess.Popen(
            cli.command("logs", "--follow"),
            env=cli.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "listening" in process.stdout.readline()
    with others() as masters:
        _, errors = process.communicate()
        assert process.returncode == 1
        assert errors.startswith(f"Error: {local.port}: lost the connection") or "there is no" in errors
        assert "Traceback" not in errors
        assert select.select(masters, [], [], 0)[0] == []


@contextmanager
def others() -> Iterator[list[int]]:
    """Ptys of other programs, which get the first names that are free: the masters, to read what is typed there."""
    made = [pty.openpty() for _ in range(8)]
    for _, slave in made:
        tty.setraw(slave)
    yield [master for master, _ in made]
    for file in (file for both in made for file in both):
        os.close(file)


def test_a_device_that_goes_away_while_others_have_its_console(firmware, tmp_path, monkeypatch):
    with ExitStack() as power, ExitStack() as programs:
        local = power.enter_context(start(firmware, tmp_path / "device", "127.0.0.1", 0, tmp_path / "device.log"))
        masters = []

        def go_away(seconds: float) -> None:
            monkeypatch.undo()
            power.close()
            masters.extend(programs.enter_context(others()))

        with connect(local.port) as device:
            monkeypatch.setattr(time, "sleep", go_away)
            with pytest.raises(DeviceError):
                device._give_way()
        assert len(masters) == 8
        assert select.select(masters, [], [], 0)[0] == []


def test_the_function_must_be_named_where_there_are_several(cli):
    for name in ("several-a", "several-b"):
        cli.ok("deploy", greeting(cli.folder, name))
    message = cli.fails("env", "list")
    assert "Name it with --function" in message
    assert "several-a" in message
