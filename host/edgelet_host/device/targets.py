"""Which devices there are, and which of them a command means."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass

from edgelet_host.device import ports
from edgelet_host.device.known import Known, change_names, checked_place, is_address, nameless, read_names, with_name
from edgelet_host.device.running import running_devices
from edgelet_host.errors import EdgeletError

# The description of a device of which only the name is known.
NOT_CONNECTED = "not connected"

_NONE = "no device found: connect a board by USB, or start 'edgelet dev' in another terminal"
_LISTED = "'edgelet devices' lists the boards that are connected"


@dataclass(frozen=True)
class Target:
    """A device.

    port: serial port or pty; "" of an address, and of a board that is not connected. name: given by the owner, or "".
    kind: board, local (a running `edgelet dev` or `serve`), named (only its name is known) or address. url: of a local
    one or of an address. serial: a board's USB serial number, "" where it has none.
    """

    port: str
    name: str = ""
    kind: str = "board"
    description: str = ""
    url: str = ""
    serial: str = ""
    groups: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.port or self.url

    def as_json(self) -> dict[str, object]:
        """Give the fields."""
        return asdict(self)

    @property
    def known(self) -> Known:
        """What a name for it has to stand for."""
        return Known(serial=self.serial) if self.serial else Known(place=self.port)


def connected_boards() -> list[Target]:
    """Give the boards at USB, without their names.

    A serial number that several ports have, as cheap USB chips do, tells none from the other, and is left out.
    """
    from serial.tools import list_ports

    found = [one for one in sorted(list_ports.comports()) if one.vid is not None]
    numbers = [_serial_number(one.serial_number) for one in found]
    count = Counter(map(str.casefold, numbers))
    return [
        Target(one.device, description=one.description or "", serial=number if count[number.casefold()] == 1 else "")
        for one, number in zip(found, numbers, strict=True)
    ]


def _serial_number(given: str | None) -> str:
    # With an ampersand it is Windows' own number of a port, of a board that has none.
    return "" if given is None or "&" in given else given.strip()


def board_at(port: str) -> Target | None:
    """Give the board that is connected at a port; Windows' names may be in small letters."""
    return next((board for board in connected_boards() if board.port.casefold() == port.casefold()), None)


def board_with(serial: str) -> Target | None:
    """Give the connected board that has a USB serial number."""
    number = serial.casefold()
    return next((board for board in connected_boards() if number and board.serial.casefold() == number), None)


def _named(target: Target, names: Mapping[str, Known]) -> Target:
    """Put name and groups to a device: what stands for its serial number counts before what stands for its port."""
    for wanted in (Known(serial=target.serial), Known(place=target.port)):
        for name, known in names.items():
            if known.is_like(wanted):
                fields = asdict(target) | {"name": name, "groups": known.groups}
                return Target(**fields)
    return target


def find_targets() -> list[Target]:
    """Find the boards at USB, the local devices that run, and those that only their names are known of."""
    names = read_names()
    boards = connected_boards()
    here = [Target(one.console, "", "local", one.title, one.url) for one in running_devices()]
    running = {target.port for target in here}
    found = [_named(target, names) for target in boards + here]
    shown = {target.name for target in found}
    for name, known in names.items():
        if name not in shown and not (known.place and is_address(known.place)):
            told = "" if known.place and _is_there(known.place, running) else NOT_CONNECTED
            found.append(Target(known.place, name, "named", told, "", known.serial, known.groups))
    return found


def _is_there(place: str, running: Container[str]) -> bool:
    """Whether what a name was given to is at this port. running: the consoles of the local devices that run.

    The system gives the pty of a device that has ended to the next program that wants one, to a terminal say.
    """
    return place in running if ports.is_pseudo_terminal(place) else ports.exists(place)


def find_addresses() -> list[Target]:
    """Give the addresses that have names, and ask each whether a device answers there."""
    from concurrent.futures import ThreadPoolExecutor

    from edgelet_host.device.health import describe

    addresses = {name: one.place for name, one in read_names().items() if one.place and is_address(one.place)}
    with ThreadPoolExecutor(len(addresses) or 1) as pool:
        told = pool.map(describe, addresses.values())
        return [
            Target("", name, "address", description, f"http://{address}")
            for (name, address), description in zip(addresses.items(), told, strict=True)
        ]


def set_name(name: str, place: str) -> tuple[Target, list[str]]:
    """Give what is at a serial port or an address, or the connected board with that USB serial number, a name.

    The name of a board that has a serial number goes with it to other ports. Gives it, and a line for each device that
    has lost its name. Raises EdgeletError.
    """
    target = board_at(place) or board_with(place) or Target(checked_place(place))

    def named(names: dict[str, Known]) -> dict[str, Known]:
        # A device that has a name may get another while it is away.
        is_known = target.serial or is_address(target.port) or target.port in [known.place for known in names.values()]
        if not (is_known or ports.exists(target.port)):
            raise EdgeletError(f"there is no {place}. {_LISTED}")
        return with_name(names, name, target.known)

    return target, nameless(*change_names(named))


def choose_targets(wanted: Sequence[str]) -> list[Target]:
    """Give the devices that `wanted` means, by port, name or serial number; without any, the only one there is."""
    if not wanted:
        return [_only_target()]
    names = read_names()
    locals_ = {local.console: local.url for local in running_devices()}
    targets = []
    for one in wanted:
        port, serial = _place(one, names)
        if not ports.exists(port):
            raise EdgeletError(f"there is no {port}. {_LISTED}")
        known = names.get(one, Known())
        if known.place and not _is_there(port, locals_):
            raise EdgeletError(f"{one}: no device that runs here has {port} now. 'edgelet devices name' names another")
        target = Target(port, one if one in names else "", "board", "", locals_.get(port, ""), serial, known.groups)
        if target not in targets:
            targets.append(target)
    return targets


def _place(wanted: str, names: Mapping[str, Known]) -> tuple[str, str]:
    """Give the port that a port, name or serial number means, and where that was looked at the serial number."""
    known = names.get(wanted, Known())
    if known.place and is_address(known.place):
        raise EdgeletError(
            f"{wanted} is at {known.place} in the network, and commands use the console: give its serial port"
        )
    if known.place or not (known.serial or is_address(wanted)):
        return known.place or wanted, ""
    if board := board_with(known.serial or wanted):
        return board.port, board.serial
    if known.serial:
        raise EdgeletError(
            f"{wanted}: no board with the serial number {known.serial} is connected, or several are. {_LISTED}"
        )
    raise EdgeletError(f"no device is named {wanted}. 'edgelet devices' lists ports and names")


def every_target() -> list[Target]:
    """Give the boards at USB and the local devices that run. Raises EdgeletError where there are none."""
    found = [target for target in find_targets() if target.kind != "named"]
    if not found:
        raise EdgeletError(_NONE)
    return found


def group_targets(group: str) -> list[Target]:
    """Give the devices in a group, also those that are not connected. Raises EdgeletError where there are none."""
    found = sorted((target for target in find_targets() if group in target.groups), key=lambda target: target.name)
    if not found:
        groups = sorted({one for known in read_names().values() for one in known.groups})
        there = f"there are: {', '.join(groups)}" if groups else "there are none yet"
        raise EdgeletError(
            f"no device is in a group {group} ({there}). 'edgelet devices group NAME... {group}' puts devices there"
        )
    return found


def choose_target(wanted: Sequence[str]) -> Target:
    """Give the one device that `wanted` means."""
    targets = choose_targets(wanted)
    if len(targets) > 1:
        meant = ", ".join(target.label for target in targets)
        raise EdgeletError(f"this command is for one device, not for {meant}: give --device once")
    return targets[0]


def _only_target() -> Target:
    found = every_target()
    if len(found) > 1:
        labels = ", ".join(target.label for target in found)
        raise EdgeletError(f"there are several devices ({labels}): choose one with --device")
    return found[0]
