"""The radio of a board, for the Linux firmware: what MicroPython's `network` offers, with one access point in reach.

It behaves like the CYW43 of a Pico W (MicroPython's extmod/network_cyw43.c, and cyw43_ctrl.c of its driver).
"""

SSID, PASSWORD = "home", "correct horse"
ADDRESS, GATEWAY = "192.0.2.7", "192.0.2.1"  # RFC 5737

STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
STAT_CONNECT_FAIL, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = -1, -2, -3

# Of its own access point: in the network of this computer's loopback interface, so that clients can be real.
OWN_ADDRESS, OWN_MASK = "127.0.0.1", "255.255.255.0"
MAC = b"\x28\xcd\xc1\x00\x3f\x2a"

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
    IF_STA, IF_AP = 0, 1
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    failing_starts = 0  # how often it does not start, from now on
    in_reach = True  # of the access point
    hung_until = ""  # hears nothing until it is joined anew ("join"), switched off ("reset"), for ever ("restart")
    answers = True  # the gateway does, where it is reached
    rssi = -60
    fixed = ()  # addresses that were set, one after the other

    access_point = None  # how its own is set up, which is forgotten when it is switched off
    is_open = False  # whether that is on
    failing_opens = 0  # how often it does not open, from now on
    pm = None

    def __new__(cls, interface=IF_STA):
        if interface == WLAN.IF_AP:
            return OwnAccessPoint()
        return super().__new__(cls)

    is_on = False
    _status = STAT_IDLE

    def __init__(self, interface):
        pass

    @staticmethod
    def switch_off():
        WLAN.is_on = WLAN.is_open = False
        WLAN.access_point = None
        WLAN._status = STAT_IDLE
        if WLAN.hung_until in ("join", "reset"):
            WLAN.hung_until = ""

    def deinit(self):
        raise AssertionError("it takes longer than the event loop may wait to start it again")

    def active(self, on):
        # It cannot be made inactive.
        assert on and WLAN.is_on, "the driver would start the radio while everybody waits"

    def config(self, name=None, pm=None):
        assert WLAN.is_on, "the driver would start the radio while everybody waits"
        if name == "mac":
            return MAC
        WLAN.pm = pm
        return None

    def connect(self, ssid, password=None):
        raise AssertionError("it takes longer than the event loop may wait to join")

    @staticmethod
    def open(is_open):
        if WLAN.failing_opens and is_open:
            WLAN.failing_opens -= 1
            raise OSError(5)  # EIO
        if WLAN.hung_until == "reset":
            raise OSError(110)  # ETIMEDOUT
        assert WLAN.access_point and WLAN.is_on
        WLAN.is_open = is_open

    @staticmethod
    def join(ssid, password):
        if not WLAN.is_on:
            raise OSError(1)  # EPERM
        if WLAN.hung_until == "join":
            WLAN.hung_until = ""
        if ssid != SSID or not WLAN.in_reach:
            WLAN._status = STAT_NO_AP_FOUND
        else:
            WLAN._status = STAT_GOT_IP if password == PASSWORD else STAT_WRONG_PASSWORD

    def disconnect(self):
        assert WLAN.is_on, "the driver would start the radio while everybody waits"
        WLAN._status = STAT_IDLE

    def isconnected(self):
        return self._status == STAT_GOT_IP and WLAN.in_reach

    def status(self, parameter=None):
        return WLAN.rssi if parameter == "rssi" else self._status

    def ifconfig(self, addresses=None):
        if addresses:
            WLAN.fixed += (addresses,)
        return (ADDRESS, "255.255.255.0", GATEWAY, GATEWAY)


class OwnAccessPoint:
    def config(self, **options):
        assert not WLAN.is_open
        WLAN.access_point = options

    def deinit(self):
        raise AssertionError("it takes longer than the event loop may wait to start it again")

    def active(self, on):
        assert not on, "it takes longer than the event loop may wait to open it"
        assert WLAN.is_on, "the driver would start the radio while everybody waits"
        WLAN.is_open = False

    def ifconfig(self):
        return (OWN_ADDRESS, OWN_MASK, OWN_ADDRESS, "8.8.8.8")


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
