"""Sizes and times as people read them."""

import pytest
from edgelet_host.units import size_text, time_text


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
