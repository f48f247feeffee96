"""The projects of one run of `edgelet dev` on their device: what their folders say now is what it serves."""

import contextlib
import shlex
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from edgelet_host.device.console import Device, DeviceError, HeldError, connect
from edgelet_host.device.deployment import Deployed, check_image, url_of
from edgelet_host.device.development import (
    Development,
    TakenError,
    circle,
    in_the_way,
    read_notes,
    shared_place,
    take_away,
)
from edgelet_host.device.running import LocalDevice
from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import Project, read_project
from edgelet_host.project.dotenv import DEV_VARS
from edgelet_host.terminal import Show, progress, say, step, warn
from edgelet_host.units import size_text, time_text


@dataclass
class _Change:
    """A project as its folder says, which is not on the device yet.

    seconds: what was done for it took so long. refusal: why it has to wait, where it has to. is_stuck: whether it has
    to though others gave up what they had. told: what was said of that.
    """

    project: Project
    work: Development | None = None
    seconds: float = 0.0
    refusal: TakenError | None = None
    is_stuck: bool = False
    told: str = ""


class Projects:
    """The projects of one run.

    notes: see `Development`. attend: is given the device whenever its console is held.
    """

    def __init__(
        self,
        local: LocalDevice,
        firmware: Path,
        folders: Sequence[Path],
        notes: Path,
        attend: Callable[[Device], None],
    ) -> None:
        self._local = local
        self._firmware = firmware
        self._folders = folders
        self._notes = notes
        self._attend = attend
        # Which name each has by its folder, where that can be read, and under which name it is on the device.
        self._named: dict[Path, str] = {}
        self._names: dict[Path, str] = {}
        # What .dev.vars had when a function was brought to the device.
        self._given: dict[str, dict[str, str]] = {}
        # The URLs of those that are there.
        self._ready: dict[Path, str] = {}
        self._failed: set[Path] = set()
        self._waiting: dict[Path, _Change] = {}
        self._held: set[Path] = set()

    @property
    def held(self) -> Sequence[Path]:
        """Projects to bring as soon as no other program has the console."""
        return [folder for folder in self._folders if folder in self._held]

    def bring(self, changed: Sequence[Path]) -> None:
        """Deploy projects, and those that wait for what another one had; say how it went."""
        self._held.difference_update(changed)
        left = {folder: change for folder, change in self._waiting.items() if folder not in changed}
        left |= {folder: change for folder in changed if (change := self._read(folder))}
        self._end_names()
        while left:
            waiting = {folder: change for folder, change in left.items() if not self._try(folder, change)}
            if len(waiting) == len(left) and not self._exchange(waiting):
                break
            left = waiting
        self._waiting = left
        for folder, change in left.items():
            change.is_stuck = False
            message = self._reason(folder, change)
            if message != change.told:
                change.told = message
                _tell(message)

    def say_next(self) -> None:
        """Say what to do now with the first project that is ready."""
        for folder in self._folders:
            if folder in self._ready:
                path = "" if folder == Path.cwd() else f"{shlex.quote(str(_shortest(folder)))} "
                say(f"Next: open {self._ready[folder]} and change a file of the project: what you save is in service.")
                say(f"To a board: edgelet deploy {path}--device PORT, where PORT is one that 'edgelet devices' shows.")
                return

    def _read(self, folder: Path) -> _Change | None:
        try:
            with _files_told():
                project = read_project(folder)
        except EdgeletError as e:
            self._named.pop(folder, None)
            self._fail(folder, e)
            return None
        self._named[folder] = project.name
        return _Change(project)

    def _try(self, folder: Path, change: _Change, involved: Collection[Path] = ()) -> bool:
        """Deploy a project; whether it is done with, and need not wait for others.

        involved: projects whose functions give up their routes where this one wants them.
        """
        started = time.monotonic()
        try:
            deployed = self._deploy(folder, change, involved)
        except TakenError as e:
            # Of one that is stuck it is what nobody gives up.
            if not change.is_stuck:
                change.refusal = e
            return False
        except EdgeletError as e:
            self._fail(folder, e)
            return True
        finally:
            change.seconds += time.monotonic() - started
        self._failed.discard(folder)
        self._say_brought(folder, change, deployed)
        return True

    def _deploy(self, folder: Path, change: _Change, involved: Collection[Path]) -> Deployed:
        project = change.project
        self._check_name(folder, project)
        work = self._worked(change)
        # The console is held for a moment only, so that other commands can talk to this device.
        with connect(self._local.port) as device:
            self._attend(device)
            with self._progress(project.name) as show:
                deployed = work.bring(
                    device,
                    self._given.get(project.name),
                    show,
                    kept=lambda name: self._may_be_named(name, folder),
                    yielding=lambda holder: self._project_of(holder, folder) in involved,
                )
            self._attend(device)
        return deployed

    def _may_be_named(self, name: str, but: Path) -> bool:
        """Whether a name may be that of another project: whoever cannot be read may have any."""
        return any(self._named.get(one, name) == name for one in self._folders if one != but)

    def _end_names(self) -> None:
        """Take away what projects were before, where another one might have had the name until now."""
        named = {
            str(folder.resolve()): folder for folder, name in self._names.items() if name == self._named.get(folder)
        }
        formers = {
            name: self._names[folder]
            for name, note in read_notes(self._notes).items()
            if (folder := named.get(note["folder"])) and self._names[folder] != name
            if not self._may_be_named(name, folder)
        }
        # Where another program has the console, with the next change.
        with contextlib.suppress(DeviceError):
            for former in self._take_away(formers):
                self._say_ended(former, formers[former])

    def _take_away(self, formers: Collection[str]) -> list[str]:
        if not formers:
            return []
        with connect(self._local.port) as device:
            self._attend(device)
            return take_away(device, self._notes, formers)

    def _say_ended(self, former: str, name: str) -> None:
        self._given.pop(former, None)
        say(f"{former} was taken away, with what it kept: its project is named {name} now")

    def _worked(self, change: _Change) -> Development:
        if change.work is None:
            with _files_told():
                change.work = Development(change.project, self._firmware, self._notes, len(self._folders) == 1)
            for line in change.work.release.warnings:
                warn(line)
        return change.work

    def _check_name(self, folder: Path, project: Project) -> None:
        """Raise TakenError where another project has the name still, whose function this one would replace."""
        for other, name in self._names.items():
            if other != folder and project.name == name == self._named.get(other, name):
                raise TakenError(f"{other} has the name {name}, too: give one of them another", name)

    def _exchange(self, waiting: dict[Path, _Change]) -> bool:
        """Where projects wait for each other, bring one in the place of others; whether anything came of it.

        Takes what is done with out of `waiting`.
        """
        involved = circle(
            {
                folder: self._project_of(change.refusal.holder, folder)
                for folder, change in waiting.items()
                # That of two one has a name is no matter of what they had.
                if change.refusal and change.refusal.holder != change.project.name and not change.is_stuck
            }
        )
        # Who would be refused for something else keeps its routes.
        for folder in involved:
            if not self._starts(folder, waiting[folder]):
                del waiting[folder]
                return True
        for folder in involved:
            if refusal := self._refusal(folder, involved, waiting):
                waiting[folder].refusal, waiting[folder].is_stuck = refusal, True
                return True
        if not involved:
            return False
        first = involved[0]
        if self._try(first, waiting[first], involved):
            del waiting[first]
        else:
            waiting[first].is_stuck = True
        return True

    def _starts(self, folder: Path, change: _Change) -> bool:
        try:
            with connect(self._local.port) as device:
                check_image(device, self._worked(change).release)
        except EdgeletError as e:
            self._fail(folder, e)
            return False
        return True

    def _refusal(self, folder: Path, involved: Sequence[Path], waiting: dict[Path, _Change]) -> TakenError | None:
        """Why a project would have to wait though all that are involved gave up their routes, None where it would not.

        Whoever had come in its place before would have taken its routes for nothing.
        """
        release = self._worked(waiting[folder]).release
        try:
            with connect(self._local.port) as device:
                functions = device.call("status")["functions"]
        except DeviceError as e:
            return TakenError(str(e), "")
        for holder, message in in_the_way(functions, release).items():
            if self._project_of(holder, folder) not in involved:
                return TakenError(message, holder)
        for other in involved[: involved.index(folder)]:
            if place := shared_place(release, self._worked(waiting[other]).release):
                return TakenError(f"{other} wants route {place}, too: choose another one for one of them", "")
        return None

    def _project_of(self, function: str, asking: Path) -> Path | None:
        """Give the other project that has the name of a function now, else the one that had it."""
        named = [folder for folder, name in self._named.items() if name == function and folder != asking]
        if named:
            return min(named, key=lambda folder: self._names.get(folder) != function)
        noted = read_notes(self._notes).get(function, {}).get("folder")
        return next((folder for folder in self._folders if str(folder.resolve()) == noted), None)

    def _reason(self, folder: Path, change: _Change) -> str:
        """Say why a project has to wait."""
        if change.refusal is None:
            return ""
        message = change.refusal.format_message()
        holder = self._project_of(change.refusal.holder, folder)
        is_name = change.refusal.holder == change.project.name
        if not is_name and (holder in self._failed or holder in self._waiting):
            message = f"{message.partition(':')[0]} until the change of {holder} can be taken"
        return f"{folder}: {message}"

    def _fail(self, folder: Path, error: EdgeletError) -> None:
        self._failed.add(folder)
        message = error.format_message()
        # A path in it tells whose it is.
        message = message if len(self._folders) == 1 or str(folder) in message else f"{folder}: {message}"
        if isinstance(error, HeldError):
            self._held.add(folder)
            _tell(message, "Waiting until it is free ...")
        else:
            _tell(message)

    @contextlib.contextmanager
    def _progress(self, name: str) -> Iterator[Show]:
        if self._local.emulated:
            with step(f"Bringing {name} to the emulated board") as tell:
                yield lambda done, total: tell(f"{size_text(done)} of {size_text(total)}")
        else:
            with progress() as add:
                yield add(name)

    def _say_brought(self, folder: Path, change: _Change, deployed: Deployed) -> None:
        project, work = change.project, self._worked(change)
        for former in work.former:
            self._say_ended(former, project.name)
        if deployed.missing_secrets:
            say(f"{project.name}: made up secrets for this device: {', '.join(deployed.missing_secrets)}")
        if work.values and work.values != self._given.get(project.name):
            say(f"{project.name}: from {DEV_VARS}, for this device: {', '.join(sorted(work.values))}")
        self._given[project.name] = work.values
        self._names = {one: name for one, name in self._names.items() if name != project.name} | {folder: project.name}
        hosts = [] if len(self._folders) == 1 else project.hosts
        urls = [url_of(self._local.url, host, route) for host in hosts or [""] for route in project.entrances()]
        size = f"image {size_text(deployed.image_bytes)}" if deployed.image_bytes else "static files only"
        say(f"{project.name} {deployed.id} is ready in {time_text(change.seconds)} ({size}): {' '.join(urls)}")
        self._ready[folder] = urls[0]


@contextlib.contextmanager
def _files_told() -> Iterator[None]:
    """Raise EdgeletError where a file cannot be used: one that an editor has just replaced is there the next time."""
    try:
        yield
    except OSError as e:
        if e.filename is None:
            raise
        raise EdgeletError(f"cannot use {e.filename}: {e.strerror}") from None


def _tell(message: str, then: str = "Waiting for the next change ...") -> None:
    click.secho(f"Error: {message}", fg="red", err=True)
    say(then)


def _shortest(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
