"""Sizes and times as people read them."""

import pytest
from edgelet_host.units import count_text, printable, size_text, time_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KB"),
        (84912, "82.9 KB"),
        (102348, "99.9 KB"),
        (102349, "100 KB"),
        (1023487, "999 KB"),
        (1023488, "1.0 MB"),
        (64 << 20, "64.0 MB"),
        (5 << 30, "5.0 GB"),
        (2 << 40, "2048 GB"),
    ],
)
def test_sizes(size, text):
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 us"),
        (0.00035, "350 us"),
        (0.0009995, "1.0 ms"),
        (0.00994, "9.9 ms"),
        (0.0125, "12 ms"),
        (0.25, "250 ms"),
        (0.9994, "999 ms"),
        (1, "1.0 s"),
        (9.94, "9.9 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (7169, "119 min"),
        (7200, "2 h 0 min"),
        (172769, "47 h 59 min"),
        (277200, "3 d 5 h"),
    ],
)
def test_times(seconds, text):
    assert time_text(seconds) == text


def test_counts():
    assert [count_text(n, "file") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("grüße, 日本\u00a0é 👩\u200d💻 C:\\dir", "grüße, 日本\u00a0é 👩\u200d💻 C:\\dir"),
        ("\x1b[31m\t\x85\x7f", r"\x1b[31m\t\x85\x7f"),
        ("\u202eabc\u2028\ud800", r"\u202eabc\u2028\ud800"),
        ("two\nlines", r"two\nlines"),
    ],
)
def test_text_is_shown_as_it_is_but_for_what_steers_a_terminal(text, shown):
    assert printable(text) == shown


def test_lines_may_stay_lines():
    assert printable("two\nlines\x07", kept="\n") == "two\nlines\\x07"
