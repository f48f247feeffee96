"""A board's clock: set from NTP (RFC 5905), and kept right between two answers by measuring the crystal's drift.

A board can set its clock only to a whole second (`machine.RTC.datetime`), so a correction waits for the second to
begin.
"""

import asyncio
import os
import socket
import struct
import time

from edgelet import clock
from edgelet.outbound import addresses
from micropython import const

_NTP_TO_UNIX_S = const(2208988800)  # RFC 5905 figure 4: seconds from 1900 to 1970
_NTP_ERA_S = const(1 << 32)

_QUERY_TIMEOUT_MS = const(2000)
_MIN_INTERVAL_S = const(64)  # RFC 5905 section 7.2: servers may refuse clients that ask more often
_MAX_INTERVAL_S = const(3600)
_FIRST_RETRY_S = const(4)
_MAX_DELAY_US = const(1000000)  # an answer that took longer says too little about the time

_CORRECTION_US = const(10000)  # an error that is worth setting the clock for
_CORRECT_EVERY_S = const(60)  # 500 ppm are 30 ms then
_BUSY_WAIT_US = const(5000)  # what asyncio may come late
_MAX_DRIFT_PPM = const(500)  # RFC 5905 section 11.3: what no working crystal exceeds
_MIN_DRIFT_INTERVAL_S = const(60)  # below, the network's jitter hides the drift


class Sample:
    """One answer of a time server.

    offset_us: what to add to the local clock, delay_us: time on the wire, both in microseconds.
    """

    def __init__(self, t1, t2, t3, t4):
        """Microseconds since 1970 (RFC 5905 section 8).

        The request was sent and the answer received at t1 and t4 by the local clock; the request was received and the
        answer sent at t2 and t3 by the server's.
        """
        self.offset_us = ((t2 - t1) + (t3 - t4)) // 2
        self.delay_us = (t4 - t1) - (t3 - t2)


def request(nonce):
    """A client's packet.

    `nonce` (8 bytes) stands for the transmit time, so that only who saw the request can answer it and the packet tells
    nothing about this clock.
    """
    return b"\x23" + bytes(39) + nonce


def parse(packet, nonce):
    """The server's receive and transmit times (t2, t3). ValueError says why the packet is no answer to `nonce`."""
    if len(packet) < 48:
        raise ValueError("short packet")
    leap, mode, stratum = packet[0] >> 6, packet[0] & 7, packet[1]
    if mode != 4 or bytes(packet[24:32]) != nonce:
        raise ValueError("not an answer to our request")
    if stratum == 0:
        raise ValueError("refused: " + "".join([chr(c) for c in packet[12:16] if 32 < c < 127]))
    if leap == 3 or stratum > 15:
        raise ValueError("the server itself has no time")
    t2, t3 = _timestamp(packet, 32), _timestamp(packet, 40)
    if t2 > t3:
        raise ValueError("answered before it was asked")
    return t2, t3


def _timestamp(packet, at):
    seconds, fraction = struct.unpack_from("!II", packet, at)
    if seconds < _NTP_ERA_S // 2:
        seconds += _NTP_ERA_S  # RFC 4330 section 3: era 1 begins in 2036
    return (seconds - _NTP_TO_UNIX_S) * 1000000 + (fraction * 1000000 >> 32)


class Discipline:
    """What the clock's error is now, learnt from samples. Times are `clock.uptime_ms()`."""

    def __init__(self):
        self.drift_ppm = 0.0  # positive: the local clock is slow
        self.interval_s = _MIN_INTERVAL_S  # when to ask again
        self._offset_us = None
        self._at_ms = 0

    def update(self, now_ms, offset_us):
        """Learns from an offset measured now."""
        if self._offset_us is not None:
            self._learn((now_ms - self._at_ms) / 1000, offset_us - self.error_us(now_ms))
        self._offset_us = offset_us
        self._at_ms = now_ms

    def _learn(self, elapsed_s, surprise_us):
        if elapsed_s >= _MIN_DRIFT_INTERVAL_S:
            # A long interval tells the drift well; of a short one only a part is believed.
            gain = min(1, elapsed_s / 1024)
            drift = self.drift_ppm + gain * surprise_us / elapsed_s
            self.drift_ppm = max(-_MAX_DRIFT_PPM, min(_MAX_DRIFT_PPM, drift))
        good = abs(surprise_us) < _CORRECTION_US
        self.interval_s = min(self.interval_s * 2, _MAX_INTERVAL_S) if good else _MIN_INTERVAL_S

    def error_us(self, now_ms):
        """What to add to the local clock now, in microseconds; 0 before the first sample."""
        if self._offset_us is None:
            return 0
        elapsed_s = (now_ms - self._at_ms) / 1000
        return int(self._offset_us + self.drift_ppm * elapsed_s)

    def corrected(self, change_us):
        """The local clock was put forward by `change_us`."""
        self._offset_us -= change_us


async def query(resolver, server, port=123):
    """Asks `server`, a name or an address, once. OSError or ValueError where there is no usable answer.

    resolver: `edgelet.outbound.resolver.Resolver`.
    """
    address = (await resolver.lookup(server))[0]
    family, _, _, _, address = socket.getaddrinfo(addresses.text(address), port)[0]
    s = socket.socket(family, socket.SOCK_DGRAM)
    try:
        s.setblocking(False)
        s.connect(address)
        nonce = os.urandom(8)
        t1 = clock.unix_us()
        s.send(request(nonce))
        packet = await asyncio.wait_for_ms(asyncio.StreamReader(s).read(48), _QUERY_TIMEOUT_MS)
        t2, t3 = parse(packet, nonce)
        sample = Sample(t1, t2, t3, clock.unix_us())
    except asyncio.TimeoutError:
        raise OSError("no answer within %d s" % (_QUERY_TIMEOUT_MS // 1000)) from None
    finally:
        s.close()
    if not 0 <= sample.delay_us <= _MAX_DELAY_US:
        raise ValueError("the answer took too long")
    return sample


class Keeper:
    """Keeps a board's clock right, by `server`'s time.

    `set_second(unix_s)` sets the clock to the beginning of that second. `report(level, text)`, which may be
    `edgelet.log.add`, hears what a person should know. `resolver`: as `query` has it.
    """

    def __init__(self, resolver, server, set_second, report, port=123):
        self.discipline = Discipline()
        self._resolver = resolver
        self._server = server
        self._port = port
        self._set_second = set_second
        self._report = report
        self._retry_s = _FIRST_RETRY_S

    async def run(self):
        """Asks, corrects, waits; for ever."""
        while True:
            wait_s = await self._ask()
            while wait_s > 0:
                await self._correct()
                await asyncio.sleep(min(wait_s, _CORRECT_EVERY_S))
                wait_s -= _CORRECT_EVERY_S

    async def _ask(self):
        """Returns how long to wait before the next question, in seconds."""
        try:
            sample = await query(self._resolver, self._server, self._port)
        except (OSError, ValueError) as e:
            if self._retry_s == _FIRST_RETRY_S:
                self._report("warn", "time server %s: %s" % (self._server, e))
            wait_s, self._retry_s = self._retry_s, min(self._retry_s * 2, _MAX_INTERVAL_S)
            return wait_s
        self._retry_s = _FIRST_RETRY_S
        self.discipline.update(clock.uptime_ms(), sample.offset_us)
        return self.discipline.interval_s

    async def _correct(self):
        if abs(self.discipline.error_us(clock.uptime_ms())) < _CORRECTION_US:
            return
        while True:
            before_us = clock.unix_us()
            error_us = self.discipline.error_us(clock.uptime_ms())
            second = (before_us + error_us) // 1000000 + 1
            left_us = second * 1000000 - (before_us + error_us)
            if left_us <= _BUSY_WAIT_US:
                break
            await asyncio.sleep_ms((left_us - _BUSY_WAIT_US) // 1000 + 1)
        time.sleep_us(left_us)
        self._set_second(second)
        self.discipline.corrected(error_us)
        self._report("info", "clock set, it was %d ms wrong" % (error_us // 1000))
