"""An access point of a board's own, for as long as there is no network that it can join, where its owner wants that.

Who connects to it, with its password, is led to a page (`edgelet.board.portal`) that takes the name and the password of
a network. A network that could be joined is kept among those that the board knows, and the access point is closed.
"""

import asyncio
import time

from edgelet import log
from edgelet.board import portal
from edgelet.board.network import CONNECTING, NO_ANSWER, NO_NETWORK, NO_RADIO, REFUSED, UP, WRONG_PASSWORD
from edgelet.board.radio import SSIDS, known_of, password_of
from edgelet.board.scan import Scan
from micropython import const

DNS_PORT = 53
_CHANNEL = const(6)
_WPA2 = 0x00400004  # CYW43_AUTH_WPA2_AES_PSK; without it the driver makes an open one, with whatever password

_LOOK_MS = const(500)
_RETRY_MS = const(30000)  # after the radio has not opened it
_VISIT_MS = const(120000)  # since somebody has seen the page: no other network is tried, which would disturb them
_FAREWELL_MS = const(15000)  # to read that it has joined
_SEARCH_MS = const(15000)  # after which a search counts as one that has found nothing

_PROBLEMS = {
    WRONG_PASSWORD: "The password is wrong.",
    NO_NETWORK: "There is no network of that name in reach. Only those with 2.4 GHz are seen.",
    REFUSED: "The network has refused: it may be full, let in only devices that it knows, or have WPA3 only.",
    NO_RADIO: "The radio does not start. Take the power from the board and give it back.",
    NO_ANSWER: "The network has not answered in time. Is it near enough, and the password right?",
}


class AccessPoint:
    """Opens and closes it. `link`: an `edgelet.board.network.Link` of `radio`, an `edgelet.board.radio.Radio`.

    config: the device's `edgelet.storage.config.Config`. server: its `edgelet.http.server.Server`. Times are
    `time.ticks_ms()`.
    name: of its network, "" before the radio is needed. is_open: whether it is. address, mask: the board's in it,
    texts.
    For the page: networks: what `Scan.networks` has found; trial: (name, password) that is being tried, or None;
    joined: the name of the network that was joined, or ""; wanted: the name that was asked for last; problem: why that
    could not be joined, or "".
    """

    def __init__(self, config, server, link, radio):
        import network

        self.hostname = config.settings["hostname"]
        self.name = ""  # the radio tells its address once it has started
        self.is_open = False
        self.address = self.mask = ""
        self._config = config
        self._server = server
        self._link = link
        self._radio = radio
        self._wlan = network.WLAN(network.WLAN.IF_AP)
        self._security = getattr(network.WLAN, "SEC_WPA2", _WPA2)
        self._known = known_of(config)
        self._scan = Scan(radio.interface())
        self._names = None  # the task that tells names
        self._find = None  # the server's, while it is open
        self._try_again = self._searched = self._closes = 0
        self._has_failed = False
        self._seeks = False  # once the radio is not busy any more
        self._forget()
        radio.was_reset = self._was_reset

    def _forget(self):
        self.networks = self.trial = self._visited = None
        self.joined = self.wanted = self.problem = ""

    async def run(self):
        """Looks after the link, in place of its `run`, and after the access point, for ever."""
        try:
            while True:
                try:
                    now = time.ticks_ms()
                    self._link.step(now)
                    self.step(now)
                except MemoryError:  # the next look may find some
                    pass
                await asyncio.sleep_ms(_LOOK_MS)
        finally:
            if self.is_open:
                self._withdraw()
                self._close_at_once()

    def step(self, now):
        """Looks how it stands, and does what is to be done. To be called every half second or so."""
        link = self._link
        if self._radio.is_busy:
            return
        if not self.name and link.state == UP:
            self._take_name()
        if not self.is_open:
            if link.state not in (UP, CONNECTING) and (not self._has_failed or _is_past(now, self._try_again)):
                self._try_again = time.ticks_add(now, _RETRY_MS)
                self._radio.do(self._open())
            return
        if self._seeks:
            self._begin_search()
        elif self.networks is None:
            self._look_for_networks(now)
        if self.trial:
            self._look_at_trial(now)
        elif not link.is_up:
            self.joined = ""
            self._keep_quiet(now)
        elif not self.joined or _is_past(now, self._closes):
            self._withdraw()
            self._radio.do(self._close())

    # For the page

    def visited(self):
        """Somebody looks at the page."""
        self._visited = time.ticks_ms()
        self._keep_quiet(self._visited)

    def search(self):
        """Looks for networks anew."""
        self.networks, self._searched = None, time.ticks_ms()
        self._begin_search()

    def join(self, name, password):
        """Tries this network, and no other."""
        log.info("Wi-Fi: joining a network that the access point's page was told")
        self.trial, self.wanted, self.problem = (name, password), name, ""
        self._radio.disconnect()
        self._radio.know([self.trial])
        self._link.know(1, is_trial=True)

    def joined_address(self):
        """The board's address in the network that was joined."""
        return self._link.address()

    # What it does

    async def _open(self):
        self._has_failed = False
        try:
            await self._radio.revive()
            await self._switch_on()
        except (OSError, ValueError) as e:
            self._has_failed = True
            log.error("Wi-Fi: the access point does not open: %s" % e)
            return
        self.address, self.mask = self._wlan.ifconfig()[:2]
        self._forget()
        self.search()
        self._find = self._server.find_function
        self._server.find_function = portal.Portal(self, self._find).find
        self._names = asyncio.create_task(portal.serve_names(self.address, DNS_PORT))
        self.is_open = True
        log.info("Wi-Fi: access point %s is open, at http://%s" % (self.name, self.address))

    async def _switch_on(self):
        password = self._config.device_secret("wifi_access_point_password")
        if not password:
            raise ValueError("it has no password: 'edgelet setup --access-point' gives it one")
        self._take_name()
        self._wlan.config(ssid=self.name, key=password, security=self._security, channel=_CHANNEL)
        await self._radio.open(self._wlan, True)

    def _withdraw(self):
        self.is_open = False
        self._server.find_function, self._find = self._find, None
        self._names.cancel()
        self._forget()
        log.info("Wi-Fi: access point %s is closed" % self.name)

    async def _close(self):
        try:
            await self._radio.open(self._wlan, False)
        except OSError:  # the radio is off
            pass

    def _close_at_once(self):
        if not self._radio.is_busy:
            try:
                self._wlan.active(False)
            except OSError:  # the radio is off
                pass

    def _take_name(self):
        self.name = "edgelet-%02x%02x" % tuple(self._radio.mac()[-2:])

    async def _was_reset(self):
        # With the radio off it is, too, and its driver has forgotten how it is set up.
        if self.is_open:
            try:
                await self._switch_on()
            except (OSError, ValueError) as e:
                log.error("Wi-Fi: the access point does not open again: %s" % e)
                if self.trial:
                    self._end_trial()
                self._withdraw()
                self._has_failed = True

    def _keep_quiet(self, now):
        if self._visited is None or self.trial:
            return
        until = time.ticks_add(self._visited, _VISIT_MS)
        if _is_past(now, until):
            self._visited = None
        else:
            self._link.hold(until)

    def _begin_search(self):
        self._seeks = self._radio.is_busy
        if self._seeks:
            return
        try:
            self._scan.begin()
        except OSError:
            self.networks = []

    def _look_for_networks(self, now):
        self.networks = self._scan.networks()
        if self.networks is None and time.ticks_diff(now, self._searched) >= _SEARCH_MS:
            self._scan.give_up()
            self.networks = []

    def _look_at_trial(self, now):
        state = self._link.state
        if state == CONNECTING:
            return
        if state == UP:
            name, password = self.trial
            self.trial = None
            self.joined, self._closes = name, time.ticks_add(now, _FAREWELL_MS)
            self._keep(name, password)
        else:
            self.problem = _PROBLEMS.get(state, _PROBLEMS[NO_ANSWER])
            self._end_trial()
            self.visited()

    def _end_trial(self):
        """The networks that were known before the trial are known again."""
        self.trial = None
        self._radio.disconnect()
        self._radio.know(self._known)
        self._link.know(len(self._known))

    def _keep(self, name, password):
        settings = self._config.settings
        taken = [settings[one] for one in SSIDS]
        at = len(taken) - 1
        for place in ("", name):
            if place in taken:
                at = taken.index(place)
        try:
            self._config.set({SSIDS[at]: name, password_of(SSIDS[at]): password or None})
            self._known = known_of(self._config)
        except (OSError, ValueError) as e:
            self.problem = "It could not be kept, and will be forgotten when the board restarts: %s" % e
            log.error("Wi-Fi: the network could not be kept: %s" % e)
            return
        self._radio.know(self._known, self._known.index((name, password)))
        self._link.know(len(self._known))


def _is_past(now, until):
    return time.ticks_diff(now, until) >= 0
