"""examples/oidc: a browser signs in at a provider and out again, and what is not as it should be signs nobody in."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import subprocess
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from browser import Browser
from device_helpers import free_port, running
from edgelet_host.device.deployment import deploy, make_release
from edgelet_host.device.development import make_secrets
from edgelet_host.paths import ROOT
from edgelet_host.project.config import read_project
from jwt_helpers import base64url
from key_server import KeyServer
from npm_helpers import installed
from waiting import wait_until

EXAMPLE = ROOT / "examples" / "oidc"
SECRET = "what the client proves itself with: + / % &"


def origin(box):
    return f"http://localhost:{box.local.address[1]}"


def install(box, issuer):
    """Deploy the example for a provider at another address."""
    folder = box.folder / "oidc"
    shutil.copytree(EXAMPLE, folder)
    toml = (folder / "edgelet.toml").read_text()
    host = urlsplit(issuer).netloc
    toml = toml.replace("127.0.0.1:3000", host).replace("http://localhost:8081", origin(box))
    (folder / "edgelet.toml").write_text(toml)
    project = read_project(folder)
    make_secrets(box.device, project.name, deploy(box.device, make_release(project, box.firmware)).missing_secrets)


@contextlib.contextmanager
def provider(folder, origin, algorithm, secret):
    """The example's own provider, a program of Node.js; its URL."""
    (folder / "node_modules").symlink_to(installed(EXAMPLE) / "node_modules")
    shutil.copy(EXAMPLE / "provider.js", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    port = free_port()
    environment = os.environ | {"PORT": str(port), "ORIGIN": origin, "ALGORITHM": algorithm, "CLIENT_SECRET": secret}
    log = folder / "provider.log"
    with log.open("wb") as file:
        process = subprocess.Popen(["node", folder / "provider.js"], env=environment, stdout=file, stderr=file)
    try:
        wait_until(lambda: process.poll() is not None or "the provider is ready" in log.read_text())
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def cookies(browser, url):
    return {one["name"]: one for one in browser.command("Network.getCookies", urls=[url])["cookies"]}


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "secret"), [("ES256", ""), ("RS256", SECRET)])
def test_a_browser_signs_in_and_out(firmware, tmp_path, algorithm, secret):
    with running(firmware, tmp_path / "box") as box, Browser(tmp_path) as browser:
        home = f"{origin(box)}/"
        with provider(tmp_path, origin(box), algorithm, secret) as issuer:
            install(box, issuer)
            if secret:
                box.job("set_secrets", "oidc", {"CLIENT_SECRET": secret})
            browser.open(home)
            assert "You are not signed in." in browser.text()
            browser.press("Tab", "Enter")
            browser.until("document.querySelector('input[name=login]') !== null")
            assert "__Host-flow" not in cookies(browser, home)  # which is for https
            browser.evaluate("document.querySelector('input[name=login]').focus()")
            browser.write("ada <b>lovelace</b>")
            browser.press("Tab")
            browser.write("any")
            browser.press("Enter")
            browser.until("document.readyState === 'complete' && /Continue/.test(document.body.innerText)")
            browser.evaluate("document.querySelector('button[type=submit]').click()")
            browser.until(f"location.href === {json.dumps(home)} && document.readyState === 'complete'")
            assert "Hello, ada <b>lovelace</b>" in browser.text()
            found = cookies(browser, home)
            assert list(found) == ["session"]
            assert (found["session"]["httpOnly"], found["session"]["sameSite"]) == (True, "Lax")
            session = {"Cookie": f"session={found['session']['value']}"}
            assert "Hello, ada" in box.get("/", **session).text
            browser.press("Tab", "Enter")
            browser.until("document.readyState === 'complete' && /sign-out/.test(document.body.innerText)")
            browser.evaluate("document.querySelector('button[value=yes]').click()")
            browser.until(f"location.href === {json.dumps(home)} && document.readyState === 'complete'")
            assert "You are not signed in." in browser.text()
            assert not cookies(browser, home)
            # A copy of the cookie has ended with it.
            assert "You are not signed in." in box.get("/", **session).text
        assert not [record for record in box.logs() if record["level"] in ("warn", "error")]
        told = json.dumps(box.logs())
        assert found["session"]["value"] not in told
        assert SECRET not in told


class Provider(KeyServer):
    """Says what it is told to about who signs in. claims: those of the ID token beside the usual ones."""

    def __init__(self):
        super().__init__()
        self.add("a")
        self.claims = {}
        self.id_token = None
        self.nonce = ""

    def make(self, kid="a", signed_by="a"):
        """An ID token; one that PyJWT does not make of claims, too. Times are seconds from now."""
        usual = {"iss": self.url, "aud": "edgelet", "nonce": self.nonce, "sub": "ada", "name": "Ada", "exp": 600}
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        claims |= {name: int(time.time()) + claims[name] for name in ("exp", "nbf") if name in claims}
        header = {"kid": kid, "typ": "JWT"}
        return jwt.api_jws.encode(json.dumps(claims).encode(), self.private(signed_by), "ES256", header)

    def _answer(self, connection, request):
        if not request.startswith(b"POST /token "):
            return super()._answer(connection, request)
        token = self.id_token or self.make()
        body = json.dumps({"id_token": token, "access_token": "x", "token_type": "Bearer"}).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        return True


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("box")) as box, Provider() as told:
        install(box, told.url)
        box.told = told
        yield box


@pytest.fixture
def told(box):
    box.told.claims = {}
    box.told.id_token = None
    box.told.requests.clear()
    return box.told


def ask(box, target, method="GET", **cookies):
    """(status, header fields, cookies that are set, body)."""
    connection = http.client.HTTPConnection(*box.local.address)
    try:
        told = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        connection.request(method, target, headers=told)
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        pairs = [re.match("([^=]+)=([^;]*)", one).groups() for one in answer.headers.get_all("Set-Cookie") or []]
        return answer.status, fields, dict(pairs), answer.read().decode()
    finally:
        connection.close()


def begin(box):
    """Begin a sign-in: (the flow's cookie, what the provider is told)."""
    status, fields, found, _ = ask(box, "/login")
    assert status == 303
    asked = {name: values[0] for name, values in parse_qs(urlsplit(fields["location"]).query).items()}
    box.told.nonce = asked["nonce"]
    return found["flow"], asked


def come_back(box, flow, asked, **changes):
    answer = {"code": "c", "state": asked["state"], **changes}
    query = "&".join(f"{name}={value}" for name, value in answer.items() if value is not None)
    return ask(box, f"/callback?{query}", **({"flow": flow} if flow else {}))


def test_what_the_provider_is_asked(box, told):
    flow, asked = begin(box)
    again = begin(box)[1]
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{origin(box)}/callback"
    told.nonce = asked["nonce"]
    status, fields, found, _ = come_back(box, flow, asked)
    assert (status, fields["location"], found["flow"]) == (303, f"{origin(box)}/", "")
    assert "<h1>Hello, Ada</h1>" in ask(box, "/", session=found["session"])[3]
    [exchanged] = [one for one in told.requests if one.startswith(b"POST ")]
    sent = parse_qs(exchanged.partition(b"\r\n\r\n")[2].decode())
    assert (sent["code"], sent["client_id"]) == (["c"], ["edgelet"])
    digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
    assert base64url(digest) == asked["code_challenge"]


def test_an_answer_to_nothing_that_was_asked(box, told):
    flow, asked = begin(box)
    other, _ = begin(box)
    count = len(told.requests)
    refused = [
        come_back(box, None, asked),
        come_back(box, other, asked),
        come_back(box, flow, asked, state=None),
        come_back(box, flow, asked, state="x"),
        come_back(box, flow[:-2] + "AA", asked),
        come_back(box, flow, asked, iss="http://elsewhere.example"),
        come_back(box, flow, asked, code=None, error="access_denied"),
        ask(box, f"/callback?code=c&state={asked['state']}", session=flow),
    ]
    for status, _, found, body in refused:
        assert (status, found.get("flow"), "session" in found) == (400, "", False)
        assert 'role="alert"' in body
    # No code is exchanged for any of them.
    assert len(told.requests) == count


def test_a_flow_is_no_session_and_a_session_no_flow(box, told):
    flow, asked = begin(box)
    session = come_back(box, flow, asked)[2]["session"]
    assert "You are not signed in." in ask(box, "/", session=flow)[3]
    assert come_back(box, session, asked)[0] == 400
    # Of two cookies of one name nobody knows which is whose.
    connection = box.get("/", Cookie=f"session={session}; session={session}")
    assert "You are not signed in." in connection.text


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["edgelet", "another"]},
        {"aud": ["edgelet", "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "http://127.0.0.1"},
        {"iss": None},
        {"exp": -60},
        {"exp": None},
        {"sub": None},
        {"sub": ["ada"]},
        {"nbf": 600},
    ],
)
def test_an_id_token_that_is_for_somebody_else(box, told, claims):
    flow, asked = begin(box)
    told.claims = claims
    status, _, found, body = come_back(box, flow, asked)
    assert (status, "session" in found) == (400, False)
    assert "The sign-in could not be checked." in body


def unsigned(token, header, secret):
    """The token with another header, and with an HMAC by what is public."""
    text = f"{base64url(json.dumps(header).encode())}.{token.split('.')[1]}"
    mac = hmac.digest(secret, text.encode(), "sha256") if secret else b""
    return f"{text}.{base64url(mac)}"


def test_an_id_token_that_somebody_else_signed(box, told):
    told.add("other")
    told.keys.pop()
    for make in (
        lambda: told.make("a", "other"),
        lambda: told.make("other", "other"),
        lambda: unsigned(told.make(), {"alg": "none"}, b""),
        lambda: unsigned(told.make(), {"alg": "HS256", "kid": "a"}, json.dumps(told.keys[0]).encode()),
        lambda: "no token",
        lambda: 7,
    ):
        flow, asked = begin(box)
        told.id_token = make()
        status, _, found, _ = come_back(box, flow, asked)
        assert (status, "session" in found) == (400, False)


def test_signing_out_is_asked_for_with_post(box, told):
    flow, asked = begin(box)
    session = come_back(box, flow, asked)[2]["session"]
    assert ask(box, "/logout", session=session)[0] == 404
    assert "<h1>Hello, Ada</h1>" in ask(box, "/", session=session)[3]
    status, fields, found, _ = ask(box, "/logout", "POST", session=session)
    assert (status, found["session"]) == (303, "")
    assert fields["location"].startswith(f"{told.url}/session/end?client_id=edgelet&post_logout_redirect_uri=")
    assert ask(box, "/logout", "POST")[1]["location"] == f"{origin(box)}/"


def test_over_https_no_other_host_sets_the_cookies(box, told):
    box.job("set_variables", "oidc", {"ORIGIN": "https://app.example"})
    try:
        fields = box.get("/login").headers
        assert fields["set-cookie"].startswith("__Host-flow=")
        assert fields["set-cookie"].endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
        assert "redirect_uri=https%3A%2F%2Fapp.example%2Fcallback" in fields["location"]
    finally:
        box.job("set_variables", "oidc", {"ORIGIN": origin(box)})
