"""Switching the radio off and on, joining, opening its own access point, for the Linux firmware.

As firmware/boards/rp2/modwifistart.c offers it there.
"""

from network import WLAN

_TURNS = 3  # that it takes

state = {"turn": 0, "began": 0, "joined": 0}
asked = []


def _start():
    if WLAN.failing_starts:
        WLAN.failing_starts -= 1
        raise OSError(5)
    WLAN.is_on = True


def begin():
    state["turn"] = 0
    state["began"] += 1
    asked[:] = (_start,)
    WLAN.switch_off()


def join(name, password):
    assert not state["turn"], "nobody may ask anything of the driver meanwhile"
    state["joined"] += 1
    asked[:] = WLAN.join, name, password


def set_up(is_open):
    assert not state["turn"], "nobody may ask anything of the driver meanwhile"
    asked[:] = WLAN.open, is_open


def go_on():
    state["turn"] += 1
    if state["turn"] < _TURNS:
        return 0
    state["turn"] = 0
    asked[0](*asked[1:])
    return None
