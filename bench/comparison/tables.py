"""Results as tables, for terminals and pages."""

from dataclasses import dataclass

import click
from edgelet_host.terminal import print_table

from .growth import AXES
from .results import OURS, Results, Spread
from .rows import ROWS

_CONNECTIONS = 10


@dataclass(frozen=True)
class Table:
    """title: a line that says what the cells are."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def all_tables(results: Results) -> dict[str, Table]:
    """Every table, by name."""
    tables = {
        "cpu": _cpu(results),
        "rates": _rates(results),
        "connections": _connections(results),
        "starts": _starts(results),
        "goals": _goals(results),
    }
    return tables | {f"growth-{name}": _growth(results, name) for name in results.data["growth"]}


def show(results: Results) -> None:
    """Print all tables."""
    click.echo(results.about())
    for peer, version in results.data["versions"].items():
        click.echo(f"{peer} {version}")
    for table in all_tables(results).values():
        click.echo(f"\n{table.title}")
        print_table(table.columns, table.rows)
    for peer, reason in results.data["missing"].items():
        click.echo(f"\n{peer} could not be measured: {reason}")
    for line in _failures(results):
        click.echo(line)


def number(value: float) -> str:
    """A number with three digits that count."""
    digits = max(0, 3 - len(str(int(value))))
    return f"{value:,.{digits}f}"


def _range(spread: Spread) -> str:
    low, high = spread.range
    return f"{number(low)}-{number(high)}"


def _cpu(results: Results) -> Table:
    rows = []
    for name, row in ROWS.items():
        cells = [row.title]
        for peer in results.peers:
            found = results.value(peer, name, _CONNECTIONS, "cpu_us")
            ratio = results.ratio(peer, name, _CONNECTIONS, "cpu_us")
            if found is None:
                cells.append("-")
            elif peer == OURS or ratio is None:
                cells.append(f"{number(found.median)} ({_range(found)})")
            else:
                cells.append(f"{number(found.median)}; {number(ratio.median)} ({_range(ratio)})")
        rows.append(cells)
    title = (
        "CPU a request, µs, with 10 connections, the median of the rounds (their range); of peers: theirs, then how "
        "many times as much edgelet takes"
    )
    return Table(title, ["", *results.peers], rows)


def _rates(results: Results) -> Table:
    rows = []
    for name, row in ROWS.items():
        found = [results.value(peer, name, _CONNECTIONS, "per_s") for peer in results.peers]
        rows.append([row.title, *[number(one.median) if one else "-" for one in found]])
    return Table("Requests a second with 10 connections", ["", *results.peers], rows)


def _connections(results: Results) -> Table:
    rows = []
    for name, connections in results.windows():
        cells = [ROWS[name].title, str(connections)]
        for peer in results.peers:
            rate, p50, p99 = (results.value(peer, name, connections, key) for key in ("per_s", "p50_us", "p99_us"))
            if rate is None or p50 is None or p99 is None:
                cells.append("-")
            else:
                cells.append(f"{number(rate.median)}; {milliseconds(p50)} / {milliseconds(p99)}")
        rows.append(cells)
    title = "Requests a second; latency p50 / p99 in ms, by connections"
    return Table(title, ["", "connections", *results.peers], rows)


def milliseconds(spread: Spread) -> str:
    """Microseconds as milliseconds."""
    return number(spread.median / 1000)


def _starts(results: Results) -> Table:
    rows = []
    for peer in results.peers:
        starts, deploys = results.data["starts"][peer], results.data["deploys"][peer]
        hello = results.value(peer, "hello", _CONNECTIONS, "rss_mb")
        most = max(max(one["rss_mb"]) for one in results.data["windows"] if one["peer"] == peer)
        times = [starts["total_ms"], deploys["total_ms"], deploys["request_ms"]]
        cells = [f"{number(Spread(one).median)} ({_range(Spread(one))})" for one in times]
        rows.append([peer, *cells, number(hello.median) if hello else "-", number(most)])
    columns = ["", "start to first answer", "deploy to first answer", "that request alone", "RSS, hello", "most RSS"]
    return Table("Times in ms, memory in MB; a deploy is a new start for all but edgelet", columns, rows)


def _growth(results: Results, name: str) -> Table:
    rows = [
        [
            f"{one['step']:,}",
            number(one["per_s"]),
            number(one["p50_us"] / 1000),
            number(one["p99_us"] / 1000),
            number(one["cpu_us"]),
            number(one["rss_mb"]),
        ]
        for one in results.data["growth"][name]
    ]
    columns = [AXES[name].title, "requests/s", "p50, ms", "p99, ms", "CPU a request, µs", "RSS, MB"]
    return Table(f"How edgelet grows: {AXES[name].title}", columns, rows)


@dataclass(frozen=True)
class _Goal:
    """What a value shall be at most."""

    what: str
    most: float
    value: Spread | None


def _goals(results: Results) -> Table:
    goals = [
        _Goal(f"{ROWS[name].title}: CPU, times Node.js'", most, results.ratio("Node.js", name, 10, "cpu_us"))
        for name, most in (("hello", 1.5), ("echo", 1.5), ("verify", 1.0), ("sign", 1.0), ("connection", 1.5))
    ]
    goals += [
        _Goal(f"{ROWS[name].title}: CPU, times workerd's", 0.35, results.ratio("workerd", name, 10, "cpu_us"))
        for name in ("hello", "echo", "verify", "sign")
    ]
    p50, p99 = (results.value(OURS, "hello", 50, name) for name in ("p50_us", "p99_us"))
    spread = p50 and p99 and Spread([b / a for a, b in zip(p50.values, p99.values, strict=True)])
    goals.append(_Goal("hello with 50 connections: p99, times p50", 3, spread))
    [memory] = [one["rss_mb"] for one in results.data["growth"]["functions"] if one["step"] == 10]
    goals.append(_Goal("RSS of edgelet with 10 functions, MB", 16, Spread([memory])))
    goals.append(_Goal("start to first answer, ms", 50, Spread(results.data["starts"][OURS]["total_ms"])))
    rows = [
        [goal.what, number(goal.most), f"{number(found.median)} ({_range(found)})", "yes" if is_met else "no"]
        for goal in goals
        if (found := goal.value) and (is_met := found.median <= goal.most) is not None
    ]
    return Table("Goals", ["", "at most", "measured", "reached"], rows)


def _failures(results: Results) -> list[str]:
    return [
        f"Of {one['peer']}, {one['row']} with {one['connections']} connections failed: {max(one['failed'])}"
        for one in results.data["windows"]
        if any(one["failed"])
    ]
