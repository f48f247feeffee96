"""Which devices there are, the names that their owner gave them, and which one a command means.

Names are kept in `edgelet/devices.json` below the XDG configuration folder, outside every project. They stand for
serial ports, or for addresses in the network: `kitchen.local` say, which the system resolves, by mDNS too.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edgelet_host.device import ports
from edgelet_host.device.running import running_devices
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import config_dir

_NONE = "no device found: connect a board by USB, or start 'edgelet dev' in another terminal"


@dataclass(frozen=True)
class Target:
    """A device.

    port: serial port or pty, "" of an address. name: given by the owner, or "". kind: board, local (a running
    `edgelet dev` or `serve`), named (a port that only its name is known of) or address. url: of a local one or of an
    address.
    """

    port: str
    name: str = ""
    kind: str = "board"
    description: str = ""
    url: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.port or self.url

    def as_json(self) -> dict[str, str]:
        """Give the fields."""
        return asdict(self)


def _names_file() -> Path:
    return config_dir() / "devices.json"


def read_names() -> dict[str, str]:
    """Read the names: name -> port or address."""
    path = _names_file()
    try:
        names = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        names = None
    if not isinstance(names, dict) or not all(isinstance(port, str) for port in names.values()):
        raise EdgeletError(f"{path} is damaged: remove it and give the names again")
    return names


def is_address(place: str) -> bool:
    """Whether this is HOST[:PORT] and not a serial port."""
    return not ports.is_port(place)


def _checked_address(place: str) -> str:
    address = place.removeprefix("http://").rstrip("/")
    try:
        parts = urlsplit(f"//{address}")
        is_good = parts.netloc == address and bool(parts.hostname) and parts.port != 0 and "@" not in address
    except ValueError:
        is_good = False
    if not is_good or not re.fullmatch(r"[\w.:\[\]-]+", address):
        raise EdgeletError(
            f"{place!r} is neither a serial port nor an address such as kitchen.local or 192.168.1.20:8080"
        )
    return address


def set_name(name: str, place: str | None) -> None:
    """Give a serial port or an address a name, or with None forget the name."""
    if not name or "/" in name or not name.isprintable() or " " in name:
        raise EdgeletError(f"a device's name has no blanks and no slashes: {name!r}")
    names = read_names()
    if place is None:
        if name not in names:
            raise EdgeletError(f"no device is named {name}. 'edgelet devices' lists the names")
        del names[name]
    else:
        names[name] = _checked_address(place) if is_address(place.removeprefix("http://").rstrip("/")) else place
    path = _names_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(names, indent=2, sort_keys=True) + "\n", "utf-8")
    fresh.replace(path)


def find_targets() -> list[Target]:
    """Find the boards at USB, the local devices that run, and the ports that have names."""
    from serial.tools import list_ports

    names = {port: name for name, port in read_names().items() if not is_address(port)}
    found = [
        Target(one.device, names.pop(one.device, ""), "board", one.description or "")
        for one in sorted(list_ports.comports())
        if one.vid is not None
    ]
    for local in running_devices():
        found.append(Target(local.console, names.pop(local.console, ""), "local", local.title, local.url))
    found.extend(Target(port, name, "named", "not connected") for port, name in names.items() if not ports.exists(port))
    found.extend(Target(port, name, "named") for port, name in names.items() if ports.exists(port))
    return found


def find_addresses() -> list[Target]:
    """Give the addresses that have names, and ask each whether a device answers there."""
    from concurrent.futures import ThreadPoolExecutor

    from edgelet_host.device.health import describe

    addresses = {name: place for name, place in read_names().items() if is_address(place)}
    with ThreadPoolExecutor(len(addresses) or 1) as pool:
        told = pool.map(describe, addresses.values())
        return [
            Target("", name, "address", description, f"http://{address}")
            for (name, address), description in zip(addresses.items(), told, strict=True)
        ]


def choose_targets(wanted: Sequence[str]) -> list[Target]:
    """Give the devices that `wanted` means, by port or name; without any, the only one there is."""
    if not wanted:
        return [_only_target()]
    names = read_names()
    locals_ = {local.console: local.url for local in running_devices()}
    targets = []
    for one in wanted:
        port = names.get(one, one)
        if port != one and is_address(port):
            raise EdgeletError(f"{one} is at {port} in the network, and commands use the console: give its serial port")
        if port == one and is_address(one):
            raise EdgeletError(f"no device is named {one}. 'edgelet devices' lists ports and names")
        if not ports.exists(port):
            raise EdgeletError(f"there is no {port}. 'edgelet devices' lists the boards that are connected")
        target = Target(port, one if one in names else "", url=locals_.get(port, ""))
        if target not in targets:
            targets.append(target)
    return targets


def every_target() -> list[Target]:
    """Give the boards at USB and the local devices that run. Raises EdgeletError where there are none."""
    found = [target for target in find_targets() if target.kind != "named"]
    if not found:
        raise EdgeletError(_NONE)
    return found


def choose_target(wanted: Sequence[str]) -> Target:
    """Give the one device that `wanted` means."""
    targets = choose_targets(wanted)
    if len(targets) > 1:
        raise EdgeletError("this command is for one device: give --device once")
    return targets[0]


def _only_target() -> Target:
    found = every_target()
    if len(found) > 1:
        labels = ", ".join(target.label for target in found)
        raise EdgeletError(f"there are several devices ({labels}): choose one with --device")
    return found[0]
