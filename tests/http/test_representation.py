"""What a request for a stored file asks for: paths that cannot escape, ranges, codings, entity tags."""

import string
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from storage_helpers import device_module

representation = device_module("http.representation")

ROUTES = st.sampled_from(["/", "/app", "/a/b"])
TAG = '"0123456789abcdef"'
MALICIOUS = [
    "..",
    ".",
    "%2e",
    "%2E%2e",
    ".%2e",
    "%2f",
    "%5c",
    "\\",
    "%00",
    "",
    "%",
    "%4",
    "%zz",
    "%+1",
    "a",
    "%ff",
    "?",
]

segments = st.one_of(st.sampled_from(MALICIOUS), st.text(max_size=5))


@pytest.mark.slow
@given(st.lists(segments, max_size=6).map(lambda parts: "/" + "/".join(parts)), ROUTES)
@example("/app/..%2f..%2fsecrets.json", "/app")
def test_no_target_leaves_the_folder(target, route):
    path = representation.file_path(target, route)
    if path is None:
        return
    parts = path.split("/")
    assert ".." not in parts
    assert "." not in parts
    assert "" not in parts[:-1]
    assert not any(c < " " or c in "\\\x7f" for c in path)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/\\\x7f", min_codepoint=32), min_size=1)), ROUTES
)
def test_every_ordinary_path_is_understood(parts, route):
    if "." in parts or ".." in parts:
        return
    path = "/".join(parts)
    prefix = "" if route == "/" else route
    target = prefix + "/" + quote(path)
    assert representation.file_path(target, route) == path == unquote_to_bytes(target).decode()[len(prefix) + 1 :]
    assert representation.file_path(target + "?a=/../b", route) == path


@pytest.mark.parametrize(
    ("target", "route", "path"),
    [
        ("/", "/", ""),
        ("/?q", "/", ""),
        ("/docs/", "/", "docs/"),
        ("/app", "/app", ""),
        ("/app/", "/app", ""),
        ("/app/x", "/app", "x"),
        ("/apple", "/app", None),
        ("/x", "/app", None),
        ("//x", "/", None),
        ("/a//b", "/", None),
        ("/a/../b", "/", None),
        ("/a/%2e%2e/b", "/", None),
        ("/a%2fb", "/", None),
        ("/a%5Cb", "/", None),
        ("/a%00", "/", None),
        ("/%c3%28", "/", None),
        ("/100%", "/", None),
        ("*", "/", None),
        ("/a%20b%C3%BC", "/", "a bü"),
        ("/.well-known/x", "/", ".well-known/x"),
        ("/...", "/", "..."),
    ],
)
def test_paths(target, route, path):
    assert representation.file_path(target, route) == path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/B.JS", "text/javascript; charset=utf-8"),
        ("x.tar.gz", "application/gzip"),
        ("v1.2/README", "application/octet-stream"),
        ("html", "application/octet-stream"),
        ("a.html/b", "application/octet-stream"),
        (".png", "image/png"),
        ("font.woff2", "font/woff2"),
    ],
)
def test_media_types(path, kind):
    assert representation.media_type(path) == kind


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (TAG, True),
        ("W/" + TAG, True),
        ('"x", W/' + TAG + ' , "y"', True),
        ("*", True),
        (" * ", True),
        ("", False),
        ('"x"', False),
        (TAG.strip('"'), False),
        ('"x"*', False),
        ("w/" + TAG, False),
    ],
)
def test_entity_tags(header, matches):
    assert representation.has_match(header, TAG) == matches


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip;q=0.001", True),
        ("gzip ; Q=1.0", True),
        ("*", True),
        ("*;q=0", False),
        ("*, gzip;q=0", False),
        ("*;q=0, gzip", True),
        ("identity", False),
        ("gzip;q=nonsense", False),
        ("gzip;q=0.0001", False),
        ("gzip;q=2", False),
        ("gzip;q=", False),
        ("deflate, br", False),
        ("notgzip", False),
    ],
)
def test_codings(header, accepts):
    assert representation.accepts_gzip(header) == accepts


@given(st.text(string.digits + '-=,;. bytesgzip*qW/"', max_size=30), st.integers(0, 100))
def test_no_header_raises(header, size):
    representation.accepts_gzip(header)
    representation.has_match(header, TAG)
    wanted = representation.byte_range("bytes=" + header, size)
    if wanted not in (None, representation.UNSATISFIABLE):
        assert 0 <= wanted[0] <= wanted[1] < size


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 40))
def test_ranges_select_what_they_say(first, last, size):
    content = list(range(size))

    def selected(header):
        wanted = representation.byte_range(header, size)
        if wanted in (None, representation.UNSATISFIABLE):
            return wanted
        return content[wanted[0] : wanted[1] + 1]

    middle = content[first : last + 1] or representation.UNSATISFIABLE
    assert selected(f"bytes={first}-{last}") == (middle if first <= last else None)
    assert selected(f"bytes={first}-") == (content[first:] or representation.UNSATISFIABLE)
    assert selected(f"bytes=-{last}") == ((last and content[-last:]) or representation.UNSATISFIABLE)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-1", (0, 1)),
        ("Bytes = 0-1 ", (0, 1)),
        ("bytes=5-", (5, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-99999999999999999999", (0, 9)),
        ("bytes=0-99999999999999999999", (0, 9)),
        ("bytes=000000000000000000000-1", (0, 1)),
        ("bytes=99999999999999999999-", representation.UNSATISFIABLE),
        ("bytes=10-", representation.UNSATISFIABLE),
        ("bytes=-0", representation.UNSATISFIABLE),
        ("bytes=3-2", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes", None),
        ("", None),
        ("lines=0-1", None),
        ("bytes=0-1,3-4", None),
        ("bytes=a-b", None),
        ("bytes=+0-1", None),
        ("bytes=0 - 1", None),
        ("bytes=\u0663-", None),
    ],
)
def test_ranges(header, wanted):
    assert representation.byte_range(header, 10) == wanted
