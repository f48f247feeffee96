"""The built-in module jsonwebtoken: RFC 7515 and 7519, PyJWT, and what RFC 8725 warns of."""

import hashlib
import hmac
import json
import time

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt_helpers import SECRET, base64url, call_jwt, run_module

SLOW = settings(max_examples=20, suppress_health_check=list(HealthCheck))
ALGORITHMS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
NOW = 1_700_000_000


def signed(header, payload, secret=SECRET, algorithm="HS256"):
    """A token of any header and payload (objects, or the bytes to encode) with a right MAC."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    text = ".".join(base64url(part) for part in parts)
    mac = hmac.digest(secret.encode(), text.encode(), ALGORITHMS[algorithm])
    return f"{text}.{base64url(mac)}"


def verified(firmware, *calls):
    """The results of verify: for each call the payload, or the error's name and message."""
    results = call_jwt(firmware, [("verify", list(args)) for args in calls])
    return [result.get("value") or (result["error"], result["message"]) for result in results]


def refusal(firmware, token, secret=SECRET, options=None):
    (result,) = call_jwt(firmware, [("verify", [token, secret, options or {}])])
    assert result.get("kin") is True, result
    return result["error"], result["message"]


HEADER = {"alg": "HS256", "typ": "JWT"}
TOKEN = signed(HEADER, {"sub": "ada", "iss": "edgelet", "exp": NOW + 60, "iat": NOW})
AT = {"clockTimestamp": NOW}

# RFC 7515, appendix A.1; the key is the text of its bytes.
RFC_TOKEN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
RFC_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"


def test_the_token_of_rfc_7515(firmware):
    main = f"""
        import jwt from "jsonwebtoken";
        const base64 = "{RFC_KEY}".replaceAll("-", "+").replaceAll("_", "/");
        const key = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        export default {{ fetch() {{
            const options = {{ clockTimestamp: 1300819379, complete: true }};
            return Response.json([
                jwt.verify("{RFC_TOKEN}", key, options), jwt.verify("{RFC_TOKEN}", key.buffer, options),
                jwt.verify("{RFC_TOKEN}", new DataView(key.buffer), options),
            ]);
        }} }};
    """
    payload = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
    token = {"header": {"typ": "JWT", "alg": "HS256"}, "payload": payload, "signature": RFC_TOKEN.split(".")[2]}
    assert run_module(firmware, main) == [token] * 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
# The registered claims have types of their own.
CLAIMS = st.dictionaries(
    st.text(max_size=10).filter(lambda name: name not in {"iat", "exp", "nbf", "iss", "sub", "aud", "jti"}),
    JSON,
    max_size=5,
)
SECRETS = st.text(min_size=64, max_size=100)
TOKENS = st.lists(st.tuples(CLAIMS, SECRETS, st.sampled_from(sorted(ALGORITHMS))), min_size=5, max_size=20)


@SLOW
@given(tokens=TOKENS)
def test_pyjwt_verifies_what_is_signed_here(firmware, tokens):
    calls = [("sign", [claims, secret, {"algorithm": name, "expiresIn": "1h"}]) for claims, secret, name in tokens]
    for (claims, secret, algorithm), result in zip(tokens, call_jwt(firmware, calls), strict=True):
        decoded = jwt.decode_complete(result["value"], secret, algorithms=[algorithm])
        payload = decoded["payload"]
        assert payload.pop("exp") - payload.pop("iat") == 3600
        assert payload == claims
        assert decoded["header"] == {"alg": algorithm, "typ": "JWT"}


@SLOW
@given(tokens=TOKENS)
def test_what_pyjwt_signs_is_verified_here(firmware, tokens):
    calls = [("verify", [jwt.encode(claims, secret, name), secret]) for claims, secret, name in tokens]
    assert [result.get("value") for result in call_jwt(firmware, calls)] == [claims for claims, _, _ in tokens]


@SLOW
@given(data=st.data())
def test_a_changed_token_is_refused(firmware, data):
    changed = []
    for _ in range(30):
        at = data.draw(st.integers(0, len(TOKEN) - 1))
        character = data.draw(st.sampled_from("ABab01-_.=+/ é\n").filter(lambda c, at=at: c != TOKEN[at]))
        changed.append(TOKEN[:at] + character + TOKEN[at + 1 :])
    for result in call_jwt(firmware, [("verify", [token, SECRET, AT]) for token in changed]):
        assert result.get("kin") is True, result


@SLOW
@given(
    texts=st.lists(st.text(alphabet='eyJh.-_=AQ{}" é\0', max_size=60) | st.text(max_size=60), min_size=20, max_size=40)
)
def test_text_that_is_no_token(firmware, texts):
    results = call_jwt(firmware, [("verify", [text, SECRET]) for text in texts])
    assert all(result.get("kin") is True for result in results), results
    assert all(result == {"value": None} for result in call_jwt(firmware, [("decode", [text]) for text in texts]))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "RS1", "ES521", "HS1", "hs256", "__proto__"])
def test_an_algorithm_that_is_not_allowed(firmware, algorithm):
    token = signed({"alg": algorithm, "typ": "JWT"}, {"sub": "ada"})
    assert refusal(firmware, token) == ("JsonWebTokenError", "invalid algorithm")
    unsigned = token.rsplit(".", 1)[0] + "."
    assert refusal(firmware, unsigned) == ("JsonWebTokenError", "invalid algorithm")


@pytest.mark.parametrize("header", [{}, {"alg": None}, {"alg": ["HS256"]}, {"alg": {"toString": 1}}, {"alg": 256}])
def test_a_header_without_algorithm(firmware, header):
    assert refusal(firmware, signed(header, {})) == ("JsonWebTokenError", "invalid algorithm")


def test_only_the_algorithms_asked_for(firmware):
    token = signed({"alg": "HS512"}, {"sub": "ada"}, algorithm="HS512")
    invalid = ("JsonWebTokenError", "invalid algorithm")
    calls = [(token, SECRET, {"algorithms": names}) for names in (["HS256", "HS384"], [], ["HS512"], ["none"])]
    assert verified(firmware, *calls) == [invalid, invalid, {"sub": "ada"}, invalid]


PEM = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize("secret", [PEM, "\n" + PEM, "x" * 40 + PEM])
def test_a_public_key_is_no_secret(firmware, secret):
    token = signed(HEADER, {"sub": "ada"}, secret)
    assert refusal(firmware, token, secret) == ("JsonWebTokenError", "HS256 needs a secret, not a PEM key")
    (result,) = call_jwt(firmware, [("sign", [{}, secret])])
    assert result["message"] == "HS256 needs a secret, not a PEM key"


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_the_least_length_of_a_secret(firmware, algorithm, least):
    message = f"the secret for {algorithm} must have at least {least} bytes"
    for secret in ("a" * least, "ä" * (least // 2)):
        token = signed({"alg": algorithm}, {"a": 1}, secret, algorithm)
        short = signed({"alg": algorithm}, {"a": 1}, secret[1:], algorithm)
        good, refused = verified(firmware, (token, secret), (short, secret[1:]))
        assert (good, refused) == ({"a": 1}, ("JsonWebTokenError", message))
        options = {"algorithm": algorithm}
        results = call_jwt(firmware, [("sign", [{}, secret, options]), ("sign", [{}, secret[1:], options])])
        assert "value" in results[0]
        assert (results[1]["error"], results[1]["message"]) == ("Error", message)


@pytest.mark.parametrize("secret", [None, "", 0, True, {}, [], ["a" * 32]])
def test_what_is_no_secret(firmware, secret):
    assert refusal(firmware, TOKEN, secret)[0] == "JsonWebTokenError"
    (result,) = call_jwt(firmware, [("sign", [{}, secret])])
    assert result["error"] == "Error"


def test_the_secret_of_another_token(firmware):
    assert refusal(firmware, TOKEN, SECRET[::-1]) == ("JsonWebTokenError", "invalid signature")


def test_no_signature(firmware):
    unsigned = TOKEN.rsplit(".", 1)[0]
    assert refusal(firmware, unsigned + ".") == ("JsonWebTokenError", "jwt signature is required")
    assert refusal(firmware, unsigned) == ("JsonWebTokenError", "jwt malformed")


def test_base64url_has_one_form(firmware):
    head, body, mac = TOKEN.split(".")
    # The last of 43 digits has two bits that belong to no byte.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    loose = mac[:-1] + alphabet[alphabet.index(mac[-1]) | 1]
    assert loose != mac
    for other in (loose, mac + "=", mac + "==", mac + "A", mac[:-1], " " + mac, mac + "\n", mac[:20] + "\n" + mac[20:]):
        assert refusal(firmware, f"{head}.{body}.{other}", options=AT) == ("JsonWebTokenError", "invalid signature")
    # A right MAC over a header in another form.
    for form in (head + "=", head + "A", head.replace("J", "J\n", 1)):
        mac = base64url(hmac.digest(SECRET.encode(), f"{form}.{body}".encode(), "sha256"))
        assert refusal(firmware, f"{form}.{body}.{mac}", options=AT) == ("JsonWebTokenError", "invalid token")


def test_critical_headers_are_refused(firmware):
    for crit in (["exp"], [], ["b64"], None):
        token = signed({**HEADER, "crit": crit, "b64": False}, {"sub": "ada"})
        assert refusal(firmware, token) == (
            "JsonWebTokenError",
            'the header parameter "crit" is not supported',
        )


def test_a_payload_that_is_not_encoded_is_refused(firmware):
    for b64 in (False, True, None):
        token = signed({**HEADER, "b64": b64}, {"sub": "ada"})
        assert refusal(firmware, token) == ("JsonWebTokenError", 'the header parameter "b64" is not supported')


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"5", b'"text"', b"[]", b'[{"sub":"ada"}]', b"{", b"\xff{}", b"{} x"]
)
def test_a_payload_that_is_no_object(firmware, payload):
    assert refusal(firmware, signed(HEADER, payload)) == ("JsonWebTokenError", "invalid token")


def test_a_name_that_occurs_twice_has_its_last_value(firmware):
    token = signed(HEADER, b'{"sub":"eve","exp":9999999999,"sub":"ada","exp":1}')
    assert refusal(firmware, token)[0] == "TokenExpiredError"
    header = signed(b'{"alg":"none","alg":"HS256"}', {"sub": "ada"})
    assert verified(firmware, (header, SECRET)) == [{"sub": "ada"}]


def test_prototypes_are_not_touched(firmware):
    token = signed(HEADER, b'{"__proto__":{"sub":"eve","admin":true},"constructor":1}')
    main = f"""
        import jwt from "jsonwebtoken";
        export default {{ fetch() {{
            const claims = jwt.verify("{token}", "{SECRET}");
            return Response.json([claims.sub === undefined, ({{}}).admin === undefined, Object.keys(claims)]);
        }} }};
    """
    assert run_module(firmware, main) == [True, True, ["__proto__", "constructor"]]
    for options in ({"subject": "eve"}, {"issuer": "x"}):
        assert refusal(firmware, token, options=options)[0] == "JsonWebTokenError"


def test_size_and_depth_are_bounded(firmware):
    def sized(size):
        empty = len(signed(HEADER, {"a": ""}))
        return signed(HEADER, {"a": "x" * ((size - empty) * 3 // 4)})

    fits, exceeds = sized(8190), sized(8200)
    assert len(fits) <= 8192 < len(exceeds)
    good, refused = verified(firmware, (fits, SECRET), (exceeds, SECRET))
    assert good["a"].strip("x") == ""
    assert refused == ("JsonWebTokenError", "jwt malformed")
    deep = signed(HEADER, b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}")
    shallow = signed(HEADER, {"a": 1})
    results = call_jwt(firmware, [("verify", [deep, SECRET]), ("verify", [shallow, SECRET])])
    assert "value" in results[0] or results[0]["kin"]
    assert results[1] == {"value": {"a": 1}}
    dots = call_jwt(firmware, [("verify", ["." * 8192, SECRET]), ("verify", ["." * 1_000_000, SECRET])])
    assert [result["message"] for result in dots] == ["jwt malformed"] * 2
    (result,) = call_jwt(firmware, [("sign", [{"a": "x" * 8192}, SECRET])])
    assert result["message"] == "the token has more than 8192 characters: put less into its payload"


def test_times(firmware):
    expired = {"error": "TokenExpiredError", "message": "jwt expired", "kin": True}
    early = {"error": "NotBeforeError", "message": "jwt not active", "kin": True}
    date = {NOW: "2023-11-14T22:13:20.000Z", NOW + 1: "2023-11-14T22:13:21.000Z"}
    cases = [
        ({"exp": NOW}, {}, {**expired, "expiredAt": date[NOW]}),
        ({"exp": NOW + 1}, {}, None),
        ({"exp": NOW}, {"clockTolerance": 1}, None),
        ({"exp": NOW - 1}, {"clockTolerance": 1}, {**expired, "expiredAt": "2023-11-14T22:13:19.000Z"}),
        ({"exp": NOW}, {"ignoreExpiration": True}, None),
        ({"exp": NOW + 0.5}, {}, None),
        ({"nbf": NOW}, {}, None),
        ({"nbf": NOW + 1}, {}, {**early, "date": date[NOW + 1]}),
        ({"nbf": NOW + 1}, {"clockTolerance": 1}, None),
        ({"nbf": NOW + 1}, {"ignoreNotBefore": True}, None),
        ({"nbf": NOW + 1, "exp": NOW - 1}, {"ignoreExpiration": True}, {**early, "date": date[NOW + 1]}),
        ({"iat": NOW - 60}, {"maxAge": 61}, None),
        ({"iat": NOW - 60}, {"maxAge": "1m"}, {**expired, "message": "maxAge exceeded", "expiredAt": date[NOW]}),
        ({"iat": NOW - 60}, {"maxAge": "1m", "clockTolerance": 1}, None),
    ]
    calls = [("verify", [signed(HEADER, claims), SECRET, {**AT, **options}]) for claims, options, _ in cases]
    expected = [error or {"value": claims} for claims, _, error in cases]
    assert call_jwt(firmware, calls) == expected


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_times_that_are_no_numbers(firmware, name):
    for value in ("9999999999", None, True, [NOW], {}):
        token = signed(HEADER, {name: value})
        assert refusal(firmware, token) == ("JsonWebTokenError", f"invalid {name} value")
    beyond = signed(HEADER, f'{{"{name}":1e999}}'.encode())
    assert refusal(firmware, beyond) == ("JsonWebTokenError", f"invalid {name} value")


def test_max_age_needs_iat(firmware):
    token = signed(HEADER, {"sub": "ada"})
    message = "iat required when maxAge is specified"
    assert refusal(firmware, token, options={"maxAge": 5}) == ("JsonWebTokenError", message)


NAMES = [
    ("issuer", "iss", "edgelet", "other"),
    ("subject", "sub", "ada", "eve"),
    ("jwtid", "jti", "1", "2"),
    ("nonce", "nonce", "n", "m"),
    ("audience", "aud", "a", "b"),
]


@pytest.mark.parametrize(("option", "claim", "right", "wrong"), NAMES)
def test_expected_names(firmware, option, claim, right, wrong):
    token = signed(HEADER, {claim: right})
    assert verified(firmware, (token, SECRET, {option: right})) == [{claim: right}]
    message = f"jwt {option} invalid. expected: {wrong}"
    for payload in ({claim: right}, {}, {claim: None}, {claim: {}}, {claim: 5}):
        error = refusal(firmware, signed(HEADER, payload), options={option: wrong})
        assert error == ("JsonWebTokenError", message)
    if claim != "aud":
        listed = signed(HEADER, {claim: [right]})
        assert refusal(firmware, listed, options={option: right})[0] == "JsonWebTokenError"


def test_an_empty_nonce_is_none(firmware):
    (result,) = call_jwt(firmware, [("verify", [signed(HEADER, {"nonce": ""}), SECRET, {"nonce": ""}])])
    assert result.get("message") == '"nonce" in "options" must be of type string, not empty'


def test_lists_of_issuers_and_audiences(firmware):
    one, several = signed(HEADER, {"iss": "a", "aud": "a"}), signed(HEADER, {"aud": ["a", "b"]})
    results = verified(
        firmware,
        (one, SECRET, {"issuer": ["b", "a"], "audience": ["c", "a"]}),
        (one, SECRET, {"issuer": ["b", "c"]}),
        (several, SECRET, {"audience": "b"}),
        (several, SECRET, {"audience": ["c", "d"]}),
        (several, SECRET, {"audience": []}),
    )
    assert results[0]["iss"] == "a"
    assert results[1][1] == "jwt issuer invalid. expected: b or c"
    assert results[2] == {"aud": ["a", "b"]}
    assert results[3][1] == "jwt audience invalid. expected: c or d"
    assert results[4][0] == "JsonWebTokenError"


def test_audiences_by_pattern(firmware):
    token = signed(HEADER, {"aud": ["shop.example"]})
    main = f"""
        import {{ verify }} from "jsonwebtoken";
        const matches = (audience) => {{
            try {{
                return verify("{token}", "{SECRET}", {{ audience }}).aud[0];
            }} catch (error) {{
                return error.message;
            }}
        }};
        export default () => Response.json([matches(/example$/), matches([/^x/, /^shop/]), matches(/^example/)]);
    """
    expected = ["shop.example", "shop.example", "jwt audience invalid. expected: /^example/"]
    assert run_module(firmware, main) == expected


BAD_OPTIONS = [
    {"issuers": "edgelet"},
    {"issuer": None},
    {"issuer": 5},
    {"subject": ["ada"]},
    {"algorithms": None},
    {"clockTolerance": None},
    {"clockTolerance": "5"},
    {"clockTimestamp": "now"},
    {"maxAge": {}},
    {"ignoreExpiration": 1},
    {"toString": "x"},
]


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_options_of_verify_that_are_none(firmware, options):
    (result,) = call_jwt(firmware, [("verify", [TOKEN, SECRET, {**AT, **options}])])
    assert (result["error"], result["kin"]) == ("Error", False)
    assert next(iter(options)) in result["message"]


def test_an_undefined_option_is_no_licence(firmware):
    main = f"""
        import jwt from "jsonwebtoken";
        const attempt = (options) => {{
            try {{ return jwt.verify("{TOKEN}", "{SECRET}", options) }} catch (error) {{ return error.message }}
        }};
        const results = [attempt({{ issuer: process.env.NOT_SET }}), attempt({{ clockTolerance: NaN }})];
        export default () => Response.json(results);
    """
    assert run_module(firmware, main) == [
        '"issuer" in "options" must be of type strings',
        '"clockTolerance" in "options" must be of type number',
    ]


def test_claims_from_options(firmware):
    options = {"issuer": "i", "subject": "s", "audience": ["a"], "jwtid": "j", "keyid": "k", "header": {"x": 1}}
    calls = [("sign", [{"iat": NOW, "own": 1}, SECRET, {**options, "expiresIn": 60, "notBefore": "1s"}])]
    calls += [("sign", [{}, SECRET, {"noTimestamp": True}]), ("sign", [{}, SECRET])]
    full, bare, timed = (
        jwt.decode_complete(result["value"], options={"verify_signature": False})
        for result in call_jwt(firmware, calls)
    )
    claims = {"iat": NOW, "own": 1, "iss": "i", "sub": "s", "aud": ["a"], "jti": "j", "exp": NOW + 60, "nbf": NOW + 1}
    assert (full["payload"], full["header"]) == (claims, {**HEADER, "kid": "k", "x": 1})
    assert bare["payload"] == {}
    assert list(timed["payload"]) == ["iat"]
    assert abs(timed["payload"]["iat"] - time.time()) < 3600


# As the npm package "ms" has them; None: no span.
SPANS = {
    60: 60, -5: -5, "60": 0, "1500": 1, "1500ms": 1, "2s": 2, "2 secs": 2, "1 second": 1, "90 SECONDS": 90, "1m": 60,
    "1.5m": 90, ".5 min": 30, "2 minutes": 120, "1h": 3600, "2 hrs": 7200, "1 hour": 3600, "1d": 86400,
    "7 days": 604800, "1w": 604800, "2 weeks": 1209600, "1y": 31557600, "1 yr": 31557600, "2 years": 63115200,
    "3 msecs": 0,
    "": None, "1 month": None, "h": None, "1h 30m": None, "1e3": None, "Infinity": None, "1 ds": None,
}  # fmt: skip


def test_spans(firmware):
    calls = [("sign", [{"iat": NOW}, SECRET, {"expiresIn": span}]) for span in SPANS]
    for (span, seconds), result in zip(SPANS.items(), call_jwt(firmware, calls), strict=True):
        if seconds is None:
            assert result["message"].startswith('"expiresIn" should be a number of seconds'), span
        else:
            payload = jwt.decode(result["value"], options={"verify_signature": False})
            assert payload["exp"] == NOW + seconds, span


BAD_SIGN = [
    [{"exp": NOW}, SECRET, {"expiresIn": 5}],
    [{"iss": "a"}, SECRET, {"issuer": "a"}],
    [{"exp": "soon"}, SECRET],
    [{"iat": None}, SECRET],
    ["text", SECRET, {"expiresIn": 5}],
    ["text", SECRET, {"issuer": "a"}],
    [{}, SECRET, {"allowInsecureKeySizes": True}],
    [{}, SECRET, {"encoding": "latin1"}],
    [None, SECRET],
    [[], SECRET],
    [{}, SECRET, {"algorithm": "none"}],
    [{}, SECRET, {"algorithm": "RS256"}],
    [{}, SECRET, {"algorithm": ["HS256"]}],
    [{}, SECRET, {"header": {"alg": "none"}}],
    [{}, SECRET, {"header": {"crit": ["exp"]}}],
    [{}, SECRET, {"header": {"b64": False}}],
    [{}, SECRET, {"expiresIn": 1.5}],
    [{}, SECRET, {"expiresin": 60}],
    [{}, SECRET, {"issuer": "", "audience": 5}],
]


@pytest.mark.parametrize("arguments", BAD_SIGN)
def test_what_cannot_be_signed(firmware, arguments):
    (result,) = call_jwt(firmware, [("sign", arguments)])
    assert (result.get("error"), result.get("kin")) == ("Error", False), result


def test_decode_vouches_for_nothing(firmware):
    forged = TOKEN[:-3] + "AAA"
    calls = [("decode", [forged]), ("decode", [forged, {"complete": True}]), ("decode", [None]), ("decode", [5])]
    claims = {"sub": "ada", "iss": "edgelet", "exp": NOW + 60, "iat": NOW}
    complete = {"header": HEADER, "payload": claims, "signature": forged.split(".")[2]}
    assert [result["value"] for result in call_jwt(firmware, calls)] == [claims, complete, None, None]


def test_callbacks(firmware):
    main = f"""
        import jwt, {{ sign, verify, TokenExpiredError }} from "jsonwebtoken";
        export default {{ fetch() {{
            const heard = [];
            sign({{ iat: 1 }}, "{SECRET}", (error, token) => heard.push(error, token.split(".").length));
            sign({{ iat: 1 }}, "short", {{}}, (error, token) => heard.push(error.message, token === undefined));
            const at = {{ clockTimestamp: {NOW} }};
            verify("{TOKEN}", "{SECRET}", at, (error, claims) => heard.push(error, claims.sub));
            verify("{TOKEN}", "{SECRET}", (error, claims) => heard.push(error instanceof TokenExpiredError));
            try {{
                verify("{TOKEN}", "{SECRET}", at, () => {{ throw new Error("once") }});
            }} catch (error) {{
                heard.push(error.message);
            }}
            return Response.json(heard);
        }} }};
    """
    short = "the secret for HS256 must have at least 32 bytes"
    assert run_module(firmware, main) == [None, 3, short, True, None, "ada", True, "once"]


# Objects whose properties are code: each is tried in its own way, and what came of it is "name: message" or a value.
HOSTILE = """
import * as all from "jsonwebtoken";
const { sign, verify, decode } = all;
const secret = "0123456789abcdef".repeat(4);
const token = sign({ sub: "ada", aud: ["a"] }, secret, { noTimestamp: true });
const claims = (token) => JSON.stringify(decode(token));
const every = new Proxy({}, { get: () => "HS512" });
const revoked = () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy };
const throwing = { get issuer() { throw new RangeError("mine") } };
let reads = 0;
const deep = (depth) => { let value = 1; for (let i = 0; i < depth; i++) value = [value]; return value };
const attempts = {
  "sign: a getter that throws": () => sign({}, secret, throwing),
  "verify: a getter that throws": () => verify(token, secret, throwing),
  "decode: a getter that throws": () => decode(token, { get complete() { throw new RangeError("mine") } }),
  "claims: a getter that throws": () => sign({ get a() { throw new RangeError("mine") } }, secret),
  "an option is read once": () => {
    const options = { get algorithms() { return reads++ === 0 ? ["HS512"] : ["HS256"] } };
    try { verify(token, secret, options) } catch (error) { return [error.message, reads] }
  },
  "a getter of a class": () => verify(token, secret, new (class { get subject() { return "eve" } })()),
  "a property that is not enumerable": () => verify(token, secret, Object.defineProperty({}, "subject", { value: 5 })),
  "an inherited option": () => verify(token, secret, Object.create({ subject: "eve" })),
  "a Proxy that has every option": () => verify(token, secret, every),
  "options that inherit from such a Proxy": () => verify(token, secret, Object.create(every)),
  "a Proxy of options": () => verify(token, secret, new Proxy({ subject: "ada" }, {})).sub,
  "a revoked Proxy of options": () => verify(token, secret, revoked()),
  "revoked claims": () => sign(revoked(), secret),
  "a revoked secret": () => sign({}, revoked()),
  "a revoked list": () => verify(token, secret, { audience: revoked() }),
  "a revoked callback": () => verify(token, secret, {}, revoked()),
  "options that are no object": () => [5, true, "HS256", 1n].map((options) => {
    try { return verify(token, secret, options) } catch (error) { return error.message }
  }),
  "no options": () => [verify(token, secret, null).sub, decode(token, null).sub],
  "a secret that is transferred while claims are read": () => {
    const secret = new Uint8Array(64);
    return sign({ a: { toJSON() { secret.buffer.transfer() } } }, secret);
  },
  "a secret that shrinks while claims are read": () => {
    const secret = new ArrayBuffer(64, { maxByteLength: 64 });
    return sign({ a: { toJSON() { secret.resize(8) } } }, secret);
  },
  "claims that change while they are read": () => {
    const changing = { get a() { delete changing.b; changing.c = 3; return 1 }, b: 2 };
    return claims(sign(changing, secret, { noTimestamp: true }));
  },
  "a list that is emptied while it is looked through": () => {
    const audience = [/x/, "a"];
    audience[0].test = () => { audience.length = 0; return false };
    return verify(token, secret, { audience });
  },
  "a pattern that throws": () => {
    const audience = /x/;
    audience.exec = () => { throw new RangeError("mine") };
    return verify(token, secret, { audience });
  },
  "text of a pattern that throws": () => {
    const audience = /x/;
    audience.toString = () => { throw new RangeError("mine") };
    return verify(token, secret, { audience });
  },
  "a Proxy of an array": () => [sign({ iat: 1 }, secret, { audience: new Proxy(["a"], {}) }).length,
    verify(token, secret, { audience: new Proxy(["b", "a"], {}) }).sub],
  "a Proxy of an array as claims": () => sign(new Proxy([], {}), secret),
  "a list with a hole": () => verify(token, secret, { audience: ["a", , "b"] }),
  "only own claims count": () => claims(sign(Object.create({ sub: "eve", iat: 5 }), secret, { noTimestamp: true })),
  "a claim that is a cycle": () => { const cycle = {}; cycle.cycle = cycle; return sign(cycle, secret) },
  "a claim that is nested too deeply": () => sign({ a: deep(20000) }, secret),
  "a header that is nested too deeply": () => sign({}, secret, { header: { a: deep(20000) } }),
  "a long option": () => sign({}, secret, { ["x".repeat(100000)]: 1 }),
  "a long text": () => sign({ a: "x".repeat(1000000) }, secret),
  "a long secret": () => sign({ iat: 1 }, "x".repeat(1000000)).length,
  "a long span": () => sign({}, secret, { expiresIn: "9".repeat(100000) }),
  "a callback that is no function": () => verify(token, secret, {}, "callback"),
  "a hook that throws while an error is made": () => {
    Error.prepareStackTrace = () => { throw new RangeError("hook") };
    try { return verify("", secret) } finally { delete Error.prepareStackTrace }
  },
};
export default { fetch() {
  return Response.json(Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => {
    try { return [name, attempt()] } catch (error) { return [name, `${error.name}: ${error.message}`] }
  })));
} };
"""

MINE = "RangeError: mine"
NO_SPAN = 'Error: "expiresIn" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60'
NO_OPTIONS = 'Expected "options" to be a plain object.'
TOO_LONG = "Error: the token has more than 8192 characters: put less into its payload"
HOSTILE_RESULTS = {
    "sign: a getter that throws": MINE,
    "verify: a getter that throws": MINE,
    "decode: a getter that throws": MINE,
    "claims: a getter that throws": MINE,
    "an option is read once": ["invalid algorithm", 1],
    "a getter of a class": "JsonWebTokenError: jwt subject invalid. expected: eve",
    "a property that is not enumerable": 'Error: "subject" in "options" must be of type string',
    "an inherited option": "JsonWebTokenError: jwt subject invalid. expected: eve",
    "a Proxy that has every option": (
        'Error: "allowInvalidAsymmetricKeyTypes" in "options" must be of type false (RFC 8725)'
    ),
    "options that inherit from such a Proxy": (
        'Error: "allowInvalidAsymmetricKeyTypes" in "options" must be of type false (RFC 8725)'
    ),
    "a Proxy of options": "ada",
    "a revoked Proxy of options": "TypeError: revoked proxy",
    "revoked claims": "TypeError: revoked proxy",
    "a revoked secret": "Error: the secret must be a string, an ArrayBuffer or a view of one",
    "a revoked list": 'Error: "audience" in "options" must be of type patterns',
    "a revoked callback": "TypeError: revoked proxy",
    "options that are no object": [NO_OPTIONS] * 4,
    "no options": ["ada", "ada"],
    "a secret that is transferred while claims are read": "TypeError: ArrayBuffer is detached or resized",
    "a secret that shrinks while claims are read": "Error: the secret for HS256 must have at least 32 bytes",
    "claims that change while they are read": '{"a":1}',
    "a list that is emptied while it is looked through": "JsonWebTokenError: jwt audience invalid. expected: ",
    "a pattern that throws": MINE,
    "text of a pattern that throws": MINE,
    "a Proxy of an array": [109, "ada"],
    "a Proxy of an array as claims": 'Error: Expected "payload" to be a plain object.',
    "a list with a hole": 'Error: "audience" in "options" must be of type patterns',
    "only own claims count": "{}",
    "a claim that is a cycle": "TypeError: circular reference",
    "a claim that is nested too deeply": "RangeError: Maximum call stack size exceeded",
    "a header that is nested too deeply": "RangeError: Maximum call stack size exceeded",
    "a long option": f'Error: "{"x" * 100000}" is not allowed in "options"',
    "a long text": TOO_LONG,
    "a long secret": 93,
    "a long span": NO_SPAN,
    "a callback that is no function": "TypeError: not a function",
    "a hook that throws while an error is made": "JsonWebTokenError: jwt malformed",
}


def test_objects_whose_properties_are_code(firmware):
    assert run_module(firmware, HOSTILE) == HOSTILE_RESULTS


def test_objects_whose_properties_are_code_under_sanitizers(firmware_asan):
    assert run_module(firmware_asan, HOSTILE) == HOSTILE_RESULTS


def test_an_empty_algorithm_allows_none(firmware):
    for names in ("", [], [""]):
        assert refusal(firmware, TOKEN, options={**AT, "algorithms": names}) == (
            "JsonWebTokenError",
            "invalid algorithm",
        )


def test_a_span_beyond_all_numbers(firmware):
    token = signed(HEADER, {"iat": 1e308})
    for span in ("9" * 400, 1e308):
        calls = [("sign", [{"iat": 1e308}, SECRET, {"expiresIn": span}]), ("verify", [token, SECRET, {"maxAge": span}])]
        for result in call_jwt(firmware, calls):
            assert result["error"] == "Error"
            assert "should be a number of seconds" in result["message"]


def test_what_the_module_exports(firmware):
    main = """
        import jwt, * as all from "jsonwebtoken";
        const { JsonWebTokenError, TokenExpiredError, NotBeforeError } = all;
        class Own extends NotBeforeError {}
        const own = new Own("text", { cause: 5 });
        const later = import("jsonwebtoken");
        export default { async fetch() {
            let bare;
            try {
                JsonWebTokenError("text");
            } catch (error) {
                bare = error.name;
            }
            return Response.json({
                names: Object.keys(all),
                default: Object.keys(jwt).map((name) => [name, jwt[name] === all[name]]),
                prototypes: [
                    Object.getPrototypeOf(JsonWebTokenError) === Error,
                    Object.getPrototypeOf(TokenExpiredError) === JsonWebTokenError,
                    Object.getPrototypeOf(NotBeforeError.prototype) === JsonWebTokenError.prototype,
                ],
                own: [own instanceof Own, own instanceof JsonWebTokenError, own instanceof TokenExpiredError],
                text: [`${own}`, own.cause, own.stack.includes("main.js"), new NotBeforeError().message],
                keys: Object.keys(own),
                bare,
                later: (await later).default === jwt && (await import("jsonwebtoken")).default === jwt,
            });
        } };
    """
    functions, errors = ["decode", "sign", "verify"], ["JsonWebTokenError", "NotBeforeError", "TokenExpiredError"]
    assert run_module(firmware, main) == {
        "names": [*errors, *functions[:1], "default", *functions[1:]],
        "default": [[name, True] for name in functions + errors],
        "prototypes": [True] * 3,
        "own": [True, True, False],
        "text": ["NotBeforeError: text", 5, True, ""],
        "keys": [],
        "bare": "TypeError",
        "later": True,
    }


def test_an_import_at_run_time_only(firmware):
    main = 'export default { async fetch() { return Response.json(typeof (await import("jsonwebtoken")).verify) } }'
    assert run_module(firmware, main) == "function"


def test_the_same_under_sanitizers(firmware_asan):
    tokens = [TOKEN, TOKEN[:-1], RFC_TOKEN, "", "a.b.c", "." * 8192, "\0" * 100, "é.é.é", signed({"alg": "HS512"}, {})]
    calls = [("verify", [token, secret]) for token in tokens for secret in (SECRET, "é" * 32, PEM)]
    calls += [("sign", [{"a": "é" * 1000}, "é" * 100]), ("decode", [TOKEN])]
    for result in call_jwt(firmware_asan, calls):
        assert "value" in result or result["error"] in {"JsonWebTokenError", "TokenExpiredError"}


def test_a_mac_is_that_of_python(firmware):
    (result,) = call_jwt(firmware, [("sign", [{"iat": NOW}, SECRET, {"algorithm": "HS384"}])])
    text, _, mac = result["value"].rpartition(".")
    assert mac == base64url(hmac.new(SECRET.encode(), text.encode(), hashlib.sha384).digest())
