"""Which devices there are, the names that their owner gave them, and which one a command means.

Names are kept in `edgelet/devices.json` below the XDG configuration folder, outside every project.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.local import running_devices


@dataclass(frozen=True)
class Target:
    """A device.

    port: serial port or pty. name: given by the owner, or "". kind: board, local (a running `edgelet dev` or `serve`)
    or named (a port that only its name is known of). url: of a local one.
    """

    port: str
    name: str = ""
    kind: str = "board"
    description: str = ""
    url: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.port

    def as_json(self) -> dict[str, str]:
        """Give the fields."""
        return asdict(self)


def _names_file() -> Path:
    xdg = os.environ.get("XDG_CONFIG_HOME")
    return (Path(xdg) if xdg else Path.home() / ".config") / "edgelet" / "devices.json"


def read_names() -> dict[str, str]:
    """Read the names: name -> port."""
    path = _names_file()
    try:
        names = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        names = None
    if not isinstance(names, dict) or not all(isinstance(port, str) for port in names.values()):
        raise EdgeletError(f"{path} is damaged: remove it and give the names again")
    return names


def set_name(name: str, port: str | None) -> None:
    """Give a port a name, or with None forget the name."""
    if not name or "/" in name or not name.isprintable() or " " in name:
        raise EdgeletError(f"a device's name has no blanks and no slashes: {name!r}")
    names = read_names()
    if port is None:
        if name not in names:
            raise EdgeletError(f"no device is named {name}. './edgelet devices' lists the names")
        del names[name]
    else:
        names[name] = port
    path = _names_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(names, indent=2, sort_keys=True) + "\n")
    fresh.replace(path)


def find_targets() -> list[Target]:
    """Find the boards at USB, the local devices that run, and the ports that have names."""
    from serial.tools import list_ports

    names = {port: name for name, port in read_names().items()}
    found = [
        Target(one.device, names.pop(one.device, ""), "board", one.description or "")
        for one in sorted(list_ports.comports())
        if one.vid is not None
    ]
    for local in running_devices():
        found.append(Target(local.console, names.pop(local.console, ""), "local", local.title, local.url))
    found.extend(
        Target(port, name, "named", "not connected") for port, name in names.items() if not Path(port).exists()
    )
    found.extend(Target(port, name, "named") for port, name in names.items() if Path(port).exists())
    return found


def choose_targets(wanted: Sequence[str]) -> list[Target]:
    """Give the devices that `wanted` means, by port or name; without any, the only one there is."""
    if not wanted:
        return [_only_target()]
    names = read_names()
    locals_ = {local.console: local.url for local in running_devices()}
    targets = []
    for one in wanted:
        port = names.get(one, one)
        if port == one and "/" not in one and not one.upper().startswith("COM"):
            raise EdgeletError(f"no device is named {one}. './edgelet devices' lists ports and names")
        target = Target(port, one if one in names else "", url=locals_.get(port, ""))
        if target not in targets:
            targets.append(target)
    return targets


def choose_target(wanted: Sequence[str]) -> Target:
    """Give the one device that `wanted` means."""
    targets = choose_targets(wanted)
    if len(targets) > 1:
        raise EdgeletError("this command is for one device: give --device once")
    return targets[0]


def _only_target() -> Target:
    found = [target for target in find_targets() if target.kind != "named"]
    if not found:
        raise EdgeletError("no device found: connect a board by USB, or start './edgelet dev' in another terminal")
    if len(found) > 1:
        labels = ", ".join(target.label for target in found)
        raise EdgeletError(f"there are several devices ({labels}): choose one with --device")
    return found[0]
