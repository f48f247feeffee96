"""`import httpparse` on the real firmware: what its functions return, and what they refuse."""

import http
import json
import subprocess

from http_helpers import FRAMING_FIELDS, OTHER_FIELDS, device_command

SCRIPT = r"""
import httpparse

def refused(function, *args):
    try:
        function(*args)
    except (TypeError, ValueError) as e:
        return str(e)
    raise AssertionError("accepted")

head = httpparse.Head(100, 500)
request = b"POST /a?b HTTP/1.1\r\nHost: EXAMPLE.org:80\r\nContent-Length: 5\r\n\r\nhello"
buffer = bytearray(b"xx" + request)
assert head.method == head.target == head.host == "" and bytes(head.headers) == b""

# In pieces, then at once, at another place.
for end in range(2, len(buffer) - 5):
    assert head.parse(buffer, 2, end) == 0
assert head.parse(buffer, 2, len(buffer)) == len(buffer) - 5
for place in (2, 0):
    assert (head.method, head.target, head.host) == ("POST", "/a?b", "example.org:80")
    assert bytes(head.headers) == b"Host: EXAMPLE.org:80\r\nContent-Length: 5\r\n"
    assert (head.length, head.minor, head.persistent, head.expect_continue) == (5, 1, True, False)
    buffer = bytearray(request)
    assert head.parse(buffer, 0, len(buffer)) == len(buffer) - 5
host = head.host
head.parse(buffer, 0, len(buffer))
assert head.host is host

# A head that is complete may stand elsewhere.
moved = bytearray(request)
head.move(bytearray(request), moved)
assert bytes(head.headers) == b"Host: EXAMPLE.org:80\r\nContent-Length: 5\r\n"
head.move(buffer, moved)
buffer = None
moved[20:24] = b"HOST"
assert bytes(head.headers).startswith(b"HOST: EXAMPLE.org:80\r\n")
head.clear()
assert bytes(head.headers) == b"" and head.target == "/a?b"
head.move(moved, moved)
assert bytes(head.headers) == b""

def parse(data):
    buffer = bytearray(data)
    return head.parse(buffer, 0, len(buffer))

# The head in progress may move with its buffer.
assert head.parse(bytearray(b"...GET / HT"), 3, 11) == 0
assert parse(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == 27
assert (head.method, head.length) == ("GET", 0)

# After an error the next call begins anew.
assert httpparse.error(parse(b"GET / HTTP/1.1\n"))[0] == 400
assert httpparse.error(parse(b"GET /" + b"a" * 100))[0] == 414
assert httpparse.error(parse(b"a: b\r\n" * 100))[0] == 400
assert httpparse.error(parse(b"\r\n" * 300))[0] == 431
assert httpparse.error(parse(b"GET / HTTP/2.0\r\n"))[0] == 505
for code in range(-22, -1):
    status, text = httpparse.error(code)
    assert 400 <= status < 600 and len(text) > 5 and "\n" not in text

for data, target, host, method in (
    (b"GET http://A.b?c HTTP/1.1\r\nHost: x\r\n\r\n", "/?c", "a.b", "GET"),
    (b"GET http://a HTTP/1.1\r\nHost: x\r\n\r\n", "/", "a", "GET"),
    (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "*", "x", "OPTIONS"),
    (b"PROPFIND /a HTTP/1.0\r\n\r\n", "/a", "", "PROPFIND"),
    (b"get /a HTTP/1.0\r\n\r\n", "/a", "", "get"),
):
    assert parse(data) == len(data)
    assert (head.target, head.host, head.method) == (target, host, method)

# The target's host replaces that of the header, wherever that stands.
parse(b"GET http://new:80/ HTTP/1.1\r\nA: 1\r\nhost:  old\r\nB: 2\r\n\r\n")
assert bytes(head.headers) == b"A: 1\r\nHost: new:80\r\nB: 2\r\n"
parse(b"GET http://new/ HTTP/1.1\r\nHost:\r\n\r\n")
assert bytes(head.headers) == b"Host: new\r\n"
parse(b"GET http://new/ HTTP/1.0\r\nA: 1\r\n\r\n")
assert (bytes(head.headers), head.host) == (b"A: 1\r\n", "new")
parse(b"GET / HTTP/1.1\r\nHost: old\r\n\r\n")
assert bytes(head.headers) == b"Host: old\r\n"

# An https URL is for a connection with TLS.
secure = b"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
assert httpparse.error(parse(secure))[0] == 421
assert httpparse.Head(100, 500, True).parse(bytearray(secure), 0, len(secure)) == len(secure)

parse(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
assert head.length == -1 and head.expect_continue
parse(b"PUT / HTTP/1.0\r\nContent-Length: 99999999999999999999\r\n\r\n")
assert (head.length, head.minor, head.persistent) == (2**30 - 1, 0, False)

chunked = httpparse.Chunked()
buffer = bytearray(b"..3\r\nabc\r\n2\r\nd")
assert chunked.decode(buffer, 2, len(buffer)) == 4
assert (buffer[2:6], chunked.used, chunked.done) == (b"abcd", len(buffer) - 2, False)
buffer = bytearray(b"e\r\n0\r\n\r\nGET")
assert chunked.decode(buffer, 0, len(buffer)) == 1
assert (buffer[:1], chunked.used, chunked.done) == (b"e", len(buffer) - 3, True)
assert (chunked.decode(buffer, 0, len(buffer)), chunked.used) == (0, 0)
buffer = bytearray(b"x\r\n")
assert httpparse.error(httpparse.Chunked().decode(buffer, 0, 3))[0] == 400

own = httpparse.own_fields
assert own(b"a: b\r\n") == b"a: b\r\n" and own(b"") == b""
print(refused(own, b"a: b\n"))
assert own(bytearray(b"a: b\r\nConnection: c\r\nd: e\r\nDATE: x\r\n")) == b"a: b\r\nd: e\r\n"
for name in FRAMING_FIELDS:
    assert own(b"%s: x\r\n" % name.encode()) == own(b"%s: x\r\n" % name.upper().encode()) == b""
for name in OTHER_FIELDS:
    assert own(b"%s: x\r\n" % name.encode()) == b"%s: x\r\n" % name.encode()

response = httpparse.response
assert response(200, b"a: b\r\n", 2, b"c: d\r\n", b"hi") == (
    b"HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 2\r\nc: d\r\n\r\nhi"
)
assert response(299, bytearray(), None, b"", memoryview(b"")) == b"HTTP/1.1 299 \r\n\r\n"
for length in (0, 9, 10, 2**30, 2**32, 2**62, 2**64 - 1):
    lines = b"Date: x\r\nA: b\r\nContent-Length: 7\r\nconnection: x\r\n"
    assert response(999, lines, length, b"", b"") == b"HTTP/1.1 999 \r\nA: b\r\ncontent-length: %d\r\n\r\n" % length
# A number that is small, but not one of MicroPython's small integers.
large = 2**70 - (2**70 - 204)
assert response(large, b"", large, b"", b"") == b"HTTP/1.1 204 No Content\r\ncontent-length: 204\r\n\r\n"
print(refused(response, 200, b"a: b\n", 0, b"", b""))
for status in (199, 1000, -200, 2**70, "200", 200.0, None):
    print(refused(response, status, b"", 0, b"", b""))
for length in (-1, -(2**70), 2**64, "1", 1.0):
    print(refused(response, 200, b"", length, b"", b""))

print(refused(head.parse, b"GET", 0, 3))
for start, end in ((-1, 1), (2, 1), (0, len(buffer) + 1)):
    print(refused(head.parse, buffer, start, end))
    print(refused(chunked.decode, buffer, start, end))
for limits in ((0, 5), (6, 5), (5, 2**30)):
    print(refused(httpparse.Head, *limits))
for code in (1, 0, -1, -100):
    print(refused(httpparse.error, code))
head.parse(bytearray(request), 0, len(request))
"""

COMPLAINTS = [
    "response headers must be lines of name: value CR LF",
    "response headers must be lines of name: value CR LF",
    *["the status of a response must be a whole number from 200 to 999"] * 7,
    *["the length of a response must be a whole number"] * 5,
    "buffer must be a bytearray",
    *["start and end must lie in the buffer"] * 6,
    *["limits must be 1 <= max_target <= max_head < 2**30"] * 3,
    *["not an error of this module"] * 4,
]


# RFC 9110 has given these other names since Python 3.11's table.
RENAMED = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def test_reason_phrases_are_those_of_the_rfcs(firmware, tmp_path):
    script = tmp_path / "reasons.py"
    script.write_text(
        "import json, httpparse\n"
        "of = lambda code: httpparse.response(code, b'', None, b'', b'').decode()[13:-4]\n"
        "print(json.dumps([of(code) for code in range(200, 1000)]))\n"
    )
    command, env = device_command(firmware, script)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    said = {code: phrase for code, phrase in enumerate(json.loads(done.stdout), 200) if phrase}
    known = {status.value: RENAMED.get(status.value, status.phrase) for status in http.HTTPStatus}
    assert said == {code: known.get(code) for code in said} and len(said) == 35


def test_binding(firmware, tmp_path):
    script = tmp_path / "binding.py"
    script.write_text(f"FRAMING_FIELDS = {FRAMING_FIELDS}\nOTHER_FIELDS = {OTHER_FIELDS}\n{SCRIPT}")
    command, env = device_command(firmware, script)
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == COMPLAINTS
