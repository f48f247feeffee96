"""The page of a board's own access point (`edgelet.board.access_point`), to which whoever connects is led.

Every name has the board's address there, and whatever a phone or computer asks for to see whether it is in the
internet leads to the page: so they show it by themselves. It works without JavaScript.
"""

import asyncio
import os
import socket
from binascii import hexlify

from edgelet import log
from edgelet.http.message import split_fields
from edgelet.http.routing import host_name
from edgelet.outbound import addresses
from edgelet.storage.config import PASSPHRASE_BYTES, is_wifi_password
from microdot.microdot import urldecode
from micropython import const

BODY_BYTES = 1024  # of what is sent by the page's form: with every character escaped 400 at most
NAME_BYTES = 32  # IEEE 802.11: of an SSID

_DNS_BYTES = const(512)  # RFC 1035 section 4.2.1
_DNS_HEADER = const(12)
_DNS_ANSWER = b"\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04"  # the question's name, A, IN, no second to be kept, 4 bytes
_DNS_A = b"\0\x01\0\x01"

_STRONG_DBM, _GOOD_DBM = const(-60), const(-75)

_HEADERS = (
    b"content-type: text/html;charset=UTF-8\r\ncache-control: no-store\r\n"
    b"content-security-policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    b"frame-ancestors 'none'; base-uri 'none'\r\n"
)
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
%s<title>%s</title><style>
:root{color-scheme:light dark}
body{font:17px/1.5 system-ui,sans-serif;max-width:26rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem}
label{display:block;padding:.5rem 0}
fieldset{border:1px solid #8888;border-radius:.5rem;margin:0 0 1rem}
small{color:GrayText}
input[type=text],input[type=password]{box-sizing:border-box;width:100%%;padding:.6rem;font:inherit}
button{font:inherit;padding:.6rem 1.2rem;border-radius:.5rem}
.primary{background:#0a58ca;color:#fff;border:0;width:100%%}
[role=alert]{border-left:4px solid #c00;padding-left:.8rem}
</style></head><body><main><h1>%s</h1>
"""
_REFRESH = '<meta http-equiv="refresh" content="2">'
_END = "</main></body></html>\n"
_CHOICE = '<label><input type="radio" name="ssid" value="%s"%s> %s <small>%s</small></label>\n'
_OTHER = """<label><input type="radio" name="ssid" value=""%s> Another one, or one that is hidden
<input type="text" name="other" aria-label="Name of the network" maxlength="32" autocapitalize="none" \
autocomplete="off" value="%s"></label>
"""
_PASSWORD = """</fieldset>
<label>Password <small>(leave it empty for a network without one)</small>
<input type="password" name="password" maxlength="64" autocomplete="off"></label>
<p><button class="primary">Connect</button></p></form>
<form method="post" action="/search"><input type="hidden" name="token" value="%s"><button>Search again</button></form>
"""


class Refusal(Exception):
    """What was sent cannot be taken: `status`, and a sentence for a person."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
        self.text = text


class Portal:
    """Answers requests in place of a device's functions, where they come by the access point.

    point: the `edgelet.board.access_point.AccessPoint`. others(head): who answers all other requests, or None, as
    `edgelet.http.server.Server.find_function`.
    """

    def __init__(self, point, others):
        self._point = point
        self._others = others
        # Only who has read the page can send its form; by another host name nobody reads it.
        self._token = hexlify(os.urandom(16)).decode()

    def find(self, head):
        """In place of the server's `find_function`."""
        return self

    def __call__(self, head, body, connection):
        """Answers a request, as `edgelet.http.server.Server` has it of functions."""
        # It may have been closed since the request began to come.
        if not self._point.is_open or not is_within(connection.peer[0], self._point.address, self._point.mask):
            function = self._others(head)
            return function(head, body, connection) if function else connection.server.answer(connection, head, body)
        status, headers, body = self._answer(head, body, connection.server.port)
        if head.method == "POST":
            connection.server.record(connection, head, status, len(body))
        return status, headers, body

    def _answer(self, head, body, port):
        home = "http://%s%s/" % (self._point.address, "" if port == 80 else ":%d" % port)
        is_home = host_name(head.host) == self._point.address
        if head.method == "POST" and is_home:
            try:
                self._take(head, body)
            except Refusal as e:
                return self._page(e.status, e.text)
            return _redirect(303, home)
        if head.method not in ("GET", "HEAD"):
            text = b"This page is asked for by GET, and its form sent by POST.\n"
            return 405, b"allow: GET, HEAD, POST\r\ncontent-type: text/plain\r\n", text
        if not is_home or head.target.split("?")[0] != "/":
            return _redirect(302, home)
        self._point.visited()
        return self._page(200, self._point.problem)

    def _take(self, head, body):
        form = _form(head, body)
        if form.get("token") != self._token:
            raise Refusal(403, "This page is older than the access point. Here it is anew.")
        if self._point.trial or self._point.joined:
            raise Refusal(409, "Wait a moment: it joins a network already.")
        if head.target == "/search":
            self._point.search()
        elif head.target == "/":
            name, typed = form.get("ssid"), form.get("other", "")
            if not name or typed not in ("", self._typed()):
                name = typed  # since then, whatever is marked
            self._point.join(*checked(name, form.get("password", "")))
        else:
            raise Refusal(404, "There is nothing at this path.")

    def _typed(self):
        """What stands in the page's field for another name."""
        wanted = self._point.wanted
        return "" if wanted in [one[0] for one in self._point.networks or ()] else wanted

    def _page(self, status, problem):
        point = self._point
        title = "Connect %s to your Wi-Fi" % point.name
        if point.joined:
            text = "It is at <b>http://%s</b>, and by mDNS at <b>http://%s.local</b>. This access point closes now."
            told = ["<p>%s</p>\n" % (text % (point.joined_address(), point.hostname))]
            if problem:
                told.append(_alert(problem))
            return _html(status, "", "%s has joined %s" % (point.name, escaped(point.joined)), told)
        if point.trial:
            told = "<p>Joining %s. This takes up to 20 seconds.</p>\n" % escaped(point.trial[0])
            lost = "<p>If this page is lost, connect to the access point %s again: it tells what came of it.</p>\n"
            return _html(status, _REFRESH, title, [told, lost % point.name])
        if point.networks is None:
            return _html(status, _REFRESH, title, ["<p>Looking for networks.</p>\n"])
        return _html(status, "", title, self._form(problem))

    def _form(self, problem):
        networks, typed = self._point.networks, self._typed()
        parts = [_alert(problem)] if problem else []
        parts.append('<form method="post" action="/"><input type="hidden" name="token" value="%s">\n' % self._token)
        parts.append("<fieldset><legend>Network</legend>\n")
        chosen = self._point.wanted or (networks[0][0] if networks else "")
        for name, rssi, is_protected in networks:
            strength = _strength(rssi)
            about = strength if is_protected else strength + ", no password"
            parts.append(_CHOICE % (escaped(name), " checked" if name == chosen else "", escaped(name), about))
        parts.append(_OTHER % (" checked" if typed or not networks else "", escaped(typed)))
        parts.append(_PASSWORD % self._token)
        return parts


def checked(name, password):
    """(name, password) of a network, which can be one. Refusal where it cannot."""
    if not 1 <= len(name.encode()) <= NAME_BYTES:
        raise Refusal(400, "The name of a network has 1 to %d bytes: choose one, or type it." % NAME_BYTES)
    if any(c < " " or c == "\x7f" for c in name):
        raise Refusal(400, "The name of a network has no control characters here.")
    if password and not is_wifi_password(password):
        raise Refusal(400, "A password has %d to %d characters, or is a key of 64 hex digits." % PASSPHRASE_BYTES)
    if "\0" in password:
        raise Refusal(400, "A password has no NUL character.")
    return name, password


def is_within(peer, address, mask):
    """Whether an address is in the network of another one; texts of IPv4."""
    parts = [addresses.parse(one) for one in (peer, address, mask)]
    if None in parts or len(parts[0]) != 4:
        return False
    return all((a ^ b) & c == 0 for a, b, c in zip(*parts))  # noqa: B905


def escaped(text):
    """Text as it stands in HTML, in attributes too."""
    for raw, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(raw, entity)
    return text


def _strength(rssi):
    if rssi >= _STRONG_DBM:
        return "strong"
    return "good" if rssi >= _GOOD_DBM else "weak"


def _alert(text):
    return '<p role="alert">%s</p>\n' % escaped(text)


def _html(status, extra, title, parts):
    return status, _HEADERS, "".join([_HEAD % (extra, title, title)] + parts + [_END]).encode()  # noqa: RUF005


def _redirect(status, where):
    return status, b"location: %s\r\ncache-control: no-store\r\n" % where.encode(), b""


def _form(head, body):
    """What a page's form has sent: name -> value. Refusal where it is none."""
    if len(body) > BODY_BYTES:
        raise Refusal(413, "That is more than this page's form has.")
    kinds = [value for name, value in split_fields(head.headers) if name.lower() == "content-type"]
    if not kinds or kinds[0].split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refusal(415, "This is for the page's form only (application/x-www-form-urlencoded).")
    form = {}
    for pair in bytes(body).split(b"&"):
        name, _, value = pair.partition(b"=")
        try:
            name, value = urldecode(name), urldecode(value)
        except ValueError:
            raise Refusal(400, "What was sent is no form in UTF-8.") from None
        if name in form:
            raise Refusal(400, "What was sent has something twice.")
        form[name] = value
    return form


def named(message, address):
    """The answer to a question for a name, whatever it is: that address, bytes. None where it is no question."""
    if len(message) < _DNS_HEADER or message[2] & 0xF8 or bytes(message[4:6]) != b"\0\x01":
        return None
    at = _DNS_HEADER
    while at < len(message) and message[at]:
        if message[at] > 63:
            return None
        at += 1 + message[at]
    question = bytes(message[_DNS_HEADER : at + 5])
    if at + 5 > len(message):
        return None
    # Other kinds have no answer, which is one, too: then the client asks for this one.
    answer = _DNS_ANSWER + address if question[-4:] == _DNS_A else b""
    flags = bytes((0x84 | message[2] & 1, 0x80))
    return bytes(message[:2]) + flags + (b"\0\x01\0\x01" if answer else b"\0\x01\0\0") + b"\0\0\0\0" + question + answer


async def serve_names(address, port):
    """Tells whoever asks at `address` that it is the address of every name, until it is cancelled."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.bind(socket.getaddrinfo(address, port)[0][-1])
        while True:
            await _readable(sock)
            try:
                message, peer = sock.recvfrom(_DNS_BYTES)
                answer = named(message, addresses.parse(address))
                if answer:
                    sock.sendto(answer, peer)
            except (OSError, MemoryError):  # whoever asked asks again
                await asyncio.sleep_ms(10)
    except OSError as e:
        log.error("Wi-Fi: the access point tells no names: %s" % e)
    finally:
        sock.close()


def _readable(sock):
    yield asyncio.core._io_queue.queue_read(sock)
