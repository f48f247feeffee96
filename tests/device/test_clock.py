"""The device's clock: NTP against a real UDP server, and the discipline over a simulated day."""

import json
import socket
import struct
import threading
import time

import pytest
from console_helpers import run_on_device

UNIX_EPOCH_IN_NTP = 2208988800  # RFC 5905 figure 4


def timestamp(unix_s):
    whole, fraction = divmod(unix_s + UNIX_EPOCH_IN_NTP, 1)
    return struct.pack("!II", int(whole) & 0xFFFFFFFF, int(fraction * 2**32))


def good_answer(request, unix_s, leap=0, stratum=2, mode=4, origin=None):
    """RFC 5905 figure 8."""
    head = struct.pack("!BBbb", leap << 6 | 4 << 3 | mode, stratum, 6, -20) + bytes(8) + b"RATE"
    origin = request[40:48] if origin is None else origin
    return head + timestamp(unix_s) + origin + timestamp(unix_s) * 2


class Server:
    """Answers each request with what `answer(request)` returns, or not at all where that is None."""

    def __init__(self, answer):
        self.requests = []
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while True:
            request, peer = self._socket.recvfrom(1024)
            if request == b"stop":
                return
            self.requests.append(request)
            if (answer := self._answer(request)) is not None:
                self._socket.sendto(answer, peer)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"stop", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()


QUERY = """
import asyncio, json, sys
from edgelet.board import ntp
from edgelet.outbound import resolver
try:
    sample = asyncio.run(ntp.query(resolver.Resolver(list), "127.0.0.1", %d))
    print(json.dumps([sample.offset_us, sample.delay_us]))
except (OSError, ValueError) as e:
    print(json.dumps(str(e)))
"""


def query(firmware, answer):
    with Server(answer) as server:
        return json.loads(run_on_device(firmware, QUERY % server.port)), server.requests


@pytest.mark.parametrize("ahead_s", [0, 3600, -86400 * 365, 10 * 365 * 86400])
def test_offset_of_a_server(firmware, ahead_s):
    # Ten years ahead is past February 2036, when the seconds of NTP begin again at 0.
    (offset_us, delay_us), requests = query(firmware, lambda r: good_answer(r, time.time() + ahead_s))
    assert abs(offset_us - ahead_s * 1e6) <= delay_us
    assert [len(r) for r in requests] == [48]
    assert requests[0][:40] == b"\x23" + bytes(39)  # version 4, client; tells nothing else


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda r: good_answer(r, 1.8e9)[:47], "short packet"),
        (lambda r: good_answer(r, 1.8e9, origin=b"forged!!"), "not an answer to our request"),
        (lambda r: good_answer(r, 1.8e9, mode=3), "not an answer to our request"),
        (lambda r: good_answer(r, 1.8e9, stratum=0), "refused: RATE"),
        (lambda r: good_answer(r, 1.8e9, stratum=16), "the server itself has no time"),
        (lambda r: good_answer(r, 1.8e9, leap=3), "the server itself has no time"),
        (lambda r: None, "no answer within 2 s"),
    ],
)
def test_answer_that_is_of_no_use(firmware, answer, error):
    assert query(firmware, answer)[0] == error


def test_a_server_whose_name_nobody_knows(firmware):
    source = (QUERY % 123).replace("127.0.0.1", "time.invalid")
    assert json.loads(run_on_device(firmware, source)) == "no name server is known"


def test_every_question_has_a_nonce_of_its_own(firmware):
    nonces = {query(firmware, lambda r: good_answer(r, 1.8e9))[1][0][40:] for _ in range(3)}
    assert len(nonces) == 3


KEEPER = """
import asyncio, json, time
from edgelet import clock
from edgelet.board import ntp
from edgelet.outbound import resolver

real_us, ahead_us = clock.unix_us, 0
clock.unix_us = lambda: real_us() + ahead_us  # a clock that can be set
done = asyncio.Event()
reports = []

def set_second(unix_s):
    global ahead_us
    ahead_us = unix_s * 1000000 - real_us()
    done.set()

async def main():
    keeper = ntp.Keeper(resolver.Resolver(list), "127.0.0.1", set_second, lambda level, text: reports.append(level), %d)
    task = asyncio.create_task(keeper.run())
    await done.wait()
    await asyncio.sleep_ms(0)
    print(json.dumps([ahead_us / 1000000, keeper.discipline.error_us(clock.uptime_ms()), reports]))

asyncio.run(main())
"""


def test_keeper_sets_the_clock_at_the_beginning_of_a_second(firmware):
    with Server(lambda r: good_answer(r, time.time() + 7.25)) as server:
        ahead_s, left_us, reports = json.loads(run_on_device(firmware, KEEPER % server.port))
    assert ahead_s == pytest.approx(7.25, abs=0.1)
    assert abs(left_us) < 10000
    assert reports == ["info"]


DISCIPLINE = """
import json, random
from edgelet.board.ntp import Discipline

random.seed(1)
drift_ppm = %d
discipline = Discipline()
now_s, local_error_us, ask_at, worst = 0, 3000000, 0, 0  # local_error_us: what the local clock lacks
while now_s < 86400:
    now_ms = now_s * 1000
    if now_s >= ask_at:
        discipline.update(now_ms, int(local_error_us) + random.randint(-3000, 3000))
        ask_at = now_s + discipline.interval_s
    correction = discipline.error_us(now_ms)
    if abs(correction) >= 10000:
        local_error_us -= correction
        discipline.corrected(correction)
    if now_s > 7200:
        worst = max(worst, abs(local_error_us))
    now_s += 60
    local_error_us += drift_ppm * 60
print(json.dumps([discipline.drift_ppm, worst, discipline.interval_s]))
"""


@pytest.mark.parametrize("drift_ppm", [0, 40, -40, 300])
def test_discipline_learns_the_drift_and_corrects_it_between_answers(firmware, drift_ppm):
    drift, worst_us, interval_s = json.loads(run_on_device(firmware, DISCIPLINE % drift_ppm))
    assert drift == pytest.approx(drift_ppm, abs=5)
    assert worst_us < 25000 + 60 * abs(drift_ppm)  # uncorrected, an hour of 40 ppm is 144 ms
    assert interval_s == 3600


def test_linux_has_the_time(firmware):
    source = "from edgelet import clock\nprint(clock.is_set(), clock.unix_ms())"
    is_set, unix_ms = run_on_device(firmware, source).split()
    assert is_set == "True"
    assert abs(int(unix_ms) / 1000 - time.time()) < 60


UPTIME = """
import json
from edgelet import clock

class Ticks:
    # time.ticks_ms of a board with 32 bits, moved by hand.
    now, last = 0, (1 << 30) - 1
    def __call__(self):
        return self.now & self.last

ticks = Ticks()
"""


@pytest.mark.parametrize("start", [0, (1 << 29) - 1000, (1 << 30) - 1000])
def test_uptime_does_not_wrap(firmware, start):
    source = """
ticks.now = %d
uptime_ms = clock.Uptime(ticks, ticks.last)
seen = []
for hour in range(24 * 40):
    seen.append(uptime_ms() == hour * 3600000)
    ticks.now += 3600000
print(json.dumps(all(seen)))
"""
    assert json.loads(run_on_device(firmware, UPTIME + source % start))


def test_what_has_been_up_for_weeks_says_so(firmware):
    source = """
from edgelet import log, shortages
from edgelet.board.ntp import Discipline

clock.uptime_ms = clock.Uptime(ticks, ticks.last)
log.ring.request(clock.uptime_ms(), "info", 1, "hello", 200, 1, 1, 1, 1, "GET", "/", "::1", "", None)
discipline = Discipline()
discipline.update(clock.uptime_ms(), 0)
discipline.drift_ppm = 40
shortages.add("heap", "heap")
for day in range(20):
    ticks.now += 86400000
    clock.uptime_ms()
shortages.add("heap", "heap")
log.ring.request(clock.uptime_ms(), "info", 2, "hello", 200, 1, 1, 1, 1, "GET", "/", "::1", "", None)
first, *_, told, last = log.since(1)
ages = [last.uptime - first.uptime, round((last.time - first.time) / 1000), told.uptime]
print(json.dumps([ages, told.text, discipline.error_us(clock.uptime_ms())]))
"""
    ages, told, error_us = json.loads(run_on_device(firmware, UPTIME + source))
    days = 20 * 86400
    assert ages == [days * 1000, days, days * 1000]
    assert told == "heap (2 times so far)"
    assert error_us == 40 * days
