"""What `edgelet setup` does with a device once it knows what to set."""

import time
from collections.abc import Callable
from typing import Any

from edgelet_host.device.console import Device, connect, restart
from edgelet_host.errors import EdgeletError
from edgelet_host.runtime import network

# Joining may take a board 20 s (device/lib/edgelet/board/network.py); twice that leaves room for DHCP and a slow start.
_WIFI_S = 40
_LOOK_S = 0.2

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
    network.NO_ANSWER: ("no answer", "Look at the distance to the access point, and run 'edgelet setup' again"),
}


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


def link_text(state: str) -> str:
    """Say in words how a link stands; the states are in device/lib/edgelet/board/network.py."""
    return _REASONS[state][0] if state in _REASONS else state
