"""Each operation of Web Cryptography, stopped by a limit."""

import json

import quickjs
from common import build, handler, work

# The top level has made keys, and what is checked and decrypted: it is the operation itself that is stopped.
EACH = """
    const { subtle } = crypto;
    const data = new Uint8Array(60).fill(7), much = new Uint8Array(20000), iv = new Uint8Array(16), all = {};
    const right = await subtle.importKey("raw", data, "HKDF", false, ["deriveBits"]);
    const rsa = { hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
    const [name, curve] = "NAME".split("/");
    const algorithm = { ...rsa, name, namedCurve: curve, length: 256 };
    const keys = async (...usages) => {
        if (!name.startsWith("RS")) return subtle.generateKey(algorithm, true, usages);
        const { kty, n, e, ...rest } = PRIVATE;
        const of = (members, at) => subtle.importKey("jwk", { kty, n, e, ...members }, algorithm, true, [usages[at]]);
        return { privateKey: await of(rest, 0), publicKey: await of({}, 1) };
    };
    const signatures = async () => {
        const { privateKey, publicKey } = await keys("sign", "verify");
        const params = { name, hash: "SHA-256", saltLength: 32 };
        const signature = await subtle.sign(params, privateKey, data);
        const der = await subtle.exportKey("pkcs8", privateKey), jwk = await subtle.exportKey("jwk", privateKey);
        all.sign = () => subtle.sign(params, privateKey, data);
        all.verify = () => subtle.verify(params, publicKey, signature, data);
        all.pkcs8 = () => subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
        all.jwk = () => subtle.importKey("jwk", { ...jwk, key_ops: undefined }, algorithm, true, ["sign"]);
        all.generate = () => subtle.generateKey(algorithm, true, ["sign"]);
    };
    const agreement = async () => {
        const { privateKey, publicKey } = await keys("deriveBits");
        all.agree = () => subtle.deriveBits({ name, public: publicKey }, privateKey, 256);
        all.generate = () => subtle.generateKey(algorithm, true, ["deriveBits"]);
    };
    const cipher = async () => {
        const key = await keys("encrypt", "decrypt", "wrapKey", "unwrapKey");
        const params = { name, iv, counter: iv, length: 64 };
        const inner = { name: "HMAC", hash: "SHA-512", length: 80000 };
        const wrapped = await subtle.wrapKey("raw", await subtle.generateKey(inner, true, ["sign"]), key, params);
        const text = await subtle.encrypt(params, key, much);
        all.encrypt = () => subtle.encrypt(params, key, much);
        all.decrypt = () => subtle.decrypt(params, key, text);
        all.unwrap = () => subtle.unwrapKey("raw", wrapped, key, params, inner, true, ["sign"]);
    };
    const makers = {
        "RSASSA-PKCS1-v1_5": signatures, "RSA-PSS": signatures, ECDSA: signatures, Ed25519: signatures,
        ECDH: agreement, X25519: agreement, "AES-GCM": cipher, "AES-CBC": cipher, "AES-CTR": cipher,
        async "RSA-OAEP"() {
            const { privateKey, publicKey } = await keys("decrypt", "encrypt");
            const sealed = await subtle.encrypt("RSA-OAEP", publicKey, data);
            all.encrypt = () => subtle.encrypt("RSA-OAEP", publicKey, data);
            all.decrypt = () => subtle.decrypt("RSA-OAEP", privateKey, sealed);
        },
        async "AES-KW"() {
            const inner = { name: "HMAC", hash: "SHA-512", length: 80000 };
            const wrapper = await keys("wrapKey", "unwrapKey"), key = await subtle.generateKey(inner, true, ["sign"]);
            const wrapped = await subtle.wrapKey("raw", key, wrapper, name);
            all.wrap = () => subtle.wrapKey("raw", key, wrapper, name);
            all.unwrap = () => subtle.unwrapKey("raw", wrapped, wrapper, name, inner, true, ["sign"]);
        },
        async HMAC() {
            const key = await subtle.generateKey({ name, hash: "SHA-512" }, true, ["sign", "verify"]);
            const tag = await subtle.sign(name, key, much);
            all.sign = () => subtle.sign(name, key, much);
            all.verify = () => subtle.verify(name, key, tag, much);
        },
        HKDF() {
            const params = { name, hash: "SHA-512", salt: data, info: much };
            all.derive = () => subtle.deriveBits(params, right, 130000);
        },
    };
    await (makers[name] ?? (() => (all.digest = () => subtle.digest(name, much))))();
    export default { async fetch(request) {
        const asked = new URL(request.url).pathname.slice(1);
        if (asked === "") return Response.json(Object.keys(all));
        for (;;) await all[asked]();
    } };
"""
PRIVATE = """
    const publicExponent = new Uint8Array([1, 0, 1]);
    const algorithm = { name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent };
    const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign"]);
    const { kty, n, e, d, p, q, dp, dq, qi } = await crypto.subtle.exportKey("jwk", privateKey);
    return Response.json({ kty, n, e, d, p, q, dp, dq, qi });
"""
KINDS = {
    5: ("RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA/P-256", "ECDSA/P-384", "ECDSA/P-521", "Ed25519"),
    3: ("AES-GCM", "AES-CBC", "AES-CTR"),
    2: ("RSA-OAEP", "AES-KW", "HMAC", "ECDH/P-256", "ECDH/P-384", "ECDH/P-521", "X25519"),
    1: ("HKDF", "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"),
}


def test_cpu_limit_stops_each_operation():
    arena = quickjs.Arena(1024 * 1024)
    private = build(handler(PRIVATE), arena, cpu_ms=60000).start("GET", "/", None)
    private = work(private).body.decode()
    for count, kinds in KINDS.items():
        for kind in kinds:
            image = build(EACH.replace("PRIVATE", private).replace("NAME", kind), arena, cpu_ms=15)
            names = json.loads(image.start("GET", "/", None).body)
            assert len(names) == count, (kind, names)
            for name in names:
                call = work(image.start("GET", "/" + name, None))
                assert (call.state, call.error and call.error.kind) == (quickjs.ERROR, "cpu"), (kind, name, call.error)
                good = image.start("GET", "/", None)
                assert (good.state, json.loads(good.body)) == (quickjs.DONE, names), good.error
