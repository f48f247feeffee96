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


# What stands behind NAME is the program's, --help too.
@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("name", default="compare")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str, arguments: tuple[str, ...]) -> None:
    """Compare edgelet with its peers, or run another program NAME of edgelet's own bench folder.

    The comparison takes 13 minutes, and an idle machine. Its options: --quick for 2 minutes, --peer NAME for some peers
    only, --json FILE for all values, --docs to write results and charts into docs/performance. `edgelet bench NAME
    --help` says what another program measures, and what it takes.

    Example: edgelet bench --quick
    """
    from edgelet_host.checks import bench_help, run_bench

    if name.startswith("-"):
        name, arguments = "compare", (name, *arguments)
    if {"-h", "--help"} & {*arguments}:
        click.echo(bench_help(name))
        return
    sys.exit(run_bench(name, arguments))
