"""`edgelet setup`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from edgelet_host.commands.many import check_choice, on_each, print_outcomes, raise_failures
from edgelet_host.commands.options import device_option, json_option
from edgelet_host.commands.values import read_text, read_values
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import Standing, print_json, say, step
from edgelet_host.units import count_text

if TYPE_CHECKING:
    from edgelet_host.device.roster import Row
    from edgelet_host.device.targets import Target

# What a person is asked for, in this order: setting -> question.
_QUESTIONS = {
    "hostname": "Name on the network",
    "wifi_ssid": "Wi-Fi network (empty for none)",
    "wifi_country": "Country of the radio, two letters (empty for worldwide channels)",
    "time_server": "Time server",
}

_POINT_PASSWORD = "wifi_access_point_password"
_POINT_ADVICE = "Connect a phone or a computer to it: a page opens that asks for your Wi-Fi."


@click.command()
@click.option("--set", "settings", multiple=True, metavar="SETTING=VALUE", help="Set this and ask nothing.")
@click.option("--secrets-file", help="Set wifi_password and admin_secret from lines NAME=VALUE, - for standard input.")
@click.option(
    "--access-point",
    is_flag=True,
    help="Have a board open an access point of its own while it can join no network, with a page that asks for one.",
)
@click.option(
    "--roots",
    metavar="FILE",
    help="Certificates in PEM: whom functions trust over https that name no roots. '' for those of the computer.",
)
@click.option("--all", "to_all", is_flag=True, help="Every board at USB and every device that runs here.")
@click.option(
    "--csv",
    "table",
    metavar="FILE",
    help="With --all: a line for each board; the columns device, name, group, and settings and secrets by their names.",
)
@device_option
@json_option
def setup(
    settings: tuple[str, ...],
    secrets_file: str | None,
    access_point: bool,
    roots: str | None,
    to_all: bool,
    table: str | None,
    devices: tuple[str, ...],
    as_json: bool,
) -> None:
    """Set up a device: name, Wi-Fi, time server, admin secret. Asks, unless options say all.

    The settings are listed in docs/cli.md. A board's clock is set from this computer's, the runtime restarts, and where
    there is Wi-Fi to join, the command waits for that.

    With --access-point the network can be told later, without a cable: who connects to the board's own network,
    with the password that is asked for here or made, gets a page that asks for it.

    With --all, all devices are set up side by side; --csv has for each what it has of its own, and what it is called.

    Example: edgelet setup --set hostname=kitchen --set wifi_ssid=home --secrets-file -
    """
    from edgelet_host.device.provisioning import made_password
    from edgelet_host.device.roster import parse
    from edgelet_host.project.roots import read_device_roots

    check_choice(all=to_all)
    if table is not None and not to_all:
        raise click.UsageError("--csv is for all boards: give --all, too")
    rows = parse(table, read_text(table)) if table is not None else None
    # An empty name is for none, which is what removes those there are.
    certificates = None if roots is None else b""
    if roots:
        certificates = read_device_roots(roots)
    changes = None
    if settings or secrets_file or roots is not None or rows is not None or access_point:
        changes = _given(settings) | _given_secrets(secrets_file)
    made = ""
    if access_point and changes is not None:
        changes["wifi_access_point"] = True
        columns = set() if rows is None else {name for row in rows for name in row.changes}
        if _POINT_PASSWORD not in changes.keys() | columns:
            given = _asked_password(to_all or as_json)
            made = "" if given else made_password()
            changes[_POINT_PASSWORD] = given or made
    if not to_all:
        _set_up_one(devices, changes, certificates, as_json, made)
    elif changes is None:
        raise EdgeletError(
            "nobody is asked for all devices: give --csv, --set, --secrets-file, --access-point or --roots"
        )
    elif rows is None:
        from edgelet_host.device.targets import every_target

        _set_up_all(every_target(), lambda target: changes, certificates, as_json)
    else:
        _set_up_rows(rows, changes, certificates, as_json)


@dataclass(frozen=True)
class _Done:
    """What was set: how many settings, whether roots and clock; hostname; ssid and address of Wi-Fi it has joined.

    wants_point: whether an access point of its own was asked for; point: what the device tells of it.
    """

    count: int
    has_roots: bool
    clock_set: bool
    hostname: str
    ssid: str
    wants_point: bool
    address: str = ""
    point: dict[str, Any] = field(default_factory=dict)


def _asked_password(has_nobody: bool) -> str:
    """Ask for the password of an access point; "" where one is to be made."""
    from edgelet_host.runtime import config

    if has_nobody:
        raise EdgeletError(f"give the access point's password: {_POINT_PASSWORD} in --secrets-file or in the table")
    if not sys.stdin.isatty():
        return ""
    question = "Password of the access point (empty: one is made)"
    given = str(click.prompt(question, default="", show_default=False, hide_input=True, err=True))
    if given:
        try:
            config.check_secret(_POINT_PASSWORD, given)
        except ValueError as e:
            raise EdgeletError(str(e)) from None
    return given


def _set_up_one(
    devices: tuple[str, ...], changes: dict[str, Any] | None, roots: bytes | None, as_json: bool, made: str
) -> None:
    from edgelet_host.device.console import connect
    from edgelet_host.device.targets import choose_target

    target = choose_target(devices)
    with connect(target.port) as device:
        current = device.call("settings")
    if changes is None:
        if not sys.stdin.isatty():
            raise EdgeletError(
                "nobody to ask: give --set, --secrets-file, --access-point or --roots, or run it in a terminal"
            )
        changes = _ask(current["all"], current["has_wifi"])
    done = _apply(target.port, current, changes, roots)
    if not as_json:
        click.echo(_told(done))
    if done.ssid or done.wants_point:
        with step(f"Joining Wi-Fi {done.ssid}" if done.ssid else "Opening its access point") as show:
            done = _join(target.port, done, show)
    if as_json:
        print_json([{"device": target.label, **_as_json(done)}])
        return
    if done.address:
        click.echo(f"Wi-Fi is up: {_where(done)}")
    if done.point:
        click.echo(f"{_point(done)}. Its password: {made or 'as given'}")
        # It is known once it is open.
        page = f" If none opens: http://{done.point['address']}" if done.point["address"] else ""
        click.echo(_POINT_ADVICE + page)


def _apply(port: str, current: dict[str, Any], changes: dict[str, Any], roots: bytes | None) -> _Done:
    from edgelet_host.device.provisioning import apply

    clock_set = apply(port, changes, roots)
    state = current["all"] | changes
    ssid = state["wifi_ssid"] if current["has_wifi"] else ""
    wants_point = bool(changes.get("wifi_access_point"))
    return _Done(len(changes), roots is not None, clock_set, state["hostname"], ssid, wants_point)


def _join(port: str, done: _Done, show: Callable[[str], None]) -> _Done:
    from edgelet_host.device.console import connect
    from edgelet_host.device.provisioning import wait_for_access_point, wait_for_wifi

    with connect(port) as device:
        if done.wants_point:
            address, point = wait_for_access_point(device, show)
            return replace(done, address=address, point=point)
        return replace(done, address=wait_for_wifi(device, done.ssid, show))


def _told(done: _Done) -> str:
    told = ", its roots are set" if done.has_roots else ""
    told += ", its clock is set" if done.clock_set else ""
    verb = "is" if done.count == 1 else "are"
    return f"{count_text(done.count, 'setting')} {verb} set{told}, and the device has restarted"


def _where(done: _Done) -> str:
    return f"http://{done.address}, and by mDNS http://{done.hostname}.local"


def _point(done: _Done) -> str:
    point = done.point
    return f"Access point {point['name']} {'is open' if point['is_open'] else 'opens when no network can be joined'}"


def _as_json(done: _Done) -> dict[str, object]:
    return {
        "settings": done.count,
        "roots_set": done.has_roots,
        "clock_set": done.clock_set,
        "hostname": done.hostname,
        "address": done.address,
        "access_point": done.point.get("name", ""),
    }


def _set_up_rows(rows: "list[Row]", common: dict[str, Any], roots: bytes | None, as_json: bool) -> None:
    """Set up the boards that have a row, and fail for the others: boards without a row, and rows without a board."""
    from edgelet_host.device.known import nameless, read_names
    from edgelet_host.device.roster import assign

    before = read_names()
    assigned = assign(rows)
    for line in nameless(before, read_names()):
        say(line)
    changes = {target: common | row.changes for target, row in assigned if row}
    _set_up_all([target for target, _ in assigned], changes.get, roots, as_json)


def _set_up_all(
    targets: "list[Target]",
    changes_of: "Callable[[Target], dict[str, Any] | None]",
    roots: bytes | None,
    as_json: bool,
) -> None:
    def work(target: "Target", row: Standing) -> _Done:
        from edgelet_host.device.console import connect

        changes = changes_of(target)
        if changes is None:
            number = f" (serial number {target.serial})" if target.serial else ""
            raise EdgeletError(f"no line of the table is for it{number}, so it stays as it was")
        with connect(target.port) as device:
            current = device.call("settings")
        row.tell("setting up")
        done = _apply(target.port, current, changes, roots)
        if not done.ssid and not done.wants_point:
            return done
        return _join(target.port, done, lambda detail: row.tell(f"joining Wi-Fi {done.ssid}: {detail}"))

    outcomes = on_each(targets, work)
    if as_json:
        print_json([one.as_json(_as_json) for one in outcomes])
    else:
        print_outcomes(outcomes, _outcome)
    raise_failures(outcomes)


def _outcome(done: _Done) -> str:
    point = _point(done) if done.point else ""
    return ", ".join(filter(None, (_summary(done), done.address and _where(done), point)))


def _summary(done: _Done) -> str:
    told = [count_text(done.count, "setting"), "roots" if done.has_roots else "", "clock" if done.clock_set else ""]
    return f"{' and '.join(filter(None, told))} set"


def _given(settings: tuple[str, ...]) -> dict[str, Any]:
    from edgelet_host.device.provisioning import typed_setting
    from edgelet_host.runtime import config

    changes: dict[str, Any] = {}
    for one in settings:
        name, equals, text = one.partition("=")
        if name in config.DEVICE_SECRETS:
            raise EdgeletError(f"{name} is a secret, and command lines are seen by others: use --secrets-file")
        if not equals:
            raise EdgeletError("a setting is SETTING=VALUE, for example --set hostname=kitchen")
        if name in changes:
            raise EdgeletError(f"{name} is given twice: which is meant?")
        try:
            changes[name] = typed_setting(name, text)
        except ValueError as e:
            raise EdgeletError(str(e)) from None
    return changes


def _given_secrets(file: str | None) -> dict[str, str]:
    from edgelet_host.runtime import config

    values = read_values(file) if file else {}
    unknown = sorted(values.keys() - config.DEVICE_SECRETS.keys())
    if unknown:
        known = ", ".join(sorted(config.DEVICE_SECRETS))
        raise EdgeletError(f"there is no device secret {unknown[0]}; there are: {known}")
    return values


def _ask(current: dict[str, Any], has_wifi: bool) -> dict[str, Any]:
    from edgelet_host.runtime import config

    changes: dict[str, Any] = {}
    for name, question in _QUESTIONS.items():
        if name.startswith("wifi") and not has_wifi:
            continue
        answer = click.prompt(question, default=current[name], err=True)
        if answer != current[name]:
            changes[name] = answer
    for name in config.DEVICE_SECRETS:
        if name.startswith("wifi") and (not has_wifi or name != "wifi_password"):
            continue
        answer = click.prompt(f"{name} (empty to leave it)", default="", show_default=False, hide_input=True, err=True)
        if answer:
            changes[name] = answer
    return changes
