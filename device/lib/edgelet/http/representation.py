"""What a request for a stored file asks for: which path, which coding, which bytes.

No file is touched here.
"""

# Extension -> media type (IANA). Text is UTF-8.
_TYPES = {
    "avif": "image/avif",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webmanifest": "application/manifest+json",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xml": "application/xml",
    "zip": "application/zip",
}

_DIGITS = 15  # of a number in a Range: no file is that long, and int() stays cheap

#: From byte_range(): none of the bytes asked for exist.
UNSATISFIABLE = (-1, -1)


def media_type(path):
    """The Content-Type of a file, by its extension."""
    _, dot, extension = path.rpartition("/")[2].rpartition(".")
    return _TYPES.get(extension.lower() if dot else "", "application/octet-stream")


def file_path(target, route):
    """The file that a request target (RFC 9112, section 3.2.1) means below `route`.

    It is a path relative to the folder of the static files, "" or with "/" at its end for a folder, or None where the
    target cannot mean a file. It never has a segment that is empty, "." or "..", nor a control character or backslash,
    however they were written; a slash that is written %2F means no file.
    """
    path = target.partition("?")[0]
    if route != "/":
        if not (path + "/").startswith(route + "/"):
            return None
        path = path[len(route) :] or "/"
    segments = path[1:].split("/")
    if path[:1] != "/" or "" in segments[:-1]:
        return None
    decoded = [_decode(segment) for segment in segments]
    if None in decoded or "." in decoded or ".." in decoded:
        return None
    return "/".join(decoded)


def _decode(segment):
    """A path segment without percent-encoding (RFC 3986, section 2.1), or None if malformed."""
    if "%" in segment:
        head, *parts = segment.encode().split(b"%")
        try:
            raw = head + b"".join(bytes((_byte(part[:2]),)) + part[2:] for part in parts)
            segment = raw.decode()
        except ValueError:  # UnicodeError too
            return None
    if any(c < " " or c in "/\\\x7f" for c in segment):
        return None
    return segment


def _byte(digits):
    # int() alone would take "+1", " 1" and "1_".
    if len(digits) != 2 or not all(c in b"0123456789abcdefABCDEF" for c in digits):
        raise ValueError
    return int(digits.decode(), 16)


def has_match(header, etag):
    """Whether an If-None-Match names `etag`, a strong one.

    Weak comparison: RFC 9110, sections 8.8.3.2 and 13.1.2.
    """
    if header.strip() == "*":
        return True
    return any(_strong(tag.strip()) == etag for tag in header.split(","))


def _strong(tag):
    return tag[2:] if tag[:2] == "W/" else tag


def accepts_gzip(header):
    """Whether an Accept-Encoding (RFC 9110, section 12.5.3) takes gzip.

    A client that sends none gets no coding: many of them cannot decode one.
    """
    wildcard = False
    for part in header.lower().split(","):
        coding, *parameters = [item.strip() for item in part.split(";")]
        if coding in ("gzip", "x-gzip"):
            return _weight(parameters) > 0
        if coding == "*":
            wildcard = _weight(parameters) > 0
    return wildcard


def _weight(parameters):
    """The q-value of RFC 9110, section 12.4.2, in thousandths; 0 where it is malformed."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            whole, _, fraction = value.strip().partition(".")
            if whole not in ("0", "1") or len(fraction) > 3 or not _is_number(fraction + "0"):
                return 0
            return min(1000, int(whole) * 1000 + int((fraction + "000")[:3]))
    return 1000


def _is_number(text):
    return bool(text) and all(c in "0123456789" for c in text)


def byte_range(header, size):
    """The bytes that a Range (RFC 9110, section 14.1.2) selects of `size` bytes.

    (first, last), UNSATISFIABLE, or None where it is to be ignored, as are several ranges at once.
    """
    unit, equals, ranges = header.partition("=")
    first, dash, last = ranges.strip().partition("-")
    if unit.strip().lower() != "bytes" or not equals or not dash:
        return None
    if (first and not _is_number(first)) or (last and not _is_number(last)):
        return None
    if not first:
        return _last_bytes(last, size)
    first = _number(first)
    last = _number(last) if last else size - 1
    if last < first and ranges.strip()[-1] != "-":
        return None
    return (first, min(last, size - 1)) if first < size else UNSATISFIABLE


def _last_bytes(count, size):
    if not count:
        return None
    count = min(_number(count), size)
    return (size - count, size - 1) if count else UNSATISFIABLE


def _number(digits):
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
