"""`edgelet test` and `edgelet bench`: for who works on edgelet itself, see CONTRIBUTING.md."""

import sys

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--quick", is_flag=True, help="Leave out the slow tests.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def test(quick: bool, pytest_args: tuple[str, ...]) -> None:
    """Check and test edgelet itself; further arguments go to pytest.

    Example: edgelet test --quick tests/firmwares/test_linux.py -k heap
    """
    from edgelet_host.checks import run_tests

    sys.exit(run_tests(quick, pytest_args))


@click.command()
@click.argument("name")
def bench(name: str) -> None:
    """Run the program NAME of edgelet's own bench folder.

    Example: edgelet bench build
    """
    from edgelet_host.checks import run_bench

    sys.exit(run_bench(name))
