"""Messages of the domain name system (RFC 1035): the question for the addresses of a name, and its answer."""

import struct

A, AAAA = 1, 28
_CNAME, _IN = 5, 1

NO_ERROR, NO_NAME = 0, 3
_MOST_ALIASES = 8
_MOST_RECORDS = 64  # of an answer, that are looked at
_HEADER = 12
_RECORD = 10  # bytes behind a record's name
_SIZES = {A: 4, AAAA: 16}


def question(id, name, kind):
    """The message that asks for the addresses of a name; `kind` is A or AAAA. ValueError where it is no host name."""
    labels = name.encode().split(b".")
    if len(name) > 253 or not all(1 <= len(label) <= 63 for label in labels):
        raise ValueError("%s is no host name" % name[:60])
    encoded = b"".join([bytes((len(label),)) + label for label in labels])
    return struct.pack("!HHHHHH", id, 0x0100, 1, 0, 0, 0) + encoded + struct.pack("!BHH", 0, kind, _IN)


def answer(message, asked):
    """What a message says to the question `asked`: (code, whether it is cut short, addresses, seconds that they hold).

    Code is NO_ERROR, NO_NAME or another one of a server that cannot tell. ValueError where it is no answer to that
    question or is malformed.
    """
    if len(message) < len(asked):
        raise ValueError("short message")
    id, flags, questions, answers = struct.unpack_from("!HHHH", message)
    if id != asked[0] << 8 | asked[1] or flags & 0xF800 != 0x8000 or questions != 1:
        raise ValueError("no answer to this question")
    # Servers give the question back as it was, but for the case of letters.
    if bytes(message[_HEADER : len(asked)]).lower() != bytes(asked[_HEADER:]).lower():
        raise ValueError("an answer to another question")
    kind = asked[-3]
    records = list(_records(message, len(asked), answers, kind))
    addresses, ttl = _follow(_name(message, _HEADER)[0], records, kind)
    return flags & 15, bool(flags & 0x0200), addresses, ttl


def _records(message, at, count, kind):
    """Yields (name, type, data, seconds) of the answer's records that have to do with addresses."""
    for _ in range(min(count, _MOST_RECORDS)):
        name, at = _name(message, at)
        if at + _RECORD > len(message):
            return  # cut short, which the flags say
        type, klass, ttl, size = struct.unpack_from("!HHIH", message, at)
        at += _RECORD
        if at + size > len(message):
            return
        if klass == _IN and type == _CNAME:
            yield name, type, _name(message, at)[0], ttl
        elif klass == _IN and type == kind and size == _SIZES[kind]:
            yield name, type, bytes(message[at : at + size]), ttl
        at += size


def _name(message, at):
    """The name at an offset, in lower case, and the offset behind it. ValueError where there is none."""
    labels = []
    size = 0
    end = None
    lowest = at
    while True:
        if at >= len(message):
            return b"", len(message)
        length = message[at]
        if length >= 0xC0:
            if at + 1 >= len(message):
                return b"", len(message)
            if end is None:
                end = at + 2
            at = (length & 0x3F) << 8 | message[at + 1]
            if at >= lowest:
                raise ValueError("a name points forward")  # so there is no loop either
            lowest = at
            continue
        if length > 63:
            raise ValueError("malformed name")
        at += 1
        if length == 0:
            return b".".join(labels).lower(), end or at
        size += 1 + length
        if size > 254:
            raise ValueError("long name")
        labels.append(bytes(message[at : at + length]))
        at += length


def _follow(name, records, kind):
    """The addresses of a name, by way of its aliases, and the seconds that all of it holds."""
    ttl = 0x7FFFFFFF
    for _ in range(_MOST_ALIASES + 1):
        found = [record for record in records if record[0] == name and record[1] == kind]
        if found:
            return [record[2] for record in found], min([ttl] + [_seconds(record) for record in found])
        aliases = [record for record in records if record[0] == name and record[1] == _CNAME]
        if not aliases:
            break
        name = aliases[0][2]
        ttl = min(ttl, _seconds(aliases[0]))
    return [], 0


def _seconds(record):
    # RFC 2181 section 8: one with the highest bit set is 0.
    return record[3] if record[3] < 0x80000000 else 0
