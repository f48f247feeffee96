"""Switching the radio off and on, and joining, for the Linux firmware.

As firmware/boards/rp2/modwifistart.c offers it there.
"""

from network import WLAN

_TURNS = 3  # that it takes

state = {"turn": 0, "began": 0, "joined": 0}
asked = []


def begin():
    state["turn"] = 0
    state["began"] += 1
    asked[:] = []
    WLAN.switch_off()


def join(name, password):
    assert not state["turn"], "nobody may ask anything of the driver meanwhile"
    state["joined"] += 1
    asked[:] = name, password


def go_on():
    state["turn"] += 1
    if state["turn"] < _TURNS:
        return 0
    state["turn"] = 0
    if asked:
        WLAN.join(*asked)
    elif WLAN.failing_starts:
        WLAN.failing_starts -= 1
        raise OSError(5)
    WLAN.is_on = True
    return None
