"""`edgelet doctor`."""

import shutil
import sys
from typing import TYPE_CHECKING

import click

from edgelet_host.commands.options import chosen_device, device_option, json_option
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import print_json, say

if TYPE_CHECKING:
    from edgelet_host.device.console import Device


@click.command()
@click.option("--repair", is_flag=True, help="Set right what is damaged on the device, where that can be.")
@click.option("--report", is_flag=True, help="Instead: what to tell others of this board and how it does.")
@device_option
@json_option
def doctor(repair: bool, report: bool, devices: tuple[str, ...], as_json: bool) -> None:
    """Tell what is missing on this computer, missing or damaged on the device, and what mends it.

    Exits with 1 where something is. --report gives versions, sizes, timings, resets and errors as Markdown; secrets,
    names of networks, addresses, and what functions log are not among them.

    Example: edgelet doctor --device kitchen --repair
    """
    if report:
        if repair:
            raise EdgeletError("--report changes nothing: give it without --repair")
        _report(devices, as_json)
        return
    findings = [_compiler(), _node()]
    damage: list[tuple[str, bool, str]] = []
    try:
        with chosen_device(devices) as device:
            findings.append(("device", True, f"answers at {device.port}"))
            damage = _damage(device, repair)
            findings += _device(device)
    except EdgeletError as e:
        findings.append(("device", False, e.message))
    if as_json:
        print_json([{"subject": subject, "ok": ok, "text": text} for subject, ok, text in findings + damage])
    else:
        for subject, ok, text in findings:
            click.echo(f"{'ok     ' if ok else 'missing'}  {subject}: {text}")
        for subject, ok, text in damage:
            click.echo(f"{'repaired' if ok else 'damaged'}  {subject}: {text}")
    if not all(ok for _, ok, _ in findings + damage):
        say("Not everything is in order.")
        sys.exit(1)


def _report(devices: tuple[str, ...], as_json: bool) -> None:
    from edgelet_host.device.report import collect, render

    with chosen_device(devices) as device:
        found = collect(device)
    if as_json:
        print_json(found)
    else:
        click.echo(render(found), nl=False)


def _compiler() -> tuple[str, bool, str]:
    from edgelet_host.firmware.system import BUILD_PACKAGES
    from edgelet_host.paths import LINUX_FIRMWARE, prebuilt

    if prebuilt(LINUX_FIRMWARE):
        return "firmware", True, "is part of this package"
    found = all(shutil.which(program) for program in BUILD_PACKAGES.values() if program)
    return (
        "C compiler",
        found,
        "found" if found else f"builds the firmware: sudo apt install {' '.join(BUILD_PACKAGES)}",
    )


def _node() -> tuple[str, bool, str]:
    found = shutil.which("node") and shutil.which("npm")
    how = "sudo apt install nodejs npm" if sys.platform == "linux" else "install it, npm is a part of it"
    return (
        "Node.js",
        bool(found),
        "found" if found else f"only for TypeScript and npm packages: {how}",
    )


def _damage(device: "Device", repair: bool) -> list[tuple[str, bool, str]]:
    found = device.wait_for_job(device.call("examine", repair))
    return [(one["path"], one["repaired"], one["text"]) for one in found]


def _device(device: "Device") -> list[tuple[str, bool, str]]:
    from edgelet_host.device.provisioning import link_text
    from edgelet_host.runtime import network as link_states

    state = device.call("status")
    clock = "set" if state["clock_set"] else "not set, so that tokens and times are wrong: 'edgelet setup' sets it"
    network = []
    if link := state["link"]:
        advice = (
            "'edgelet setup' sets it up" if link["name"] == link_states.WIFI else "look at the other end of the line"
        )
        if state["access_point"] and state["access_point"]["is_open"]:
            advice = f"its access point {state['access_point']['name']} is open, whose page asks for a network"
        is_up = link["state"] == link_states.UP
        network = [(link["name"], is_up, state["address"] if is_up else f"{link_text(link['state'])}: {advice}")]
    return [
        *network,
        ("clock", state["clock_set"], clock),
        _admin_secret(device),
        (
            "functions",
            bool(state["functions"]),
            f"{len(state['functions'])}" if state["functions"] else "none: 'edgelet deploy PATH' brings one",
        ),
    ]


def _admin_secret(device: "Device") -> tuple[str, bool, str]:
    try:
        is_set = "admin_secret" in [name for name, _ in device.call("settings")["secrets"]]
    except EdgeletError as e:
        return "admin secret", False, e.message
    return "admin secret", is_set, "set" if is_set else "not set: /metrics is closed. 'edgelet setup' sets it"
