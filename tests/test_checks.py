"""How the tests themselves are run, and rules for all our files that no linter knows."""

import ast
import re
import shutil
import socket
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import hangs
import pytest
from device_helpers import free_port
from edgelet_host.checks import PYTEST
from edgelet_host.paths import ROOT
from hypothesis import HealthCheck, settings

GROUP = """
import os
from pathlib import Path
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_of_a_group(number):
    (Path(__file__).parent / str(os.getpid())).touch()
"""


def test_a_free_port_is_given_to_nobody_else():
    with pytest.raises(OSError), socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))


def test_no_example_of_hypothesis_has_a_time_limit():
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_names_of_tests_leave_room_in_the_environment(request):
    assert max(len(item.nodeid) for item in request.session.items) < 2000


@pytest.mark.slow
def test_tests_of_a_group_share_a_process(tmp_path):
    (tmp_path / "test_group.py").write_text(GROUP)
    # With as many processes as on a machine with several processors.
    command = [sys.executable, *PYTEST, "--numprocesses=2", tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len([path for path in tmp_path.iterdir() if path.name.isdecimal()]) == 1


SETTINGS = """
[pytest]
hang_limit = {limit}
"""
HANGING = """
import subprocess

def test_that_hangs():
    shell = subprocess.Popen(["sh", "-c", "{firmware} -c 'print(input())'; :"], stdin=subprocess.PIPE)
    print("one of them is", shell.pid)
    shell.wait()

def test_of_another_kind():
    pass
"""


def may_trace():
    """Whether this machine lets gdb look at a process that it did not start; many containers do not."""
    with subprocess.Popen(["sleep", "inf"]) as process:
        done = subprocess.run([*hangs.GDB, f"--pid={process.pid}"], capture_output=True, text=True, check=False)
        process.kill()
    return "#0 " in done.stdout


def is_alive(process):
    """Whether a process runs: a killed orphan stays, as a zombie, where nobody waits for it."""
    status = Path("/proc", process, "status")
    return status.exists() and "State:\tZ" not in status.read_text()


@pytest.mark.slow
def test_a_test_that_hangs_is_reported_with_the_stacks_of_its_processes(firmware, tmp_path, monkeypatch):
    shutil.copy(hangs.__file__, tmp_path / "conftest.py")
    (tmp_path / "pytest.ini").write_text(SETTINGS.format(limit=3))
    (tmp_path / "test_hanging.py").write_text(HANGING.format(firmware=firmware))
    command = [sys.executable, *PYTEST, "--numprocesses=2", tmp_path]
    # Where CI is set, pytest's summary repeats the whole report.
    monkeypatch.setenv("CI", "true")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "test_that_hangs: The test hangs" in done.stderr
    assert "The test hangs: this took longer than 3 s." in done.stdout
    # Where the test waits, what it started, and where that waits.
    assert "in test_that_hangs" in done.stdout
    processes = dict(re.findall(r"Process (\d+): (.*)", done.stdout))
    assert [command.split()[0] for command in processes.values()] == ["sh", str(firmware)]
    assert re.search(r"#\d+ .*\bmp_builtin_input \(" if may_trace() else r"\(gdb: ", done.stdout)
    assert not [number for number in processes if is_alive(number)]


def nested_conditionals(source):
    """The lines of conditional expressions that have another one inside."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.IfExp)]
    return [node.lineno for node in found if any(isinstance(one, ast.IfExp) for one in list(ast.walk(node))[1:])]


def tracked(pattern):
    """Our files of that kind."""
    done = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in done.stdout.splitlines()]


def test_no_conditional_expression_is_inside_another():
    assert nested_conditionals("a = 1 if b else 2\nc = f'{1 if d else 2}' if e else 3\n") == [2]
    assert {path: lines for path in tracked("*.py") if (lines := nested_conditionals(path.read_text()))} == {}


def code_of(source):
    """C without its comments, and with "" for each text and character."""
    comment_or_text = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'", re.DOTALL)
    return comment_or_text.sub(lambda found: "\n" * found[0].count("\n") if found[0][0] == "/" else '""', source)


def nested_conditionals_of_c(source):
    """The lines of conditional expressions that are part of another one, or have one in their condition."""
    lines = []
    # For each open bracket: how many conditionals it is part of, and whether brackets before had one inside.
    depths, inner = [0], [False]
    for number, line in enumerate(code_of(source).splitlines(), 1):
        for c in line:
            if c == "?":
                lines += [number] if depths[-1] or inner[-1] else []
                depths[-1] += 1
            elif c in "([":
                depths.append(depths[-1])
                inner.append(False)
            elif c in ")]" and len(depths) > 1:
                closed = depths.pop()
                has_one = inner.pop() or closed > depths[-1]
                inner[-1] = inner[-1] or has_one
            elif c in ";{},":
                depths[-1] = depths[-2] if len(depths) > 1 else 0
                inner[-1] = False
    return lines


def test_no_conditional_expression_is_inside_another_in_c():
    assert nested_conditionals_of_c('a = b ? 1 : c; f(d ? 1 : 2, e ? "?" : g); // ?\nh = i ? (j ? 1 : 2) : 3;\n') == [2]
    assert nested_conditionals_of_c("a = (b ? 1 : 2) + (c ? 3 : 4);\nd = (e ? 1 : 2) == 1 ? 3 : 4;\n") == [2]
    assert {path: lines for path in tracked("*.[ch]") if (lines := nested_conditionals_of_c(path.read_text()))} == {}


STATIC_FUNCTION = re.compile(r"^static (?:\w+ )*[\w ]+?[ *]+(?!__)(\w+)\([^;]*?\{$", re.MULTILINE | re.DOTALL)
STATIC_VARIABLE = re.compile(r"^static [^(){};=\n]*?[ *](\w+)(?:\[[^\]]*\])*(?: =|;| __attribute__)", re.MULTILINE)


def static_names(source):
    """The static functions and variables of a file in C."""
    return {*STATIC_FUNCTION.findall(source), *STATIC_VARIABLE.findall(source)}


def test_static_names_can_be_told_apart():
    assert static_names("static int f(int a) {\n}\nstatic char *const b[] = {1};\nstatic c_t c;\n") == {"f", "b", "c"}
    files = defaultdict(set)
    for path in [*tracked("firmware/*.[ch]"), *tracked("host/*.[ch]")]:
        for name in static_names(path.read_text()):
            files[name].add(str(path.relative_to(ROOT)))
    assert len(files) > 900
    assert {name: paths for name, paths in files.items() if len(paths) > 1} == {}


def judged_texts(source):
    """The lines that compare or search what an error or an answer of the device says to people."""

    def is_said(node):
        attribute = isinstance(node, ast.Attribute) and node.attr in ("message", "format_message")
        member = isinstance(node, ast.Constant) and node.value == "text"
        return attribute or member

    found = []
    for node in ast.walk(ast.parse(source)):
        parts = [node] if isinstance(node, ast.Compare) else []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            searches = ("startswith", "endswith", "find", "index", "count", "search", "match", "fullmatch", "partition")
            parts = [node] if node.func.attr in searches else []
        found += [node.lineno for part in parts for one in ast.walk(part) if is_said(one)]
    return found


def test_the_command_line_decides_by_codes():
    assert judged_texts('if e.message.startswith("no"):\n    pass\nif "full" in answer["text"]:\n    pass\n') == [1, 3]
    assert judged_texts('if e.error["code"] == protocol.REFUSED:\n    say(e.message)\n') == []
    files = [path for path in tracked("host/edgelet_host/*.py") if path.parent.name != "firmware"]
    assert len(files) > 40
    assert {path: lines for path in files if (lines := judged_texts(path.read_text()))} == {}


def test_the_files_that_the_architecture_names_are_there():
    files = {str(path.relative_to(ROOT)) for path in tracked("*")}
    files |= {f"{folder}/" for path in files for folder in Path(path).parents}
    named = set(re.findall(r"`([\w./-]+(?:/|\.(?:py|c|h|md|toml)))`", (ROOT / "docs" / "architecture.md").read_text()))
    assert len(named) > 80
    assert sorted(name for name in named if not any(f"/{one}".endswith(f"/{name}") for one in files)) == []
