"""IP addresses: bytes in network order, 4 or 16 of them, and their text."""


def parse(text):
    """The bytes of an address, of IPv6 without brackets; None where the text is none."""
    return _parse_6(text) if ":" in text else _parse_4(text)


def _parse_4(text):
    parts = text.split(".")
    if len(parts) != 4 or not all(_is_byte(part) for part in parts):
        return None
    return bytes([int(part) for part in parts])


def _is_byte(part):
    # No zeros in front: some take those for octal.
    return 1 <= len(part) <= 3 and all("0" <= c <= "9" for c in part) and str(int(part)) == part and int(part) < 256


def _parse_6(text):
    left, gap, right = text.partition("::")
    if "::" in right:
        return None
    left, right = _groups(left), _groups(right)
    if left is None or right is None:
        return None
    missing = 16 - len(left) - len(right)
    if missing < 0 or (missing > 0) != bool(gap):
        return None
    return left + bytes(missing) + right


def _groups(text):
    """The bytes of a part between "::", of which the last group may be an IPv4 address."""
    out = b""
    parts = text.split(":") if text else []
    for i, part in enumerate(parts):
        if "." in part and i == len(parts) - 1:
            last = _parse_4(part)
            if last is None:
                return None
            out += last
        elif 1 <= len(part) <= 4 and all(c in "0123456789abcdefABCDEF" for c in part):
            out += int(part, 16).to_bytes(2, "big")
        else:
            return None
    return out


def interface(text):
    """(address, mask, gateway, name server) of "ADDRESS/BITS GATEWAY [NAMESERVER]", IPv4, as texts; None for others.

    Where no name server is named, it is the gateway.
    """
    own, *others = text.split() or [""]
    own, _, bits = own.partition("/")
    parts = [_parse_4(one) for one in [own] + others]  # noqa: RUF005
    if len(parts) not in (2, 3) or None in parts or not _is_byte(bits) or not 1 <= int(bits) <= 30:
        return None
    mask = (0xFFFFFFFF << 32 - int(bits)) & 0xFFFFFFFF
    address, gateway = [int.from_bytes(part, "big") for part in parts[:2]]
    if (address ^ gateway) & mask or address == gateway:
        return None
    return own, _text_4(mask.to_bytes(4, "big")), others[0], others[-1]


def _text_4(address):
    return ".".join([str(byte) for byte in address])


def text(address):
    """The text of an address, of IPv6 with all its groups."""
    if len(address) == 4:
        return _text_4(address)
    return ":".join(["%x" % int.from_bytes(address[i : i + 2], "big") for i in range(0, 16, 2)])
