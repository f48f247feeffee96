"""What a function may reach: the hosts that its project names, and no address that it does not mean by that."""

from edgelet.names import split_port
from edgelet.outbound import addresses

# IPv4 networks that are not the public internet (IANA's special-purpose registry), and what to call their addresses.
_NETWORKS_4 = (
    ("0.0.0.0", 8, "reserved"),
    ("10.0.0.0", 8, "private"),
    ("100.64.0.0", 10, "shared"),
    ("127.0.0.0", 8, "loopback"),
    ("168.63.129.16", 32, "metadata"),  # of a cloud, in the middle of public ones
    ("169.254.0.0", 16, "link-local"),
    ("172.16.0.0", 12, "private"),
    ("192.0.0.0", 24, "reserved"),
    ("192.0.2.0", 24, "reserved"),
    ("192.88.99.0", 24, "reserved"),
    ("192.168.0.0", 16, "private"),
    ("198.18.0.0", 15, "reserved"),
    ("198.51.100.0", 24, "reserved"),
    ("203.0.113.0", 24, "reserved"),
    ("224.0.0.0", 4, "multicast"),
    ("240.0.0.0", 4, "reserved"),
)
# IPv6 addresses are public in 2000::/3 only, but for these.
_NETWORKS_6 = (
    ("::", 128, "reserved"),
    ("::1", 128, "loopback"),
    ("fc00::", 7, "private"),
    ("fe80::", 10, "link-local"),
    ("ff00::", 8, "multicast"),
    ("2001::", 23, "reserved"),
    ("2001:db8::", 32, "reserved"),
    ("2002::", 16, "reserved"),
    ("3fff::", 20, "reserved"),
)
# Networks whose last four bytes are an IPv4 address that is meant: mapped ones, and NAT64.
_EMBEDDING = ("::ffff:0:0", "64:ff9b::")


class Refused(Exception):
    """A host or an address is not allowed; the text says what to add."""


def special(address):
    """What an address is that is not the public internet's: "loopback", "private" and so on; "" of a public one."""
    address = meant(address)
    networks = _NETWORKS_4 if len(address) == 4 else _NETWORKS_6
    for network, bits, kind in networks:
        if _prefix(address, bits) == _prefix(addresses.parse(network), bits):
            return kind
    return "reserved" if len(address) == 16 and address[0] >> 5 != 1 else ""


def meant(address):
    """The IPv4 address in an IPv6 address that embeds one; else the address."""
    for network in _EMBEDDING:
        if address[:-4] == addresses.parse(network)[:12]:
            return address[-4:]
    return address


def _prefix(address, bits):
    return int.from_bytes(address, "big") >> (8 * len(address) - bits)


def literal(host):
    """The address that a host of a URL is; None where it is a name."""
    return addresses.parse(host[1:-1] if host[:1] == "[" else host)


def check_host(allow, host, port, shown):
    """Raises Refused where no entry of `allow` names a URL's host and port. shown: how a person is told of both.

    What "*" lets through is looked at once more when the address is known.
    """
    address = literal(host)
    if address is None:
        if host[-1:] == ".":
            host = host[:-1]
        for pattern in _patterns(allow, port):
            if pattern in ("*", host) or (pattern[:2] == "*." and host.endswith(pattern[1:])):
                return
    elif _is_named(allow, address, port) or (not special(address) and "*" in _patterns(allow, port)):
        return
    raise Refused("%s is not allowed; add it to [fetch] allow in edgelet.toml" % shown)


def check_address(allow, host, address, port):
    """Raises Refused where a host, which is allowed, has an address that must be named and is not."""
    kind = special(address)
    if kind and not _is_named(allow, address, port):
        text = addresses.text(address)
        raise Refused("%s has the %s address %s; add that, too, to [fetch] allow in edgelet.toml" % (host, kind, text))


def _is_named(allow, address, port):
    return any(literal(pattern) == address for pattern in _patterns(allow, port))


def _patterns(allow, port):
    """The entries for a port, without it."""
    found = []
    for entry in allow:
        pattern, wanted = split_port(entry)
        if wanted in (None, port):
            found.append(pattern)
    return found
