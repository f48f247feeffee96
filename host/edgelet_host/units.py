"""Numbers, sizes, times and texts as people read them. --json has bytes, seconds, and texts as they are."""

import unicodedata

# Control characters, lone surrogates, what separates lines, and what turns the direction of writing.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Of those what scripts and emoji are made with: zero width (non-)joiner, soft hyphen.
_HARMLESS = {"\u200c", "\u200d", "\u00ad"}


def printable(text: str, kept: str = "") -> str:
    """Escape what could steer a terminal, but for the characters in `kept`; everything else is as it is."""
    return "".join(c if c in kept or _is_seen(c) else c.encode("unicode_escape").decode() for c in text)


def _is_seen(character: str) -> bool:
    return character in _HARMLESS or unicodedata.category(character) not in _UNSEEN


def count_text(count: int, what: str) -> str:
    """Give a number of things: 1 file, 2 files."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def size_text(size: int) -> str:
    """Give a number of bytes in the unit that fits: 812 bytes, 12.5 KB, 340 KB, 1.5 MB. A KB are 1024 bytes."""
    if size < 1024:
        return count_text(size, "byte")
    value, unit = size / 1024, "KB"
    for larger in ("MB", "GB"):
        # What would be printed with four digits has the next unit.
        if value < 999.5:
            break
        value, unit = value / 1024, larger
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"


def time_text(seconds: float) -> str:
    """Give a time in the unit that fits: 350 us, 4.2 ms, 90 ms, 4.2 s, 17 min, 5 h 20 min, 3 d 5 h."""
    if seconds < 0.9995e-3:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 0.9995:
        return f"{seconds * 1e3:.1f} ms" if seconds < 9.95e-3 else f"{seconds * 1e3:.0f} ms"
    if seconds < 119.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
