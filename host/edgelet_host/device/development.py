"""A project on a device that is there for its development: `edgelet dev`, `edgelet test-server`."""

import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgelet_host.device.console import Device, DeviceError
from edgelet_host.device.deployment import Deployed, Release, check_image, deploy, make_release
from edgelet_host.device.namespace import Entry, Namespace
from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, Project
from edgelet_host.project.dotenv import DEV_VARS, read_dev_vars

# What a device says of a route (device/lib/edgelet/storage/releases.py).
_TAKEN = re.compile(r"belongs to function ([a-z0-9-]+):")


class TakenError(DeviceError):
    """Another function has the name or a route of this project. holder: that function."""

    def __init__(self, message: str, holder: str) -> None:
        super().__init__(message)
        self.holder = holder


class Development:
    """A project as a development device gets it: with values of .dev.vars, secrets that are made up, and keys in KV.

    notes: a file in the device's folder that keeps which names .dev.vars had, so that they end with their lines, and
    where a function is from, so that it ends when its project has another name.
    alone: no other project is on the device. It answers under every host name then, since its own lead elsewhere.
    """

    def __init__(self, project: Project, firmware: Path, notes: Path, alone: bool = False) -> None:
        self._project = project
        self._notes = notes
        # The project's names before, whose functions `bring` has taken away.
        self.former: list[str] = []
        self.values = read_dev_vars(project)
        # As secrets their values are in no log. A name cannot be that of a variable, too.
        variables = {name: value for name, value in project.vars.items() if name not in self.values}
        self.release = make_release(replace(project, vars=variables), firmware, everywhere=alone)
        self.release.warnings.extend(
            f"{project.folder / DEV_VARS} has {name}, {FILE} has not: name it in secrets, and a deploy asks for it"
            for name in sorted(self.values.keys() - project.vars.keys() - set(project.secrets))
        )

    def bring(
        self,
        device: Device,
        given: dict[str, str] | None = None,
        progress: Callable[[int, int], None] = lambda sent, total: None,
        kept: Callable[[str], bool] = lambda name: False,
        yielding: Callable[[str], bool] = lambda name: False,
    ) -> Deployed:
        """Deploy it. A name owns what is kept under it, whichever project has it.

        given: the values that the function has had in this session. progress: see `deploy`. kept: whether a name may be
        another project's, whose function stays though this project had the name before. yielding: whether a function
        gives up its routes where this one wants them, until its own project is brought.

        Raises TakenError where another function has a route of it, and EdgeletError.
        """
        name, folder = self._project.name, str(self._project.folder.resolve())
        noted = read_notes(self._notes)
        before = noted.get(name, {})
        is_there = name in device.call("listing")
        formers = [one for one, note in noted.items() if note["folder"] == folder and one != name]
        gone = set(before["values"] if is_there and before else ()) - self.values.keys()
        _end_secrets(device, name, gone & self._project.vars.keys())
        # Until the device has taken it, those before may be there as well.
        _note(self._notes, noted | {name: before | {"folder": folder, "values": sorted({*self.values, *gone})}})
        deployed = self._deploy(device, lambda holder: holder in formers or yielding(holder), progress)
        if before.get("gave_way"):
            # What was before is of nobody's, and has no route.
            device.call("forget_previous", name)
        self.former += take_away(device, self._notes, [one for one in formers if not kept(one)])
        _end_secrets(device, name, gone)
        if self.values and self.values != given:
            device.wait_for_job(device.call("set_secrets", name, self.values))
        lacking = {*deployed.missing_secrets, *gone}
        missing = [secret for secret in self._project.secrets if secret in lacking and secret not in self.values]
        make_secrets(device, name, missing)
        fill_kv(device, self._project)
        _note(self._notes, read_notes(self._notes) | {name: {"folder": folder, "values": sorted(self.values)}})
        return replace(deployed, missing_secrets=missing)

    def _deploy(
        self, device: Device, yielding: Callable[[str], bool], progress: Callable[[int, int], None]
    ) -> Deployed:
        """Deploy it, in the place of functions that give up their routes; they have them again where it is refused."""
        try:
            return deploy(device, self.release, progress)
        except DeviceError as e:
            taken = _TAKEN.search(str(e))
            if taken is None:
                raise
            holders = {taken[1]: str(e)} | in_the_way(device.call("status")["functions"], self.release)
            for holder, message in holders.items():
                if not yielding(holder):
                    raise TakenError(message, holder) from None
        # Whatever else is wrong with it is told before.
        check_image(device, self.release)
        releases: dict[str, str] = {}
        try:
            for holder in holders:
                releases[holder] = _give_up_routes(device, holder, self.release.compiler)
            deployed = deploy(device, self.release, progress)
        except EdgeletError:
            for holder, release in releases.items():
                device.wait_for_job(device.call("rollback", holder, release))
                device.call("forget_previous", holder)
            raise
        noted = read_notes(self._notes)
        _note(self._notes, noted | {one: noted[one] | {"gave_way": True} for one in holders if one in noted})
        return deployed


def read_notes(notes: Path) -> dict[str, Any]:
    """Give what is noted of the functions on a device, {name: {folder, values}}; see `Development`."""
    try:
        noted: dict[str, Any] = json.loads(notes.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return noted


def _note(notes: Path, noted: dict[str, Any]) -> None:
    fresh = notes.with_suffix(".new")
    fresh.write_text(json.dumps(noted), "utf-8")
    fresh.replace(notes)


def take_away(device: Device, notes: Path, formers: Collection[str]) -> list[str]:
    """End functions that projects were, with what they kept; those that were there."""
    there = device.call("listing") if formers else ()
    ended = [former for former in formers if former in there]
    for former in ended:
        device.wait_for_job(device.call("delete", former))
    _note(notes, {name: note for name, note in read_notes(notes).items() if name not in formers})
    return ended


def in_the_way(functions: Sequence[Mapping[str, Any]], release: Release) -> dict[str, str]:
    """Give each function that has a route of a release, and what a device says of it.

    functions: as a device's status has them, `{name, hosts, routes}`.
    """
    said = {}
    for one in functions:
        place = _common_place(one, _places(release))
        if place and one["name"] != release.function:
            said[one["name"]] = f"route {place} belongs to function {one['name']}: choose another one in {FILE}"
    return said


def _places(release: Release) -> Mapping[str, Any]:
    """Give the places of a release, `{hosts, routes}`."""
    header: dict[str, Any] = json.loads(release.manifest.partition(b"\n")[0])
    return header


def shared_place(one: Release, other: Release) -> str:
    """Give a place that both of two releases want, "" where there is none."""
    return _common_place(_places(one), _places(other))


def _common_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    hosts = [host for host in one["hosts"] or [""] if host in (other["hosts"] or [""])]
    routes = [route for route in one["routes"] if route in other["routes"]]
    return hosts[0] + routes[0] if hosts and routes else ""


def circle(holders: Mapping[Path, Path | None]) -> list[Path]:
    """Give projects that wait for each other, and then those that wait for them; none where there are no such.

    holders: for each project that waits, the one whose function has what it wants; None where that is of no project.
    """
    ways = {start: _way(start, holders) for start in holders}
    for way in ways.values():
        if (end := holders[way[-1]]) in way:
            ring = way[way.index(end) :]
            return [*ring, *(one for one in holders if one not in ring and end in ways[one])]
    return []


def _way(start: Path, holders: Mapping[Path, Path | None]) -> list[Path]:
    """Give whom a project waits for, and whom that one, until one that does not wait, or that was there before."""
    way = [start]
    while (after := holders[way[-1]]) is not None and after in holders and after not in way:
        way.append(after)
    return way


def _give_up_routes(device: Device, function: str, compiler: Path) -> str:
    """Have a function keep what it has without its routes; the id of the release that has them."""
    [active] = [one["id"] for one in device.call("releases", function) if one["active"]]
    # The device wants one, and something to serve there.
    route = f"/.without-routes/{function}"
    header = {"function": function, "routes": [route], "static": {"folder": "none"}}
    manifest = f"{json.dumps(header)}\n".encode()
    deploy(device, Release(function, "", route, route, 0, manifest, {}, 0, [], [], str, compiler))
    return str(active)


def _end_secrets(device: Device, function: str, names: Collection[str]) -> None:
    there = {secret for secret, _ in device.call("secrets", function)} if names else set()
    if ended := there.intersection(names):
        device.wait_for_job(device.call("set_secrets", function, dict.fromkeys(ended)))


def make_secrets(device: Device, function: str, names: Sequence[str]) -> None:
    """Give a function on a development device random values for secrets."""
    if names:
        values = {name: secrets.token_urlsafe(48) for name in names}
        device.wait_for_job(device.call("set_secrets", function, values))


def fill_kv(device: Device, project: Project) -> None:
    """Put what the project has for development into KV on a development device, where a key is not there."""
    for binding, pairs in project.dev_kv.items():
        namespace = Namespace(device, project.name, binding)
        for key, value in pairs.items():
            if namespace.get(key) is None:
                namespace.put([Entry(key, value)])
