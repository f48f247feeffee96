"""The web objects say what Node's say: the scripts beside this file run in both."""

from pathlib import Path

import pytest
from web_helpers import run_bundle, run_in_firmware, run_in_node

JS = Path(__file__).parent


SCRIPTS = [
    "web_url.js",
    "web_params.js",
    "web_headers.js",
    "web_streams.js",
    "stream_programs.js",
    "byte_streams.js",
    "web_text.js",
    "web_text_streams.js",
    "web_clone.js",
    "web_forms.js",
    "typed_arrays.js",
]


@pytest.mark.parametrize("name", SCRIPTS)
def test_says_what_node_says(firmware, name):
    expected = run_in_node(JS / name)
    assert run_in_firmware(firmware, JS / name) == expected
    assert len(expected) > 30


@pytest.mark.parametrize("name", SCRIPTS)
def test_says_the_same_under_sanitizers(firmware, firmware_asan, name):
    assert run_in_firmware(firmware_asan, JS / name) == run_in_firmware(firmware, JS / name)


def test_urls_where_the_standard_is_ahead_of_node(firmware):
    for start, change, expected, result in run_in_firmware(firmware, JS / "web_url.js", "runStandard"):
        assert result == expected, (start, change)


@pytest.mark.parametrize("name", ["web_streams.js", "web_text_streams.js", "byte_streams.js"])
def test_streams_where_node_is_wrong(firmware, name):
    pairs = run_in_firmware(firmware, JS / name, "runStandard")
    assert [result for _, result in pairs] == [expected for expected, _ in pairs]


@pytest.mark.parametrize("name", ["web_clone.js", "web_forms.js"])
def test_where_node_fails(firmware, name):
    pairs = run_in_firmware(firmware, JS / name, "runStandard")
    assert [result for _, result in pairs] == [expected for expected, _ in pairs]


def test_windows_1252_where_node_is_wrong(firmware):
    expected = []
    for byte in range(256):
        try:
            expected.append(ord(bytes([byte]).decode("cp1252")))
        except UnicodeDecodeError:
            expected.append(byte)  # not Python's, but the standard's: the control character
    assert run_in_firmware(firmware, JS / "web_text.js", "runStandard") == expected


DEEP_CLONE = """
    export default { fetch() {
        const deep = {}
        for (let i = 0, at = deep; i < 100000; i++) { at = at.d = [] }
        let levels = 0
        for (let at = structuredClone(deep); at; at = at.d) { levels++ }
        return new Response(String(levels))
    } }
"""


def test_clones_to_any_depth(firmware_asan):
    main = {"main.js": DEEP_CLONE}
    (answer,) = run_bundle(firmware_asan, main)
    assert answer.text == "100001"
