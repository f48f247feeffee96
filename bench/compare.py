"""edgelet beside its peers, one after another on the same core: rates, latencies, CPU and memory; how edgelet grows."""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support"), str(ROOT / "bench")]

from comparison import growth, rounds, rows, tables  # noqa: E402
from comparison.processes import LOAD_CORE  # noqa: E402
from comparison.results import Results  # noqa: E402
from comparison.upstream import upstream  # noqa: E402
from edgelet_host.errors import EdgeletError  # noqa: E402
from edgelet_host.terminal import step  # noqa: E402
from peers import PEERS  # noqa: E402
from peers.peer import Peer, Site  # noqa: E402


def prepared(names: tuple[str, ...], folder: Path, site: Site) -> tuple[list[Peer], dict[str, str]]:
    """The peers that can be had here, and of each other one why not."""
    found: list[Peer] = []
    missing = {}
    for name in names:
        (folder / name).mkdir()
        peer = PEERS[name](folder / name, site)
        try:
            peer.prepare()
            found.append(peer)
        except EdgeletError as error:
            missing[peer.name] = str(error)
    return found, missing


def measure(names: tuple[str, ...], plan: rounds.Plan) -> Results:
    """All that there is to measure."""
    with (
        tempfile.TemporaryDirectory(prefix="edgelet-bench-") as temporary,
        upstream(Path(temporary)) as url,
        ExitStack() as stack,
    ):
        folder = Path(temporary)
        site = Site(rows.make_file(folder), url, rows.SECRET)
        peers, missing = prepared(names, folder, site)
        for peer in peers:
            stack.callback(peer.stop)
        # What is computed here must not take time from the servers.
        os.sched_setaffinity(0, {LOAD_CORE})
        with step("Measuring") as tell:
            results = Results.make(plan, peers, missing, rounds.run(peers, plan, tell))
    with step("Measuring how edgelet grows") as tell:
        results.data["growth"] = growth.run(plan, tell)
    return results


@click.command()
@click.option("--quick", is_flag=True, help="Few short rounds with 10 connections, for a first look.")
@click.option("--peer", "names", multiple=True, type=click.Choice(list(PEERS)), help="Only these, and edgelet.")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write all values to a file.")
@click.option("--docs", is_flag=True, help="Write results, charts and tables into docs/performance.")
def main(quick: bool, names: tuple[str, ...], file: Path | None, docs: bool) -> None:
    """Measure, and print the tables."""
    chosen = tuple(name for name in PEERS if not names or name in (*names, "edgelet"))
    results = measure(chosen, rounds.QUICK if quick else rounds.FULL)
    tables.show(results)
    if file:
        results.write(file)
    if docs:
        from comparison import pages

        pages.write(results)


if __name__ == "__main__":
    main()
