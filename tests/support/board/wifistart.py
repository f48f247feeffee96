"""Switching the radio off and on, for the Linux firmware: as firmware/boards/rp2/modwifistart.c offers it there."""

from network import WLAN

_TURNS = 3  # that it takes

state = {"turn": 0, "began": 0}


def begin():
    state["turn"] = 0
    state["began"] += 1
    WLAN.switch_off()


def go_on():
    state["turn"] += 1
    if state["turn"] < _TURNS:
        return 0
    if WLAN.failing_starts:
        WLAN.failing_starts -= 1
        raise OSError(5)
    WLAN.is_on = True
    return None
