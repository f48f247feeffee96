"""Charts of results: SVG, readable on light and dark pages. Drawn by pygal, which comes from PyPI when it is needed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgelet_host.firmware.environments import ensure_environment

from .growth import AXES
from .results import Results
from .rows import ROWS

_REQUIREMENTS = Path(__file__).with_name("pygal.txt")
# Colours that differ for the colour-blind too (those of Okabe and Ito), some of them darker: each has a contrast of 3
# at least (WCAG 2.1, section 1.4.11) to GitHub's white and dark pages alike; text has 4.
_COLOURS = ("#0072b2", "#c07f00", "#009468", "#d55e00", "#c05f94", "#2f93d0", "#808080", "#9c6f42")
_TEXT, _LINES = "#747b86", "#8b949e55"
_ROWS = ("hello", "echo", "verify", "sign", "connection")
_MORE_ROWS = ("static", "stream", "get", "put", "fetch")
_GROWTH = {"cpu_us": "CPU a request, µs", "p50_us": "p50, µs", "rss_mb": "RSS, MB"}


def _pygal() -> Any:
    [packages] = ensure_environment(_REQUIREMENTS).glob("lib/python*/site-packages")
    if str(packages) not in sys.path:
        sys.path.append(str(packages))
    import pygal

    return pygal


def _options(pygal: Any, title: str) -> dict[str, Any]:
    style = pygal.style.Style(
        background="transparent",
        plot_background="transparent",
        foreground=_TEXT,
        foreground_strong=_TEXT,
        foreground_subtle=_LINES,
        guide_stroke_color=_LINES,
        major_guide_stroke_color=_LINES,
        colors=_COLOURS,
        opacity="1",
        font_family="sans-serif",
        title_font_size=16,
        label_font_size=12,
        major_label_font_size=12,
        legend_font_size=13,
    )
    return {
        "title": title,
        "style": style,
        # Scripts and what they need are for pages of their own.
        "js": (),
        "explicit_size": True,
        "width": 900,
        "disable_xml_declaration": True,
        "pretty_print": True,
        "truncate_label": -1,
        "truncate_legend": -1,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 4,
    }


def draw(results: Results, folder: Path) -> None:
    """Write all charts into a folder."""
    pygal = _pygal()
    for name, chart in _charts(pygal, results):
        chart.render_to_file(str(folder / f"{name}.svg"))


def _charts(pygal: Any, results: Results) -> Iterator[tuple[str, Any]]:
    yield "cpu", _bars(pygal, results, _ROWS, "CPU a request, µs, 10 connections (logarithmic)", "cpu_us")
    yield "cpu-more", _bars(pygal, results, _MORE_ROWS, "CPU a request, µs, 10 connections (logarithmic)", "cpu_us")
    yield "rates", _bars(pygal, results, _ROWS, "Requests a second, 10 connections (logarithmic)", "per_s")
    yield "memory", _memory(pygal, results)
    for name in results.data["growth"]:
        yield f"growth-{name}", _growth(pygal, results, name)


def _logarithmic(values: list[float]) -> dict[str, Any]:
    """An axis with 1, 2, 5, 10, ... from below the least value to above the most."""
    # A window in which nothing was answered has none.
    values = [value for value in values if value > 0]
    every = [digit * 10**power for power in range(-2, 8) for digit in (1, 2, 5)]
    low = max(one for one in every if one < min(values))
    high = min(one for one in every if one >= max(values))
    return {
        "logarithmic": True,
        "zero": low,
        "range": (low, high),
        "y_labels": [one for one in every if low <= one <= high],
    }


def _bars(pygal: Any, results: Results, rows: tuple[str, ...], title: str, field: str) -> Any:
    found = {peer: [results.value(peer, name, 10, field) for name in rows] for peer in results.peers}
    medians = {peer: [one and one.median for one in values] for peer, values in found.items()}
    axis = _logarithmic([one for values in medians.values() for one in values if one])
    chart = pygal.Bar(height=420, **axis, **_options(pygal, title))
    chart.x_labels = [ROWS[name].title for name in rows]
    for peer, values in medians.items():
        chart.add(peer, values)
    return chart


def _memory(pygal: Any, results: Results) -> Any:
    chart = pygal.HorizontalBar(height=320, **_options(pygal, "Memory (RSS) after hello with 10 connections, MB"))
    for peer in results.peers:
        found = results.value(peer, "hello", 10, "rss_mb")
        chart.add(peer, found and found.median)
    return chart


def _growth(pygal: Any, results: Results, name: str) -> Any:
    steps = results.data["growth"][name]
    axis = _logarithmic([one[field] for one in steps for field in _GROWTH])
    chart = pygal.Line(height=360, **axis, **_options(pygal, f"{AXES[name].title} (logarithmic)"))
    chart.x_labels = [f"{one['step']:,}" for one in steps]
    for field, title in _GROWTH.items():
        chart.add(title, [one[field] or None for one in steps])
    return chart
