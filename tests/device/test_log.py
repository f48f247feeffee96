"""The device's log, on the real firmware."""

import json

import pytest
from console_helpers import run_on_device
from hypothesis import example, given, settings
from hypothesis import strategies as st


@pytest.fixture
def printed(firmware):
    """Executes MicroPython source. Returns the value it printed as JSON."""

    def run(source):
        return json.loads(run_on_device(firmware, "import json\nfrom edgelet import log\n" + source))

    return run


def test_records_are_numbered_and_kept_in_order(printed):
    assert printed(
        "for i in range(5): log.info(str(i))\nprint(json.dumps([[r.seq, r.text] for r in log.since(3)]))"
    ) == [[3, "2"], [4, "3"], [5, "4"]]


RING = "ring = log.Ring({}, 2048, 256)\n"
TEXTS = "def texts(): return [r[log.NUMBERS_SIZE:].decode().split('\\0')[-1] for r in ring.records(0, None)]\n"


@settings(max_examples=30)
@given(
    limit=st.integers(1024, 3000),
    steps=st.lists(
        st.one_of(st.integers(0, 700), st.tuples(st.just("resize"), st.integers(1024, 3000))), min_size=1, max_size=150
    ),
)
@example(limit=1024, steps=[100] * 60)
@example(limit=1024, steps=[400, 400, 0, 700, 1, ("resize", 3000), 600, ("resize", 1024), 3])
def test_ring_keeps_the_newest_that_fit(firmware, limit, steps):
    """Against a list. A record may leave as many bytes free as it has itself, where it does not fit before the end."""
    source = (
        "import json\nfrom edgelet import log\n"
        + RING.format(limit)
        + TEXTS
        + "kept = []\n"
        + f"for i, step in enumerate({steps!r}):\n"
        + "    if type(step) is tuple: ring.resize(step[1])\n"
        + "    else: ring.add(i, 'info', '%d ' % i + 'x' * step, '', '')\n"
        + "    kept.append([ring.next_seq, ring.count, [len(r) for r in ring.records(0, None)], texts()])\n"
        + "print(json.dumps([kept, ring.lost]))"
    )
    states, lost = json.loads(run_on_device(firmware, source))
    assert lost == 0
    added = []
    for i, (step, (next_seq, count, sizes, texts)) in enumerate(zip(steps, states, strict=True)):
        if isinstance(step, tuple):
            limit = step[1]
        else:
            text = f"{i} " + "x" * step
            added.append(text if len(text) <= limit // 2 else text[: limit // 2 - 3] + "...")
        assert next_seq == len(added) + 1
        assert texts == added[len(added) - count :]
        taken = sum(sizes) + 2 * count
        assert taken <= limit
        if count < len(added) and not any(isinstance(one, tuple) for one in steps[: i + 1]):
            assert taken > limit - 2 * max(len(one) + 42 for one in added)


REQUEST = "ring.request(i, 'info', i, 'hello', 200, 31, 2500, 9000, 12, 'GET', '/a?x=1', '192.0.2.1', '', None)"
# What records are made of.
FILL = [
    REQUEST,
    "ring.add(i, 'info', str(i), '', '')",
    "ring.add(i, 'error', 'at f (main.js:3:4)' * (20 + i % 60), '%06x' % i, 'hello')",
]


@pytest.mark.parametrize("fill", FILL)
def test_a_ring_takes_its_bytes_of_the_heap_at_once_and_records_none(printed, fill):
    taken, more = printed(
        "import gc\n" + RING.format(1024) + "def fill(count):\n"  # so that nothing of it is left on the stack
        "    for i in range(count):\n"
        f"        {fill}\n"
        "def overwrite_stack(depth):\n"  # where the collector would take an old pointer for one
        "    return depth and overwrite_stack(depth - 1)\n"
        "def used():\n"
        "    overwrite_stack(50)\n"
        "    gc.collect()\n"
        "    return gc.mem_alloc()\n"
        "before = empty = after = 0\n"
        "before = used()\n"
        "ring.resize(65536)\n"
        "empty = used()\n"
        "fill(3000)\n"
        "after = used()\n"
        "print(json.dumps([empty - before, after - empty]))"
    )
    assert (taken, more) == (65536 - 1024, 0)


def test_numbers_out_of_range_are_kept_as_the_bound(printed):
    assert printed(
        "import struct\n"
        + RING.format(1024)
        + "for n in (-1, 70000, 1 << 40, 1 << 80, -1 << 80):\n"
        + "    ring.request(n, 'info', 0, '', n, n, n, n, n, 'GET', '/', '', '', (n, n))\n"
        + "print(json.dumps([struct.unpack_from(log.NUMBERS, r) for r in ring.records(0, None)]))"
    ) == [
        [0] * 8,
        [70000, 65535, 70000, 70000, 70000, 70000, 65535, 70000],
        [1 << 40, 65535, *[(1 << 32) - 1] * 4, 65535, (1 << 32) - 1],
        [(1 << 64) - 1, 65535, *[(1 << 32) - 1] * 4, 65535, (1 << 32) - 1],
        [0] * 8,
    ]


def test_a_request_has_the_name_that_its_response_has(printed):
    numbers = (0, 1, 15, 0xFFFFFF, 0x1000000, (1 << 62) - 1, 1 << 63, (1 << 64) - 1)
    assert printed(
        RING.format(2048)
        + f"numbers = {numbers}\n"
        + "for n in numbers:\n"
        + "    ring.request(0, 'info', n, '', 200, 0, 0, 0, 0, 'GET', '/', '', '', None)\n"
        + "said = [r[log.NUMBERS_SIZE:].decode().split('\\0')[2] for r in ring.records(0, None)]\n"
        + "print(json.dumps([said, [log.request_name(n) for n in numbers]]))"
    ) == [["", *[f"{n:06x}" for n in numbers[1:]]], [f"{n:06x}" for n in numbers]]


def test_whoever_follows_is_notified_once(printed):
    assert printed(
        "calls = []\n"
        "for i in range(3):\n"
        "    log.ring.notify = lambda: calls.append(log.ring.next_seq)\n"
        "    log.info('a')\n"
        "    log.info('b')\n"
        "print(json.dumps([calls, log.ring.notify]))"
    ) == [[2, 4, 6], None]


def test_a_text_is_cut_to_half_of_the_limit_between_two_characters(printed):
    texts = printed(
        RING.format(1024)
        + TEXTS
        + "kept = []\n"
        + "for text in ('xx' + 'é' * 255, 'x' * 513, 'é' * 256, 'x' + 'é' * 256, '€' * 300):\n"
        + "    ring.add(0, 'info', text, '', '')\n"
        + "    kept.append(texts()[-1])\n"
        + "print(json.dumps(kept))"
    )
    assert texts == ["xx" + "é" * 255, "x" * 509 + "...", "é" * 256, "x" + "é" * 254 + "...", "€" * 169 + "..."]


def test_a_path_is_cut_before_its_query_and_between_two_characters(printed):
    assert printed(
        "for path in ('/a?b?c', '?', '/' + 'x' * 300, '/' + 'é' * 130):\n"
        "    log.ring.request(0, 'info', 0, '', 200, 0, 0, 0, 0, 'GET', path, '', '', None)\n"
        "print(json.dumps([r.path for r in log.since(0)]))"
    ) == ["/a", "", "/" + "x" * 255, "/" + "é" * 127]


def test_follower_that_falls_behind_sees_the_gap(printed):
    first, oldest, lost = printed(
        "for i in range(100): log.info('x' * 100)\n"
        "print(json.dumps([log.since(5)[0].seq, log.ring.next_seq - log.ring.count, log.ring.lost]))"
    )
    assert first == oldest > 5
    assert lost == 0


def test_page_of_records(printed):
    assert printed("for i in range(10): log.info(str(i))\nprint(json.dumps([r.text for r in log.since(4, 2)]))") == [
        "3",
        "4",
    ]
    assert printed("print(json.dumps(log.since(1)))") == []
    assert printed("log.info('a')\nprint(json.dumps(log.since(2)))") == []


def test_nothing_is_raised(printed):
    texts, lost = printed(
        "log.ring.resize(4096)\n"
        "class Odd:\n"
        "    def __str__(self): raise ValueError('no')\n"
        "log.info(Odd())\n"
        "log.info(None)\n"
        "log.info('x' * 10000)\n"
        "print(json.dumps([[r.text for r in log.since(0)], log.ring.lost]))"
    )
    assert lost == 1
    assert texts[0] == "None"
    assert texts[1].startswith("xxx")
    assert texts[1].endswith("...")
    assert len(texts[1]) == 2048


def test_line_for_people_is_one_line_that_cannot_steer_the_terminal(printed):
    line = printed(
        "log.ring.request(0, 'error', 0xABC, 'login', 500, 31, 2500, 9000, 12, 'GET', '/a?b', '::1',"
        " 'Error: no\\n    at f (main.js:3:4)\\x1b[2J\\x9b\\t', None)\n"
        "print(json.dumps(log.as_text(log.since(0)[0])))"
    )
    assert line.split(" ", 1)[1] == (
        "error [login] GET /a 500 Error: no |     at f (main.js:3:4)\\x1b[2J\\x9b\\x09"
        " (12 B, 31 us CPU, 2500 us, 9000 B arena) ::1 #000abc"
    )
    assert line.isprintable()


def test_line_of_json(printed):
    record = json.loads(
        printed(
            "log.ring.request(9, 'info', 0x1A2B, 'login', 200, 31, 2500, 9000, 12, 'POST', '/a%20b?q', '10.0.0.1',"
            " '', None)\n"
            "print(json.dumps(log.as_json(log.since(0)[0])))"
        )
    )
    assert record.pop("time") > 1.7e12
    assert record.pop("uptime") == 9
    assert record == {
        "seq": 1,
        "level": "info",
        "text": "",
        "request": "001a2b",
        "function": "login",
        "status": 200,
        "cpu_us": 31,
        "wall_us": 2500,
        "arena": 9000,
        "bytes": 12,
        "method": "POST",
        "path": "/a%20b",
        "client": "10.0.0.1",
    }
