"""The radio of a board, for the Linux firmware: what MicroPython's `network` offers, with one access point in reach.

It behaves like the CYW43 of a Pico W (MicroPython's extmod/network_cyw43.c, and cyw43_ctrl.c of its driver).
"""

SSID, PASSWORD = "home", "correct horse"
ADDRESS, GATEWAY = "192.0.2.7", "192.0.2.1"  # RFC 5737

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
    in_reach = True  # of the access point
    hung_until = ""  # hears nothing until it is joined anew ("join"), switched off ("reset"), for ever ("restart")
    answers = True  # the gateway does, where it is reached
    fixed = ()  # addresses that were set, one after the other

    def __init__(self, interface):
        self._is_on = False
        self._status = STAT_IDLE

    def deinit(self):
        self._is_on = False
        self._status = STAT_IDLE
        if WLAN.hung_until in ("join", "reset"):
            WLAN.hung_until = ""

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
        if WLAN.hung_until == "join":
            WLAN.hung_until = ""
        if ssid != SSID or not WLAN.in_reach:
            self._status = STAT_NO_AP_FOUND
        else:
            self._status = STAT_GOT_IP if password == PASSWORD else STAT_WRONG_PASSWORD

    def disconnect(self):
        self._status = STAT_IDLE

    def isconnected(self):
        return self._status == STAT_GOT_IP and WLAN.in_reach

    def status(self, parameter=None):
        return -60 if parameter == "rssi" else self._status

    def ifconfig(self, addresses=None):
        if addresses:
            WLAN.fixed += (addresses,)
        return (ADDRESS, "255.255.255.0", GATEWAY, GATEWAY)


AF_INET, SOCK_RAW = 2, 3


class Socket:
    """What `edgelet.board.radio` asks of MicroPython's `socket`: echoes to the gateway (extmod/modlwip.c)."""

    open = 0

    def __init__(self, family, kind, protocol):
        assert (family, kind, protocol) == (AF_INET, SOCK_RAW, 1)
        self._answer = None
        Socket.open += 1

    def setblocking(self, on):
        assert not on

    def sendto(self, packet, address):
        assert address == (GATEWAY, 0)
        words = [packet[i] << 8 | packet[i + 1] for i in range(0, len(packet), 2)]
        assert sum(words) % 0xFFFF == 0  # RFC 1071
        if WLAN.answers and not WLAN.hung_until:
            self._answer = b"\x45" + bytes(19) + b"\0\0\0\0" + packet[4:]

    def recv(self, size):
        if self._answer is None:
            raise OSError(11)  # EAGAIN
        answer, self._answer = self._answer, None
        return answer

    def close(self):
        Socket.open -= 1


socket = Socket
