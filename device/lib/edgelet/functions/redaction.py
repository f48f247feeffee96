"""Takes the values of secrets out of texts that people will see."""

import json

#: Characters of the shortest value that is replaced. What is shorter stands in many a word by chance, and to replace it
#: there would tell it.
SHORTEST = 4

#: Characters of the shortest beginning that is replaced inside a text, of a short value and of a long one. The engine's
#: errors cut what they quote at 63 bytes, ours at 40 or 60; `https://api.` stands in many a text.
_INSIDE = (13, 20)

_MASK = "***"


class Redactor:
    """Replaces the values of `secrets`, texts, by asterisks: redactor(text).

    Of a value of several lines each line is replaced; so is a value in the form that it has inside JSON, in lower case,
    as in the host name of a URL, and the beginning of one: at the end of a text, which may have been cut there, from
    SHORTEST characters on, elsewhere from a quarter of the value on (13 to 20 characters), as errors quote in part.
    """

    def __init__(self, secrets):
        parts = {}
        for value in secrets:
            for line in value.split("\n"):
                line = line.strip()
                parts[line] = None
                parts[line.lower()] = None
                parts[json.dumps(line)[1:-1]] = None
        # One may contain another.
        self._parts = sorted([part for part in parts if len(part) >= SHORTEST], key=len, reverse=True)

    def __call__(self, text):
        """The text without them."""
        for part in self._parts:
            text = _without_end(_without_beginnings(text.replace(part, _MASK), part), part)
        return text


def _without_beginnings(text, part):
    """The text without what it has of `part` where that goes on differently."""
    least = max(_INSIDE[0], min(_INSIDE[1], len(part) // 4))
    if least >= len(part):
        return text
    head = part[:least]
    at = text.find(head)
    while at >= 0:
        end = at + least
        while end < len(text) and text[end] == part[end - at]:
            end += 1
        text = text[:at] + _MASK + text[end:]
        at = text.find(head, at)
    return text


def _without_end(text, part):
    """The text without what it has of `part` at its end."""
    head = part[:SHORTEST]
    at = text.find(head, max(0, len(text) - len(part)))
    while at >= 0:
        if part.startswith(text[at:]):
            return text[:at] + _MASK
        at = text.find(head, at + 1)
    return text
