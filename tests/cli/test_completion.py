"""`edgelet completion`."""

import os
import subprocess
import sys

import pytest
from cli_helpers import Cli, greeting
from device_helpers import write_script


def completed(cli: Cli, line: str) -> list[str]:
    """What bash is told when somebody presses the tab key at the end of a line."""
    words = {"_EDGELET_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        cli.command(), env=cli.environment() | words, capture_output=True, text=True, cwd=cli.folder, check=True
    )
    assert done.stderr == ""
    return [one.removeprefix("plain,") for one in done.stdout.split()]


@pytest.mark.slow
def test_completion_knows_commands_boards_devices_and_functions(cli, local):
    cli.ok("deploy", greeting(cli.folder, "complete"))
    assert completed(cli, "edgelet secr") == ["secret"]
    assert completed(cli, "edgelet secret ge") == ["generate"]
    assert completed(cli, "edgelet build --board EDGELET_PICO_") == ["EDGELET_PICO_PLUS2", "EDGELET_PICO_W"]
    assert completed(cli, "edgelet logs --level wa") == ["warn"]
    assert completed(cli, "edgelet new --template st") == ["static"]
    assert completed(cli, "edgelet rollback compl") == ["complete"]
    assert completed(cli, "edgelet logs --function compl") == ["complete"]
    assert completed(cli, f"edgelet kv list --device {local.port} --function compl") == ["complete"]
    cli.ok("devices", "name", local.port, "kitchen")
    assert completed(cli, "edgelet status --device kit") == ["kitchen"]
    # A device that is not there is no error while somebody types.
    cli.device = "/dev/ttyACM99"
    assert completed(cli, "edgelet rollback compl") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_scripts(tmp_path, shell):
    script = Cli(tmp_path).ok("completion", shell)
    assert "_EDGELET_COMPLETE" in script
    assert f"{shell}_complete" in script


def test_completion_of_bash_works_in_bash(tmp_path):
    cli = Cli(tmp_path)
    write_script(tmp_path / "edgelet", 'exec "$PYTHON" -m edgelet_host "$@"')
    environment = cli.environment() | {"PYTHON": sys.executable, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    typed = """eval "$(edgelet completion bash)"
COMP_WORDS=(edgelet secr); COMP_CWORD=1; _edgelet_completion edgelet; echo "${COMPREPLY[@]}"
"""
    done = subprocess.run(["bash", "-c", typed], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "secret\n"


@pytest.mark.parametrize(("line", "word", "answer"), [("edgelet secr", "secr", "secret"), ("edgelet kv ", "", "get")])
def test_completion_of_powershell(tmp_path, line, word, answer):
    cli = Cli(tmp_path)
    words = {"_EDGELET_COMPLETE": "powershell_complete", "COMP_WORDS": line, "COMP_CWORD": word}
    done = subprocess.run(cli.command(), env=cli.environment() | words, capture_output=True, text=True, check=True)
    assert answer in [one.split("\t")[1] for one in done.stdout.splitlines()]
    assert all(one.startswith("plain\t") for one in done.stdout.splitlines())
