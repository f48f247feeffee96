"""The device's log, on the real firmware."""

import json

import pytest
from console_helpers import run_on_device


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


def test_ring_is_bounded_in_bytes_and_drops_the_oldest(printed):
    sizes, sequence, text = printed(
        "import gc\n"
        "ring = log.Ring(8192)\n"
        "sizes = []\n"
        "for i in range(3000):\n"
        "    ring.add('info', 'é' * (i % 500))\n"
        "    sizes.append(ring.size)\n"
        "records = ring.since(0)\n"
        "kept = sum(len(r.text.encode()) for r in records)\n"
        "print(json.dumps([[max(sizes), kept], [records[0].seq, len(records)], records[-1].text]))"
    )
    assert sizes[1] <= sizes[0] <= 8192
    assert sequence[0] + sequence[1] - 1 == 3000
    assert sequence[1] > 1
    assert text == "é" * (2999 % 500)


# What records are made of -> the largest and the deque's end, in bytes.
FILL = {
    "ring.request('info', '%06x' % i, 'hello', 200, 31, 2500, 9000, 12, 'GET', '/api/users?x=1', '192.168.1.20')": 256,
    "ring.add('info', str(i))": 256,
    "ring.add('info', 'line %d of a handler' % i, '%06x' % i, 'hello')": 320,
    "ring.add('error', 'at f (main.js:3:4)' * (20 + i % 60), '%06x' % i, 'hello')": 1700,
}


@pytest.mark.parametrize("limit", [4096, 65536])
@pytest.mark.parametrize("fill", FILL)
def test_a_full_ring_takes_its_bytes_of_the_heap_whatever_is_in_it(printed, fill, limit):
    used = printed(
        "import gc\n"
        "ring = log.Ring(1024)\n"
        "def fill(count):\n"  # so that nothing of it is left on the stack
        "    for i in range(count):\n"
        f"        {fill}\n"
        "def overwrite_stack(depth):\n"  # where the collector would take an old pointer for one
        "    return depth and overwrite_stack(depth - 1)\n"
        "def used():\n"
        "    overwrite_stack(50)\n"
        "    gc.collect()\n"
        "    return gc.mem_alloc()\n"
        "before = after = 0\n"
        "before = used()\n"
        f"ring.resize({limit})\n"
        "fill(3000)\n"
        "after = used()\n"
        "print(json.dumps(after - before))"
    )
    assert limit - FILL[fill] <= used <= limit


def test_a_text_is_cut_to_half_of_the_limit_between_two_characters(printed):
    texts = printed(
        "ring = log.Ring(1024)\n"
        "ring.add('info', 'xx' + 'é' * 255)\n"
        "kept = [ring.since(0)[-1].text]\n"
        "for text in ('x' * 513, 'é' * 256, 'x' + 'é' * 256, '€' * 300):\n"
        "    ring.add('info', text)\n"
        "    kept.append(ring.since(0)[-1].text)\n"
        "print(json.dumps(kept))"
    )
    assert texts == ["xx" + "é" * 255, "x" * 509 + "...", "é" * 256, "x" + "é" * 254 + "...", "€" * 169 + "..."]


def test_follower_that_falls_behind_sees_the_gap(printed):
    first, lost = printed(
        "ring = log.Ring(1024)\n"
        "for i in range(100): ring.add('info', 'x' * 100)\n"
        "print(json.dumps([ring.since(5)[0].seq, ring.lost]))"
    )
    assert first > 5
    assert lost == 0


def test_smaller_limit_keeps_the_newest(printed):
    assert printed(
        "ring = log.Ring(8192)\n"
        "for i in range(20): ring.add('info', 'x' * 100)\n"
        "ring.resize(1024)\n"
        "print(json.dumps([ring.since(0)[-1].seq, ring.since(0)[0].seq, ring.size <= 1024]))"
    ) == [20, 17, True]


def test_page_of_records(printed):
    assert printed("for i in range(10): log.info(str(i))\nprint(json.dumps([r.text for r in log.since(4, 2)]))") == [
        "3",
        "4",
    ]
    assert printed("print(json.dumps(log.since(1)))") == []
    assert printed("log.info('a')\nprint(json.dumps(log.since(2)))") == []


def test_nothing_is_raised(printed):
    texts, lost = printed(
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
        "log.ring.request('error', 'r-1', 'login', 500, 31, 2500, 9000, 12, 'GET', '/a?b', '::1',"
        " 'Error: no\\n    at f (main.js:3:4)\\x1b[2J\\x9b\\t')\n"
        "print(json.dumps(log.as_text(log.since(0)[0])))"
    )
    assert line.split(" ", 1)[1] == (
        "error [login] GET /a 500 Error: no |     at f (main.js:3:4)\\x1b[2J\\x9b\\x09"
        " (12 B, 31 us CPU, 2500 us, 9000 B arena) ::1 #r-1"
    )
    assert line.isprintable()


def test_line_of_json(printed):
    record = json.loads(
        printed(
            "log.ring.request('info', '001a2b', 'login', 200, 31, 2500, 9000, 12, 'POST', '/a%20b?q', '10.0.0.1')\n"
            "print(json.dumps(log.as_json(log.since(0)[0])))"
        )
    )
    assert record.pop("time") > 1.7e12
    assert record.pop("uptime") >= 0
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
