"""A board's radio, as `edgelet.board.network.Link` has it: networks that it knows, and whether they are alive.

A radio can be joined to its access point and hear nothing all the same, or its access point can have lost the way. So
the gateway is asked, by ICMP echo (RFC 792), now and then. One that has never answered counts for nothing.
"""

import asyncio
import socket
import time

from edgelet.board.network import CONNECTING, NO_NETWORK, NO_RADIO, REFUSED, UP, WRONG_PASSWORD
from edgelet.outbound import addresses
from micropython import const

_ASK_MS = const(10000)  # from an answer to the next question
_ANSWER_MS = const(2000)
_UNANSWERED = const(4)  # questions, one after the other
_REST_MS = const(60000)  # until one is asked again that has never answered so many

_ICMP = const(1)
_ECHO = const(0x0800)  # type 8, code 0
_NAME = const(0x6564)  # which echoes are ours
_READ = const(128)  # bytes: an answer with the longest IP header has 68

_WEAKEST_DBM = const(-128)  # that drivers tell, in 8 bits

_LOG_MS = 1000  # for the console to print the log's last line

#: The settings that name networks.
SSIDS = ("wifi_ssid", "wifi_ssid_2", "wifi_ssid_3")


def password_of(ssid):
    """The name of the device secret for the network of a setting."""
    return ssid.replace("ssid", "password")


def known_of(config):
    """[(name, password or "")] of the networks that are set, by an `edgelet.storage.config.Config`."""
    settings = config.settings
    return [(settings[one], config.device_secret(password_of(one))) for one in SSIDS if settings[one]]


class Radio:
    """A board's station interface, which joins one of the networks that it knows.

    known: [(name, password or "")], tried one after the other. power_save lets the radio sleep between packets, which
    delays some of them. fixed: "ADDRESS/BITS GATEWAY [NAMESERVER]" instead of DHCP, or "".
    was_reset: is awaited when the radio was switched off and on, which ends an access point of its own, too.
    is_busy: whether it does something that takes a while, see `do`. Nobody else may ask anything of it meanwhile.
    """

    def __init__(self, known, hostname, country, power_save, fixed=""):
        import network

        self._names = network
        self._known = known
        self._at = 0
        self.was_reset = None
        self.is_busy = False
        self._power_save = power_save
        self._fixed = addresses.interface(fixed)
        network.hostname(hostname)
        if country:
            network.country(country)
        self._wlan = network.WLAN(network.WLAN.IF_STA)
        self._starts = False
        self._joins = False  # once it has started
        self._leaves = False  # once it is not busy any more
        self._gateway = Gateway()

    def do(self, work):
        """Begins `work`, a coroutine that asks something of the radio, which is busy until it ends."""
        asyncio.create_task(self._work_at(work))
        self.is_busy = True

    async def _work_at(self, work):
        try:
            await work
            if self._leaves and self._starts:
                self._wlan.disconnect()
        except MemoryError:  # the next attempt may find some
            pass
        finally:
            self.is_busy = self._leaves = False

    def reset(self):
        """Begins to switch the radio off and on."""
        if not self.is_busy:
            self.do(self._start())

    async def start(self):
        """Switches the radio off and on. Where it does not start, `connect` tries it again."""
        self.is_busy = True
        await self._work_at(self._start())

    async def _start(self):
        self._starts = False
        try:
            await _switch(self._wlan)
            self._save_power(True)
            if self._fixed:
                self._wlan.ifconfig(self._fixed)
            self._starts = True
        except OSError:
            return
        if self.was_reset:
            await asyncio.sleep_ms(0)  # others have their turn before the driver waits again
            await self.was_reset()
        if self._joins:
            await self._join()

    async def revive(self):
        """Switches the radio off and on where it has failed."""
        if not self._starts:
            await self._start()

    async def open(self, point, is_open):
        """Opens an access point of the board's own, or closes it: a `network.WLAN` that is set up. OSError.

        While it is open, the radio does not sleep. One that failed is reset before it is asked for anything else.
        """
        try:
            await _open(point, is_open)
        except OSError:
            self._starts = False
            raise
        await asyncio.sleep_ms(0)
        self._save_power(not is_open)

    def _save_power(self, may):
        wlan = self._wlan
        # PM_POWERSAVE draws no less in a pause, and slows down a CYW43; an ESP32 loses packets with it.
        wlan.config(pm=wlan.PM_PERFORMANCE if may and self._power_save else wlan.PM_NONE)

    def know(self, known, at=0):
        """Other networks are known from now on, of which that one is tried next."""
        self._known = known
        self._at = at

    def connect(self):
        """Begins to join the network, with a radio that has not started after a reset."""
        if not self._starts:
            self._joins = True
            self.reset()
        elif not self.is_busy:
            self.do(self._join())

    async def _join(self):
        self._joins = False
        try:
            await _join(self._wlan, *self._known[self._at])
        except OSError:
            self._starts = False

    def disconnect(self):
        """Leaves the network, or gives up joining it: the next one that it knows comes next."""
        self._joins = False
        if self.is_busy:
            self._leaves = True
        elif self._starts:
            self._wlan.disconnect()
        self._at = (self._at + 1) % max(len(self._known), 1)

    def state(self):
        """How it stands: one of the constants of `edgelet.board.network`."""
        if not self._starts:
            return NO_RADIO
        if self._wlan.isconnected():
            return UP
        names = self._names
        failures = {
            names.STAT_WRONG_PASSWORD: WRONG_PASSWORD,
            names.STAT_NO_AP_FOUND: NO_NETWORK,
            names.STAT_CONNECT_FAIL: REFUSED,
        }
        return failures.get(self._wlan.status(), CONNECTING)

    def begin(self):
        """There is a connection, by which the gateway is asked from now on."""
        self._gateway.begin(self._known[self._at][0], self.gateway())

    def is_silent(self, now):
        """Whether the gateway, which has answered before, does not any more. To be asked every half second or so."""
        return self._gateway.is_silent(now)

    def is_sound(self):
        """Whether it has answered over this connection, or was never known to."""
        return self._gateway.is_sound()

    def address(self):
        """The board's IPv4 address."""
        return self._wlan.ifconfig()[0]

    def interface(self):
        """The `network.WLAN`."""
        return self._wlan

    def mac(self):
        """Its MAC address, 6 bytes."""
        return self._wlan.config("mac")

    def gateway(self):
        """That of the gateway."""
        return self._wlan.ifconfig()[2]

    def signal(self):
        """Strength of the received signal in dBm, None without one, or where the radio is busy or does not say."""
        if not self.is_busy and self._wlan.isconnected():
            # Where the radio does not answer, MicroPython's driver for it gives whatever is in memory.
            strength = self._wlan.status("rssi")
            if _WEAKEST_DBM <= strength < 0:
                return strength
        return None


async def _switch(wlan):
    if not hasattr(wlan, "deinit"):
        wlan.active(False)
        wlan.active(True)
        return
    # The CYW43 of a Pico W stays on when it is not active, and starting it takes the better part of a second.
    import wifistart

    wifistart.begin()
    await _go_on(wifistart)
    wlan.active(True)


async def _join(wlan, name, password):
    if not hasattr(wlan, "deinit"):
        wlan.connect(*((name, password) if password else (name,)))
        return
    import wifistart

    wifistart.join(name, password)
    await _go_on(wifistart)


async def _open(point, is_open):
    if not hasattr(point, "deinit"):
        point.active(is_open)
        return
    import wifistart

    wifistart.set_up(is_open)
    await _go_on(wifistart)


async def _go_on(driver):
    while (pause := driver.go_on()) is not None:
        await asyncio.sleep_ms(pause)


class Gateway:
    """Asks a network's gateway whether it is there. Times are `time.ticks_ms()`."""

    def __init__(self):
        self._address = ""
        self._here = None  # (network, address)
        self._answering = {}  # those that have answered -> True
        self._socket = None  # while an answer is awaited
        self._number = 0
        self._next = None  # when to ask again, or to give up waiting; None for at once
        self.begin("", "")

    def begin(self, network, address):
        """A network with this gateway has been joined."""
        self._end(None)
        self._address = address
        self._here = network, address
        self._missed = 0  # questions without an answer, the last ones
        self._has_answered = False

    def is_sound(self):
        """Whether it has answered since then, or never."""
        return self._has_answered or self._here not in self._answering

    def is_silent(self, now):
        """Whether it has answered at some time and does not now. Asks it, when it is time to."""
        if self._socket and self._hears():
            self._answering[self._here] = True
            self._has_answered = True
            self._missed = 0
            self._end(time.ticks_add(now, _ASK_MS))
        elif self._next is None or time.ticks_diff(now, self._next) >= 0:
            self._ask_anew(now)
        return self._missed >= _UNANSWERED and self._here in self._answering

    def _ask_anew(self, now):
        self._missed += 1 if self._socket else 0
        if self._missed >= _UNANSWERED and self._here not in self._answering:
            self._missed = 0
            self._end(time.ticks_add(now, _REST_MS))
        else:
            self._end(time.ticks_add(now, _ANSWER_MS))
            self._ask()

    def _end(self, then):
        # The socket would take the echoes that others ask of the board.
        if self._socket:
            self._socket.close()
        self._socket = None
        self._next = then

    def _ask(self):
        if self._address in ("", "0.0.0.0"):
            return
        self._number = (self._number + 1) & 0xFFFF
        check = _ECHO + _NAME + self._number
        check = ~((check & 0xFFFF) + (check >> 16)) & 0xFFFF
        echo = b"".join([word.to_bytes(2, "big") for word in (_ECHO, check, _NAME, self._number)])
        try:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, _ICMP)
            self._socket.setblocking(False)
            self._socket.sendto(echo, (self._address, 0))
        except OSError:  # which is no answer either
            pass

    def _hears(self):
        answer = b"\0\0" + b"".join([word.to_bytes(2, "big") for word in (_NAME, self._number)])
        try:
            while True:
                packet = self._socket.recv(_READ)
                icmp = packet[(packet[0] & 15) * 4 :] if packet else b""
                if icmp[:2] + icmp[4:8] == answer:
                    return True
                if not packet:
                    return False
        except OSError:  # there is nothing more yet
            return False


class Restarts:
    """Restarts the board, by `reset()`; `starts`, an `edgelet.board.safemode.Starts`, counts in vain ones in a row."""

    def __init__(self, starts, reset):
        self.count = starts.failed
        self._starts = starts
        self._reset = reset

    def restart(self):
        """Restarts the board in a moment."""
        self._starts.begin()
        asyncio.create_task(self._reset_soon())

    def forget(self):
        """The network is back."""
        if self.count:
            self._starts.succeeded()
            self.count = 0

    async def _reset_soon(self):
        await asyncio.sleep_ms(_LOG_MS)
        self._reset()
