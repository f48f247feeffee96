"""What devices refuse of a release, found without one: with the line of edgelet.toml where it is from that."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, Project
from edgelet_host.project.places import place
from edgelet_host.runtime import limits, manifest, names
from edgelet_host.units import size_text

# Bytes of the arenas of RP2040 and RP2350, and of the largest image slot of each; of MicroPython's heap that edgelet
# leaves at most (docs/boards.md).
_ROOMS = {
    "EDGELET_PICO and EDGELET_PICO_W": (96 << 10, 73 << 10),
    "EDGELET_PICO2, EDGELET_PICO2_W and EDGELET_PICO_PLUS2": (256 << 10, 143 << 10),
}
# Of an image on 32 bits to that on 64: fitted to the 115 handlers of docs/packages.md. What comes out is 6 % above the
# measured size at most, and 15 % below it, where much of an image is numbers in typed arrays.
_SLOPE, _OFFSET = 0.749, -4766
# Likewise without the code of functions, fitted to 11 of these handlers and to ones that are nearly all code: 6 % above
# the measured size at most, and 20 % below it.
_SLOPE_WITHOUT_CODE = 0.69
# Bytes of the smallest image without its code, on 64 bits at most and on 32 at least (81,396 and 56,504 in November
# 2026). What else an image has are values and pointers at best, which take half as much there.
_LEAST_ON_64, _LEAST_ON_32 = 81 << 10, 54 << 10
_LEAST_SLOPE = 0.5
# And as few on 64 bits and as many on 32. What else an image has are texts and typed arrays at worst, as large there.
_MOST_ON_64, _MOST_ON_32 = 79 << 10, 56 << 10
_NUMBERS = re.compile(r"\d+")
#: Bytes of an image beside its bundle at least: the smallest has 56 KB.
_EMPTY = 48 << 10
#: Bytes of an arena of 32 bits that are in use while a bundle is read, beside its longest function, at least and at
#: most. An emulated Pico reads 9.6 KB in 60 KB, 13.8 in 64, 29.8 in 80 and 43.0 in 96, not 10.1, 14.2, 30.3, 44.0.
_READING, _MOST_READING = 49 << 10, 53 << 10


class Code(NamedTuple):
    """What of an image is the code of functions.

    size: its bytes on 64 bits. longest: those of the longest function's bytecode and lines, on any device. 0 where they
    are not known.
    """

    size: int
    longest: int


def check_header(project: Project, header: dict[str, Any]) -> None:
    """Raise EdgeletError where a device would refuse the manifest's header: names, routes, limits, bindings."""
    message = _problem(header)
    if message is not None:
        raise EdgeletError(f"{_blamed(project, header, message)}: {message}")


def check_files(project: Project, text: bytes) -> None:
    """Raise EdgeletError where a device would refuse the files of a manifest: their paths, their sizes and number."""
    stream = io.BytesIO(text)
    try:
        manifest.parse_header(stream.readline())
        sizes = [(path, size) for _, path, _, size in manifest.files(stream)]
    except ValueError as e:
        raise EdgeletError(f"{project.folder / FILE}: {e}") from None
    most = {name: most for name, _, _, most in limits.of("device", linux=True)}
    for text_of, value, name in _measures(sizes):
        if value > most[name]:
            raise EdgeletError(f"{project.folder}: {text_of}, no device takes more than {most[name]} ({name})")


def estimate(image: int, code: int = 0) -> int:
    """Give about the bytes on 32 bits of an image that has so many on 64.

    code: those of them that are the code of functions, where the device has that in flash.
    """
    return round(_SLOPE_WITHOUT_CODE * (image - code) if code else _SLOPE * image + _OFFSET)


def _least(image: int) -> int:
    """Give the fewest bytes on 32 bits of an image that has so many on 64, whatever it has in it."""
    return _LEAST_ON_32 + round(_LEAST_SLOPE * (image - _LEAST_ON_64))


def surely_too_large(image: int, code: Code, bundle: int, limit: int, *, flash: int) -> str:
    """Say why an image cannot be built in `limit` bytes of a 32-bit device; "" where it may be.

    image: its bytes on 64 bits, 0 where they are not known. bundle: those of the bundle. flash: those that the device
    has for the code of a function beside the image, or 0.
    """
    if code.longest + _READING > limit:
        return _long(code, limit - _READING)
    beside = code.size if flash else 0
    # What a bundle has may nearly all be code.
    least = _least(image - beside) if image else bundle + _EMPTY - flash
    if least <= limit:
        return ""
    return _needed(f"about {size_text(estimate(image, beside))}" if image else f"more than {size_text(least)}", limit)


def possibly_too_large(image: int, code: Code, limit: int, *, flash: int) -> str:
    """Say why an image may be too large to be built there, where texts and typed arrays are most of it; "" where not.

    See `surely_too_large`.
    """
    if not image:
        return ""
    if code.longest + _MOST_READING > limit:
        return _long(code, limit - _MOST_READING)
    beside = code.size if flash else 0
    about = estimate(image, beside)
    most = max(about, image - beside - _MOST_ON_64 + _MOST_ON_32)
    size = f"about {size_text(about)} there, at most {size_text(most)}"
    return f"the image would need {size}, and there are {size_text(limit)} for it" if most > limit else ""


def _long(code: Code, room: int) -> str:
    there = f"there are about {size_text(room)} to read it in" if room > 0 else "there is no room to read it in"
    return f"its longest function has {size_text(code.longest)} of bytecode, and {there}: divide it"


def _needed(size: str, limit: int) -> str:
    return f"the image would need {size} there, and there are {size_text(limit)} for it: import less"


def told(text: bytes, image: int, code: Code, bundle: int) -> Iterator[str]:
    """Tell what kinds of devices would refuse of a release that others take, a line each.

    text: its manifest. image, code, bundle: see `surely_too_large`. Raises EdgeletError where none would take it.
    """
    stream = io.BytesIO(text)
    header = manifest.parse_header(stream.readline())
    sizes = [(path, size) for _, path, _, size in manifest.files(stream)]
    for whose, linux in (("Linux devices take", True), ("boards take", False)):
        defaults = {name: default for name, default, _, _ in limits.of("device", linux=linux)}
        for text_of, value, name in _measures(sizes):
            if value > defaults[name]:
                yield f"{text_of}, {whose} {defaults[name]} unless {name} is set to more"
    ranges = {name: most for name, _, _, most in limits.of("function", linux=False)}
    for name, value in header["limits"].items():
        if value > ranges[name]:
            yield f"limits.{name} is {value}, boards take {ranges[name]} at most"
    for name, options in header["bindings"].items():
        if options["type"] == "service":
            yield f"binding {name} is of type service, which boards refuse: they have one arena"
    memory = header["limits"].get("memory", 0)
    most = max(arena for arena, _ in _ROOMS.values())
    small = surely_too_large(image, code, bundle, memory, flash=most) if memory else ""
    large = f"limits.memory is {memory} bytes, the image has {image} on 64 bits" if memory and image > memory else ""
    if small and large:
        about = f"and on 32 about {size_text(estimate(image, code.size))}: import less"
        raise EdgeletError(f"{large}, {about if code.longest + _READING <= memory else small}, or raise limits.memory")
    if large:
        yield f"{large}, as most Linux devices have: raise limits.memory"
    for boards, (arena, heap) in _ROOMS.items():
        if bundle > heap:
            needed = f"{size_text(bundle)}, and there are {size_text(heap)} to read it into"
            yield f"{boards} would refuse it: the bundle has {needed}: import less"
        elif memory > arena:
            yield f"limits.memory is {memory} bytes, {boards} have {arena}"
        elif header["main"]:
            room = min(memory or arena, arena)
            if problem := surely_too_large(image, code, bundle, room, flash=arena):
                yield f"{boards} would refuse it: {problem}"
            elif doubt := possibly_too_large(image, code, room, flash=arena):
                yield f"{boards} may refuse it: {doubt}"


def _measures(sizes: list[tuple[str, int]]) -> Iterator[tuple[str, int, str]]:
    """Give what is measured of a release: (text, value, limit)."""
    for path, size in sizes:
        yield f"file {path} has {size} bytes", size, "release_file_bytes"
    yield f"the release has {len(sizes)} files", len(sizes), "release_files"
    yield f"the release has {sum(size for _, size in sizes)} bytes", sum(size for _, size in sizes), "release_bytes"


def _problem(header: dict[str, Any]) -> str | None:
    try:
        line = json.dumps(header, allow_nan=False)
    except (TypeError, ValueError):
        return "dates, times, inf and nan are no values here: write a text or a whole number"
    try:
        manifest.parse_header(line.encode() + b"\n")
    except ValueError as e:
        if len(line) >= manifest.HEADER_BYTES:
            most = f"more than {manifest.HEADER_BYTES} bytes are refused"
            return f"variables, bindings, routes and the like have {len(line)} bytes: {most}"
        return str(e)
    # Under host names that every device has.
    own = [route for route in header["routes"] if route in names.OWN_PATHS]
    if own and (not header["hosts"] or set(header["hosts"]) & {names.LOCALHOST, "127.0.0.1"}):
        return f"route {own[0]} is the device's own: choose another one in edgelet.toml"
    return None


def _blamed(project: Project, header: dict[str, Any], message: str) -> str:
    """Give the place of that entry without which the message is another one."""
    path = project.folder / FILE
    for without, keys, value in _without_one(header):
        if _NUMBERS.sub("", _problem(without) or "") != _NUMBERS.sub("", message):
            return place(path, *keys, value=value)
    return str(path)


def _without_one(header: dict[str, Any]) -> Iterator[tuple[dict[str, Any], tuple[str, ...], object]]:
    """Give headers in which one entry is not there, with its keys in edgelet.toml and, of a list, its value."""
    yield header | {"function": "x"}, ("name",), None
    yield header | {"client_header": ""}, ("client_header",), None
    for one, many in (("route", "routes"), ("host", "hosts")):
        for number, value in enumerate(header[many]):
            left = [*header[many][:number], *header[many][number + 1 :]] or (["/"] if one == "route" else [])
            keys = (many,) if len(header[many]) > 1 else (one,)
            yield header | {many: left}, keys, value
            yield header | {many: left}, (many,), value
    for table in ("limits", "vars", "bindings", "static", "fetch"):
        for key, value in header.get(table, {}).items():
            if isinstance(value, list):
                for number, one in enumerate(value):
                    rest = [*value[:number], *value[number + 1 :]]
                    yield header | {table: header[table] | {key: rest}}, (table, key), one
            others = {name: one for name, one in header[table].items() if name != key}
            # Without it static files are none.
            yield header | {table: others | ({key: "x"} if key == "folder" else {})}, (table, key), None
