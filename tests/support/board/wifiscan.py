"""The search for networks, for the Linux firmware: as firmware/boards/rp2/modwifiscan.c offers it on a board."""

#: (name, dBm, security), the last of each in the order in which they are heard.
heard = [
    (b"home", -58, 4),
    (b"home", -80, 4),
    (b"caf\xc3\xa9 <b>\"'&", -70, 0),
    (b"", -40, 4),
    (b"\xff\xfe", -41, 4),
    (b"line\nfeed", -42, 4),
    (b"far", -90, 4),
]
state = {"looks": 0, "begun": 0}  # looks: how often it is not over yet, of each search


def begin():
    state["begun"] += 1
    state["left"] = state["looks"]


def found():
    if state["left"]:
        state["left"] -= 1
        return None
    return heard
