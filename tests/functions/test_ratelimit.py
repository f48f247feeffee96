"""Rate limits: exactness, floods of keys, and clocks that wrap."""

import pytest
from console_helpers import heap_growth
from hypothesis import given
from hypothesis import strategies as st
from storage_helpers import Device, device_module

ratelimit = device_module("functions.ratelimit")

TICKS_PERIOD = 1 << 30  # of time.ticks_ms on 32-bit boards


class Clock:
    """time.ticks_ms of a board, moved by hand."""

    def __init__(self, start=0):
        self.now = start

    def __call__(self):
        return self.now % TICKS_PERIOD


class Exact:
    """The generic cell rate algorithm with a place for every key and exact fractions of time."""

    def __init__(self, limit, period):
        self.limit, self.period = limit, period * 1000
        self.until = {}  # key -> until when its allowance is taken, in 1/limit ms

    def allows(self, key, now):
        until = max(self.until.get(key, 0), now * self.limit)
        return until + self.period <= now * self.limit + self.period * self.limit

    def take(self, key, now):
        self.until[key] = max(self.until.get(key, 0), now * self.limit) + self.period


waits_and_keys = st.lists(st.tuples(st.integers(0, 3000), st.sampled_from("abcdefghijkl")), max_size=200)


@given(st.integers(1, 7), st.integers(1, 5), waits_and_keys, st.integers(0, TICKS_PERIOD))
def test_limit_is_exact_while_there_is_room(limit, period, calls, start):
    clock = Clock(start)
    limiter, exact = ratelimit.RateLimit(limit, period, 12, clock), Exact(limit, period)
    for wait, key in calls:
        clock.now += wait
        allowed = exact.allows(key, clock.now)
        assert limiter.limit(key) == allowed
        if allowed:
            exact.take(key, clock.now)


@given(st.integers(1, 7), st.integers(1, 5), st.integers(1, 6), waits_and_keys)
def test_no_flood_of_keys_gains_a_call(limit, period, places, calls):
    clock = Clock()
    limiter, exact = ratelimit.RateLimit(limit, period, places, clock), Exact(limit, period)
    for wait, key in calls:
        clock.now += wait
        if limiter.limit(key):
            assert exact.allows(key, clock.now)
            exact.take(key, clock.now)


def test_attacker_cannot_wash_out_a_count():
    clock = Clock()
    limiter = ratelimit.RateLimit(5, 60, 16, clock)
    guesses = 0
    for second in range(600):
        clock.now = second * 1000
        guesses += limiter.limit("alice")
        for number in range(50):
            limiter.limit(f"invented-{second}-{number}")
    assert guesses <= 5 + 600 * 5 / 60


def test_flood_ends_when_it_ends():
    clock = Clock()
    limiter = ratelimit.RateLimit(5, 60, 16, clock)
    for number in range(1000):
        limiter.limit(str(number))
    assert not limiter.limit("bob")
    clock.now += 60000
    assert [limiter.limit("bob") for _ in range(6)] == [True] * 5 + [False]


def test_limit_comes_back_evenly():
    clock = Clock()
    limiter = ratelimit.RateLimit(3, 60, 4, clock)
    assert [limiter.limit("k") for _ in range(4)] == [True, True, True, False]
    clock.now += 19999
    assert not limiter.limit("k")
    clock.now += 1
    assert [limiter.limit("k") for _ in range(2)] == [True, False]


def test_long_silence_forgives():
    for idle in (TICKS_PERIOD // 2 + 1, TICKS_PERIOD - 1, TICKS_PERIOD + 60000):
        clock = Clock(123456789)
        limiter = ratelimit.RateLimit(1, 60, 4, clock)
        assert limiter.limit("k")
        clock.now += idle
        assert limiter.limit("k")


@pytest.mark.parametrize("key", ["x" * 513, "ü" * 257, None, 7, b"k"])
def test_bad_keys_are_refused(key):
    with pytest.raises(ValueError, match="the key of a rate limit must be text of at most 512 bytes"):
        ratelimit.RateLimit(1, 1, 1, Clock()).limit(key)


def test_on_a_device(firmware):
    with Device(firmware) as device:
        device("from edgelet.functions.ratelimit import RateLimit")
        device("limiter = RateLimit(2, 3600, 4)")
        assert device("[limiter.limit(key) for key in 'aaabbb']") == [True, True, False, True, True, False]
        device("for i in range(1000): limiter.limit(str(i))")
        assert device("limiter.limit('a'), limiter.limit('new')") == (False, False)


def test_keys_take_no_more_of_the_heap(firmware):
    prepared = "from edgelet.functions.ratelimit import RateLimit\nlimiter = RateLimit(5, 60, 64)"
    assert heap_growth(firmware, prepared, "limiter.limit('user-%d' % i)") <= 0
