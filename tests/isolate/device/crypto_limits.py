"""Natives of Web Cryptography that would run or grow without end."""

import quickjs
from common import build, handler

PASSWORD = """
    const bytes = (text) => new TextEncoder().encode(text);
    const password = await crypto.subtle.importKey("raw", bytes("password"), "PBKDF2", false, ["deriveBits"]);
    const url = new URL(request.url);
    const [iterations, bits] = [url.searchParams.get("n"), url.searchParams.get("bits")];
    const params = { name: "PBKDF2", hash: "SHA-256", salt: bytes("salt"), iterations: Number(iterations) };
    return new Response(await crypto.subtle.deriveBits(params, password, Number(bits)));
"""


def start(image, iterations, bits):
    return image.start("GET", f"/?n={iterations}&bits={bits}", None)


def test_cpu_limit_stops_a_derivation():
    image = build(handler(PASSWORD), cpu_ms=20)
    for _ in range(20):
        call = start(image, 0xFFFFFFFF, 256)
        assert call.state == quickjs.ERROR
        assert (call.error.kind, call.error.message) == ("cpu", "CPU limit of 20 ms exceeded")
        assert "main.js" in call.error.stack
        good = start(image, 2, 256)
        assert good.state == quickjs.DONE, good.error
        assert good.body[:4] == b"\xae\x4d\x0c\x95"


def test_memory_limit_stops_a_derivation():
    image = build(handler(PASSWORD), cpu_ms=1000)
    for _ in range(20):
        call = start(image, 1, 0xFFFFFFF8)
        assert (call.state, call.error.kind) == (quickjs.ERROR, "memory")
        assert len(start(image, 1, 4096).body) == 512


def test_cpu_limit_stops_digests_of_one_array():
    source = """
        const data = new Uint8Array(100000);
        for (;;) { await crypto.subtle.digest("SHA-512", data); }
    """
    image = build(handler(source), cpu_ms=20)
    for _ in range(20):
        call = image.start("GET", "/", None)
        assert (call.state, call.error.kind) == (quickjs.ERROR, "cpu")
