"""A project on a device that is there for its development: `edgelet dev`, `edgelet test-server`."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgelet_host.device.console import Device, DeviceError
from edgelet_host.device.deployment import Deployed, check_image, deploy, make_release
from edgelet_host.device.namespace import Entry, Namespace
from edgelet_host.project.config import FILE, Project
from edgelet_host.project.dotenv import DEV_VARS, read_dev_vars


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
    ) -> Deployed:
        """Deploy it. given: the values that the device has had in this session. progress: see `deploy`.

        Raises EdgeletError.
        """
        name, folder = self._project.name, str(self._project.folder.resolve())
        noted = self._noted()
        there = device.call("listing")
        formers = [one for one, note in noted.items() if note["folder"] == folder and one != name]
        if name in there and name in noted:
            gone = set(noted[name]["values"]) - self.values.keys()
            kept = {secret for secret, _ in device.call("secrets", name)}
            if gone & kept:
                device.wait_for_job(device.call("set_secrets", name, dict.fromkeys(gone & kept)))
        self._note(noted | {name: {"folder": folder, "values": sorted(self.values)}})
        try:
            deployed = deploy(device, self.release, progress)
        except DeviceError as e:
            if not any(f"belongs to function {former}:" in str(e) for former in formers):
                raise
            # Whatever else is wrong with it is told before its former self goes.
            check_image(device, self.release)
            self._take_away(device, formers)
            deployed = deploy(device, self.release, progress)
        self._take_away(device, formers)
        if self.values and self.values != given:
            device.wait_for_job(device.call("set_secrets", name, self.values))
        missing = [secret for secret in deployed.missing_secrets if secret not in self.values]
        make_secrets(device, name, missing)
        fill_kv(device, self._project)
        return replace(deployed, missing_secrets=missing)

    def _take_away(self, device: Device, formers: Sequence[str]) -> None:
        """End the functions that this project was, with what they kept."""
        there = device.call("listing") if formers else ()
        for former in formers:
            if former in there:
                device.wait_for_job(device.call("delete", former))
                self.former.append(former)
        noted = self._noted()
        self._note({name: note for name, note in noted.items() if name not in formers})

    def _noted(self) -> dict[str, Any]:
        try:
            noted: dict[str, Any] = json.loads(self._notes.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return noted

    def _note(self, noted: dict[str, Any]) -> None:
        fresh = self._notes.with_suffix(".new")
        fresh.write_text(json.dumps(noted), "utf-8")
        fresh.replace(self._notes)


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
