"""What commands print while they work, to stderr: progress in a terminal, else plain lines."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from edgelet_host.units import time_text

if TYPE_CHECKING:
    from rich.table import Table

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
        from rich.text import Text

        console = Console(stderr=True)
        # A spinner and blanks come with it. What takes more than a line would jump.
        room = max(console.width - len(title) - 6, 0)

        def show(detail: str) -> None:
            status.update(Text(f"{title}  ").append(" ".join(detail.split())[-room:] if room else "", "dim"))

        with console.status(Text(title)) as status:
            yield show
    say(f"{title}: done in {time_text(time.monotonic() - started)}")


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


class Standing:
    """How the work on one of several devices stands. Its methods may be called in any thread."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.text = "waiting"
        self.has_ended = False

    def tell(self, text: str) -> None:
        """Show what is done now."""
        self.text = text

    def add(self, title: str) -> Show:
        """Show how much is done of something, as `progress` does."""

        def show(done: int, total: int) -> None:
            self.tell(f"{title} {done * 100 // total} %" if total else title)

        return show

    def end(self, text: str) -> None:
        """Show what came of it."""
        self.text = text
        self.has_ended = True
        if not _is_animated():
            say(f"{self.label}: {text}")


@contextmanager
def standings(labels: Sequence[str]) -> Iterator[list[Standing]]:
    """Show in a terminal how the work on several devices stands, as a table; else a line for each when it has ended."""
    rows = [Standing(label) for label in labels]
    if not _is_animated():
        yield rows
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    with Live(console=console, get_renderable=lambda: _standings_table(rows, console.height), transient=True):
        yield rows


def _standings_table(rows: list[Standing], height: int) -> "Table":
    """Make the table; where it is higher than the terminal, what is under way comes first."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    ended = sum(row.has_ended for row in rows)
    title = Text(f"{ended} of {len(rows)} devices")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title=title, title_justify="left")
    table.add_column("DEVICE", no_wrap=True)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    # Title, head, a line below each, and the one of the cursor.
    room = max(height - 6, 1)
    shown = rows if len(rows) <= room else sorted(rows, key=lambda row: row.has_ended)[:room]
    for row in shown:
        table.add_row(Text(row.label), Text(row.text))
    return table


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

    # Of a dumb terminal rich says 80, unless both are given.
    room, height = shutil.get_terminal_size()
    widths = _column_widths(columns, rows, room)
    if widths is None:
        _print_records(columns, rows)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=room, height=height).print(table)


def _column_widths(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Give the columns' widths in a table that breaks text between words only; None where it is wider than the room."""
    from rich.cells import cell_len

    texts = [[name, *(row[number] for row in rows)] for number, name in enumerate(columns)]
    widths = [max(map(cell_len, column)) for column in texts]
    least = [max((cell_len(word) for text in column for word in text.split()), default=0) for column in texts]
    # With two for the edge of each.
    while sum(widths) + 2 * len(widths) > room:
        spare, widest = max((width - least[number], number) for number, width in enumerate(widths))
        if spare == 0:
            return None
        widths[widest] -= 1
    return widths


def _print_records(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    width = max(map(len, columns))
    for number, row in enumerate(rows):
        if number:
            click.echo()
        for name, value in zip(columns, row, strict=True):
            click.echo(f"{name:{width}}  {value}")
