"""What commands print while they work, to stderr: progress in a terminal, else plain lines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


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
    if not sys.stderr.isatty():
        say(f"{title} ...")
        yield lambda detail: None
    else:
        from rich.console import Console

        with Console(stderr=True).status(title) as status:
            yield lambda detail: status.update(f"{title}  [dim]{detail[-60:]}[/dim]")
    say(f"{title}: done in {time.monotonic() - started:.1f} s")


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar for what is sent, in a terminal and once it takes longer than a second; nothing when piped.

    The function that it gives is told how many of how many bytes are done.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    started = time.monotonic()
    bar = Progress(TextColumn(title), BarColumn(), DownloadColumn(), transient=True)
    task = bar.add_task(title)

    def show(done: int, total: int) -> None:
        if not bar.live.is_started and time.monotonic() - started > 1:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()
