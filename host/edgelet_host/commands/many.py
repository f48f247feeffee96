"""Work on several devices side by side, and what came of it: the others go on where one fails."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import click
from click.core import ParameterSource

from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import Standing, print_table, standings

if TYPE_CHECKING:
    from edgelet_host.device.targets import Target

_T = TypeVar("_T")


@dataclass(frozen=True)
class Outcome(Generic[_T]):
    """What came of one device: a result, or an error for people."""

    label: str
    result: _T | None = None
    error: str = ""

    def as_json(self, describe: Callable[[_T], dict[str, object]]) -> dict[str, object]:
        """Give the device, and the fields that `describe` has of the result, or else the error."""
        fields = {"error": self.error} if self.result is None else describe(self.result)
        return {"device": self.label, **fields}


def on_each(targets: "Sequence[Target]", work: "Callable[[Target, Standing], _T]") -> list[Outcome[_T]]:
    """Do the work on each device at once, and show how it stands. What is no EdgeletError is raised in the end."""
    with standings([target.label for target in targets]) as rows, ThreadPoolExecutor(len(targets)) as pool:
        return list(pool.map(lambda target, row: _on_one(target, row, work), targets, rows))


def _on_one(target: "Target", row: Standing, work: "Callable[[Target, Standing], _T]") -> Outcome[_T]:
    from edgelet_host.device.targets import NOT_CONNECTED

    try:
        row.tell("connecting")
        if target.description == NOT_CONNECTED and target.kind == "named":
            raise EdgeletError("it is not connected")
        result = work(target, row)
    except (EdgeletError, OSError) as e:
        row.end("failed")
        # Who has no name is called by the port, with which errors of the console begin.
        return Outcome(target.label, error=str(e).removeprefix(f"{target.label}: "))
    row.end("done")
    return Outcome(target.label, result)


def print_outcomes(outcomes: Sequence[Outcome[_T]], describe: Callable[[_T], str]) -> None:
    """Print a table with a row for each device; why one failed is told by `raise_failures`."""
    rows = [[one.label, *_row(one, describe)] for one in outcomes]
    print_table(["DEVICE", "RESULT", "DETAILS"], rows)


def _row(one: Outcome[_T], describe: Callable[[_T], str]) -> tuple[str, str]:
    return ("failed", "") if one.result is None else ("done", describe(one.result))


def raise_failures(outcomes: Sequence[Outcome[_T]]) -> None:
    """Raise EdgeletError with a line for each device where it failed, if there is one."""
    failed = [f"{one.label}: {one.error.splitlines()[0]}" for one in outcomes if one.result is None]
    if failed:
        raise EdgeletError("\n".join(failed))


def check_choice(**given: bool) -> None:
    """Raise UsageError where several of these options, and --device, are given: each says which devices are meant."""
    # EDGELET_DEVICE names the one that is meant when nothing is said.
    source = click.get_current_context().get_parameter_source("devices")
    chosen = [f"--{name}" for name, is_given in given.items() if is_given]
    chosen += ["--device"] if source is ParameterSource.COMMANDLINE else []
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} exclude each other")
