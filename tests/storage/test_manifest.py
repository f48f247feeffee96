"""Manifests and names: what is taken, and what is refused with a line that says why."""

import json
import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storage_helpers import Device, DeviceError, device_module

names = device_module("names")

HEADER = {"function": "login", "engine": "0123456789abcdef", "main": "main.qjs"}
DIGEST = "ab" * 32

plain_text = st.text(st.characters(codec="utf-8", exclude_characters='/\\"\x7f', min_codepoint=32), min_size=1)


@pytest.fixture(scope="module")
def device(firmware):
    with Device(firmware) as device:
        device("import io")
        device("from edgelet.storage import manifest as parser")
        yield device


def parse(device, **changes):
    return device("parser.parse_header({})", json.dumps({**HEADER, **changes}).encode())


def listed(device, *lines):
    raw = "".join(line + "\n" for line in lines).encode()
    return [entry[1:] for entry in device("list(parser.files(io.BytesIO({})))", raw)]


def line(path, digest=DIGEST, size=1):
    return json.dumps([path, digest, size], ensure_ascii=False, separators=(",", ":"))


def test_header_is_complete(device):
    header = parse(device, routes=["/", "/a/b-c"], hosts=["login.local"], bindings={"USERS": {"type": "kv"}})
    assert header["hosts"] == ["login.local"]
    assert header["limits"] == header["vars"] == header["static"] == {}
    assert parse(device)["routes"] == ["/"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"function": "Login"}, "function name 'Login': use 1 to 32 lower-case letters, digits and inner hyphens"),
        ({"function": "-a"}, "function name '-a'"),
        ({"function": None}, "'function' is missing or of the wrong type"),
        ({"main": "../x"}, "file path '../x': use at most 200 bytes, relative, without '..'"),
        ({"main": ""}, "a function needs a handler or static files"),
        ({"routes": []}, "a function needs a route, such as /"),
        ({"routes": ["/a/"]}, "route '/a/': use a path such as /login"),
        ({"routes": ["a"]}, "route 'a'"),
        ({"routes": ["/a/../b"]}, "route '/a/../b'"),
        ({"routes": ["/x"] * 17}, "routes: at most 16"),
        ({"hosts": ["Login.local"]}, "host 'Login.local': use a name such as login.local"),
        ({"client_header": "Host"}, "client_header 'Host': use a header's name, such as CF-Connecting-IP"),
        ({"client_header": "a: b\r\nc"}, "client_header 'a: b"),
        ({"client_header": "a_b"}, "client_header 'a_b'"),
        ({"client_header": 1}, "'client_header' is missing or of the wrong type"),
        ({"hosts": ["login.local:80"]}, "host 'login.local:80'"),
        ({"limits": {"cpu": 1}}, "limits has no 'cpu'; there are: background_ms, body, cpu_ms"),
        ({"limits": {"cpu_ms": 0}}, "limits: cpu_ms must be a whole number from 1 to 60000"),
        ({"limits": {"cpu_ms": True}}, "limits: cpu_ms must be a whole number"),
        ({"limits": {"cpu_ms": 1.5}}, "limits: cpu_ms must be a whole number"),
        ({"vars": {"1A": "x"}}, "name '1A': use 1 to 64 letters, digits and underscores, and no digit first"),
        ({"vars": {"A": 1}}, "variable A must be text"),
        ({"vars": {"A": "x"}, "bindings": {"A": {"type": "kv"}}}, "A is a variable and a binding"),
        ({"bindings": {"A": {"type": "d1"}}}, "binding A: its type must be one of: jwks, kv, ratelimit"),
        ({"bindings": {"A": {"type": "kv", "limit": 1}}}, "binding A has no 'limit'; there are: none"),
        ({"bindings": {"A": {"type": "ratelimit", "limit": 1}}}, "binding A of type ratelimit needs: limit, period"),
        ({"bindings": {"A": "kv"}}, "binding A: its type must be one of"),
        ({"bindings": {"A": {"type": "jwks"}}}, "binding A of type jwks needs: url"),
        ({"bindings": {"A": {"type": "jwks", "url": 7}}}, "url 7: use one such as https://example.com/jwks.json"),
        ({"static": {"max_age": 1}}, "file path None"),
        ({"static": {"folder": "public", "max_age": -1}}, "static: max_age must be a whole number from 0"),
        ({"bindingz": {}}, "the manifest has 'bindingz', which this firmware does not know"),
    ],
)
def test_bad_headers_are_refused(device, changes, message):
    with pytest.raises(DeviceError) as refusal:
        parse(device, **changes)
    assert refusal.value.type == "ValueError"
    assert message in refusal.value.message
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'{"function": "a"', b'{"function": "a"} x', b" " * 9000 + b"{}"]
)
def test_what_is_no_header_is_refused(device, raw):
    with pytest.raises(DeviceError, match="ValueError: the manifest's first line"):
        device("parser.parse_header({})", raw)


@pytest.mark.parametrize(
    "wrong",
    [
        '["a"]',
        "[]",
        "{}",
        "7",
        "not JSON",
        line("/etc/passwd"),
        line("a/../b"),
        line("a//b"),
        line("a\\b"),
        line('a"b'),
        line("a\x00b"),
        line("x" * 201),
        line("a", DIGEST[:-1]),
        line("a", DIGEST.upper()),
        line("a", 7),
        line("a", size=-1),
        line("a", size=1.5),
        line("a", size=True),
    ],
)
def test_bad_file_lines_are_refused(device, wrong):
    with pytest.raises(DeviceError, match=r"ValueError: (the manifest has a line|file )"):
        listed(device, wrong)


def test_files_come_once_and_in_order(device):
    assert listed(device, line("a"), line("a/b"), line("ä")) == [(path, DIGEST, 1) for path in ("a", "a/b", "ä")]
    for wrong in (("a", "a"), ("b", "a")):
        with pytest.raises(DeviceError, match="not in order"):
            listed(device, *map(line, wrong))
    with pytest.raises(DeviceError, match="cut off"):
        device("list(parser.files(io.BytesIO({})))", line("a").encode())


@given(st.one_of(st.text(), st.lists(st.sampled_from(["..", ".", "", "a", "\\", "\0"])).map("/".join)))
def test_no_path_leaves_its_folder(text):
    try:
        path = names.path(text)
    except ValueError:
        return
    assert posixpath.normpath(path) == path
    assert not path.startswith(("/", "../"))
    assert path != ".."


@given(st.lists(plain_text.filter(lambda s: s not in (".", "..")), min_size=1, max_size=4).map("/".join))
def test_ordinary_paths_are_taken(path):
    if len(path.encode()) <= names.PATH_BYTES:
        assert names.path(path) == path
        # A path is found in the manifest without parsing it.
        assert f'["{path}",' in line(path)


@given(st.text())
def test_names_are_safe_as_names_of_files(text):
    for check in (names.function, names.variable, names.host):
        try:
            name = check(text)
        except ValueError:
            continue
        assert name.isascii()
        assert not set(name) & set("/\\\0\n\"' ")
        assert name not in (".", "..")
