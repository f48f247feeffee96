"""The way into the network: connects, and connects again for as long as it takes.

`Link` decides; what a board has does: `edgelet.board.radio.Radio`, a thin layer over `network.WLAN`, or `Serial`, PPP
over a UART. On Linux the network is the system's business.
"""

import asyncio
import time

# States of a link. The command line reads them from this file, too.
UP, CONNECTING = "up", "connecting"
WRONG_PASSWORD, NO_NETWORK, REFUSED = "wrong_password", "network_not_found", "refused"
NO_RADIO = "radio_does_not_start"
NO_ANSWER = "no_answer"
SILENT = "gateway_is_silent"  # which has answered before
UNKNOWN = "no_network_is_set"
# Kinds of links. The command line reads them, too.
WIFI, PPP = "Wi-Fi", "PPP"

_POLL_MS = 500
_CONNECT_MS = 20000  # joining, and an address by DHCP
_FIRST_RETRY_MS = 1000
_LAST_RETRY_MS = 60000
_ATTEMPTS_BEFORE_RESET = 5  # radio firmware can hang: switch it off and on
# And where that does not help, after about ten minutes, the board; twice as many after each restart in vain, since a
# board without a network may still be of use over its console.
_ATTEMPTS_BEFORE_RESTART = 15

# Bytes. Interrupts fill the first while JavaScript runs: a TCP window (lwipopts.h) with its framing must find room.
_RECEIVE_BUFFER = 2048
_SEND_BUFFER = 512


class Link:
    """The decisions. Times are `time.ticks_ms()`.

    `radio` is a `Radio` or a `Serial`, `name` WIFI or PPP. `report(level, text)`, which may be
    `edgelet.log.add`, hears what a person should know, and `lost()` that what was open over the link is dead.
    `restarts` restarts the board as the last resort, see `edgelet.board.radio.Restarts`. `networks`: how many the radio
    knows.
    state: UP, CONNECTING while the known networks are tried for the first time, else why the last attempt failed;
    UNKNOWN where the radio knows none.
    """

    def __init__(self, radio, report, name=WIFI, lost=None, restarts=None, networks=1):
        self.state = CONNECTING if networks else UNKNOWN
        self._radio = radio
        self._report = report
        self.name = name
        self._lost = lost
        self._restarts = restarts
        self._networks = networks
        self._is_trial = False
        self._attempts = 0  # in vain, since the network last did what it should
        self._connecting = False
        self._until = None  # while connecting: when to give up; while waiting: when to try again

    @property
    def is_up(self):
        """Whether there is a connection."""
        return self.state == UP

    def step(self, now):
        """Looks at the radio and does what is to be done. To be called every half second or so."""
        if self._radio.is_busy:
            return
        state = self._radio.state()
        if state == UP and self._is_left():
            self._connect(now)
        elif state == UP:
            self._look_after(now)
        elif self.is_up:
            self._went_down("connection lost")
            self._connect(now)
        elif self._connecting:
            if state != CONNECTING or _is_past(now, self._until):
                self._failed(state, now)
        elif self._networks and (self._until is None or _is_past(now, self._until)):
            self._connect(now)

    def know(self, networks, is_trial=False):
        """The radio knows so many networks from now on. is_trial: they are tried once."""
        if is_trial and self.is_up:
            self._went_down("left for another network")
        self._networks = networks
        self._is_trial = is_trial
        self._attempts = 0
        if not self.is_up:
            self.state = CONNECTING if networks else UNKNOWN
            self._connecting = False
            self._until = None

    def _is_left(self):
        # A radio that does not hear that it is to leave a network stays in it.
        return self._is_trial and not self.is_up and not self._connecting

    def hold(self, until):
        """Tries no network before then."""
        if not self.is_up and not self._connecting:
            self._until = until

    def _look_after(self, now):
        if not self.is_up:
            self._report("info", "%s: connected, address %s" % (self.name, self._radio.address()))
            self.state = UP
            self._connecting = False
            self._radio.begin()
        if self._radio.is_silent(now):
            self._went_down("the gateway %s does not answer any more, joining anew" % self._radio.gateway())
            self._failed(SILENT, now)
        elif self._radio.is_sound():
            self._attempts = 0
            if self._restarts:
                self._restarts.forget()

    def _went_down(self, why):
        self._report("warn", "%s: %s" % (self.name, why))
        self.state = CONNECTING
        if self._lost:
            self._lost()

    def _connect(self, now):
        self._connecting = True
        self._until = time.ticks_add(now, _CONNECT_MS)
        self._radio.connect()

    def _failed(self, state, now):
        self._attempts += 1
        if self._attempts >= self._networks or state == SILENT:
            if self.state == CONNECTING and state != SILENT:
                why = NO_ANSWER if state == CONNECTING else state
                then = "" if self._is_trial else ", trying on"
                self._report("warn", "%s: cannot connect (%s)%s" % (self.name, why.replace("_", " "), then))
            self.state = NO_ANSWER if state == CONNECTING else state
        self._connecting = False
        self._radio.disconnect()
        self._heal(state)
        doubled = _FIRST_RETRY_MS << min(self._attempts - 1, 10)
        self._until = time.ticks_add(now, min(doubled, _LAST_RETRY_MS))

    def _heal(self, state):
        """Does more than to join anew, where that was in vain."""
        if self.name == PPP:
            return  # there is nothing that could hang
        if self._restarts and self._attempts == _ATTEMPTS_BEFORE_RESTART << self._restarts.count:
            self._report("error", "%s: nothing has brought it back, the board restarts" % self.name)
            self._restarts.restart()
        elif self._attempts % _ATTEMPTS_BEFORE_RESET == 0 or (state == SILENT and self._attempts > 1):
            self._report("info", "%s: switched off and on" % self.name)
            self._radio.reset()

    def address(self):
        """The address in the network, "" while there is no connection."""
        return self._radio.address() if self.is_up else ""

    def name_servers(self):
        """The addresses of the network's name servers, none while there is no connection."""
        if not self.is_up:
            return []
        from nameservers import told

        return told()

    async def run(self):
        """Keeps the link up, for ever."""
        while True:
            try:
                self.step(time.ticks_ms())
            except MemoryError:  # the next look may find some
                pass
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


class Serial:
    """PPP (RFC 1661) over UART 0, its first two pins, at `baud` bits a second, without flow control.

    The line is always open: whoever speaks PPP on its other end, whenever, becomes the network.
    """

    is_busy = False
    _ppp = None  # of which there can be one only; it outlives a restart of the runtime

    def __init__(self, baud):
        import machine
        import network

        uart = machine.UART(0, baud, rxbuf=_RECEIVE_BUFFER, txbuf=_SEND_BUFFER)
        if Serial._ppp is None:
            Serial._ppp = network.PPP(uart)
        else:
            Serial._ppp.config(stream=uart)

    def connect(self):
        """Opens the line, where it is not open."""
        if self._ppp.status() < 3:  # neither connecting nor connected
            try:
                self._ppp.connect()
            except OSError:  # it is about to close; the next call opens it
                pass

    def disconnect(self):
        """Leaves the line open."""

    def begin(self):
        """There is a connection: the two below are asked from now on."""

    def is_silent(self, now):
        """PPP looks itself whether the other end is there."""
        return False

    def is_sound(self):
        """So a connection is one."""
        return True

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
