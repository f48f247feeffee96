"""`edgelet setup`, `shell`, `serve` and `doctor`: the device itself."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgelet_host.commands.options import chosen_device, device_option, json_option
from edgelet_host.commands.values import read_values
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import print_json, say, step

if TYPE_CHECKING:
    from edgelet_host.device.console import Device

_SECRETS = ("wifi_password", "admin_secret")
# What a person is asked for, in this order: setting -> question.
_QUESTIONS = {
    "hostname": "Name on the network",
    "wifi_ssid": "Wi-Fi network (empty for none)",
    "wifi_country": "Country of the radio, two letters (empty for worldwide channels)",
    "time_server": "Time server",
}


@click.command()
@click.option("--set", "settings", multiple=True, metavar="SETTING=VALUE", help="Set this and ask nothing.")
@click.option("--secrets-file", help="Set wifi_password and admin_secret from lines NAME=VALUE, - for standard input.")
@device_option
def setup(settings: tuple[str, ...], secrets_file: str | None, devices: tuple[str, ...]) -> None:
    """Set up a device: name, Wi-Fi, time server, admin secret. Asks, unless options say all.

    The settings are listed in docs/cli.md. A board's clock is set from this computer's, the runtime restarts, and where
    there is Wi-Fi to join, the command waits for that.

    Example: edgelet setup --set hostname=kitchen --set wifi_ssid=home --secrets-file -
    """
    from edgelet_host.device.console import connect
    from edgelet_host.device.provisioning import apply, wait_for_wifi
    from edgelet_host.device.targets import choose_target

    port = choose_target(devices).port
    with connect(port) as device:
        current = device.call("settings")
    if settings or secrets_file:
        changes = _given(settings, current["all"]) | _given_secrets(secrets_file)
    elif sys.stdin.isatty():
        changes = _ask(current["all"], current["has_wifi"])
    else:
        raise EdgeletError("nobody to ask: give --set and --secrets-file, or run it in a terminal")
    clock_set = apply(port, changes)
    clock = ", its clock is set" if clock_set else ""
    click.echo(f"{len(changes)} settings are set{clock}, and the device has restarted")
    ssid = (current["all"] | changes)["wifi_ssid"]
    if current["has_wifi"] and ssid:
        with connect(port) as device, step(f"Joining Wi-Fi {ssid}") as show:
            address = wait_for_wifi(device, ssid, show)
        hostname = (current["all"] | changes)["hostname"]
        click.echo(f"Wi-Fi is up: http://{address}, and by mDNS http://{hostname}.local")


def _given(settings: tuple[str, ...], known: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for one in settings:
        name, equals, text = one.partition("=")
        if name in _SECRETS:
            raise EdgeletError(f"{name} is a secret, and command lines are seen by others: use --secrets-file")
        if not equals:
            raise EdgeletError("a setting is SETTING=VALUE, for example --set hostname=kitchen")
        changes[name] = _typed(name, text, known.get(name, ""))
    return changes


def _typed(name: str, text: str, current: object) -> object:
    if isinstance(current, bool):
        if text not in ("true", "false"):
            raise EdgeletError(f"setting {name} must be true or false")
        return text == "true"
    if isinstance(current, int):
        try:
            return int(text)
        except ValueError:
            raise EdgeletError(f"setting {name} must be a whole number") from None
    return text


def _given_secrets(file: str | None) -> dict[str, str]:
    values = read_values(file) if file else {}
    unknown = sorted(values.keys() - set(_SECRETS))
    if unknown:
        raise EdgeletError(f"there is no device secret {unknown[0]}; there are: {', '.join(_SECRETS)}")
    return values


def _ask(current: dict[str, Any], has_wifi: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, question in _QUESTIONS.items():
        if name.startswith("wifi") and not has_wifi:
            continue
        answer = click.prompt(question, default=current[name], err=True)
        if answer != current[name]:
            changes[name] = answer
    for name in _SECRETS:
        if name.startswith("wifi") and not has_wifi:
            continue
        answer = click.prompt(f"{name} (empty to leave it)", default="", show_default=False, hide_input=True, err=True)
        if answer:
            changes[name] = answer
    return changes


@click.command()
@device_option
def shell(devices: tuple[str, ...]) -> None:
    """Open the device's MicroPython prompt; Ctrl-] leaves it.

    The server goes on meanwhile. A command that you type may run for 2 minutes before a board's watchdog resets it.

    Example: edgelet shell
    """
    from edgelet_host.device.targets import choose_target

    port = choose_target(devices).port
    os.execv(sys.executable, [sys.executable, "-m", "mpremote", "connect", port, "repl"])


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of what the gateway keeps.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="TCP port to listen on.")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")
def serve(data: Path, port: int, host: str) -> None:
    """Run the Linux firmware as a gateway that keeps its functions in a folder, with its log on stdout.

    Deploy to it with the other commands on the same machine.

    Example: edgelet serve --data /var/lib/edgelet
    """
    from edgelet_host.firmware.builds import ensure_unix
    from edgelet_host.session import serve as run

    run(ensure_unix(), data.absolute(), host, port)


@click.command()
@device_option
@json_option
def doctor(devices: tuple[str, ...], as_json: bool) -> None:
    """Tell what is missing on this computer and on the device, and what mends it. Exits with 1 where something is.

    Example: edgelet doctor
    """
    findings = [_compiler(), _node()]
    try:
        with chosen_device(devices) as device:
            findings += [("device", True, f"answers at {device.port}"), *_device(device)]
    except EdgeletError as e:
        findings.append(("device", False, e.message))
    if as_json:
        print_json([{"subject": subject, "ok": ok, "text": text} for subject, ok, text in findings])
    else:
        for subject, ok, text in findings:
            click.echo(f"{'ok     ' if ok else 'missing'}  {subject}: {text}")
    if not all(ok for _, ok, _ in findings):
        say("Not everything is in order.")
        sys.exit(1)


def _compiler() -> tuple[str, bool, str]:
    from edgelet_host.firmware.system import BUILD_PACKAGES

    found = all(shutil.which(program) for program in BUILD_PACKAGES.values() if program)
    return (
        "C compiler",
        found,
        "found" if found else f"builds the firmware: sudo apt install {' '.join(BUILD_PACKAGES)}",
    )


def _node() -> tuple[str, bool, str]:
    found = shutil.which("node") and shutil.which("npm")
    return (
        "Node.js",
        bool(found),
        "found" if found else "only for TypeScript and npm packages: sudo apt install nodejs npm",
    )


def _device(device: "Device") -> list[tuple[str, bool, str]]:
    state = device.call("status")
    secrets = [name for name, _ in device.call("settings")["secrets"]]
    clock = "set" if state["clock_set"] else "not set, so that tokens and times are wrong: 'edgelet setup' sets it"
    network = []
    if link := state["link"]:
        advice = "'edgelet setup' sets it up" if link["name"] == "Wi-Fi" else "look at the other end of the line"
        is_up = link["state"] == "up"
        network = [(link["name"], is_up, state["address"] if is_up else f"{link['state']}: {advice}")]
    return [
        *network,
        ("clock", state["clock_set"], clock),
        (
            "admin secret",
            "admin_secret" in secrets,
            "set" if "admin_secret" in secrets else "not set: /metrics is closed. 'edgelet setup' sets it",
        ),
        (
            "functions",
            bool(state["functions"]),
            f"{len(state['functions'])}" if state["functions"] else "none: 'edgelet deploy PATH' brings one",
        ),
    ]
