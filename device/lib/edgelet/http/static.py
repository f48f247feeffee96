"""The static files of a function: what a browser gets without any JavaScript being run."""

import sys

from edgelet import log
from edgelet.http.message import Stream, join_fields, split_fields
from edgelet.http.representation import (
    UNSATISFIABLE,
    accepts_gzip,
    byte_range,
    file_path,
    has_match,
    media_type,
)
from edgelet.storage.releases import READ_AT_ONCE

_CHUNK = 16384 if sys.platform == "linux" else 1024  # bytes read at a time
_INDEX = "index.html"
_ETAG_DIGITS = 32
_DAMAGED = (503, b"content-type: text/plain;charset=UTF-8\r\n", b"this file is not available\n")
_FIELDS = ("accept-encoding", "if-none-match", "if-range", "range")


class Chunks:
    """The bytes of a file of a release from `first` on, `length` of them: an async iterator.

    The file is open from the first chunk to the last one, or to aclose().
    """

    def __init__(self, release, sha256, first, length):
        self._release = release
        self._sha256 = sha256
        self._first = first
        self._left = length
        self._file = None

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self._left:
            self.close()
            raise StopAsyncIteration
        return self.read()

    def read(self):
        """The next bytes."""
        if self._file is None:
            self._file = self._release.open(self._sha256)
            self._file.seek(self._first)
        chunk = self._file.read(min(_CHUNK, self._left))
        if not chunk:
            raise OSError("file %s is shorter than its release says" % self._sha256)
        self._left -= len(chunk)
        return chunk

    async def aclose(self):
        """Ends the iterator and closes the file."""
        self.close()

    def close(self):
        """As aclose()."""
        self._left = 0
        if self._file:
            file, self._file = self._file, None
            self._release.close(self._sha256, file)


class Files:
    """The static files of a release."""

    def __init__(self, release):
        self._release = release
        self._routes = sorted(release.routes, key=len, reverse=True)
        age = release.static.get("max_age", 0)
        # Without an age the client asks each time and mostly gets a 304.
        self._cache_control = "public, max-age=%d" % age if age else "no-cache"

    def respond(self, head):
        """The response to a GET or HEAD request: (status, header lines, bytes or Stream), or an awaitable of it.

        None where it means no static file. `head`: see `edgelet.http.server`. A file that is not what was deployed is
        not sent; each is read for that before the first response that has it.
        """
        path = self._path(head.target)
        if path is None:
            return None
        address, mark, query = head.target.partition("?")
        if address[-1] == "/":
            path += _INDEX
        found = self._release.find(path)
        if found is None and address[-1] != "/":
            folder = path + "/" if path else ""
            if self._release.find(folder + _INDEX) is None:
                return None
            # Relative links in a folder's page need the slash.
            return 308, join_fields((("location", address + "/" + mark + query),)), b""
        return found and self._choose(head, path, found)

    def _path(self, target):
        for route in self._routes:
            path = file_path(target, route)
            if path is not None:
                return path
        return None

    def _choose(self, head, path, found):
        """Answers with the file or with its packed form."""
        request = _fields(head.headers)
        name = path
        fields = [("cache-control", self._cache_control)]
        packed = self._release.find(path + ".gz")
        if packed:
            fields.append(("vary", "Accept-Encoding"))
            if accepts_gzip(request.get("accept-encoding", "")):
                found = packed
                name = path + ".gz"
                fields.append(("content-encoding", "gzip"))
        sha256, size = found
        etag = '"%s"' % sha256[:_ETAG_DIGITS]
        fields.append(("etag", etag))
        if has_match(request.get("if-none-match", ""), etag):
            return 304, join_fields(fields), b""
        fields.append(("content-type", media_type(path)))
        fields.append(("accept-ranges", "bytes"))
        wanted = None
        # A client that has part of another version must get all of this one (RFC 9110, 13.1.5).
        if head.method == "GET" and request.get("if-range", etag) == etag:
            wanted = byte_range(request.get("range", ""), size)
        response = self._part(fields, sha256, size, wanted)
        is_intact = self._release.known(sha256)
        if is_intact is None:
            if size > READ_AT_ONCE:
                return self._checked(response, name, sha256)
            is_intact = self._reported(self._release.is_intact_now(sha256), name, sha256)
        if not is_intact:
            return _DAMAGED
        return _at_once(response) if head.method == "GET" else response

    async def _checked(self, response, path, sha256):
        return response if self._reported(await self._release.is_intact(sha256), path, sha256) else _DAMAGED

    def _reported(self, is_intact, path, sha256):
        if not is_intact:
            path = "%s/%s" % (self._release.static["folder"], path)
            log.error(self._release.damage(path, sha256), function=self._release.function)
        return is_intact

    def _part(self, fields, sha256, size, wanted):
        if wanted == UNSATISFIABLE:
            return 416, join_fields((("content-range", "bytes */%d" % size),)), b""
        status, first, length = 200, 0, size
        if wanted:
            status, first, length = 206, wanted[0], wanted[1] - wanted[0] + 1
            fields.append(("content-range", "bytes %d-%d/%d" % (first, wanted[1], size)))
        body = Stream(Chunks(self._release, sha256, first, length), length)
        return status, join_fields(fields), body


def _at_once(response):
    """A response with the bytes of a small file, which needs no task that sends them."""
    status, lines, body = response
    if type(body) is not Stream or not 0 < body.length <= _CHUNK:
        return response
    try:
        data = body.chunks.read()
    finally:
        body.chunks.close()
    return (status, lines, data) if len(data) == body.length else _DAMAGED


def _fields(lines):
    """The header fields that matter here, by lower-case name; several lines are joined."""
    fields = {}
    for name, value in split_fields(lines):
        name = name.lower()
        if name in _FIELDS:
            fields[name] = fields[name] + ", " + value if name in fields else value
    return fields
