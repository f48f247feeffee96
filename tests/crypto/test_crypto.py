"""Web Cryptography: published vectors, CPython's hashlib, Node, and what does not go."""

import hashlib
import hmac
import re
from pathlib import Path

import crypto_vectors
import pytest
from crypto_helpers import calculate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from isolate_helpers import device_tests, run_device_test
from web_helpers import call, run_bundle, run_handler, run_in_node, run_one

SCRIPT = Path(__file__).with_name("crypto_subtle.js")
HASHES = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def run_script(firmware, function):
    main = f"""
        import {{ {function} }} from "./{SCRIPT.name}";
        export default {{ async fetch() {{ return Response.json(await {function}()) }} }};
    """
    (answer,) = run_bundle(firmware, {"main.js": main, SCRIPT.name: SCRIPT.read_text()})
    assert answer.status == 200, answer
    return answer.json


def test_says_what_node_says(firmware):
    expected = run_in_node(SCRIPT)
    assert run_script(firmware, "run") == expected
    assert len(expected) > 500


def test_follows_the_standard_where_node_does_not(firmware):
    for what, expected, result in run_script(firmware, "runStandard"):
        assert result == expected, what


def test_says_the_same_under_sanitizers(firmware, firmware_asan):
    assert run_script(firmware_asan, "run") == run_script(firmware, "run")


def test_published_vectors(firmware):
    operations = []
    for key, data, *macs in crypto_vectors.HMAC:
        for hash_, mac in zip(("SHA-256", "SHA-384", "SHA-512"), macs, strict=True):
            operations.append((["hmac", hash_, key, data], mac))
    for hash_, secret, salt, info, derived in crypto_vectors.HKDF:
        operations.append((["hkdf", hash_, secret, salt, info, len(derived) // 2], derived))
    for hash_, password, salt, iterations, derived in crypto_vectors.PBKDF2:
        operations.append((["pbkdf2", hash_, password, salt, iterations, len(derived) // 2], derived))
    results = calculate(firmware, [operation for operation, _ in operations])
    assert results == [expected for _, expected in operations]


def hkdf(hash_, secret, salt, info, length):
    """RFC 5869, which Python's library has not."""
    key = hmac.digest(salt, secret, hash_)
    derived = part = b""
    while len(derived) < length:
        part = hmac.digest(key, part + info + bytes([len(derived) // len(key) + 1]), hash_)
        derived += part
    return derived[:length]


def expected(name, hash_, *args):
    """What CPython makes of an operation of the calculator's."""
    python = HASHES[hash_]
    given_bytes = [bytes.fromhex(arg) if isinstance(arg, str) else arg for arg in args]
    if name == "digest":
        return hashlib.new(python, *given_bytes).hexdigest()
    if name == "hmac":
        return hmac.digest(*given_bytes, python).hex()
    return (hashlib.pbkdf2_hmac if name == "pbkdf2" else hkdf)(python, *given_bytes).hex()


HASH = st.sampled_from(sorted(HASHES))
TEXT = st.binary(max_size=300).map(bytes.hex)
SECRET = st.binary(min_size=1, max_size=300).map(bytes.hex)
OPERATION = st.one_of(
    st.tuples(st.just("digest"), HASH, TEXT),
    st.tuples(st.just("hmac"), HASH, SECRET, TEXT),
    st.tuples(st.just("pbkdf2"), HASH, TEXT, TEXT, st.integers(1, 20), st.integers(1, 200)),
    st.tuples(st.just("hkdf"), HASH, TEXT, TEXT, TEXT, st.integers(1, 400)),
)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(operations=st.lists(OPERATION, min_size=20, max_size=60))
def test_agrees_with_cpython(firmware, operations):
    assert calculate(firmware, operations) == [expected(*operation) for operation in operations]


def test_every_length_around_a_block(firmware):
    operations = [("digest", hash_, "61" * length) for hash_ in HASHES for length in range(270)]
    assert calculate(firmware, operations) == [expected(*operation) for operation in operations]


RANDOM = """
    export default { fetch() {
        const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)));
        return Response.json([crypto.randomUUID(), crypto.randomUUID(), bytes.join(), Math.random()]);
    } }
"""


def test_random_numbers_differ_in_and_between_requests(firmware):
    answers = run_handler(firmware, RANDOM, *[call()] * 100)
    drawn = [value for answer in answers for value in answer.json]
    assert len(set(drawn)) == 400


def test_random_bits_are_even(firmware):
    source = """
        export default { fetch() {
            return new Response(crypto.getRandomValues(new Uint8Array(65536)));
        } }
    """
    body = run_one(firmware, source).body
    assert len(body) == 65536
    ones = sum(byte.bit_count() for byte in body)
    # The number of ones has a standard deviation of 362: six of them to either side.
    assert abs(ones - 65536 * 4) < 2172
    assert set(body) == set(range(256))


@pytest.mark.parametrize("expression", ["crypto.randomUUID()", "crypto.getRandomValues(new Uint8Array(1))"])
def test_no_random_numbers_at_top_level(firmware, expression):
    (answer,) = run_handler(firmware, f"{expression}; export default () => new Response()")
    assert (answer.state, answer.kind) == ("refused", "thrown")
    assert re.match(r"TypeError: crypto\.\w+ is not available at the top level of a module", answer.message)


def test_keys_made_at_top_level_serve_every_request(firmware):
    source = """
        const data = new TextEncoder().encode("data");
        const key = await crypto.subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
        export default { async fetch() { return new Response(await crypto.subtle.sign("HMAC", key, data)) } };
    """
    mac = hmac.digest(b"data", b"data", "sha256")
    assert [answer.body for answer in run_handler(firmware, source, *[call()] * 3)] == [mac] * 3


def test_timing_safe_equal(firmware):
    source = """
        const bytes = (text) => new TextEncoder().encode(text);
        const attempt = (a, b) => {
            try { return crypto.subtle.timingSafeEqual(a, b) } catch (error) { return error.name }
        };
        export default { fetch() {
            return Response.json([
                attempt(bytes("abc"), bytes("abc")), attempt(bytes("abc"), bytes("abd")),
                attempt(bytes("bbc"), bytes("abc")),
                attempt(new ArrayBuffer(0), bytes("")), attempt(bytes("a"), bytes("ab")), attempt("abc", bytes("abc")),
                attempt(new DataView(bytes("xabc").buffer, 1), bytes("abc")), attempt(bytes("abc")),
            ]);
        } };
    """
    assert run_one(firmware, source).json == [True, False, False, True, "TypeError", "TypeError", True, "TypeError"]


# Each runs code of the handler's in the middle of an operation, where it pulls away the bytes that were given.
HOSTILE = """
    const big = () => new Uint8Array(100000).fill(1);
    const pull = (array) => array.buffer.transfer(0);
    const { subtle } = crypto;
    const key = await subtle.importKey("raw", big(), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    const base = await subtle.importKey("raw", big(), "HKDF", false, ["deriveBits"]);
    const password = await subtle.importKey("raw", big(), "PBKDF2", false, ["deriveBits"]);
    const view = (work) => {
        const made = new DataView(new ArrayBuffer(100000));
        Object.defineProperty(made, "buffer", { get() { work(); return new ArrayBuffer(100000) } });
        return made;
    };
    const hkdf = (salt, rest) => subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, ...rest }, base, 256);
    const attacks = {
        digest: (a) => subtle.digest({ get name() { pull(a); return "SHA-256" } }, a),
        sign: (a) => subtle.sign({ get name() { pull(a); return "HMAC" } }, key, a),
        verify: (a) => subtle.verify("HMAC", key, a, view(() => pull(a))),
        importKey: (a) => subtle.importKey("raw", a, "PBKDF2", false, { get [Symbol.iterator]() { pull(a) } }),
        usages: (a) => subtle.importKey("raw", a, "HKDF", false, [{ toString() { pull(a); return "deriveBits" } }]),
        iterations: (a) => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: a,
            iterations: { valueOf() { pull(a); return 1 } } }, password, 256),
        info: (a) => hkdf(a, { info: view(() => pull(a)) }),
        equal: (a) => subtle.timingSafeEqual(a, view(() => pull(a))),
        resize() {
            const buffer = new ArrayBuffer(100000, { maxByteLength: 100000 });
            return subtle.digest({ get name() { buffer.resize(10); return "SHA-256" } }, new Uint8Array(buffer));
        },
    };
    export default { async fetch(request) {
        const attack = attacks[new URL(request.url).pathname.slice(1)];
        try {
            return new Response(Object.prototype.toString.call(await attack(big())));
        } catch (error) {
            return new Response(error.name);
        }
    } };
"""


ATTACKS = ["digest", "sign", "verify", "importKey", "usages", "iterations", "info", "equal", "resize"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_bytes_that_vanish_midway(firmware_asan, attack):
    (answer,) = run_handler(firmware_asan, HOSTILE, call(f"/{attack}"))
    assert answer.status == 200, answer
    assert answer.text in {"TypeError", "[object ArrayBuffer]", "[object Boolean]", "[object CryptoKey]"}


@pytest.mark.parametrize("function", device_tests("crypto_limits.py"))
def test_limits(firmware, function):
    run_device_test(firmware, "crypto_limits.py", function)


@pytest.mark.slow
def test_each_operation_is_stopped(firmware):
    run_device_test(firmware, "crypto_operations.py", "test_cpu_limit_stops_each_operation")
