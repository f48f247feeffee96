"""The manifest of a release: what a function is made of and what it wants.

A manifest is JSON Lines in UTF-8. Its first line is an object, the header:

    {"function": "login", "engine": "0123456789abcdef", "main": "main.qjs",
     "hosts": [], "routes": ["/"], "limits": {"cpu_ms": 50}, "vars": {"ISSUER": "edgelet"},
     "bindings": {"USERS": {"type": "kv"}}, "static": {"folder": "public", "max_age": 0},
     "fetch": {"allow": ["api.example.com"], "roots": "roots.der"}, "client_header": "CF-Connecting-IP",
     "created_by": "edgelet 0.1.0"}

Each further line is a file, ordered by the path's UTF-8 bytes, written without blanks and with
its path unescaped, so that a path can be found without parsing:

    ["main.qjs","<sha256, 64 lower-case hex digits>",5120]

Only the header is kept in RAM; the files are looked up on flash.
"""

import json

from edgelet import limits, names

HEADER_BYTES = 8192

# Kinds of binding: type -> its options, name -> (lowest, highest), or what checks a text. All are required.
BINDINGS = {
    "kv": {},
    "service": {"function": names.function},
    "jwks": {"url": names.url},
    "ratelimit": {"limit": (1, 65535), "period": (1, 86400)},  # calls, seconds
}

_LISTED = 16  # hosts, routes and reachable hosts of one function, each


def _check_numbers(what, given, table):
    for name, value in given.items():
        if name not in table:
            raise ValueError("%s has no %r; there are: %s" % (what, name, _list(table)))
        low, high = table[name]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError("%s: %s must be a whole number from %d to %d" % (what, name, low, high))


def _list(table):
    return ", ".join(sorted(table)) or "none"


def _check_bindings(bindings):
    for name, options in bindings.items():
        names.variable(name)
        kind = options.get("type") if isinstance(options, dict) else None
        if kind not in BINDINGS:
            raise ValueError("binding %s: its type must be one of: %s" % (name, _list(BINDINGS)))
        table = BINDINGS[kind]
        given = {key: value for key, value in options.items() if key != "type"}
        numbers = {key: value for key, value in given.items() if not callable(table.get(key))}
        _check_numbers("binding " + name, numbers, table)
        if len(given) != len(table):
            raise ValueError("binding %s of type %s needs: %s" % (name, kind, _list(table)))
        for key, value in given.items():
            if key not in numbers:
                table[key](value)


def _check_list(what, given, check):
    if len(given) > _LISTED:
        raise ValueError("%s: at most %d" % (what, _LISTED))
    for text in given:
        check(text)


def _check_vars(variables, bindings):
    for name, value in variables.items():
        names.variable(name)
        if not isinstance(value, str):
            raise ValueError("variable %s must be text" % name)
        if name in bindings:
            raise ValueError("%s is a variable and a binding: rename one of them" % name)


def _check_static(static):
    names.path(static.get("folder"))
    given = {key: value for key, value in static.items() if key != "folder"}
    _check_numbers("static", given, {"max_age": (0, 31536000)})


def _check_fetch(fetch):
    for key in fetch:
        if key not in ("allow", "roots"):
            raise ValueError("fetch has no %r; there are: allow, roots" % key)
    allow = fetch.get("allow", [])
    if not isinstance(allow, list):
        raise ValueError('fetch.allow must be a list, such as ["api.example.com"]')
    _check_list("fetch.allow", allow, names.reachable)
    if "roots" in fetch:
        names.path(fetch["roots"])


# Key of the header -> (type, default).
_FIELDS = {
    "function": (str, None),
    "engine": (str, ""),
    "main": (str, ""),
    "hosts": (list, []),
    "routes": (list, ["/"]),
    "limits": (dict, {}),
    "vars": (dict, {}),
    "bindings": (dict, {}),
    "static": (dict, {}),
    "fetch": (dict, {}),
    "client_header": (str, ""),
    "created_by": (str, ""),
}


def parse_header(line):
    """The header as a dict that has every field.

    "main" is "" without a handler, "static" is {} without static files, an empty "hosts" means every host, "fetch" is
    {} where nothing may be reached, and "client_header" "" where no header has the client's address. ValueError where
    it is not valid.
    """
    if len(line) > HEADER_BYTES:
        raise ValueError("the manifest's first line has more than %d bytes" % HEADER_BYTES)
    try:
        if line.strip()[-1:] != b"}":
            raise ValueError  # MicroPython's parser takes an object that is cut off
        given = json.loads(line)
    except ValueError:
        raise ValueError("the manifest's first line is not JSON") from None
    if not isinstance(given, dict):
        raise ValueError("the manifest's first line is not an object")
    for key in given:
        if key not in _FIELDS:
            raise ValueError("the manifest has %r, which this firmware does not know: flash a newer one" % key)
    header = {}
    for key, (kind, default) in _FIELDS.items():
        header[key] = given.get(key, default)
        if not isinstance(header[key], kind):
            raise ValueError("the manifest's %r is missing or of the wrong type" % key)
    _check_header(header)
    return header


def _check_header(header):
    names.function(header["function"])
    if header["main"]:
        names.path(header["main"])
    elif not header["static"]:
        raise ValueError("a function needs a handler or static files")
    if header["static"]:
        _check_static(header["static"])
    if not header["routes"]:
        raise ValueError("a function needs a route, such as /")
    _check_list("hosts", header["hosts"], names.host)
    _check_list("routes", header["routes"], names.route)
    _check_numbers("limits", header["limits"], {row[0]: row[2:] for row in limits.of("function")})
    _check_bindings(header["bindings"])
    _check_vars(header["vars"], header["bindings"])
    _check_fetch(header["fetch"])
    if header["client_header"]:
        names.header(header["client_header"])


def parse_file(line):
    """A file line as (path, sha256, size). ValueError where it is not valid."""
    try:
        path, sha256, size = json.loads(line)
    except (TypeError, ValueError):
        raise ValueError("the manifest has a line that is not [path, sha256, size]") from None
    names.path(path)
    if not names.is_hex(sha256, 64):
        raise ValueError("file %s: its SHA-256 is not 64 lower-case hex digits" % path)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError("file %s: its size is not a number of bytes" % path)
    return path, sha256, size


def files(stream):
    """Yields (offset, path, sha256, size) of each file line of an open manifest that stands behind its header.

    offset: where the line begins. ValueError where a line is not valid, is cut off, or is out of order (so no path
    comes twice).
    """
    before = b""
    offset = stream.tell()
    while True:
        line = stream.readline()
        if not line:
            return
        if line[-1:] != b"\n":
            raise ValueError("the manifest is cut off")
        path, sha256, size = parse_file(line)
        if path.encode() <= before:
            raise ValueError("the manifest's files are not in order of their paths, at %s" % path)
        yield offset, path, sha256, size
        before = path.encode()
        offset += len(line)
