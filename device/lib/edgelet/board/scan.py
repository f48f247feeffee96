"""Which Wi-Fi networks are in reach, looked for while everything else goes on.

`WLAN.scan` itself blocks for seconds.
"""

from micropython import const

_MOST = const(16)  # networks that are told, the strongest


class Scan:
    """A search by `wlan`, a `network.WLAN`. CYW43's is in C (`wifiscan`), an ESP32's runs in a thread of its own."""

    def __init__(self, wlan):
        self._wlan = wlan
        self._runs = False
        self._found = None  # of the thread, once it has ended

    def begin(self):
        """Begins to search, if it does not already. OSError where the radio does not."""
        if self._runs:
            return
        try:
            import wifiscan

            wifiscan.begin()
        except ImportError:
            import _thread

            self._found = None
            _thread.start_new_thread(self._search, ())
        self._runs = True

    def give_up(self):
        """It has taken too long: the next one begins anew. An ESP32's thread ends by itself."""
        try:
            import wifiscan  # noqa: F401

            self._runs = False
        except ImportError:
            pass

    def networks(self):
        """[(name, dBm, whether it asks for a password)], the strongest first; None while it searches."""
        try:
            import wifiscan

            found = wifiscan.found()
        except ImportError:
            found = self._found
        if found is None:
            return None
        self._runs = False
        return _distinct(found)

    def _search(self):
        try:
            self._found = [(one[0], one[3], one[4]) for one in self._wlan.scan()]
        except OSError:
            self._found = []


def _distinct(found):
    best = {}
    for name, rssi, security in found:
        try:
            name = bytes(name).decode()
        except UnicodeError:  # no setting can have it
            continue
        if name and not any(c < " " or c == "\x7f" for c in name) and best.get(name, (-1000,))[0] < rssi:
            best[name] = rssi, bool(security)
    networks = [(name, rssi, is_protected) for name, (rssi, is_protected) in best.items()]
    networks.sort(key=lambda one: -one[1])
    return networks[:_MOST]
