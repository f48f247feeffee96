"""What keeps a board up: safe mode, Wi-Fi, watchdog. The policies, on the real firmware; radio and chip are played."""

import itertools
import json

import pytest
import storage_helpers
from console_helpers import run_on_device
from edgelet_host.paths import ROOT

START = """
import sys
from edgelet.board import safemode
starts = safemode.Starts(sys.argv[1])
print(safemode.reason(starts, lambda: %r))
"""


def start(firmware, path, is_pin_low=False, then=""):
    return run_on_device(firmware, START % is_pin_low + then, path).strip()


def test_three_failed_starts_lead_into_safe_mode(firmware, tmp_path):
    path = tmp_path / "folder" / "starts"
    reasons = [start(firmware, path) for _ in range(5)]
    assert reasons == ["", "", "", "3 starts in a row failed", "3 starts in a row failed"]


def test_first_start_of_a_board_counts(firmware):
    assert storage_helpers.run(firmware, "first_start.py") == [0, 1]


def test_start_that_succeeds_ends_the_row(firmware, tmp_path):
    path = tmp_path / "starts"
    for _ in range(3):
        assert [start(firmware, path) for _ in range(2)] == ["", ""]
        assert start(firmware, path, then="starts.succeeded()") == ""


def test_start_proves_good_by_staying_up(firmware, tmp_path):
    path = tmp_path / "starts"
    start(firmware, path, then="import asyncio\nsafemode.HEALTHY_S = 0.01\nasyncio.run(starts.watch())")
    assert not path.exists()


def test_pin_asks_for_safe_mode(firmware, tmp_path):
    assert start(firmware, tmp_path / "starts", is_pin_low=True) == "the safe mode pin is low"


def test_damaged_or_unwritable_count_does_not_keep_the_server_off(firmware, tmp_path):
    path = tmp_path / "starts"
    path.write_bytes(b"\xff\x00x")
    assert start(firmware, path) == ""
    assert path.read_bytes() == b"1"
    assert start(firmware, "/proc/starts") == ""
    (tmp_path / "file").write_bytes(b"")
    assert start(firmware, tmp_path / "file" / "starts") == ""


CPU_CHECK = """
import json
from edgelet import cpu
def told(mhz, chip):
    try:
        cpu.check(mhz, chip)
    except ValueError as error:
        return str(error)
print(json.dumps({chip: {mhz: told(mhz, chip) for mhz in range(241)} for chip in %r}))
"""


def test_a_cpu_clock_is_one_that_the_chip_makes_and_its_maker_vouches_for(firmware):
    chips = {"RP2040": (48, 200), "RP2350": (48, 150)}
    others = {"ESP32": (80, 160, 240), "ESP32S3": (80, 160, 240), "ESP32C3": (80, 160)}
    told = json.loads(run_on_device(firmware, CPU_CHECK % [*chips, *others, "binary"]))
    # As check_sys_clock_khz of pico-sdk looks for it.
    made = {
        fbdiv * 12 / (first * second)
        for fbdiv, first, second in itertools.product(range(63, 134), range(1, 8), range(1, 8))
    }
    for chip, (least, most) in chips.items():
        allowed = [int(mhz) for mhz, error in told[chip].items() if error is None]
        assert allowed == [mhz for mhz in range(least, most + 1) if mhz in made]
        assert told[chip]["47"] == told[chip][str(most + 1)] == f"setting cpu_mhz must be 0, or 48 to {most} on {chip}"
    assert told["RP2040"]["137"] == (
        "setting cpu_mhz cannot be 137: near it, RP2040 makes 132, 133, 134, 135, 136, 138, 140, 141, 142"
    )
    for chip, allowed in others.items():
        assert [int(mhz) for mhz, error in told[chip].items() if error is None] == list(allowed)
    assert told["ESP32C3"]["240"] == "setting cpu_mhz must be 0, 80 or 160 on ESP32C3"
    assert set(told["binary"].values()) == {None}


CPU_SET = """
from edgelet import cpu
class Machine:
    mem32 = {0x40064000: 0xb1}
    def freq(self, hz):
        print(hex(self.mem32[0x40064000]), hz)
for mhz, chip in ((125, "RP2040"), (133, "RP2040"), (150, "RP2350"), (136, "RP2040"), (200, "RP2040")):
    cpu.set_clock(mhz, Machine(), chip)
"""


def test_a_fast_clock_of_an_rp2040_has_a_higher_voltage_first(firmware):
    assert run_on_device(firmware, CPU_SET).splitlines() == [
        "0xb1 125000000",
        "0xb1 133000000",
        "0xb1 150000000",
        "0xc1 136000000",
        "0xc1 200000000",
    ]


LINK = """
import json
from edgelet.board import network

class Radio:
    # In reach during the seconds for which reachable(s) is true; joining takes two seconds.
    is_busy = False
    def __init__(self, reachable, why=network.CONNECTING):
        self.reachable, self.why = reachable, why
        self.events = []
        self.joined_at = None
        self.now = 0
    def connect(self):
        self.events.append(("connect", self.now))
        self.joined_at = self.now + 2
    def disconnect(self):
        self.joined_at = None
    def reset(self):
        self.events.append(("reset", self.now))
    def state(self):
        if self.joined_at is None:
            return self.why
        if self.now < self.joined_at:
            return network.CONNECTING
        return network.UP if self.reachable(self.now) else self.why
    def address(self):
        return "192.0.2.7"
    def begin(self):
        pass
    def is_silent(self, now):
        return False
    def is_sound(self):
        return True

def run(radio, seconds):
    link = network.Link(radio, lambda level, text: radio.events.append((level, radio.now, text)))
    for half in range(2 * seconds):
        radio.now = half / 2
        link.step(500 * half)
    print(json.dumps([radio.events, link.is_up]))
    return link

"""


def link(firmware, source):
    return json.loads(run_on_device(firmware, LINK + source))


def test_link_comes_up(firmware):
    events, is_up = link(firmware, "run(Radio(lambda s: True), 100)")
    assert events == [["connect", 0], ["info", 2, "Wi-Fi: connected, address 192.0.2.7"]]
    assert is_up


def test_link_that_is_lost_comes_back(firmware):
    events, is_up = link(firmware, "run(Radio(lambda s: not 10 <= s < 40), 100)")
    assert is_up
    kinds = [event[0] for event in events]
    assert kinds[:5] == ["connect", "info", "warn", "connect", "warn"]
    assert events[2][1:] == [10, "Wi-Fi: connection lost"]
    assert events[3][1] == 10
    assert events[4][2] == "Wi-Fi: cannot connect (no answer), trying on"
    assert kinds[-1] == "info"
    assert 40 <= events[-1][1] < 60


WAY = """
import sys
class Port: pass
for name in sys.argv[1:]:
    setattr(Port, name, None)
sys.modules["network"] = Port
from edgelet.board import network
print(network.has_wifi(), network.has_ppp())
"""


@pytest.mark.parametrize(
    "port, expected",
    [((), "False False"), (("PPP",), "False True"), (("WLAN",), "True False"), (("PPP", "WLAN"), "True False")],
)
def test_a_radio_comes_before_a_serial_line(firmware, port, expected):
    assert run_on_device(firmware, WAY, *port).strip() == expected


def test_attempts_become_rarer_and_the_radio_is_reset(firmware):
    events, is_up = link(firmware, "run(Radio(lambda s: False, network.WRONG_PASSWORD), 1000)")
    assert not is_up
    times = [event[1] for event in events if event[0] == "connect"]
    waits = [b - a - 2 for a, b in itertools.pairwise(times)]
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert max(waits) == 60
    reports = [event for event in events if event[0] == "warn"]
    assert reports == [["warn", 2, "Wi-Fi: cannot connect (wrong password), trying on"]]
    assert len([event for event in events if event[0] == "reset"]) == len(times[:-1]) // 5


def test_link_tells_how_it_stands(firmware):
    source = """
print = lambda text: None
up, lost = run(Radio(lambda s: True), 9), run(Radio(lambda s: s < 5), 9)
states = [up.state, up.address(), lost.state, lost.address(), run(Radio(lambda s: False, network.NO_NETWORK), 9).state]
del print
print(json.dumps(states))
"""
    assert link(firmware, source) == ["up", "192.0.2.7", "connecting", "", "network_not_found"]


RADIO = """
import asyncio, json, sys
sys.path.append(sys.argv[1])
import network as played
from network import WLAN
from edgelet.board import network, radio, safemode

radio.socket = played
HOME = [("home", "correct horse")]
told, now, lost, resets = [], 0, [], []

def link_of(known=HOME, fixed=""):
    restarts = radio.Restarts(safemode.Starts(sys.argv[2]), lambda: resets.append(now))
    report = lambda level, text: told.append((now, level, text))
    own = radio.Radio(known, "pico", "DE", True, fixed)
    return network.Link(own, report, lost=lambda: lost.append(now), restarts=restarts, networks=len(known))

async def run(link, seconds, faults={}):
    global now
    for now in range(now, now + seconds):
        for name, value in faults.get(now, {}).items():
            setattr(WLAN, name, value)
        for half in (0, 500):
            link.step(1000 * now + half)
        await asyncio.sleep_ms(0)
    now += 1

radio._LOG_MS = 0
"""


def radio(firmware, tmp_path, source):
    """What the script prints, as JSON."""
    script = RADIO + source
    return json.loads(run_on_device(firmware, script, ROOT / "tests" / "support" / "board", tmp_path / "restarts"))


UP = "Wi-Fi: connected, address 192.0.2.7"
GONE = "Wi-Fi: the gateway 192.0.2.1 does not answer any more, joining anew"
SWITCHED = "Wi-Fi: switched off and on"


def texts(told):
    return [text for _, _, text in told]


def test_a_reset_switches_the_radio_off(firmware, tmp_path):
    source = """
link = link_of()
asyncio.run(run(link, 50))
link._radio.reset()
asyncio.run(run(link, 50))
print(json.dumps([told, link.state, link.name_servers(), lost]))
"""
    told, state, name_servers, lost = radio(firmware, tmp_path, source)
    assert texts(told) == [UP, "Wi-Fi: connection lost", UP]
    # Nobody looks at it while it starts, for two turns of the event loop.
    assert (state, name_servers, lost) == ("up", ["192.0.2.1", "192.0.2.2"], [52])


def test_what_a_mute_radio_leaves_in_memory_is_no_strength(firmware, tmp_path):
    source = """
link = link_of()
asyncio.run(run(link, 50))
seen = []
for played.WLAN.rssi in (-128, -1, 0, 537060188, -129):
    seen.append(link._radio.signal())
print(json.dumps(seen))
"""
    assert radio(firmware, tmp_path, source) == [-128, -1, None, None, None]


def test_others_have_their_turns_while_the_radio_starts(firmware, tmp_path):
    source = """
import wifistart

async def count():
    global turns
    while True:
        turns += 1
        await asyncio.sleep_ms(0)

async def main():
    global turns
    turns = 0
    other = asyncio.create_task(count())
    station = link_of()._radio
    station.connect()
    station.connect()  # which it is about to do
    told.append([station.is_busy, station.state(), station.signal()])
    while station.is_busy:
        await asyncio.sleep_ms(0)
    told.append([wifistart.state["began"], turns >= 3, station.state()])

    start = asyncio.create_task(station.start())
    await asyncio.sleep_ms(0)
    start.cancel()
    try:
        await start
    except asyncio.CancelledError:
        told.append([station.is_busy, station.state()])
    later = link_of()._radio
    await later.start()
    told.append([wifistart.state["began"], later.is_busy, later.state()])

asyncio.run(main())
print(json.dumps(told))
"""
    # Where the runtime is restarted in the middle, the next one begins anew.
    assert radio(firmware, tmp_path, source) == [
        [True, "radio_does_not_start", None],
        [1, True, "up"],
        [False, "radio_does_not_start"],
        [3, False, "connecting"],
    ]


def test_others_have_their_turns_while_the_radio_joins(firmware, tmp_path):
    source = """
import wifistart

async def until_done(station):
    turns = 0
    while station.is_busy:
        turns += 1
        await asyncio.sleep_ms(0)
    return turns

async def main():
    station = link_of(HOME + [("work", "other")])._radio
    await station.start()
    station.connect()
    station.connect()  # which it is about to do
    turns = await until_done(station)
    told.append([wifistart.state["joined"], turns >= 3, station.state()])

    station.connect()
    await asyncio.sleep_ms(0)
    station.disconnect()
    told.append([station.is_busy, station._wlan.isconnected()])
    await until_done(station)
    told.append([wifistart.state["joined"], station._wlan.isconnected()])
    station.connect()
    await until_done(station)
    told.append(station.state())

    joining = asyncio.create_task(station._join())
    await asyncio.sleep_ms(0)
    joining.cancel()
    try:
        await joining
    except asyncio.CancelledError:
        told.append(wifistart.state["turn"])
    later = link_of()._radio
    await later.start()
    later.connect()
    await until_done(later)
    told.append([wifistart.state["joined"], later.state()])

asyncio.run(main())
print(json.dumps(told))
"""
    # Where the runtime is restarted in the middle, nobody goes on with it.
    assert radio(firmware, tmp_path, source) == [
        [1, True, "up"],
        [True, True],  # the driver is not asked for anything else
        [2, False],
        "network_not_found",
        1,
        [5, "up"],
    ]


def test_power_save_is_what_the_radio_may(firmware, tmp_path):
    source = """
modes = []
for may in (True, False):
    asyncio.run(radio.Radio(HOME, "pico", "DE", may).start())
    modes.append(WLAN.pm)
print(json.dumps([modes, WLAN.PM_PERFORMANCE, WLAN.PM_NONE]))
"""
    modes, sleeps, awake = radio(firmware, tmp_path, source)
    assert modes == [sleeps, awake]


def test_a_radio_that_does_not_start_is_started_again(firmware, tmp_path):
    source = """
WLAN.failing_starts = %d
link = link_of()
asyncio.run(run(link, 100))
print(json.dumps([told, link.state, link.name_servers()]))
"""
    failed = "Wi-Fi: cannot connect (radio does not start), trying on"
    told, state, _ = radio(firmware, tmp_path, source % 3)
    assert (texts(told), state) == ([failed, UP], "up")
    told, *rest = radio(firmware, tmp_path, source % 1000)
    assert (texts(told), rest) == ([failed, SWITCHED], ["radio_does_not_start", []])


def test_an_access_point_that_goes_and_comes_is_joined_again(firmware, tmp_path):
    source = """
link = link_of()
asyncio.run(run(link, 300, {20: {"in_reach": False}, 100: {"in_reach": True}}))
print(json.dumps([told, link.state, lost, played.Socket.open]))
"""
    told, state, lost, _ = radio(firmware, tmp_path, source)
    assert texts(told) == [
        UP,
        "Wi-Fi: connection lost",
        "Wi-Fi: cannot connect (network not found), trying on",
        SWITCHED,
        UP,
    ]
    assert (state, lost) == ("up", [20])
    assert 100 <= told[-1][0] < 180


@pytest.mark.parametrize(
    ("until", "lines"),
    [("join", [GONE, UP]), ("reset", [GONE, UP, GONE, SWITCHED, UP])],
)
def test_a_radio_that_hears_nothing_is_joined_anew_then_reset(firmware, tmp_path, until, lines):
    source = """
link = link_of()
asyncio.run(run(link, 200, {60: {"hung_until": "%s"}}))
print(json.dumps([told, link.state, lost, link._attempts, played.Socket.open, resets]))
"""
    told, state, lost, attempts, _, resets = radio(firmware, tmp_path, source % until)
    assert texts(told) == [UP, *lines]
    assert (state, attempts, resets) == ("up", 0, [])
    # From the last answer to the first question that has none it takes 10 s at most, and four of 2 s each.
    assert 68 <= lost[0] <= 80


RESTARTS = "Wi-Fi: nothing has brought it back, the board restarts"


@pytest.mark.parametrize("fault", ['{"hung_until": "restart"}', '{"in_reach": False}'])
def test_a_radio_that_nothing_else_brings_back_restarts_the_board(firmware, tmp_path, fault):
    source = """
asyncio.run(run(link_of(), 2000, {60: %s}))
print(json.dumps([told, resets, safemode.Starts(sys.argv[2]).failed]))
"""
    told, resets, count = radio(firmware, tmp_path, source % fault)
    assert [level for _, level, text in told if text == RESTARTS] == ["error"]
    assert (len(resets), count) == (1, 1)
    assert 300 < resets[0] < 1500


def test_a_board_without_a_network_restarts_ever_later_until_it_has_one(firmware, tmp_path):
    source = """
WLAN.in_reach = False
took = []
for _ in range(5):
    began = now
    asyncio.run(run(link_of(), 15000))
    took.append(resets.pop() - began)
WLAN.in_reach = True
asyncio.run(run(link_of(), 60))
print(json.dumps([took, resets, safemode.Starts(sys.argv[2]).failed]))
"""
    took, resets, count = radio(firmware, tmp_path, source)
    assert all(2 < after / before < 3 for before, after in itertools.pairwise(took[:4]))
    assert took[4] == took[3]
    assert (resets, count) == ([], 0)


def test_a_gateway_that_never_answers_is_none_to_judge_by(firmware, tmp_path):
    source = """
WLAN.answers = False
link = link_of()
asyncio.run(run(link, 1000))
print(json.dumps([told, link.state, lost, played.Socket.open]))
"""
    told, state, lost, is_open = radio(firmware, tmp_path, source)
    assert (texts(told), state, lost) == ([UP], "up", [])
    # Else the board would answer nobody's echoes.
    assert is_open == 0


def test_networks_are_tried_one_after_the_other(firmware, tmp_path):
    source = """
link = link_of([("work", "battery staple"), ("phone", "")] + HOME)
states = []
for _ in range(12):
    asyncio.run(run(link, 1))
    states.append(link.state)
asyncio.run(run(link_of([("work", ""), ("phone", "")]), 10))
print(json.dumps([told, states]))
"""
    told, states = radio(firmware, tmp_path, source)
    assert texts(told) == [UP, "Wi-Fi: cannot connect (network not found), trying on"]
    assert set(states) == {"connecting", "up"}


def test_a_fixed_address_is_set_whenever_the_radio_is_switched_on(firmware, tmp_path):
    source = """
link = link_of(fixed="192.0.2.9/24 192.0.2.1")
for _ in range(2):
    asyncio.run(link._radio.start())
print(json.dumps([list(one) for one in WLAN.fixed]))
"""
    assert radio(firmware, tmp_path, source) == [["192.0.2.9", "255.255.255.0", "192.0.2.1", "192.0.2.1"]] * 2


WATCHDOG = """
import asyncio, json
from edgelet.board import watchdog

class Chip:
    fed = 0
    def feed(self):
        self.fed += 1

class Timer:
    callback = None
    def init(self, period, callback):
        self.period, self.callback = period, callback
    def deinit(self):
        self.callback = None

chip, timer = Chip(), Timer()
dog = watchdog.Watchdog(chip, timer)
"""


@pytest.mark.slow
def test_watchdog_is_fed_by_the_event_loop_only(firmware):
    source = """
import time
from edgelet import event_loop

fed = []

async def compute():
    before = chip.fed
    time.sleep_ms(10)
    fed.append(chip.fed - before)

async def main():
    dog_task = asyncio.create_task(dog.run())
    await asyncio.sleep_ms(0)
    before = chip.fed
    await asyncio.gather(*[compute() for _ in range(8)])
    between = chip.fed - before
    await asyncio.sleep_ms(2200)
    print(json.dumps([fed, between >= 8, chip.fed - before - between >= 2, timer.callback is None]))

event_loop.IOQueue = None  # Linux has one of its own
event_loop.prepare()
asyncio.run(main())
"""
    assert json.loads(run_on_device(firmware, WATCHDOG + source)) == [[0] * 8, True, True, True]


def test_watchdog_lets_a_command_take_long_but_not_for_ever(firmware):
    source = """
dog.hold(True)
fed = []
for _ in range(200):
    timer.callback(timer)
    fed.append(chip.fed)
dog.hold(False)
print(json.dumps([timer.period, fed[99], fed[-1], chip.fed, timer.callback is None]))
"""
    assert json.loads(run_on_device(firmware, WATCHDOG + source)) == [1000, 101, 121, 122, True]


ENDED = """
import sys
from edgelet import runtime, startup
class Reset(BaseException): pass
class Machine:
    @staticmethod
    def reset(): raise Reset
class Time:
    @staticmethod
    def sleep(seconds): pass
def run(*args, **options): raise %s
runtime.run, startup.machine, startup.time = run, Machine, Time
startup.ROOT, startup._starts = sys.argv[1], startup.safemode.Starts(sys.argv[1] + "/starts")
try:
    startup.run()
except Reset:
    print("reset")
"""


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit", "OSError(98)", "MemoryError"])
def test_whatever_ends_the_main_program_resets_the_board(firmware, tmp_path, error):
    assert run_on_device(firmware, ENDED % error, tmp_path).splitlines()[-1] == "reset"


def test_what_fails_before_the_server_resets_the_board_and_leads_into_safe_mode(firmware, tmp_path):
    fails = ENDED % "Reset" + "print(startup.safemode.active)"
    fails = fails.replace("try:", "startup._is_low = lambda pin: {}[pin]\ntry:")
    ends = [run_on_device(firmware, fails, tmp_path).splitlines() for _ in range(4)]
    assert ["reset" in end for end in ends] == [True, True, True, False]
    assert ends[3][-1] == "3 starts in a row failed"


PIN = """
class Pin:
    IN = PULL_UP = 0
    def __init__(self, number, *_):
        if number > 29: raise ValueError("invalid pin")
        self.value = lambda: number != 3
startup.machine.Pin = Pin
"""


@pytest.mark.parametrize(("pin", "told"), [(63, "started"), (3, "the safe mode pin is low"), (4, "started")])
def test_a_pin_that_the_board_does_not_have_keeps_nothing_off(firmware, tmp_path, pin, told):
    (tmp_path / "settings.json").write_text(json.dumps({"safe_pin": pin}))
    source = ENDED.replace("raise %s", "print('started')").replace("try:", PIN + "try:")
    lines = run_on_device(firmware, source + "print(startup.safemode.active)", tmp_path).splitlines()
    assert told in lines
    assert ("started" in lines) == (told == "started")


SAFE = """
from edgelet.board import safemode
from edgelet.device import running
safemode.active = %r
try:
    running()
except ValueError as e:
    print(e)
"""


@pytest.mark.parametrize(
    ("why", "told"),
    [("", "nothing is served: restart"), ("the pin is low", "the board is in safe mode, as the pin is low: restart")],
)
def test_what_finds_no_runtime_says_why(firmware, why, told):
    assert told in run_on_device(firmware, SAFE % why)
