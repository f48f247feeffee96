"""The way into the network: connects, and connects again for as long as it takes.

`Link` decides; what a board has does: `Radio`, a thin layer over `network.WLAN`, or `Serial`, PPP over a UART. On Linux
the network is the system's business.
"""

import asyncio
import time

# States of a link. The command line reads them from this file, too.
UP, CONNECTING = "up", "connecting"
WRONG_PASSWORD, NO_NETWORK, REFUSED = "wrong_password", "network_not_found", "refused"
NO_RADIO = "radio_does_not_start"
NO_ANSWER = "no_answer"
# Kinds of links. The command line reads them, too.
WIFI, PPP = "Wi-Fi", "PPP"

_POLL_MS = 500
_CONNECT_MS = 20000  # joining, and an address by DHCP
_FIRST_RETRY_MS = 1000
_LAST_RETRY_MS = 60000
_ATTEMPTS_BEFORE_RESET = 5  # radio firmware can hang: switch it off and on

_UART = 0
# Bytes. Interrupts fill the first while JavaScript runs: a TCP window (lwipopts.h) with its framing must find room.
_RECEIVE_BUFFER = 2048
_SEND_BUFFER = 512
_PPP_CONNECTING = 3  # of `PPP.status`: connecting, or connected


class Link:
    """The decisions. Times are `time.ticks_ms()`.

    `radio` is a `Radio` or a `Serial`, `name` WIFI or PPP. `report(level, text)`, which may be
    `edgelet.log.add`, hears what a person should know.
    state: UP, CONNECTING while the first attempt lasts, else why the last one failed.
    """

    def __init__(self, radio, report, name=WIFI):
        self.state = CONNECTING
        self._radio = radio
        self._report = report
        self.name = name
        self._attempts = 0  # in vain, since the link was up last
        self._connecting = False
        self._until = None  # while connecting: when to give up; while waiting: when to try again

    @property
    def is_up(self):
        """Whether there is a connection."""
        return self.state == UP

    def step(self, now):
        """Looks at the radio and does what is to be done. To be called every half second or so."""
        state = self._radio.state()
        if state == UP:
            self._came_up()
        elif self.is_up:
            self._report("warn", self.name + ": connection lost")
            self.state = CONNECTING
            self._connect(now)
        elif self._connecting:
            if state != CONNECTING or _is_past(now, self._until):
                self._failed(state, now)
        elif self._until is None or _is_past(now, self._until):
            self._connect(now)

    def _came_up(self):
        if not self.is_up:
            self._report("info", "%s: connected, address %s" % (self.name, self._radio.address()))
        self.state = UP
        self._connecting = False
        self._attempts = 0

    def _connect(self, now):
        self._connecting = True
        self._until = time.ticks_add(now, _CONNECT_MS)
        self._radio.connect()

    def _failed(self, state, now):
        self.state = NO_ANSWER if state == CONNECTING else state
        if self._attempts == 0:
            self._report("warn", "%s: cannot connect (%s), trying on" % (self.name, self.state.replace("_", " ")))
        self._connecting = False
        self._radio.disconnect()
        self._attempts += 1
        if self._attempts % _ATTEMPTS_BEFORE_RESET == 0:
            self._radio.reset()
        doubled = _FIRST_RETRY_MS << min(self._attempts - 1, 10)
        self._until = time.ticks_add(now, min(doubled, _LAST_RETRY_MS))

    def address(self):
        """The address in the network, "" while there is no connection."""
        return self._radio.address() if self.is_up else ""

    def name_servers(self):
        """The addresses of the network's name servers, none while there is no connection."""
        if not self.is_up:
            return []
        try:
            from nameservers import told

            return told()
        except ImportError:  # ESP-IDF's own network
            server = self._radio.name_server()
            return [server] if server not in ("", "0.0.0.0") else []

    async def run(self):
        """Keeps the link up, for ever."""
        while True:
            self.step(time.ticks_ms())
            await asyncio.sleep_ms(_POLL_MS)


def has_wifi():
    """Whether this device has a radio that it is in charge of."""
    return _has("WLAN")


def has_ppp():
    """Whether this device's way into the network is PPP. An ESP32 could speak it, too, and has a radio."""
    return _has("PPP") and not _has("WLAN")


def _has(name):
    try:
        import network

        return hasattr(network, name)
    except ImportError:
        return False


def _is_past(now, until):
    return time.ticks_diff(now, until) >= 0


class Radio:
    """A board's station interface. `power_save` lets the radio sleep between packets, which delays some of them."""

    def __init__(self, ssid, password, hostname, country, power_save):
        import network

        self._names = network
        self._credentials = (ssid, password) if password else (ssid,)
        self._power_save = power_save
        network.hostname(hostname)
        if country:
            network.country(country)
        self._wlan = network.WLAN(network.WLAN.IF_STA)
        self._starts = True
        self.reset()

    def reset(self):
        """Switches the radio off and on."""
        wlan = self._wlan
        if hasattr(wlan, "deinit"):
            wlan.deinit()  # the CYW43 of a Pico W stays on when it is not active
        else:
            wlan.active(False)
        wlan.active(True)
        wlan.config(pm=wlan.PM_POWERSAVE if self._power_save else wlan.PM_PERFORMANCE)

    def connect(self):
        """Begins to join the network, with a radio that did not start the last time after a reset."""
        if not self._starts:
            self.reset()
        try:
            self._wlan.connect(*self._credentials)
            self._starts = True
        except OSError:
            self._starts = False

    def disconnect(self):
        """Leaves the network, or gives up joining it."""
        if self._starts:
            self._wlan.disconnect()

    def state(self):
        """How it stands: one of the constants of this file."""
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

    def address(self):
        """The board's IPv4 address."""
        return self._wlan.ifconfig()[0]

    def name_server(self):
        """The first name server that the network has told."""
        return self._wlan.ifconfig()[3]

    def signal(self):
        """Strength of the received signal in dBm, None while there is no connection."""
        return self._wlan.status("rssi") if self._wlan.isconnected() else None


class Serial:
    """PPP (RFC 1661) over UART 0, its first two pins, at `baud` bits a second, without flow control.

    The line is always open: whoever speaks PPP on its other end, whenever, becomes the network.
    """

    _ppp = None  # of which there can be one only; it outlives a restart of the runtime

    def __init__(self, baud):
        import machine
        import network

        uart = machine.UART(_UART, baud, rxbuf=_RECEIVE_BUFFER, txbuf=_SEND_BUFFER)
        if Serial._ppp is None:
            Serial._ppp = network.PPP(uart)
        else:
            Serial._ppp.config(stream=uart)

    def connect(self):
        """Opens the line, where it is not open."""
        if self._ppp.status() < _PPP_CONNECTING:
            try:
                self._ppp.connect()
            except OSError:  # it is about to close; the next call opens it
                pass

    def disconnect(self):
        """Leaves the line open."""

    def reset(self):
        """There is nothing that could hang."""

    def state(self):
        """How it stands: `UP` or `CONNECTING`."""
        if self._ppp.isconnected():
            self._ppp.poll()  # what came with an interrupt that found the scheduler's queue full
            return UP
        self.connect()
        return CONNECTING

    def address(self):
        """The board's IPv4 address, which the other end gave it."""
        return self._ppp.ifconfig()[0]
