"""What may be a name: of a function, a variable, a file, a route, a host, a level of the log.

Each function returns its argument, or raises ValueError with one line that says what is wrong.
"""

# Whole, so that a board has them in its firmware and not in RAM.
_DIGITS = "0123456789"
_LABEL = "abcdefghijklmnopqrstuvwxyz0123456789-"
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

LOG_LEVELS = ("debug", "info", "warn", "error")

FUNCTION_LENGTH = 32  # the name becomes a folder, and part of log lines
VARIABLE_LENGTH = 64
PATH_BYTES = 200
ROUTE_LENGTH = 100
HOST_LENGTH = 253  # RFC 1035, section 3.1, as text
LABEL_LENGTH = 63


# No generators, here and in _are_labels: where these are called, a board has little C stack left.
def _consists_of(text, characters):
    for c in text:  # noqa: SIM110
        if c not in characters:
            return False
    return True


def _shown(text):
    return repr(text if not isinstance(text, str) or len(text) <= 40 else text[:40] + "...")


def function(text):
    """A function's name: lower-case letters, digits and inner hyphens, 1 to 32 characters."""
    if (
        not isinstance(text, str)
        or not 1 <= len(text) <= FUNCTION_LENGTH
        or not _consists_of(text, _LABEL)
        or text[0] == "-"
        or text[-1] == "-"
    ):
        raise ValueError(
            "function name %s: use 1 to %d lower-case letters, digits and inner hyphens"
            % (_shown(text), FUNCTION_LENGTH)
        )
    return text


def variable(text):
    """A variable's, secret's or binding's name: [A-Za-z_][A-Za-z0-9_]*, 1 to 64 characters."""
    if (
        not isinstance(text, str)
        or not 1 <= len(text) <= VARIABLE_LENGTH
        or not _consists_of(text, _WORD)
        or text[0] in _DIGITS
    ):
        raise ValueError(
            "name %s: use 1 to %d letters, digits and underscores, and no digit first" % (_shown(text), VARIABLE_LENGTH)
        )
    return text


def path(text):
    """A file's path inside a release: relative, 1 to 200 bytes of UTF-8.

    Its segments are separated by "/"; none is empty, "." or "..", or has a control character, quote or backslash.
    """
    if (
        not isinstance(text, str)
        or not 1 <= len(text.encode()) <= PATH_BYTES
        or any(segment in ("", ".", "..") for segment in text.split("/"))
        or any(c < " " or c in '"\\\x7f' for c in text)
    ):
        raise ValueError(
            "file path %s: use at most %d bytes, relative, without '..', quotes and backslashes"
            % (_shown(text), PATH_BYTES)
        )
    return text


def route(text):
    """A route: a path prefix that begins with "/" and, unless it is "/", does not end with one.

    Its segments are of letters, digits and ``_ - . ~``; none is "." or "..".
    """
    if not isinstance(text, str) or not _is_route(text):
        raise ValueError(
            "route %s: use a path such as /login, without a slash at the end, of letters, digits "
            "and _ - . ~" % _shown(text)
        )
    return text


def _is_route(text):
    if not 1 <= len(text) <= ROUTE_LENGTH or text[0] != "/":
        return False
    return text == "/" or all(
        segment not in ("", ".", "..") and _consists_of(segment, _WORD + "-.~") for segment in text[1:].split("/")
    )


def host(text):
    """A host name in lower case, without port: labels of 1 to 63 letters, digits and inner hyphens (RFC 1123, 2.1)."""
    if not isinstance(text, str) or not 1 <= len(text) <= HOST_LENGTH or not _are_labels(text):
        raise ValueError("host %s: use a name such as login.local, in lower case and without port" % _shown(text))
    return text


def header(text):
    """A header's name that a handler gets of the device: letters, digits and inner hyphens, 1 to 64 characters.

    None of those that say how a message is framed, or where it goes (RFC 9110, RFC 9112).
    """
    lower = text.lower() if isinstance(text, str) else ""
    own = ("connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")
    if not 1 <= len(lower) <= VARIABLE_LENGTH or not all(_is_label(part) for part in lower.split("-")) or lower in own:
        raise ValueError("client_header %s: use a header's name, such as CF-Connecting-IP" % _shown(text))
    return text


def split_port(text):
    """An entry of [fetch] allow as (host, port); port is None where it has none."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        return text, None
    return host, int(port) if 1 <= len(port) <= 5 and _consists_of(port, _DIGITS) else 0


def reachable(text):
    """What a function may fetch from: "*", a host, "*." and a host, an IPv4 address, an IPv6 address in brackets.

    A port may follow, behind a colon.
    """
    name, port = split_port(text) if isinstance(text, str) else ("", 0)
    if (port is not None and not 1 <= port <= 65535) or not _is_reachable(name):
        raise ValueError(
            "fetch.allow %s: use a host such as api.example.com, *.example.com, 192.168.1.20:8080, [fd00::1] or *"
            % _shown(text)
        )
    return text


def _is_reachable(name):
    if name[:1] == "[":
        return name[-1:] == "]" and is_address(name[1:-1]) and ":" in name
    if name[:2] == "*.":
        name = name[2:]
    elif name == "*":
        return True
    return 1 <= len(name) <= HOST_LENGTH and _are_labels(name)


def url(text):
    """The URL of what a device fetches by itself, at most 500 characters.

    https, or http to an address, in the form of the URL standard.
    """
    is_url = isinstance(text, str) and len(text) <= 500
    is_url = is_url and all("!" <= c <= "~" and c not in '"#<>\\^`{|}' for c in text)
    if is_url:
        scheme, _, rest = text.partition("://")
        authority, slash, _ = rest.partition("/")
        host, port = split_port(authority)
        is_host = bool(slash) and host[:1] != "*" and _is_reachable(host) and (port is None or 1 <= port <= 65535)
        is_plain = is_host and (host[0] == "[" or _consists_of(host, _DIGITS + "."))
        is_url = is_host and (scheme == "https" or (scheme == "http" and is_plain))
    if not is_url:
        raise ValueError(
            "url %s: use one such as https://example.com/jwks.json, at most 500 characters, in lower case up to the "
            "path; http:// only before an address" % _shown(text)
        )
    return text


def split_url(text):
    """A URL that `url` takes as (whether it is https, host, port, path and query)."""
    scheme, _, rest = text.partition("://")
    authority, _, path = rest.partition("/")
    host, port = split_port(authority)
    secure = scheme == "https"
    return secure, host, port or (443 if secure else 80), "/" + path


def _are_labels(name):
    for label in name.split("."):  # noqa: SIM110
        if not _is_label(label):
            return False
    return True


def _is_label(text):
    return 1 <= len(text) <= LABEL_LENGTH and _consists_of(text, _LABEL) and text[0] != "-" and text[-1] != "-"


def is_hex(value, digits):
    """Whether a value is text of so many lower-case hexadecimal digits, as ids of releases and digests are."""
    return isinstance(value, str) and len(value) == digits and _consists_of(value, "0123456789abcdef")


def is_label(text):
    """Whether a text, in upper or lower case, can be one part of a host name."""
    return _is_label(text.lower())


def is_address(text):
    """Whether a text looks like an IP address. "1.2" does too."""
    return bool(text) and _consists_of(text.lower(), "0123456789abcdef.:") and ("." in text or ":" in text)


#: The modules that handlers import beside what their project bundles: the firmware has them. The last one is for the
#: host's files that stand for Node.js' modules.
NATIVE_MODULES = ("cloudflare:workers", "jsonwebtoken", "edgelet:node")

#: The paths that are the device's own on its own host names.
HEALTH, METRICS = OWN_PATHS = ("/healthz", "/metrics")
#: A host name of every device's own, whatever its name is.
LOCALHOST = "localhost"


def own_hosts(hostname):
    """The host names under which the device's own pages answer."""
    hostname = hostname.lower()
    return (hostname, hostname + ".local", LOCALHOST, "127.0.0.1", "[::1]")
