"""The static files of a function, as responses of a real release."""

import gzip
import http.client
import socket
import subprocess

import pytest
from device_helpers import free_port
from storage_helpers import ENVIRONMENT, command
from waiting import wait_until

PAGE = b"<h1>hello</h1>" * 20
STYLE = b"p { color: teal }\n" * 50
PACKED = gzip.compress(STYLE, mtime=0)
CONTENTS = {
    "main.qjs": b"handler",
    "public/index.html": PAGE,
    "public/style.css": STYLE,
    "public/style.css.gz": PACKED,
    "public/docs/index.html": b"docs",
    "public/ä b.txt": b"umlaut",
    "public/empty.txt": b"",
    "public/big.bin": bytes(range(256)) * 300,
}


class Site:
    """A real server with one release: site.get(target, header lines...)."""

    def __init__(self, firmware, root, **header):
        self.port = free_port()
        self._process = subprocess.Popen(
            command(firmware, "site.py", str(root), str(self.port), heap="64M"),
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._process.stdin.write(repr((CONTENTS, {"static": {"folder": "public"}, **header})) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def ask(self, method, target, *lines):
        """(status, {header name: value}, body), or None where no static file answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.putrequest(method, target, skip_accept_encoding=True)
        for line in lines:
            connection.putheader(*line.split(": ", 1))
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status == 404:
            return None
        return response.status, {name.lower(): value for name, value in response.getheaders()}, body

    def get(self, target, *lines):
        return self.ask("GET", target, *lines)

    def open_files(self):
        return int(self.get("/-/open")[2])


@pytest.fixture(scope="module")
def site(firmware, tmp_path_factory):
    with Site(firmware, tmp_path_factory.mktemp("site")) as site:
        yield site


def test_index_file_answers_for_its_folder(site):
    status, headers, body = site.get("/")
    assert (status, body) == (200, PAGE)
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-length"] == str(len(PAGE))
    assert headers["cache-control"] == "no-cache"
    assert site.get("/docs/?x=1")[2] == b"docs"


def test_folder_without_slash_is_redirected(site):
    status, headers, body = site.get("/docs?x=1")
    assert (status, headers["location"], body) == (308, "/docs/?x=1", b"")


@pytest.mark.parametrize(
    "target",
    [
        "/none",
        "/main.qjs",
        "/../main.qjs",
        "/docs/none/",
        "/%2e%2e/main.qjs",
        "//docs",
        "/%c0%ae%c0%ae/main.qjs",
        "/%ff",
    ],
)
def test_what_is_no_static_file_is_left_to_the_handler(site, target):
    assert site.get(target) is None


def test_names_are_decoded(site):
    assert site.get("/%C3%A4%20b.txt")[2] == b"umlaut"


def test_unchanged_file_is_not_sent_again(site):
    etag = site.get("/")[1]["etag"]
    for lines in (
        [f"If-None-Match: {etag}"],
        [f'if-none-match: "x", W/{etag}'],
        ['if-none-match: "x"', f"if-none-match: {etag}"],
    ):
        status, headers, body = site.get("/", *lines)
        assert (status, headers["etag"], headers["cache-control"], body) == (304, etag, "no-cache", b"")
        assert "content-length" not in headers
    assert site.get("/", 'If-None-Match: "other"')[0] == 200


def test_entity_tags_differ_by_content(site):
    tags = {site.get(target, *lines)[1]["etag"] for target, *lines in (["/"], ["/docs/"], ["/style.css"])}
    tags.add(site.get("/style.css", "Accept-Encoding: gzip")[1]["etag"])
    assert len(tags) == 4
    assert all(tag.startswith('"') for tag in tags)


def test_packed_file_is_sent_to_who_takes_it(site):
    status, headers, body = site.get("/style.css", "Accept-Encoding: br, gzip")
    assert (status, body) == (200, PACKED)
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "text/css; charset=utf-8"
    assert headers["vary"] == "Accept-Encoding"
    status, plain, body = site.get("/style.css", "Accept-Encoding: gzip;q=0")
    assert (status, body, plain["vary"]) == (200, STYLE, "Accept-Encoding")
    assert "content-encoding" not in plain
    assert "vary" not in site.get("/")[1]
    assert site.get("/style.css", "Accept-Encoding: gzip", f"If-None-Match: {headers['etag']}")[0] == 304
    assert site.get("/style.css", f"If-None-Match: {headers['etag']}")[0] == 200


def test_packed_file_by_its_own_name(site):
    _, headers, body = site.get("/style.css.gz", "Accept-Encoding: gzip")
    assert (headers["content-type"], body) == ("application/gzip", PACKED)
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("0-0", slice(0, 1)), ("100-299", slice(100, 300)), ("76700-", slice(76700, None)), ("-10", slice(-10, None))],
)
def test_part_of_a_file(site, wanted, part):
    content = CONTENTS["public/big.bin"]
    status, headers, body = site.get("/big.bin", f"Range: bytes={wanted}")
    assert (status, body) == (206, content[part])
    first = len(content[: part.start]) if part.start >= 0 else len(content) + part.start
    assert headers["content-range"] == f"bytes {first}-{first + len(body) - 1}/{len(content)}"
    assert headers["content-length"] == str(len(body))


def test_range_beyond_the_file(site):
    status, headers, body = site.get("/big.bin", "Range: bytes=76800-")
    assert (status, headers["content-range"], body) == (416, "bytes */76800", b"")
    assert site.get("/empty.txt", "Range: bytes=0-")[0] == 416


def test_range_depends_on_if_range(site):
    etag = site.get("/big.bin")[1]["etag"]
    assert site.get("/big.bin", "Range: bytes=0-1", f"If-Range: {etag}")[0] == 206
    for other in ('"x"', f"W/{etag}", "Sat, 21 Nov 2026 00:00:00 GMT"):
        status, _, body = site.get("/big.bin", "Range: bytes=0-1", f"If-Range: {other}")
        assert (status, len(body)) == (200, 76800)


def test_range_of_packed_bytes(site):
    status, headers, body = site.get("/style.css", "Accept-Encoding: gzip", "Range: bytes=2-5")
    assert (status, headers["content-encoding"], body) == (206, "gzip", PACKED[2:6])


def test_precondition_goes_before_range(site):
    etag = site.get("/big.bin")[1]["etag"]
    assert site.get("/big.bin", "Range: bytes=0-1", f"If-None-Match: {etag}")[0] == 304


def test_head_has_the_headers_of_get(site):
    status, headers, body = site.ask("HEAD", "/big.bin")
    assert (status, headers, body) == (200, site.get("/big.bin")[1], b"")
    assert site.ask("HEAD", "/big.bin", "Range: bytes=0-1")[0] == 200


def test_long_file_comes_whole(site):
    assert site.get("/big.bin")[2] == CONTENTS["public/big.bin"]


def test_empty_file(site):
    status, headers, body = site.get("/empty.txt")
    assert (status, headers["content-length"], body) == (200, "0", b"")


def test_no_file_stays_open(site):
    for target, *lines in (["/big.bin"], ["/big.bin", "Range: bytes=0-9"], ["/", "If-None-Match: *"], ["/empty.txt"]):
        site.get(target, *lines)
    site.ask("HEAD", "/big.bin")
    assert site.open_files() == 0


def test_file_is_closed_when_the_client_goes(site):
    # Both sides' buffers are too small for it, so that the server is in the middle of the file.
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", site.port))
    client.sendall(b"GET /huge.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    client.recv(1)
    assert site.open_files() == 1
    client.close()
    wait_until(lambda: not site.open_files())


def test_below_a_route_with_an_age(firmware, tmp_path):
    static = {"folder": "public", "max_age": 3600}
    with Site(firmware, tmp_path, routes=["/app", "/app/deep"], static=static) as site:
        assert site.get("/app")[1]["location"] == "/app/"
        status, headers, body = site.get("/app/")
        assert (status, headers["cache-control"], body) == (200, "public, max-age=3600", PAGE)
        assert site.get("/app/deep/docs/")[2] == b"docs"
        assert site.get("/") is None
        assert site.get("/application") is None
