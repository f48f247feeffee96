"""Source maps: which place of which file a place of a bundler's output comes from (ECMA-426)."""

import json
import re
import struct
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

_BASE64 = {
    digit: value for value, digit in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
#: What the firmware writes behind the path of a module whose top level comes from several files (engine.h).
OUTPUT_SUFFIX = " (bundle)"
_OUTPUT_PLACE = re.compile(re.escape(OUTPUT_SUFFIX) + r":(\d+):(\d+)")


@dataclass(frozen=True)
class SourceMap:
    """Where the lines of one output come from.

    sources: paths. positions: (line, column, index in sources, line, column), counted from 1 but for the index, sorted;
    each is valid up to the next one of its line.
    """

    sources: list[str]
    positions: list[tuple[int, int, int, int, int]]

    def origin(self, line: int, column: int) -> tuple[str, int, int] | None:
        """Give file, line and column of a place in the output; None where nobody knows."""
        found = bisect_right(self.positions, (line, column + 1)) - 1
        if found < 0 or self.positions[found][0] != line:
            return None
        _, _, source, source_line, source_column = self.positions[found]
        return self.sources[source], source_line, source_column

    def pack(self) -> bytes:
        """Give the positions as `quickjs.compile` takes them."""
        return b"".join(struct.pack("<5I", *position) for position in self.positions)

    def explain(self, text: str, main: str) -> str:
        """Put the places in files into a text from a device that has places of the output. main: the output's path."""

        def place(found: re.Match[str]) -> str:
            origin = self.origin(int(found[1]), int(found[2]))
            return "{}:{}:{}".format(*origin) if origin else found[0]

        return re.sub(re.escape(main) + _OUTPUT_PLACE.pattern, place, text)


def parse(text: str) -> SourceMap:
    """Read a source map, a JSON text of version 3 without sections."""
    given: dict[str, Any] = json.loads(text)
    positions = []
    source = source_line = source_column = 0
    for line, segments in enumerate(given["mappings"].split(";"), 1):
        column = 0
        for segment in filter(None, segments.split(",")):
            fields = _numbers(segment)
            column += fields[0]
            if len(fields) < 4:
                continue
            source += fields[1]
            source_line += fields[2]
            source_column += fields[3]
            positions.append((line, column + 1, source, source_line + 1, source_column + 1))
    return SourceMap(given["sources"], sorted(positions))


def _numbers(segment: str) -> list[int]:
    """Decode base64 VLQ: five bits a digit, the lowest first, of which the first one is the sign."""
    numbers = []
    value = shift = 0
    for digit in segment:
        value |= (_BASE64[digit] & 31) << shift
        shift += 5
        if _BASE64[digit] & 32 == 0:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers
