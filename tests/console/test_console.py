"""The serial console on a real pty, driven by the real mpremote and by hand."""

import hashlib
import json
import os
import random
import re
import subprocess
import threading
from pathlib import Path

import pytest
from console_helpers import App, PtyApp
from device_helpers import with_heap
from mpremote.transport_serial import SerialTransport

RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"


@pytest.fixture
def app(firmware):
    app = PtyApp(firmware)
    yield app
    app.stop()


@pytest.fixture(params=["master", "slave"])
def app_on_either_side(firmware, request):
    app = PtyApp(firmware, request.param)
    yield app
    app.stop()


@pytest.fixture
def transport(app):
    """The library of mpremote, in the raw REPL."""
    transport = SerialTransport(app.path)
    transport.enter_raw_repl(soft_reset=False)
    yield transport
    transport.exit_raw_repl()
    transport.close()


class Requests:
    """Asks the app's server all the time, in a thread, over one connection."""

    def __init__(self, app):
        self.ticks = []
        self._app = app
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        with self._app.connect() as connection:
            while not self._stop.is_set():
                self.ticks.append(int(self._app.ask("ticks", connection)))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join()


def test_commands_are_executed_in_the_order_in_which_they_came(app, transport):
    serial = transport.serial
    serial.read_until(b">")
    # The second is read along with the first, the third arrives while that executes.
    serial.write(b"import time\nprint('first')\ntime.sleep(0.5)\x04print('second')\x04")
    assert serial.read_until(b"first\r\n") == b"OKfirst\r\n"
    serial.write(b"print('third')\x04")
    end = b"\x04\x04>"
    assert serial.read_until(b"third\r\n" + end) == end + b"OKsecond\r\n" + end + b"OKthird\r\n" + end


# mpremote


def test_two_hundred_commands_while_the_server_answers(app, transport):
    with Requests(app) as requests:
        for i in range(200):
            app.ask(f"log {i % 3}")  # log lines must not get into what a command printed
            assert transport.exec(f"print({i}, 'x' * {i})") == f"{i} {'x' * i}\r\n".encode()
    assert len(requests.ticks) > 200
    assert requests.ticks == sorted(requests.ticks)


def test_commands_share_names_with_each_other_but_not_with_the_server(app, transport):
    transport.exec("x = 5\nimport os\nos.chdir('/')")
    assert transport.eval("x") == 5
    assert transport.exec("print(os.getcwd(), 'ticks' in globals(), __name__)") == (b"/ False __main__\r\n")
    transport.enter_raw_repl(soft_reset=True)
    assert transport.eval("'x' in globals()") is False
    assert app.ask("restarts") == "0"


def test_command_line_exec_eval_run(app, tmp_path):
    assert app.mpremote("exec", "print('héllo ☃')") == "héllo ☃\n"
    assert app.mpremote("eval", "6 * 7") == "42\n"
    script = tmp_path / "script.py"
    script.write_text("def f(n):\n    return n + 1\n\n\nprint([f(i) for i in range(3)])\n")
    assert app.mpremote("run", str(script)) == "[1, 2, 3]\n"


def test_error_of_a_command_is_reported_as_by_micropython(app):
    assert app.mpremote("exec", "def f():\n    1 / 0\n\n\nf()", check=False) == (
        "Traceback (most recent call last):\n"
        '  File "<stdin>", line 5, in <module>\n'
        '  File "<stdin>", line 2, in f\n'
        "ZeroDivisionError: divide by zero\n"
    )
    assert "SyntaxError" in app.mpremote("exec", "1 +", check=False)


def test_files_there_and_back(app, tmp_path):
    content = random.Random(1).randbytes(20000)
    there, back, device = tmp_path / "there", tmp_path / "back", f"{tmp_path}/device"
    there.write_bytes(content)
    app.mpremote("fs", "mkdir", device)
    app.mpremote("fs", "cp", str(there), f":{device}/copy")
    assert " copy\n" in app.mpremote("fs", "ls", device)
    assert hashlib.sha256(content).hexdigest() in app.mpremote("fs", "sha256sum", f"{device}/copy")
    app.mpremote("fs", "cp", f":{device}/copy", str(back))
    assert back.read_bytes() == content
    app.mpremote("fs", "rm", f"{device}/copy", "+", "fs", "rmdir", device)
    assert not Path(device).exists()


def test_mounted_directory(app, tmp_path):
    (tmp_path / "module.py").write_text("VALUE = 'from the host'\n")
    (tmp_path / "bytes").write_bytes(bytes(range(256)) * 8)
    out = app.mpremote(
        "mount",
        str(tmp_path),
        "exec",
        "import sys, hashlib\n"
        "sys.path.insert(0, '')\n"
        "import module\n"
        "print(module.VALUE)\n"
        "print(hashlib.sha256(open('bytes', 'rb').read()).digest().hex())",
    )
    assert "from the host\n" in out
    assert hashlib.sha256(bytes(range(256)) * 8).hexdigest() in out


def test_soft_reset_of_the_raw_repl_leaves_the_server_running(app):
    app.mpremote("soft-reset")
    assert app.ask("restarts") == "0"
    assert app.ask("tick") == "tick"


# The raw REPL, byte by byte


def enter_raw_repl(app):
    app.write(b"\r\x03\x01")
    app.read_until(RAW_PROMPT)


def raw_paste(app, source):
    """Sends `source` as the protocol's client has to. Returns what comes back up to the next prompt."""
    app.write(b"\x05A\x01")
    assert os.read(app.fd, 2) == b"R\x01"
    window = int.from_bytes(os.read(app.fd, 2), "little")
    room = window
    while source:
        if room == 0:
            assert os.read(app.fd, 1) == b"\x01"
            room += window
        piece, source = source[:room], source[room:]
        app.write(piece)
        room -= len(piece)
    app.write(b"\x04")
    acknowledged = app.read_until(b"\x04")
    assert acknowledged.strip(b"\x01") == b"\x04"
    return app.read_until(b"\x04>")


def test_raw_repl_bytes(app):
    enter_raw_repl(app)
    app.write(b"print(123)\x04")
    assert app.read_until(b"\x04>") == b"OK123\r\n\x04\x04>"
    app.write(b"discarded\x03print(1)\x04")
    assert app.read_until(b"\x04>") == b"OK1\r\n\x04\x04>"
    app.write(b"\x04")
    assert app.read_until(b">") == b"OK\r\nMPY: soft reboot\r\n" + RAW_PROMPT
    app.write(b"raise SystemExit(1)\x04")
    assert app.read_until(b">") == b"OK\x04\x04\r\nMPY: soft reboot\r\n" + RAW_PROMPT
    app.write(b"\x05B\x01")
    assert app.read_until(b">") == b"R\x00>"
    app.write(b"\x02")
    assert app.read_until(b">>> ").startswith(b"\r\nMicroPython ")


def test_raw_paste_of_fifty_kilobytes(app):
    text = "".join(random.Random(2).choices("abc ☃é", k=40000))
    source = f"import hashlib\nt = '{text}'\nprint(len(t), hashlib.sha256(t).digest().hex())"
    assert len(source.encode()) > 50000
    digest = hashlib.sha256(text.encode()).hexdigest()
    enter_raw_repl(app)
    assert raw_paste(app, source.encode()) == f"40000 {digest}\r\n\x04\x04>".encode()


def test_raw_paste_is_cancelled_by_ctrl_c(app):
    enter_raw_repl(app)
    app.write(b"\x05A\x01print(1)\x03")
    assert app.read_until(b">").endswith(b"\x04\x04KeyboardInterrupt: \r\n\x04>")
    assert raw_paste(app, b"print(2)") == b"2\r\n\x04\x04>"


def test_command_that_does_not_fit_into_memory_is_refused(firmware, tmp_path):
    app = PtyApp(with_heap(firmware, tmp_path, "1M"))
    enter_raw_repl(app)
    app.write(b"#" * (2 << 20) + b"\n\x04")
    reply = app.read_until(b"\x04>")
    assert reply.startswith(b"OK\x04MemoryError: ")
    app.write(b"print(1)\x04")
    assert app.read_until(b"\x04>") == b"OK1\r\n\x04\x04>"
    app.stop()


@pytest.mark.slow
def test_half_a_command_is_dropped_when_it_falls_silent(app):
    enter_raw_repl(app)
    app.write(b"print('first half'")
    app.ask("await console: a command was dropped")
    app.write(b"print('whole')\x04")
    assert app.read_until(b"\x04>") == b"OKwhole\r\n\x04\x04>"


@pytest.mark.slow
def test_half_a_raw_paste_is_dropped_when_it_falls_silent(app):
    enter_raw_repl(app)
    app.write(b"\x05A\x01print('first half'")
    assert b"\x04\x04TimeoutError: " in app.read_until(b"\x04>")
    assert raw_paste(app, b"print('whole')") == b"whole\r\n\x04\x04>"


def test_ctrl_c_interrupts_a_command(app):
    enter_raw_repl(app)
    app.write(b"print('go')\nwhile True: pass\x04")
    app.read_until(b"go\r\n")
    app.write(b"\x03")
    assert app.read_until(b"\x04>").endswith(b"KeyboardInterrupt: \r\n\x04>")
    app.write(b"print('alive')\x04")
    assert app.read_until(b"\x04>") == b"OKalive\r\n\x04\x04>"


def test_input_during_a_command_is_not_lost(app):
    enter_raw_repl(app)
    app.write(b"print('go')\nfor i in range(1000000): pass\x04")
    app.read_until(b"go\r\n")
    app.write(b"print('next')\x04")
    assert app.read_until(b"\x04>") == b"\x04\x04>"
    assert app.read_until(b"\x04>") == b"OKnext\r\n\x04\x04>"


def test_command_that_reads_its_input(app):
    enter_raw_repl(app)
    app.write(b"import sys\nprint('go')\nprint(repr(sys.stdin.readline()))\x04")
    app.read_until(b"go\r\n")
    app.write(b"typed\n")
    assert app.read_until(b"\x04>") == b"'typed\\n'\r\n\x04\x04>"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def f(): f()\nf()", b"RuntimeError: maximum recursion depth exceeded\r\n"),
        ("x = []\nwhile True: x.append(bytearray(10000))", b"MemoryError: "),
    ],
)
def test_runaway_command(app, transport, source, error):
    _, reported = transport.exec_raw(source)
    assert reported.startswith(b'Traceback (most recent call last):\r\n  File "<stdin>", line 2, in <module>\r\n')
    assert error in reported
    assert len(reported) < 10000
    assert transport.exec("print('alive')") == b"alive\r\n"
    assert app.ask("log 100") == "100"
    assert app.ask("restarts") == "0"


def test_command_that_runs_an_event_loop_of_its_own(app, transport):
    source = "import asyncio\nasync def f():\n await asyncio.sleep_ms(1)\n return 7\nprint(asyncio.run(f()))"
    assert transport.exec(source) == b"7\r\n"
    assert transport.exec("print('alive')") == b"alive\r\n"
    assert app.ask("tick") == "tick"


def test_garbage(app_on_either_side):
    app = app_on_either_side
    noise = random.Random(3)
    reader = threading.Thread(target=lambda: app.read_until(b"the end of the noise\r\n"))
    reader.start()
    for _ in range(50):
        app.write(noise.randbytes(1000))
        app.write(bytes(noise.choices(b"\x01\x02\x03\x04\x05A\r\x1b[(", k=200)))
    app.write(b"\r\x03\x02\x03")
    app.write(b"print('the end ' + 'of the noise')\r")
    reader.join()
    assert app.ask("tick") == "tick"


# Nobody reads


@pytest.mark.slow
def test_log_that_nobody_reads_does_not_stop_the_server(app_on_either_side):
    app = app_on_either_side
    with app.connect() as connection:
        for _ in range(40):
            assert app.ask("log 1000", connection) == "1000"
        app.write(b"x" * 100)
        for _ in range(400):
            assert app.ask("tick", connection) == "tick"
    app.write(b"\x03print('back')\r")
    app.read_until(b"\r\nback\r\n")


def test_command_whose_output_nobody_reads_does_not_stop_the_server(app_on_either_side):
    app = app_on_either_side
    enter_raw_repl(app)
    app.write(b"for i in range(50000): print('x' * 60)\nfrom edgelet import log\nlog.info('printed')\x04")
    assert app.ask("await printed") == "printed"
    assert app.ask("tick") == "tick"
    app.write(b"\x03\x02print('back')\r")
    assert re.match(rb"OK(x{60}\r\n)+", app.read_until(b"\r\nback\r\n"))


def test_output_larger_than_the_pty_reaches_a_slow_reader(app, transport):
    assert transport.exec("for i in range(2000): print(i, 'x' * 60)") == b"".join(
        b"%d %s\r\n" % (i, b"x" * 60) for i in range(2000)
    )


def test_nobody_has_the_other_end_open(app):
    os.close(app.fd)
    app.ask("log 10")
    app.fd = os.open(app.path, os.O_RDWR | os.O_NOCTTY)
    assert app.mpremote("exec", "print('back')") == "back\n"


@pytest.mark.parametrize("stdin", [subprocess.DEVNULL, subprocess.PIPE])
def test_without_a_terminal_the_log_is_printed(firmware, stdin):
    app = App(firmware, stdin, subprocess.PIPE)
    if stdin == subprocess.PIPE:
        app.process.stdin.close()
    assert app.process.stdout.readline().endswith(b"ready\r\n")
    with app.connect() as connection:
        for _ in range(40):
            app.ask("log 1000", connection)  # and nobody reads the pipe
    assert app.ask("tick") == "tick"
    app.stop()


# The prompt for people


def prompt(app):
    app.write(b"\x03")
    app.read_until(b"\r\n>>> ")


def enter(app, line):
    """Types a line. Returns what comes back up to the next prompt."""
    app.write(line.encode() + b"\r")
    return app.read_until(b">>> ").decode()


def test_prompt(app):
    prompt(app)
    assert enter(app, "1 + 1") == "1 + 1\r\n2\r\n>>> "
    enter(app, "x = 'né\x7f\x7fö'")
    assert enter(app, "print(x)") == "print(x)\r\nö\r\n>>> "
    assert enter(app, "1 / 0").endswith("ZeroDivisionError: divide by zero\r\n>>> ")
    assert enter(app, "print('a\\nb')").endswith(")\r\na\r\nb\r\n>>> ")


def test_prompt_remembers_lines(app):
    prompt(app)
    enter(app, "a = 1")
    enter(app, "a + 1")
    assert enter(app, "\x1b[A\x1b[A\x1b[B").endswith("a + 1\r\n2\r\n>>> ")


def test_statement_of_several_lines(app):
    prompt(app)
    loop = "for i in range(2):\r    print(i,\r      'x')\r"
    assert enter(app, loop).endswith("0 x\r\n1 x\r\n>>> ")
    assert enter(app, "(1 +\r 2)").endswith("3\r\n>>> ")


def test_paste_mode(app):
    prompt(app)
    app.write(b"\x05")
    app.read_until(b"paste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
    app.write(b"def f():\r    return 5\r\rprint(f())\r\x04")
    assert app.read_until(b">>> ").endswith(b"=== \r\n5\r\n>>> ")


def test_log_lines_leave_the_typed_line_alone(app):
    prompt(app)
    app.write(b"1 + ")
    app.read_until(b"1 + ")
    app.ask("log 1")
    printed = app.read_until(b">>> 1 + ")
    assert re.fullmatch(rb"\r\x1b\[K\d{4}-\d\d-\d\dT[\d:.]+Z info  \[test\] line 0 #r0\r\n>>> 1 \+ ", printed)
    assert enter(app, "1") == "1\r\n2\r\n>>> "


def test_log_as_json(firmware):
    app = PtyApp(firmware, "master", "--json")
    app.ask("log 1")
    record = json.loads(re.search(rb"{.*line.*}", app.read_until(b"}\r\n>>> "))[0])
    app.stop()
    assert record["time"] > 1.7e12
    assert (
        record.items()
        >= {
            "level": "info",
            "text": "line 0",
            "request": "r0",
            "function": "test",
        }.items()
    )


def test_ctrl_d_restarts_the_runtime(app):
    prompt(app)
    app.write(b"\x04")
    app.read_until(b"\r\nMPY: soft reboot\r\n")
    app.read_until(b">>> ")
    assert app.ask("restarts") == "1"
    app.write(b"import sys; sys.exit()\r")
    app.read_until(b"\r\nMPY: soft reboot\r\n")
    app.read_until(b">>> ")
    assert app.ask("restarts") == "2"
    assert app.mpremote("exec", "print('alive')") == "alive\n"
