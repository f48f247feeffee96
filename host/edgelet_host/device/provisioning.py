"""What `edgelet setup` does with a device once it knows what to set."""

import secrets
import time
from collections.abc import Callable
from typing import Any

from edgelet_host.device.console import Device, connect, restart
from edgelet_host.errors import EdgeletError
from edgelet_host.runtime import config, network

# Joining may take a board 20 s (device/lib/edgelet/board/network.py); twice that leaves room for DHCP and a slow start.
_WIFI_S = 40
# As long for each of three networks that it may know, before it opens an access point of its own.
_POINT_S = 3 * _WIFI_S
_LOOK_S = 0.2
# Without letters and digits that are taken for each other.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

# Why a board does not join, and what to do.
_REASONS = {
    network.WRONG_PASSWORD: ("wrong password", "Run 'edgelet setup' again and give another wifi_password"),
    network.NO_NETWORK: (
        "no network of that name in reach",
        "Look at its name (case counts, 2.4 GHz only) and at the distance",
    ),
    network.REFUSED: ("refused", "Look at the access point: it may be full, or let in only devices that it knows"),
    network.NO_RADIO: ("the radio does not start", "Take the power from the board and give it back"),
    network.SILENT: (
        "the gateway does not answer any more",
        "Look at the router and at the distance; the board joins anew, resets its radio, and restarts",
    ),
    network.UNKNOWN: ("no network is set", "Run 'edgelet setup' and name one"),
    network.NO_ANSWER: ("no answer", "Look at the distance to the access point, and run 'edgelet setup' again"),
}


def typed_setting(name: str, text: str) -> object:
    """Give the value of a setting that a text stands for. Raises ValueError where it can be none of it."""
    default = config.setting(name)[0]
    if isinstance(default, bool):
        # Spreadsheets write TRUE.
        if text.lower() not in ("true", "false"):
            raise ValueError(f"setting {name} must be true or false")
        return text.lower() == "true"
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"setting {name} must be a whole number") from None
    return text


def apply(port: str, changes: dict[str, Any], roots: bytes | None = None) -> bool:
    """Set settings and device secrets, set a board's clock from this computer's, and restart the runtime.

    roots: whom functions trust over https that name nobody, certificates in DER one after the other; None leaves those
    that were set, and b"" removes them. Gives whether the clock was set: Linux keeps its own.
    """
    with connect(port) as device:
        device.call("set_settings", changes)
        if roots is not None:
            if roots:
                device.write_file(device.call("begin_roots"), roots)
            device.call("set_roots", len(roots))
        clock_set: bool = device.call("set_clock", round(time.time()))
    restart(port)
    return clock_set


def wait_for_wifi(device: Device, ssid: str, show: Callable[[str], None]) -> str:
    """Wait until the device has joined the Wi-Fi network; its address. Raises EdgeletError with the reason.

    show: is told how it stands.
    """
    until = time.monotonic() + _WIFI_S
    while True:
        state = device.call("status")
        # The service that connects may not have started yet.
        wifi = state["link"]["state"] if state["link"] else network.CONNECTING
        show(link_text(wifi))
        if wifi == network.UP:
            return str(state["address"])
        if wifi != network.CONNECTING or time.monotonic() > until:
            reason, advice = _REASONS.get(wifi, _REASONS[network.NO_ANSWER])
            if wifi == network.CONNECTING:
                reason += f" within {_WIFI_S} s"
            raise EdgeletError(f"Wi-Fi {ssid!r}: {reason}. {advice}. The settings are kept, and the device tries on")
        time.sleep(_LOOK_S)


def wait_for_access_point(device: Device, show: Callable[[str], None]) -> tuple[str, dict[str, Any]]:
    """Wait until the device has opened its own access point, or joined a network in place of it.

    Gives its address in the network, "" for none, and what it tells of the access point.
    """
    until = time.monotonic() + _POINT_S
    while True:
        state = device.call("status")
        point, link = state["access_point"], state["link"]
        show(link_text(link["state"]) if link else "")
        if point and (point["is_open"] or link["state"] == network.UP or time.monotonic() > until):
            return str(state["address"]), point
        if time.monotonic() > until:
            raise EdgeletError("the device has no access point of its own: 'edgelet logs' says why")
        time.sleep(_LOOK_S)


def made_password() -> str:
    """Make a password for an access point: 59 bits, easy to type."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def link_text(state: str) -> str:
    """Say in words how a link stands; the states are in device/lib/edgelet/board/network.py."""
    return _REASONS[state][0] if state in _REASONS else state
