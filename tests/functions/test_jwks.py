"""Bindings of type "jwks": keys of others for npm's jose and for jsonwebtoken, from a real server that fails, too."""

import asyncio
import hmac
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import jwt
import pytest
from authority import Authority
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from device_helpers import running
from edgelet_host.paths import ROOT
from jwt.algorithms import get_default_algorithms
from jwt_helpers import base64url
from key_server import KeyServer
from npm_helpers import installed
from storage_helpers import device_module
from upstream import response
from waiting import wait_until

jwks = device_module("functions.jwks")
names = device_module("names")

# Checks a token in each of the ways that there are; they all name the algorithms, as RFC 8725 wants it.
CHECKER = """
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from "jose";
import jwt from "jsonwebtoken";

const algorithms = ["ES256", "RS256"];
const url = new URL(process.env.URL);
const remote = createRemoteJWKSet(url);
const asking = createRemoteJWKSet(url, { cooldownDuration: 0 });

const ways = {
  jose: async (token, keys) => (await jwtVerify(token, keys.key, { algorithms })).payload,
  local: async (token, keys) => (await jwtVerify(token, createLocalJWKSet(await keys.get()), { algorithms })).payload,
  remote: async (token) => (await jwtVerify(token, remote, { algorithms })).payload,
  asking: async (token) => (await jwtVerify(token, asking, { algorithms })).payload,
  jsonwebtoken: (token, keys) =>
    new Promise((done, failed) =>
      jwt.verify(token, keys.key, { algorithms }, (error, claims) => (error ? failed(error) : done(claims))),
    ),
};

export default {
  async fetch(request, env) {
    try {
      return Response.json(await ways[new URL(request.url).pathname.slice(1)](await request.text(), env.KEYS));
    } catch (error) {
      return Response.json({ name: error.name, code: error.code, message: error.message }, { status: 401 });
    }
  },
};
"""
WAYS = ["jose", "local", "remote", "asking", "jsonwebtoken"]


@contextmanager
def device(firmware, folder):
    with running(firmware, folder) as box:
        box.folder.mkdir(exist_ok=True)
        modules = box.folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(installed(ROOT / "tests" / "support" / "jose") / "node_modules")
        yield box


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with device(firmware, tmp_path_factory.mktemp("jwks")) as box:
        yield box


def deploy(box, server, source=CHECKER, url=None, fetch_ms=20000, **fields):
    url = url or server.set_url
    bindings = {"KEYS": {"type": "jwks", "url": url}}
    limits = {"cpu_ms": 2000, "fetch_ms": fetch_ms}
    box.deploy("app", source, vars={"URL": url}, bindings=bindings, limits=limits, **fields)


def check(box, way, token):
    answer = box.request("POST", f"/{way}", token)
    assert answer.status in (200, 401), answer.text
    return answer.json()


def wait(box, seconds):
    """Have so much time pass for the keys."""
    box.device.execute(f"""
from edgelet.device import running
keys = running().bindings._bindings[("app", "KEYS", "jwks")][1]
keys._next -= {seconds}
if keys._at is not None:
    keys._at -= {seconds}
elif keys._at_unix is not None:
    keys._at_unix -= {seconds}
""")


@pytest.fixture
def server(box):
    with KeyServer() as server:
        server.add("a")
        server.add("b", "RS256")
        deploy(box, server)
        yield server
        box.job("delete", "app")


def test_each_way_takes_tokens_and_the_keys_are_fetched_once(box, server):
    server.add("other")
    for way in WAYS:
        for kid in ("a", "b"):
            assert check(box, way, server.token(kid))["sub"] == "ada", way
        forged = check(box, way, server.token("a", signed_by="other"))
        assert forged.get("code") == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" or forged["message"] == "invalid signature"
    assert len(server.requests) == 1
    assert server.requests[0].startswith(b"GET /keys?of=all HTTP/1.1\r\n")


NO_KEY = "no key of the JSON Web Key Set, or more than one, is for this token"


def test_a_token_of_another_key_is_refused(box, server):
    server.add("elsewhere")
    token = server.token("elsewhere")
    server.keys.pop()
    check(box, "jose", server.token("a"))
    refused = {"name": "Error", "code": "ERR_JWKS_NO_MATCHING_KEY", "message": NO_KEY}
    assert check(box, "jose", token) == refused
    wrapped = f"error in secret or public key callback: {NO_KEY}"
    assert check(box, "jsonwebtoken", token) == {"name": "JsonWebTokenError", "message": wrapped}
    for way in ("local", "remote", "asking"):
        assert check(box, way, token)["code"] == "ERR_JWKS_NO_MATCHING_KEY"


@pytest.mark.parametrize("way", ["jose", "jsonwebtoken", "asking"])
def test_a_new_key_is_taken_at_once(box, server, way):
    check(box, way, server.token("a"))
    server.add("new")
    server.keys.pop(0)
    assert check(box, way, server.token("new")).get("sub") is None
    wait(box, 30)
    assert check(box, way, server.token("new"))["sub"] == "ada"
    assert check(box, way, server.token("a")).get("sub") is None  # withdrawn
    assert len(server.requests) == 2


def encoded(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return base64url(text.encode())


def forgeries(server):
    """Tokens that nobody has issued, by what is tried."""
    jwks_text = json.dumps({"keys": server.keys})
    public = server.private("b").public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    mine = ec.generate_private_key(ec.SECP256R1())
    jwk = get_default_algorithms()["ES256"].to_jwk(mine.public_key(), as_dict=True)
    claims = encoded({"sub": "ada", "exp": 4000000000})
    right_head, right_claims, right = server.token("a", sub="eve").split(".")

    def unsigned(header, signature=""):
        return f"{encoded(header)}.{claims}.{signature}"

    def mac(secret, header):
        text = f"{encoded(header)}.{claims}"
        return f"{text}.{base64url(hmac.digest(secret, text.encode(), 'sha256'))}"

    def own(header):
        text = f"{encoded(header)}.{claims}"
        r, s = decode_dss_signature(mine.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    yield from (unsigned({"alg": alg, "kid": "a"}) for alg in ("none", "None", "nOnE", "", None, 0, [], {}, True))
    yield from (unsigned({"alg": "none", "kid": "a"}, one) for one in ("AA", right))
    for secret in (pem, der, pem.strip(), jwks_text.encode(), server.keys[1]["n"].encode(), b"", bytes(32)):
        yield from (mac(secret, {"alg": "HS256", **more}) for more in ({"kid": "b"}, {"kid": "a"}, {}))
    yield mac(pem, '{"alg": "RS256", "kid": "b", "alg": "HS256"}')
    yield mac(pem, '{"alg": "HS256", "kid": "b", "alg": "RS256"}')
    for more in ({"jwk": jwk}, {"jku": "http://127.0.0.1/"}, {"x5u": "http://127.0.0.1/"}, {"x5c": ["AAAA"]}):
        yield own({"alg": "ES256", "kid": "a", **more})
        yield own({"alg": "ES256", **more})
    for kid in (
        "__proto__",
        "constructor",
        "../a",
        "a\0",
        "A",
        " a",
        "",
        0,
        1,
        None,
        True,
        ["a"],
        {"a": "a"},
        jwk,
        "a" * 7000,
    ):
        yield own({"alg": "ES256", "kid": kid})
    for zeros in (b"\0" * 64, b"\xff" * 64, b"", b"0\6\2\1\0\2\1\0"):
        yield unsigned({"alg": "ES256", "kid": "a"}, base64url(zeros))
    yield unsigned({"alg": "RS256", "kid": "b"}, base64url(bytes(256)))
    yield unsigned({"alg": "RS256", "kid": "b"}, base64url(bytes(255) + b"\1"))
    yield unsigned({"alg": "RS256", "kid": "a"}, right)
    yield unsigned({"alg": "PS256", "kid": "b"}, right)
    yield from (
        f"{encoded({'alg': alg, 'kid': 'a'})}.{right_claims}.{right}" for alg in ("ES384", "es256", "ES256 ", ["ES256"])
    )
    # Signed by the right key, and to be read otherwise than its owner meant.
    for header in ({"b64": False, "crit": ["b64"]}, {"crit": ["exp"]}, {"crit": []}, {"zip": "DEF", "crit": ["zip"]}):
        yield jwt.encode({"sub": "ada"}, server.private("a"), "ES256", {"kid": "a", **header})
    for times in ({"exp": 1}, {"exp": -1}, {"exp": "4000000000"}, {"nbf": 4000000000}, {"exp": [4000000000]}):
        yield jwt_of(server.private("a"), times)
    yield f"{right_head}.{claims}.{right}"
    yield from ("", ".", "..", "...", "a.b.c", "e30.e30.e30", "." * 5000, "e30." + "A" * 100000 + ".e30")
    yield from (encoded("[" * 5000 + "]" * 5000) + ".e30.AA", encoded('{"a":' * 2000 + "1" + "}" * 2000) + ".e30.AA")


def disguises(token):
    """What a token is written as that is none; npm's jose passes over white space and padding."""
    yield from (one + token for one in (" ", ".", "Bearer ", "\n"))
    yield from (token + one for one in (".", "=", ".AA", "\n", "\0", " "))
    yield from (token[:-1] + one for one in ("", "!", "+", "/"))


def jwt_of(private, claims):
    """A token that PyJWT would not make."""
    text = f"{encoded({'alg': 'ES256', 'kid': 'a'})}.{encoded({'sub': 'ada', **claims})}"
    r, s = decode_dss_signature(private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@pytest.mark.parametrize("way", ["jose", "local", "remote", "jsonwebtoken"])
def test_forged_tokens(box, server, way):
    assert check(box, way, jwt_of(server.private("a"), {"exp": 4000000000}))["sub"] == "ada"
    tokens = [*forgeries(server), *(disguises(server.token("a")) if way == "jsonwebtoken" else ())]
    for token in tokens:
        answer = box.request("POST", f"/{way}", token)
        assert answer.status == 401, (token[:300], answer.text)
        assert answer.json()["name"], token[:300]


def test_joses_own_pause_lasts_as_long_as_the_keys_count(box, server):
    """Without the option it does not ask a second time in a request, and each request is a world of its own."""
    check(box, "remote", server.token("a"))
    server.add("new")
    wait(box, 299)
    assert check(box, "remote", server.token("new"))["code"] == "ERR_JWKS_NO_MATCHING_KEY"
    wait(box, 301)
    wait_until(lambda: check(box, "remote", server.token("new")).get("sub") == "ada")


def test_a_flood_of_unknown_keys_is_one_request(box, server):
    check(box, "jose", server.token("a"))
    wait(box, 30)
    known, unknown = server.token("a"), server.token("none", signed_by="a")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: check(box, "jose", known if i % 4 == 0 else unknown), range(80)))
    assert [answer.get("code") for answer in answers[1:4]] == ["ERR_JWKS_NO_MATCHING_KEY"] * 3
    assert all(answer.get("sub") == "ada" for answer in answers[::4])
    assert len(server.requests) == 2


def test_keys_that_are_half_as_old_as_they_get_are_fetched_while_nobody_waits(box, server):
    check(box, "jose", server.token("a"))
    server.answer = b""  # who waits for it fails
    wait(box, 300)
    assert check(box, "jose", server.token("a"))["sub"] == "ada"
    wait_until(lambda: len(server.requests) == 2)
    assert check(box, "jose", server.token("a"))["sub"] == "ada"
    assert len(server.requests) == 2


BROKEN = {
    "no json": (response(b"<html>"), "its answer is no JSON Web Key Set"),
    "no object": (response(b"[]"), "its answer is no JSON Web Key Set"),
    "no list": (response(b'{"keys": {}}'), "its answer is no JSON Web Key Set"),
    "deep": (response(b'{"keys": ' + b"[" * 60000), "its answer is no JSON Web Key Set"),
    "no text": (response(b'{"keys": ["\xff"]}'), "its answer is no JSON Web Key Set"),
    "huge": (response(b" " * 65537), "more than 65536 bytes"),
    "huge, unknown": (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 70000, "more than 65536 bytes"),
    "a failure": (response(b"{}", "503 Service Unavailable"), "it answers 503"),
    "elsewhere": (response(b"", "302 Found", location="/other"), "it answers 302"),
    "no answer": (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", "the response is cut off"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_answer_that_is_none_leaves_what_is_there(box, server, what):
    answer, text = BROKEN[what]
    check(box, "jose", server.token("a"))
    server.answer = answer
    wait(box, 3600)
    assert check(box, "jose", server.token("a"))["sub"] == "ada"
    # Nobody waits for it, nor for what has just failed.
    wait_until(lambda: any(text in record.get("text", "") for record in box.logs()))
    assert check(box, "jose", server.token("a"))["sub"] == "ada"
    assert len(server.requests) == 2


def test_a_server_that_takes_its_time(box, server):
    deploy(box, server, fetch_ms=300)
    server.answer = b"HTTP/1.1 200 OK\r\n"
    server._serve = lambda connection, request: connection.sendall(server.answer) or connection.recv(1) == b""
    answer = check(box, "jose", server.token("a"))
    assert "within 300 ms (fetch_ms)" in answer["message"]
    # Whoever comes in the next seconds does not wait for it.
    assert check(box, "jose", server.token("a"))["message"] == answer["message"]
    assert len(server.requests) == 1


def test_keys_outlive_a_restart_and_their_server(firmware, tmp_path):
    with KeyServer() as server:
        server.add("a")
        with device(firmware, tmp_path) as box:
            deploy(box, server)
            check(box, "jose", server.token("a"))
        with device(firmware, tmp_path) as box:
            assert check(box, "remote", server.token("a"))["sub"] == "ada"
            assert len(server.requests) == 1
    with device(firmware, tmp_path) as box:
        assert check(box, "jose", server.token("a"))["sub"] == "ada"
        wait(box, 80000)
        assert check(box, "jose", server.token("a"))["sub"] == "ada"
        wait_until(lambda: any(record["text"].endswith("connection refused") for record in box.logs()))
        wait(box, 86400)
        assert "connection refused" in check(box, "jose", server.token("a"))["message"]
        box.job("delete", "app")
        assert not list((tmp_path / "device" / "kv").iterdir())


def test_https_and_whom_the_function_trusts(box, tmp_path):
    authority = Authority(tmp_path, "authority")
    root = (tmp_path / "authority.pem").read_text()
    with KeyServer(authority.certificate("server")) as server:
        server.add("a")
        deploy(box, server)
        assert "certificate" in check(box, "jose", server.token("a"))["message"].lower()
        fetch = {"allow": ["192.0.2.1"], "roots": ["root.pem"]}
        deploy(box, server, {"main.js": CHECKER, "root.pem": root}, fetch=fetch)
        wait(box, 10)
        assert check(box, "jose", server.token("a"))["sub"] == "ada"
        # A name that leads to this machine: the address must be named, too.
        url = server.set_url.replace("127.0.0.1", "localhost")
        deploy(box, server, {"main.js": CHECKER, "root.pem": root}, url=url, fetch=fetch)
        assert "localhost has the loopback address" in check(box, "jose", server.token("a"))["message"]
    box.job("delete", "app")


ISSUER = """
import jwt from "jsonwebtoken";
const { d, ...open } = JSON.parse(process.env.KEY);
const key = { ...open, d };
export default {
  fetch(request) {
    if (request.url.endsWith("/jwks.json")) return Response.json({ keys: [open] });
    return new Response(jwt.sign({ sub: "ada" }, key, { algorithm: "ES256", keyid: key.kid, expiresIn: 60 }));
  },
};
"""


def test_keys_of_another_function_of_the_device(box, server):
    """As docs/functions.md has it: one function signs, and the others check by its public key."""
    mine = get_default_algorithms()["ES256"].to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
    key = {name: value for name, value in mine.items() if name != "key_ops"} | {"kid": "1", "alg": "ES256"}
    box.deploy("auth", ISSUER, route="/auth", vars={"KEY": json.dumps(key)})
    host, port = box.local.address
    deploy(box, server, url=f"http://{host}:{port}/auth/jwks.json")
    token = box.get("/auth/token").text
    for way in WAYS:
        assert check(box, way, token)["sub"] == "ada", way
    assert check(box, "jose", server.token("a"))["code"] == "ERR_JWKS_NO_MATCHING_KEY"
    box.job("delete", "auth")


PROBE = """
const attempt = async (work) => {
  try {
    return await work();
  } catch (error) {
    return `${error}`;
  }
};
let early;
try {
  early = `${process.env.URL}`;
} catch (error) {
  early = `${error}`;
}
export default {
  async fetch(request, { KEYS: keys }) {
    const { key } = keys;
    return Response.json([
      `${keys}`,
      await attempt(() => keys.get.call({})),
      await attempt(() => key({ get kid() { throw new Error("mine"); } })),
      await attempt(() => key()),
      await attempt(() => key({ alg: "ES256", kid: "a" }, () => { throw new Error("thrown") })),
      (await key({ alg: "ES256", kid: { toString() { throw new Error("mine"); } } })).kid,
      (await key({ alg: "ES256", kid: "a" })).kid,
      (await key({ alg: "RS256", kid: "b" }, { payload: "…" })).kid,
      await attempt(() => key({ alg: "ES384", kid: "a" })),
      (await keys.get()).keys.map((one) => Object.keys(one).sort().join()),
      (await fetch(process.env.URL)).headers.get("content-type"),
      await attempt(() => fetch(process.env.URL, { method: "POST" })),
    ]);
  },
};
"""


def test_what_handlers_see(box, server):
    server.keys[0]["x5c"] = ["AAAA"]
    server.keys[0]["d"] = "a private key has no business here"
    server.keys += [{"kty": "oct", "k": "AAAA"}, {**server.keys[0], "use": "enc"}, 7, {}]
    deploy(box, server, PROBE)
    wrong = f"Error: {NO_KEY}"
    found = box.get("/").json()
    # What is no text is no name of a key, as if there were none.
    assert found[:-1] == [
        "[object Jwks]",
        "TypeError: this is not a Jwks",
        "Error: mine",
        wrong,
        "Error: thrown",
        "a",
        "a",
        "b",
        wrong,
        ["alg,crv,kid,kty,use,x,y", "alg,e,kid,kty,n,use"],
        "application/json",
    ]
    assert "is not allowed; add it to [fetch] allow" in found[-1]


# ---- time, moved by hand ----


class Server:
    """What fetches, and what time it is."""

    def __init__(self):
        self.now = 1000
        self.count = 0
        self.lines = b""
        self.fails = False
        self.kept = {}
        self.warnings = []
        self.keys = self.key_set()

    def key_set(self):
        """Those of a start."""
        now, unix = lambda: self.now * 1000, lambda: self.now + 1_800_000_000
        return jwks.KeySet("u", self.fetch, self, now, unix, self.warnings.append, self.sleep)

    async def sleep(self, seconds):
        """Until the time is moved."""
        until = self.now + seconds
        while self.now < until:
            await asyncio.sleep(0)

    async def fetch(self):
        self.count += 1
        await asyncio.sleep(0)
        if self.fails:
            raise ValueError("out of order")
        return b'{"keys": [{"kty": "RSA", "n": "n", "e": "e", "kid": "%d"}]}' % self.count, self.lines

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, value):
        self.kept[key] = value.encode()

    def ask(self, seconds=0):
        """The only key, so many seconds later, and what is fetched in the background after that."""
        self.now += seconds

        async def asked():
            found = (await self.keys.get())["keys"][0]["kid"]
            await asyncio.sleep(0.001)
            return found

        return asyncio.run(asked())


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (b"", 600),
        (b"Cache-Control: public, max-age=1800\r\n", 1800),
        (b"cache-control: max-age=1\r\n", 60),
        (b"cache-control: max-age=604800\r\n", 3600),
        (b"cache-control: no-store, max-age=900\r\n", 60),
        (b"cache-control: max-age=900, no-store\r\n", 60),
        (b"cache-control: max-age=x\r\nexpires: never\r\n", 600),
        (b"cache-control: max-age=99999999999999999999\r\n", 600),
    ],
)
def test_how_long_keys_count(lines, seconds):
    server = Server()
    server.lines = lines
    assert server.ask() == server.ask(seconds // 2 - 1) == "1"
    assert server.count == 1
    assert server.ask(1) == "1"
    assert server.count == 2  # in the background
    assert server.ask() == "2"
    assert server.ask(seconds) == "3"  # waited for


async def pass_time(server, seconds, step=10):
    """Have time pass, in which what is due is done."""
    until = server.now + seconds
    while server.now < until:
        server.now = min(server.now + step, until)
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.mark.parametrize(("fresh", "count"), [(86400, 192), (3600, 8)])
def test_keys_are_kept_fresh_while_nobody_asks(monkeypatch, fresh, count):
    monkeypatch.setattr(jwks, "_FRESH", fresh)
    server = Server()

    async def idle():
        first = (await server.keys.get())["keys"][0]["kid"]
        await pass_time(server, 2 * fresh)
        return first, server.count, (await server.keys.get())["keys"][0]["kid"]

    # Each 450 s of 600, until nobody has asked for long; who comes then waits.
    assert asyncio.run(idle()) == ("1", 1 + count, str(2 + count))


def test_nobody_waits_for_a_server_that_fails():
    server = Server()

    async def failing():
        await server.keys.get()
        server.fails = True
        found = []
        for _ in range(30):
            await pass_time(server, 100)
            asked = server.count
            found.append((await server.keys.get())["keys"][0]["kid"])
            assert server.count == asked  # whatever is begun, it is for those who come later
        server.fails = False
        await pass_time(server, 100)
        return set(found), server.count, (await server.keys.get())["keys"][0]["kid"]

    kids, count, last = asyncio.run(failing())
    assert (kids, last) == ({"1"}, str(count))
    # At 450 s first, and then by those who ask, or once a minute.
    assert 30 <= count <= 70


def test_keys_that_are_no_longer_there_are_waited_for():
    server = Server()

    async def failing():
        await server.keys.get()
        server.fails = True
        while server.now < 1000 + 86400:
            await pass_time(server, 1000, 100)
            with suppress(ValueError):
                await server.keys.get()
        server.fails = False
        server.now += 11
        return server.count, (await server.keys.get())["keys"][0]["kid"]

    count, kid = asyncio.run(failing())
    assert kid == str(count + 1)


def test_a_server_that_fails_is_asked_every_ten_seconds():
    server = Server()
    server.fails = True
    for seconds, count in [(0, 1), (9, 1), (1, 2), (10, 3)]:
        with pytest.raises(ValueError, match="out of order"):
            server.ask(seconds)
        assert server.count == count
    server.fails = False
    assert server.ask(10) == "4"
    server.fails = True
    assert server.ask(86399) == "4"
    with pytest.raises(ValueError, match="out of order"):
        server.ask(1)


def test_what_no_key_can_be_for_is_not_looked_for():
    server = Server()
    server.ask()
    server.now += 30
    assert [asyncio.run(server.keys.key("x", alg)) for alg in ("HS256", "none", None, "ES256K")] == [None] * 4
    assert server.count == 1
    assert asyncio.run(server.keys.key("2", "RS256"))["kid"] == "2"
    assert asyncio.run(server.keys.key("3", "RS256")) is None
    assert server.count == 2


def test_a_store_that_takes_nothing_is_told_of():
    server = Server()
    server.put = lambda key, value: value[0:0].index("full")
    assert server.ask() == "1"
    assert server.warnings == ["the keys are not kept over a restart: substring not found"]


def test_a_board_does_not_write_at_each_request(monkeypatch):
    monkeypatch.setattr(jwks, "_KEEP", 900)
    server = Server()
    server.lines = b"cache-control: max-age=60\r\n"
    times = []
    server.put = lambda key, value: times.append(server.now)
    for _ in range(60):
        server.ask(60)
    assert server.count == 60
    assert [later - before for before, later in itertools.pairwise(times)] == [900] * 3


def test_who_is_cancelled_leaves_the_request_to_others():
    server = Server()

    async def both():
        first, second = asyncio.create_task(server.keys.get()), asyncio.create_task(server.keys.get())
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(both())["keys"][0]["kid"] == "1"
    assert server.count == 1


DAMAGED = [b"", b"{", b"[]", b'{"url": "u"}', b'{"url": "u", "at": "x", "lifetime": 1, "keys": 7}']


@pytest.mark.parametrize("kept", DAMAGED)
def test_what_is_kept_and_damaged_is_fetched_anew(kept):
    server = Server()
    server.kept["jwks"] = kept
    server.keys = server.key_set()
    assert server.ask() == "1"


def key(kty="RSA", **members):
    needed = {"RSA": {"n": "n", "e": "e"}, "EC": {"crv": "P-256", "x": "x", "y": "y"}}
    needed["OKP"] = {"crv": "Ed25519", "x": "x"}
    return {"kty": kty, **needed[kty], **members}


@pytest.mark.parametrize(
    ("keys", "kid", "alg", "found"),
    [
        ([key()], None, "RS256", 0),
        ([key()], "x", "RS256", None),
        ([key(), key(kid="x")], "x", "PS512", 1),
        ([key(), key(kid="x")], None, "RS256", None),
        ([key("EC", kid="x"), key(kid="x")], "x", "RS256", 1),
        ([key("EC", kid="x"), key(kid="x")], "x", "ES256", 0),
        ([key("EC")], None, "ES384", None),
        ([key(alg="RS256")], None, "RS512", None),
        ([key("OKP", alg="EdDSA")], None, "Ed25519", 0),
        ([key("OKP", alg="Ed25519")], None, "EdDSA", 0),
        ([key("OKP", crv="X25519")], None, "EdDSA", None),
        ([key("EC", alg="ES256K")], None, "ES256", None),
        ([key()], None, "HS256", None),
        ([key()], None, None, None),
    ],
)
def test_which_key_is_for_a_token(keys, kid, alg, found):
    assert jwks.match(keys, kid, alg) == (None if found is None else keys[found])


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        7,
        [],
        {},
        {"kty": "oct", "k": "AAAA"},
        {"kty": ["RSA"]},
        {"kty": "RSA", "n": "n"},
        key(n=7),
        key(use="enc"),
        key(use=7),
        key(key_ops=["encrypt"]),
        key(key_ops="verify"),
        key(kid="\ud800"),
        key(kid=7),
    ],
)
def test_what_is_no_public_key_for_signatures_is_left_out(jwk):
    assert jwks.parse(json.dumps({"keys": [jwk, key(kid="good", d="secret")]}).encode()) == [key(kid="good")]


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://example.com/", (True, "example.com", 443, "/")),
        ("https://example.com:8443/a?b=/c", (True, "example.com", 8443, "/a?b=/c")),
        ("http://192.168.1.2/jwks.json", (False, "192.168.1.2", 80, "/jwks.json")),
        ("http://[fd00::1]:8080/", (False, "[fd00::1]", 8080, "/")),
    ],
)
def test_urls(url, parts):
    assert names.split_url(names.url(url)) == parts


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "example.com/",
        "https://example.com",
        "https://Example.com/",
        "http://example.com/",
        "http://ab.de/",
        "ftp://127.0.0.1/",
        "https://*.example.com/",
        "https://*/",
        "https://me@example.com/",
        "https://example.com:0/",
        "https://example.com/#a",
        "https://example.com/a b",
        "https://example.com/a\r\nb",
        "https://example.com/" + "a" * 500,
    ],
)
def test_what_is_no_url_of_a_key_set(url):
    with pytest.raises(ValueError, match=r"^url .* use one such as https://example\.com/jwks\.json"):
        names.url(url)
