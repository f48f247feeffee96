"""`edgelet setup`."""

import sys
from typing import Any

import click

from edgelet_host.commands.options import device_option
from edgelet_host.commands.values import read_values
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import step

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
@click.option(
    "--roots",
    metavar="FILE",
    help="Certificates in PEM: whom functions trust over https that name no roots. '' for those of the computer.",
)
@device_option
def setup(settings: tuple[str, ...], secrets_file: str | None, roots: str | None, devices: tuple[str, ...]) -> None:
    """Set up a device: name, Wi-Fi, time server, admin secret. Asks, unless options say all.

    The settings are listed in docs/cli.md. A board's clock is set from this computer's, the runtime restarts, and where
    there is Wi-Fi to join, the command waits for that.

    Example: edgelet setup --set hostname=kitchen --set wifi_ssid=home --secrets-file -
    """
    from edgelet_host.device.console import connect
    from edgelet_host.device.provisioning import apply, wait_for_wifi
    from edgelet_host.device.targets import choose_target
    from edgelet_host.project.roots import read_device_roots

    certificates = read_device_roots(roots) if roots else None
    port = choose_target(devices).port
    with connect(port) as device:
        current = device.call("settings")
    if settings or secrets_file or roots is not None:
        changes = _given(settings, current["all"]) | _given_secrets(secrets_file)
    elif sys.stdin.isatty():
        changes = _ask(current["all"], current["has_wifi"])
    else:
        raise EdgeletError("nobody to ask: give --set, --secrets-file or --roots, or run it in a terminal")
    clock_set = apply(port, changes, b"" if roots == "" else certificates)
    told = ", its roots are set" if roots is not None else ""
    told += ", its clock is set" if clock_set else ""
    click.echo(f"{len(changes)} settings are set{told}, and the device has restarted")
    ssid = (current["all"] | changes)["wifi_ssid"]
    if current["has_wifi"] and ssid:
        with connect(port) as device, step(f"Joining Wi-Fi {ssid}") as show:
            address = wait_for_wifi(device, ssid, show)
        hostname = (current["all"] | changes)["hostname"]
        click.echo(f"Wi-Fi is up: http://{address}, and by mDNS http://{hostname}.local")


def _given(settings: tuple[str, ...], known: dict[str, Any]) -> dict[str, Any]:
    from edgelet_host.runtime import config

    changes: dict[str, Any] = {}
    for one in settings:
        name, equals, text = one.partition("=")
        if name in config.DEVICE_SECRETS:
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
