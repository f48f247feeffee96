"""The radio of a board, for the Linux firmware: what MicroPython's `network` offers, with one access point in reach.

It behaves like the CYW43 of a Pico W (MicroPython's extmod/network_cyw43.c, and cyw43_ctrl.c of its driver).
"""

SSID, PASSWORD = "home", "correct horse"
ADDRESS = "192.0.2.7"  # RFC 5737

STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
STAT_CONNECT_FAIL, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = -1, -2, -3

names = {}


def hostname(name):
    if len(name) > 32:
        raise ValueError
    names["hostname"] = name


def country(code):
    if len(code) != 2:
        raise ValueError
    names["country"] = code


class WLAN:
    IF_STA = 0
    PM_PERFORMANCE, PM_POWERSAVE = 1, 2

    failing_starts = 0  # how often it does not start, from now on

    def __init__(self, interface):
        self._is_on = False
        self._status = STAT_IDLE

    def deinit(self):
        self._is_on = False
        self._status = STAT_IDLE

    def active(self, on):
        # Nobody is told whether it starts. It cannot be made inactive.
        if on and not self._is_on:
            self._is_on = WLAN.failing_starts == 0
            WLAN.failing_starts = max(WLAN.failing_starts - 1, 0)

    def config(self, pm):
        pass

    def connect(self, ssid, password=None):
        if not self._is_on:
            raise OSError(1)  # EPERM
        if ssid != SSID:
            self._status = STAT_NO_AP_FOUND
        else:
            self._status = STAT_GOT_IP if password == PASSWORD else STAT_WRONG_PASSWORD

    def disconnect(self):
        self._status = STAT_IDLE

    def isconnected(self):
        return self._status == STAT_GOT_IP

    def status(self, parameter=None):
        return -60 if parameter == "rssi" else self._status

    def ifconfig(self):
        return (ADDRESS, "255.255.255.0", "192.0.2.1", "192.0.2.1")
