"""`edgelet completion`, and what a shell completes."""

import contextlib
import os

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

_VARIABLE = "_EDGELET_COMPLETE"

_POWERSHELL = """Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = $commandAst.ToString()
    $env:COMP_CWORD = $wordToComplete
    try {
        & $commandAst.CommandElements[0].Value | ForEach-Object {
            $type, $value, $help = $_ -split "`t", 3
            if ($type -eq "plain") {
                if (-not $help) { $help = $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $help)
            } else {
                [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
            }
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_CWORD -ErrorAction SilentlyContinue
    }
}
"""


@add_completion_class
class _PowerShellComplete(ShellComplete):
    """PowerShell gives the command line as it is typed, and the word that is to be completed."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(os.environ["COMP_WORDS"])[1:]
        incomplete = os.environ["COMP_CWORD"]
        return (words[:-1] if incomplete and words and words[-1] == incomplete else words), incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type}\t{item.value}\t{(item.help or '').splitlines()[0] if item.help else ''}"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes commands, options, boards, devices and functions.

    In ~/.bashrc or ~/.zshrc: eval "$(edgelet completion bash)". In ~/.config/fish/config.fish: edgelet completion fish
    | source. In PowerShell's $PROFILE: edgelet completion powershell | Out-String | Invoke-Expression.

    Example: edgelet completion bash
    """
    found = get_completion_class(shell)
    assert found
    click.echo(found(context.find_root().command, {}, "edgelet", _VARIABLE).source())


def complete_board(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Give the boards whose names begin with what is typed."""
    from edgelet_host.firmware.boards import board_names

    return [name for name in board_names() if name.startswith(incomplete.upper())]


def complete_device(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Give the names and ports of devices that begin with what is typed."""
    from edgelet_host.device.targets import find_targets
    from edgelet_host.errors import EdgeletError

    with contextlib.suppress(EdgeletError):
        return [
            CompletionItem(one.label, help=one.description)
            for one in find_targets()
            if one.label.startswith(incomplete)
        ]
    return []


def complete_group(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Give the groups of devices that begin with what is typed."""
    from edgelet_host.device.known import read_names
    from edgelet_host.errors import EdgeletError

    with contextlib.suppress(EdgeletError):
        groups = {group for known in read_names().values() for group in known.groups}
        return sorted(group for group in groups if group.startswith(incomplete))
    return []


def complete_function(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Give the functions on the device whose names begin with what is typed, none where it cannot be asked at once."""
    from edgelet_host.device.console import connect
    from edgelet_host.device.targets import choose_target
    from edgelet_host.errors import EdgeletError

    with contextlib.suppress(EdgeletError):
        with connect(choose_target(context.params.get("devices") or ()).port, wait_s=0) as device:
            names: list[str] = device.call("listing")
        return [name for name in names if name.startswith(incomplete)]
    return []
