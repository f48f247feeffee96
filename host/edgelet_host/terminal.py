"""What commands print while they work, to stderr: progress in a terminal, else plain lines."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

# A bar is shown for so many bytes, which take a second over USB, and for what has taken a second already.
_SHOWN_BYTES = 65536
_SHOWN_S = 1.0


def has_colors() -> bool:
    """Whether colours are wanted where there is a terminal: https://no-color.org, and terminals that have none."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_animated() -> bool:
    """Whether standard error can show what changes."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """Print one line of information."""
    click.echo(text, err=True)


def warn(text: str) -> None:
    """Print one line that the user should not overlook."""
    click.secho(f"Warning: {text}", fg="yellow", err=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show that `title` is under way and how long it took.

    The function that it gives shows a detail of the moment.
    """
    started = time.monotonic()
    if not _is_animated():
        say(f"{title} ...")
        yield lambda detail: None
    else:
        from rich.console import Console

        with Console(stderr=True).status(title) as status:
            yield lambda detail: status.update(f"{title}  [dim]{detail[-60:]}[/dim]")
    say(f"{title}: done in {time.monotonic() - started:.1f} s")


Show = Callable[[int, int], None]


@contextmanager
def progress() -> Iterator[Callable[[str], Show]]:
    """Show bars for what is sent, in a terminal and where it takes time; nothing when piped.

    The function that it gives adds a bar with a title, and gives a function that is told how many of how many bytes are
    done. Both may be called in any thread.
    """
    if not _is_animated():
        yield lambda title: lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    bars = Progress(*columns, console=Console(stderr=True), transient=True)

    def add(title: str) -> Show:
        task = bars.add_task(title, visible=False)
        began = time.monotonic()

        def show(done: int, total: int) -> None:
            if total >= _SHOWN_BYTES or time.monotonic() - began >= _SHOWN_S:
                bars.start()
                bars.update(task, completed=done, total=total, visible=True)

        return show

    try:
        yield add
    finally:
        bars.stop()


def print_json(value: object) -> None:
    """Print a value as JSON to stdout."""
    click.echo(json.dumps(value, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to stdout; where that is no terminal, a line a row, with tabs between the fields.

    In a terminal that is too narrow, a row has a line for each field.
    """
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            click.echo("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if _least_width(columns, rows) > console.width:
        _print_records(columns, rows)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(columns):
        # What narrow terminals break is text of several words, before names and numbers.
        is_word = not any(" " in row[number] for row in rows)
        table.add_column(column, no_wrap=is_word, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Give the width of a table that breaks text between words only: a column's longest word, and two for its edge."""
    words = [[name, *(word for row in rows for word in row[number].split())] for number, name in enumerate(columns)]
    return sum(max(map(len, column)) + 2 for column in words)


def _print_records(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    width = max(map(len, columns))
    for number, row in enumerate(rows):
        if number:
            click.echo()
        for name, value in zip(columns, row, strict=True):
            click.echo(f"{name:{width}}  {value}")
