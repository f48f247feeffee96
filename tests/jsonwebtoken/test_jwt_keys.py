"""jsonwebtoken with public keys: against Node's OpenSSL both ways, and what RFC 8725 warns of."""

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt_helpers import SECRET, base64url, call_jwt, run_module

SCRIPT = Path(__file__).with_name("jwt_node.js")
KIND = {
    "RS256": "rsa",
    "RS384": "rsa",
    "RS512": "rsa",
    "PS256": "rsa",
    "PS384": "rsa",
    "PS512": "rsa",
    "ES256": "p256",
    "ES384": "p384",
    "ES512": "p521",
    "EdDSA": "ed25519",
}
CLAIMS = st.dictionaries(st.text(max_size=8).filter(lambda name: len(name) != 3), st.text(max_size=20), max_size=4)
TOKENS = st.lists(st.tuples(st.sampled_from(sorted(KIND)), CLAIMS), min_size=10, max_size=40)
SETTINGS = settings(max_examples=4, suppress_health_check=list(HealthCheck))
MANY = settings(SETTINGS, max_examples=40)


def in_node(work):
    command = ["node", "--no-warnings", "--input-type=module", "--eval", SCRIPT.read_text()]
    done = subprocess.run(command, input=json.dumps(work), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@cache
def keys():
    return in_node({"keys": True})


def key(algorithm, form):
    return keys()[KIND[algorithm]][form]


def exchange(firmware, tokens):
    """Each token is signed by one and verified by the other, with keys in PEM and as JWK; changed ones are refused."""
    calls = []
    for algorithm, claims in tokens:
        for form in ("private", "privateJwk"):
            calls.append(("sign", [claims, key(algorithm, form), {"algorithm": algorithm, "noTimestamp": True}]))
    made = [result["value"] for result in call_jwt(firmware, calls)]
    public = [key(algorithm, "public") for algorithm, _ in tokens for _ in range(2)]
    theirs = in_node(
        {
            "verify": list(zip(made, public, strict=True)),
            "sign": [[algorithm, key(algorithm, "private"), claims] for algorithm, claims in tokens],
        }
    )
    assert theirs["right"] == [True] * len(made)
    calls, expected = [], []
    for (algorithm, claims), token in zip(tokens, theirs["tokens"], strict=True):
        for form in ("public", "publicJwk", "private"):
            calls.append(("verify", [token, key(algorithm, form), {"algorithms": [algorithm]}]))
            expected.append(claims)
        head, body, signature = token.split(".")
        other = base64url(json.dumps({**claims, "admin": 1}).encode())
        calls.append(("verify", [f"{head}.{other}.{signature}", key(algorithm, "public")]))
        at = len(signature) // 2
        changed = signature[:at] + ("A" if signature[at] != "A" else "B") + signature[at + 1 :]
        calls.append(("verify", [f"{head}.{body}.{changed}", key(algorithm, "public")]))
        expected += ["invalid signature"] * 2
    results = call_jwt(firmware, calls)
    assert [result.get("value", result.get("message")) for result in results] == expected


@SETTINGS
@given(tokens=TOKENS)
def test_node_and_device_take_each_others_tokens(firmware, tokens):
    exchange(firmware, tokens)


@pytest.mark.slow
@MANY
@given(tokens=TOKENS)
def test_thousands_of_tokens(firmware, tokens):
    exchange(firmware, tokens)


def messages(firmware, calls):
    return [result.get("message", "taken") for result in call_jwt(firmware, calls)]


def test_every_form_of_a_key(firmware):
    forms = [("RS256", "pkcs1", "publicPkcs1"), ("RS512", "private", "pkcs1"), ("ES256", "sec1", "public")]
    for algorithm, private, public in forms:
        (signed,) = call_jwt(firmware, [("sign", [{"a": 1}, key(algorithm, private), {"algorithm": algorithm}])])
        (wrapped,) = call_jwt(
            firmware, [("sign", [{"a": 1}, {"key": key(algorithm, private)}, {"algorithm": algorithm}])]
        )
        tokens = [signed["value"], wrapped["value"]]
        assert messages(firmware, [("verify", [token, key(algorithm, public)]) for token in tokens]) == ["taken"] * 2


@pytest.mark.slow
def test_an_algorithm_is_bound_to_its_kind_of_key(firmware):
    """No public key is a secret, and no key of one kind is for the algorithm of another (RFC 8725, section 3.1)."""
    public = key("RS256", "public")
    forged = in_node({"sign": [["HS256", public, {"admin": True}]]})["tokens"][0]
    assert messages(firmware, [("verify", [forged, public])]) == ["HS256 needs a secret, not a PEM key"]
    jwk = key("RS256", "publicJwk")
    assert messages(firmware, [("verify", [forged, jwk])]) != ["taken"]
    others = [
        ("verify", [in_node({"sign": [[name, key(name, "private"), {}]]})["tokens"][0], key(other, form)])
        for name in ("RS256", "ES256", "ES384", "ES512", "EdDSA")
        for other in KIND
        if KIND[other] != KIND[name]
        for form in ("public", "publicJwk")
    ]
    assert all(" needs a key " in message for message in messages(firmware, others))
    assert all(
        " needs a key " in one for one in messages(firmware, [("sign", [{}, SECRET, {"algorithm": a}]) for a in KIND])
    )


def test_algorithm_and_use_of_a_json_web_key(firmware):
    token = in_node({"sign": [["PS256", key("PS256", "private"), {"a": 1}]]})["tokens"][0]
    jwk = key("PS256", "publicJwk")
    calls = [("verify", [token, {**jwk, **more}]) for more in ({"alg": "PS256", "use": "sig", "kid": "1"},)]
    assert messages(firmware, calls) == ["taken"]
    wrong = [{"alg": "RS256"}, {"use": "enc"}, {"alg": 5}, {"kty": "EC"}, {"n": "AQAB"}, {"e": "!"}, {"e": 5}]
    calls = [("verify", [token, {**jwk, **more}]) for more in wrong]
    assert "taken" not in messages(firmware, calls)
    octets = {"kty": "oct", "k": base64url(SECRET.encode()), "alg": "HS256"}
    signed = call_jwt(firmware, [("sign", [{"a": 1}, octets])])[0]["value"]
    assert messages(firmware, [("verify", [signed, SECRET]), ("verify", [signed, octets])]) == ["taken", "taken"]


def test_short_rsa_keys_are_refused(firmware):
    small = keys()["rsa1024"]
    token = in_node({"sign": [["RS256", small["private"], {}]]})["tokens"][0]
    message = "an RSA key for RS256 must have at least 2048 bits"
    calls = [("verify", [token, small["public"]]), ("sign", [{}, small["privateJwk"], {"algorithm": "RS256"}])]
    assert messages(firmware, calls) == [message] * 2


def test_public_keys_do_not_sign(firmware):
    calls = [("sign", [{}, key(a, form), {"algorithm": a}]) for a in KIND for form in ("public", "publicJwk")]
    assert messages(firmware, calls) == [f"{a} signs with a private key" for a in KIND for _ in range(2)]


def test_what_is_no_pem(firmware):
    pem = key("ES256", "public")
    lines = pem.splitlines()
    bad = [
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        pem.replace("PUBLIC", "PRIVATE"),
        "\n".join([lines[0], lines[1][4:], *lines[2:]]),
        "\n".join([lines[0], *lines[1:-1], "AAAA", lines[-1]]),
        pem.replace(lines[1][40:50], "AAAAAAAAAA"),
    ]
    token = in_node({"sign": [["ES256", key("ES256", "private"), {}]]})["tokens"][0]
    assert all(" needs a key " in message for message in messages(firmware, [("verify", [token, one]) for one in bad]))


CRYPTO_KEYS = """
    import jwt from "jsonwebtoken";
    const { subtle } = crypto;
    const attempt = (work) => { try { return work() } catch (error) { return error.message } };
    export default { async fetch(request) {
        const ec = { name: "ECDSA", namedCurve: "P-256" };
        const { privateKey, publicKey } = await subtle.generateKey(ec, false, ["sign", "verify"]);
        const pss = await subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048,
            publicExponent: new Uint8Array([1, 0, 1]) }, false, ["sign", "verify"]);
        const hmac = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
        const token = jwt.sign({ sub: "ada" }, privateKey, { algorithm: "ES256" });
        const other = jwt.sign({ sub: "ada" }, pss.privateKey, { algorithm: "PS256" });
        const secret = jwt.sign({ sub: "ada" }, hmac);
        const lookups = [];
        const find = (header, callback) => setTimeout(() => header.kid === "1" ? callback(null, publicKey)
            : callback(new Error("no such key")), 1);
        const look = (token, ...rest) => new Promise((done) => jwt.verify(token, find, ...rest,
            (error, payload) => done(error ? `${error.name}: ${error.message}` : payload.sub)));
        const options = { algorithm: "ES256", keyid: "1" };
        return Response.json([
            jwt.verify(token, publicKey).sub, jwt.verify(other, pss.publicKey).sub, jwt.verify(secret, hmac).sub,
            attempt(() => jwt.sign({}, publicKey, { algorithm: "ES256" })),
            attempt(() => jwt.verify(token, privateKey)),
            attempt(() => jwt.sign({}, pss.privateKey, { algorithm: "RS256" })),
            await look(jwt.sign({ sub: "ada" }, privateKey, options)),
            await look(jwt.sign({ sub: "ada" }, privateKey, options), { subject: "eve" }),
            await look(token), await look("no token"),
            attempt(() => jwt.verify(token, find)),
            jwt.verify(jwt.sign("text", hmac), hmac), jwt.decode(jwt.sign("text", hmac), { complete: true }).header,
            attempt(() => { const claims = { a: 1 }; jwt.sign(claims, hmac, { mutatePayload: true, subject: "b" });
                return [claims.sub, typeof claims.iat]; }),
        ]);
    } };
"""


def test_crypto_keys_and_keys_that_are_looked_up(firmware):
    needs = "needs a key of the curve P-256: PEM, a JSON Web Key or a CryptoKey for it"
    assert run_module(firmware, CRYPTO_KEYS) == [
        *["ada"] * 3,
        f"ES256 {needs}",
        f"ES256 {needs}",
        "RS256 needs a key of RSA: PEM, a JSON Web Key or a CryptoKey for it",
        "ada",
        "JsonWebTokenError: jwt subject invalid. expected: eve",
        "JsonWebTokenError: error in secret or public key callback: no such key",
        "JsonWebTokenError: jwt malformed",
        "verify must be called asynchronous if secret or public key is provided as a callback",
        "text",
        {"alg": "HS256"},
        ["b", "number"],
    ]
