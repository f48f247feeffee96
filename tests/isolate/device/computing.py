"""Signatures, agreements and keys that take long go on in slices.

What a call has computed so far is parked, goes on, and ends with it.
"""

import json

import quickjs
from common import build, handler, slices_of, work

HELLO = handler("return new Response('hello')")

# The top level has the keys, so that a call has one computation to do, or several.
KEYS = """
    const { subtle } = crypto;
    const rsa = { hash: "SHA-256", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
    const data = new Uint8Array(50).fill(7);
    const pair = (algorithm, ...usages) => subtle.generateKey({ ...rsa, ...algorithm }, true, usages);
    const pss = { name: "RSA-PSS", saltLength: 32 }, oaep = { name: "RSA-OAEP" };
    const ecdsa = { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" }, ecdh = { name: "ECDH", namedCurve: "P-384" };
    const signing = async (algorithm) => {
        const { privateKey, publicKey } = await pair(algorithm, "sign", "verify");
        return async () => {
            const signature = await subtle.sign(algorithm, privateKey, data);
            return String(await subtle.verify(algorithm, publicKey, signature, data));
        };
    };
    const agreeing = async (algorithm) => {
        const [one, other] = [await pair(algorithm, "deriveBits"), await pair(algorithm, "deriveBits")];
        const agree = (own, peer) => subtle.deriveBits({ ...algorithm, public: peer.publicKey }, own.privateKey, 256);
        return async () => String(subtle.timingSafeEqual(await agree(one, other), await agree(other, one)));
    };
    const sealing = async () => {
        const { privateKey, publicKey } = await pair(oaep, "encrypt", "decrypt");
        return async () => {
            const plain = await subtle.decrypt(oaep, privateKey, await subtle.encrypt(oaep, publicKey, data));
            return String(subtle.timingSafeEqual(plain, data));
        };
    };
    const importing = async (algorithm) => {
        const { privateKey } = await pair(algorithm, "sign");
        const der = await subtle.exportKey("pkcs8", privateKey), jwk = await subtle.exportKey("jwk", privateKey);
        return async () => {
            const keys = [await subtle.importKey("pkcs8", der, { ...rsa, ...algorithm }, true, ["sign"])];
            keys.push(await subtle.importKey("jwk", jwk, { ...rsa, ...algorithm }, true, ["sign"]));
            const said = await Promise.all(keys.map((key) => subtle.exportKey("jwk", key)));
            return String(said.every((one) => one.d === jwk.d));
        };
    };
    const makers = {
        RSA: () => signing({ name: "RSASSA-PKCS1-v1_5" }), PSS: () => signing(pss), ECDSA: () => signing(ecdsa),
        Ed25519: () => signing({ name: "Ed25519" }), ECDH: () => agreeing(ecdh), OAEP: sealing,
        X25519: () => agreeing({ name: "X25519" }), importRSA: () => importing(pss), importEC: () => importing(ecdsa),
        generate: () => signing.bind(null, ecdsa),
    };
    const names = "NAMES".split(","), all = {};
    for (const name of names) all[name] = await makers[name]();
    const password = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits"]);
    const endless = { name: "PBKDF2", hash: "SHA-256", salt: data, iterations: 2 ** 32 - 1 };
    export default { async fetch(request) {
        const asked = new URL(request.url).pathname.slice(1).split(",");
        // Beside other work even the first slice is short.
        if (request.method === "POST") subtle.deriveBits(endless, password, 256);
        const said = await Promise.all(asked.map((name) => all[name]()));
        return new Response(said.map((one) => typeof one === "string" ? one : "made").join());
    } };
"""
NAMES = ("RSA", "PSS", "ECDSA", "Ed25519", "ECDH", "OAEP", "X25519", "importRSA", "importEC", "generate")


def keys(*names, **options):
    arena = quickjs.Arena(4 << 20)
    options.setdefault("cpu_ms", 60000)
    return build(KEYS.replace("NAMES", ",".join(names)), arena, **options)


def test_each_goes_on_in_slices_with_others_between_them():
    image = keys(*NAMES)
    hello = build(HELLO, arena=image.arena)
    for name in NAMES:
        calls = [image.start("POST", "/" + name, None) for _ in range(2)]
        parks = image.arena.parks
        count = slices_of(calls, lambda: hello.start("GET", "/", None))
        assert [call.body for call in calls] == [b"made" if name == "generate" else b"true"] * 2, (name, calls[0].error)
        assert count > 4 and image.arena.parks - parks >= count - 2, (name, count)


def test_several_of_one_call():
    image = keys("RSA", "ECDSA", "Ed25519", "OAEP")
    hello = build(HELLO, arena=image.arena)
    call = image.start("POST", "/RSA,ECDSA,Ed25519,OAEP,RSA,ECDSA", None)
    count = slices_of([call], lambda: hello.start("GET", "/", None))
    assert call.body == b"true,true,true,true,true,true" and count > 50, call.error


def test_what_is_abandoned_midway_leaves_nothing():
    image = keys("RSA", "Ed25519")
    hello = build(HELLO, arena=image.arena)
    for turns in range(12):
        call = image.start("POST", "/RSA,Ed25519", None)
        for _ in range(turns):
            for number, _, _ in call.ops():
                call.resolve(number, 0)
        if turns % 2 == 0:
            assert hello.start("GET", "/", None).body == b"hello" and image.arena.parked_calls == 1
        call.abandon()
        assert (image.arena.parked_calls, image.arena.parked_bytes, image.arena.busy) == (0, 0, False)
        assert work(image.start("GET", "/Ed25519", None)).body == b"true"


ENDLESS = "/" + ",".join(["ECDSA"] * 200)


def test_cpu_limit_ends_what_is_computed_in_slices():
    image = keys("ECDSA", cpu_ms=60)
    hello = build(HELLO, arena=image.arena)
    for us in (0, 1000, 1000000):
        call = image.start("GET", ENDLESS, None)
        while call.state == quickjs.PENDING:
            for number, _, _ in call.ops():
                call.resolve(number, us)
            assert hello.start("GET", "/", None).body == b"hello"
        assert (call.state, call.error.kind) == (quickjs.ERROR, "cpu"), call.error
        # What is left by a jump in the middle.
        assert call.cpu_us < 200000, call.cpu_us
        assert work(image.start("GET", "/ECDSA", None)).body == b"true"


def test_memory_limit_ends_what_is_computed_in_slices():
    # The first slice comes before the array is made, and some of RSA's numbers after it.
    more = "all[name]()).concat(new Uint8Array(Number(request.headers.get('size'))))"
    source = KEYS.replace("NAMES", "RSA").replace("all[name]())", more)
    size = build(source, quickjs.Arena(4 << 20), cpu_ms=60000).size
    image = build(source, quickjs.Arena(4 << 20), cpu_ms=60000, memory=size + (1 << 20))

    def outcome(more):
        call = image.start("POST", "/RSA", b"size: %d\r\n" % more)
        begun = call.state == quickjs.PENDING
        slices_of([call], lambda: None)
        return begun, call.error.kind if call.error else "done"

    most = 0
    for step in (1 << i for i in range(20, 6, -1)):
        if outcome(most + step)[0]:
            most += step
    assert outcome(0) == (True, "done") and outcome(most) == (True, "memory")


def test_without_memory_for_a_stack_it_is_computed_at_once():
    image = keys("RSA")
    image = keys("RSA", memory=image.size + 24 * 1024)
    call = image.start("GET", "/RSA", None)
    assert (call.state, call.body) == (quickjs.DONE, b"true"), call.error


def test_the_data_may_change_meanwhile():
    body = """
        const { subtle } = crypto, data = new Uint8Array(1000), name = "RSASSA-PKCS1-v1_5";
        const rsa = { name, hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
        const { privateKey, publicKey } = await subtle.generateKey(rsa, true, ["sign", "verify"]);
        const signing = subtle.sign(name, privateKey, data);
        data.fill(1);
        const signature = await signing, copy = signature.slice(0);
        const verifying = subtle.verify(name, publicKey, signature, new Uint8Array(1000));
        structuredClone(signature, { transfer: [signature] });
        return Response.json([await verifying, await subtle.verify(name, publicKey, copy, data)]);
    """
    call = work(build(handler(body), quickjs.Arena(4 << 20), cpu_ms=60000).start("GET", "/", None), 0)
    assert json.loads(call.body) == [True, False], call.error


def test_natives_of_node_compute_at_once():
    source = """
        import { subtle } from "edgelet:node";
        export default { fetch() {
            const publicExponent = new Uint8Array([1, 0, 1]);
            const rsa = { name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent };
            return new Response(subtle("generateKey", rsa, true, ["sign"]).privateKey.type);
        } };
    """
    call = build(source, quickjs.Arena(4 << 20), cpu_ms=60000).start("GET", "/", None)
    assert (call.state, call.body) == (quickjs.DONE, b"private"), call.error
