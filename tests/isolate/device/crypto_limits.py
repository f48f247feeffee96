"""Natives of Web Cryptography that would run or grow without end."""

import json

import quickjs
from common import build, handler, slices_of, work

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
        ((number, name, _),) = call.ops()
        # In a slice that is longer than the limit, as in many.
        assert (name, call.resolve(number, 1000000)) == ("work", quickjs.ERROR)
        assert (call.error.kind, call.error.message) == ("cpu", "CPU limit of 20 ms exceeded (cpu_ms)")
        good = start(image, 2, 256)
        assert good.state == quickjs.DONE, good.error
        assert good.body[:4] == b"\xae\x4d\x0c\x95"


def test_derivations_at_once():
    source = """
        const password = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
        const params = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8) };
        const derive = (iterations) => crypto.subtle.deriveBits({ ...params, iterations }, password, 256);
        derive(2 ** 32 - 1);
        const all = await Promise.allSettled(Array.from({ length: 399 }, () => derive(300)));
        const refused = all.filter((one) => one.status === "rejected").map((one) => `${one.reason}`);
        return Response.json([refused.length, [...new Set(refused)]]);
    """
    call = build(handler(source), quickjs.Arena(4 << 20), cpu_ms=60000).start("GET", "/", None)
    # The slice of the endless one, and next to nothing of the others: the clock is read after every 16 iterations.
    slices = slices_of([call], lambda: None)
    assert slices > 255 * (300 // 16 - 2), slices
    said = "RangeError: more than 256 operations are open at once: await some of them first"
    assert json.loads(call.body) == [144, [said]]


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


KEYS = """
    const [, name, curve] = new URL(request.url).pathname.split("/");
    const { subtle } = crypto;
    const rsa = { hash: "SHA-256", modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]) };
    const params = { ...rsa, hash: "SHA-384", saltLength: 48, name };
    const keys = { ...rsa, name, namedCurve: curve };
    for (let rounds = 1; ; rounds++) {
        const { privateKey, publicKey } = await subtle.generateKey(keys, true, ["sign", "verify"]);
        const signature = await subtle.sign(params, privateKey, rsa.publicExponent);
        const right = await subtle.verify(params, publicKey, signature, rsa.publicExponent);
        if (!right) return new Response("wrong");
        if (request.method === "POST") return new Response(String(right));
    }
"""


def test_cpu_limit_stops_keys_and_signatures():
    image = build(handler(KEYS), cpu_ms=30)
    for name in ("RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA/P-256", "ECDSA/P-384", "ECDSA/P-521", "Ed25519"):
        for _ in range(5):
            call = work(image.start("GET", f"/{name}", None))
            assert (call.state, call.error.kind) == (quickjs.ERROR, "cpu"), name
            good = work(image.start("POST", "/Ed25519", None))
            assert (good.state, good.body) == (quickjs.DONE, b"true"), good.error


def test_memory_limit_stops_an_agreement_and_a_cipher():
    source = """
        const { subtle } = crypto;
        const key = await subtle.generateKey({ name: "AES-CTR", length: 256 }, false, ["encrypt"]);
        const params = { name: "AES-CTR", counter: new Uint8Array(16), length: 128 };
        const kept = [];
        for (;;) {
            kept.push(await subtle.encrypt(params, key, new Uint8Array(50000)));
            const { privateKey, publicKey } = await subtle.generateKey("X25519", true, ["deriveBits"]);
            kept.push(await subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256));
        }
    """
    image = build(handler(source), cpu_ms=10000)
    for _ in range(5):
        call = work(image.start("GET", "/", None))
        assert (call.state, call.error.kind) == (quickjs.ERROR, "memory")
