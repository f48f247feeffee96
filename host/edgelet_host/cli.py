"""The commands of `edgelet`: parse, call, print. What they do is in the modules beside this."""

import sys
from pathlib import Path

import click

# Commands import what they use when they run, so that none waits at start-up for another's modules.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """JavaScript edge functions on a microcontroller."""


@main.command()
@click.option("--sanitize", is_flag=True, help="With AddressSanitizer and UndefinedBehaviorSanitizer.")
@click.option(
    "--micropython",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="EDGELET_MICROPYTHON",
    help="An upstream MicroPython checkout to build from instead of the pinned source.",
)
def build(sanitize: bool, micropython: Path | None) -> None:
    """Build the firmware for Linux and print its path."""
    from edgelet_host.firmware import ensure_unix

    click.echo(ensure_unix(sanitize, micropython))


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--quick", is_flag=True, help="Leave out the slow tests.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def test(quick: bool, pytest_args: tuple[str, ...]) -> None:
    """Check and test edgelet itself; further arguments go to pytest."""
    from edgelet_host.checks import run_tests

    sys.exit(run_tests(quick, pytest_args))
