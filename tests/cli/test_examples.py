"""The examples as a user would try them: deployed to a real device, and asked over HTTP."""

import base64
import contextlib
import hashlib
import hmac
import json
import subprocess
import time

import jwt
import pytest
from browser import Browser
from cli_helpers import Cli
from device_helpers import running
from edgelet_host.commands.users import password_record
from edgelet_host.device.deployment import deploy, make_release
from edgelet_host.device.development import fill_kv, make_secrets
from edgelet_host.paths import ROOT
from edgelet_host.project.config import read_project
from jwt_helpers import base64url

SECRET = "a secret of this test, as long as its algorithm asks for"


@contextlib.contextmanager
def example(firmware, folder, name):
    with running(firmware, folder) as box:
        project = read_project(ROOT / "examples" / name)
        deployed = deploy(box.device, make_release(project, firmware))
        make_secrets(box.device, project.name, deployed.missing_secrets)
        fill_kv(box.device, project)
        yield box


@pytest.fixture(scope="module")
def login_box(firmware, tmp_path_factory):
    with example(firmware, tmp_path_factory.mktemp("login"), "login") as box:
        box.job("set_secrets", "login", {"JWT_SECRET": SECRET})
        yield box


def log_in(box, user="ada", password="correct horse"):
    return box.request("POST", "/login", json.dumps({"user": user, "password": password}))


def me(box, token):
    return box.get("/me", Authorization=f"Bearer {token}")


@pytest.fixture(scope="module")
def token(login_box):
    return log_in(login_box).json()["token"]


def test_the_token_verifies_with_pyjwt(login_box, token):
    claims = jwt.decode(
        token, SECRET, algorithms=["HS256"], issuer="edgelet", options={"require": ["exp", "iat", "sub"]}
    )
    assert claims["sub"] == "ada"
    assert claims["exp"] - claims["iat"] == 3600
    assert abs(claims["iat"] - time.time()) < 60
    assert me(login_box, token).json() == {"user": "ada"}


def forged(**changes):
    claims = {"iss": "edgelet", "sub": "ada", "iat": int(time.time()), "exp": int(time.time()) + 600, "jti": "x"}
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def damaged(token):
    return token[:-2] + ("B" if token[-2] == "A" else "A") + token[-1]


@pytest.mark.parametrize(
    "bad",
    [
        jwt.encode(forged(), "another secret that is as long as it has to be", "HS256"),
        jwt.encode(forged(exp=int(time.time()) - 10), SECRET, "HS256"),
        jwt.encode(forged(iss="somebody else"), SECRET, "HS256"),
        jwt.encode(forged(iss=None), SECRET, "HS256"),
        jwt.encode(forged(), SECRET, "HS512"),
        jwt.encode(forged(), None, "none"),
        damaged(jwt.encode(forged(), SECRET, "HS256")),
        "not.a.token",
        "",
    ],
    ids=[
        "wrong key",
        "expired",
        "wrong issuer",
        "no issuer",
        "other algorithm",
        "alg none",
        "damaged",
        "junk",
        "empty",
    ],
)
def test_bad_tokens_get_401(login_box, bad):
    response = me(login_box, bad)
    assert response.status == 401
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_payload_that_was_changed_gets_401(login_box, token):
    head, payload, mac = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "root"}).encode()).decode().rstrip("=")
    assert me(login_box, f"{head}.{changed}.{mac}").status == 401


def test_logout_ends_a_token(login_box):
    first, second = (log_in(login_box).json()["token"] for _ in range(2))
    assert login_box.request("POST", "/logout", headers={"Authorization": f"Bearer {first}"}).status == 204
    assert me(login_box, first).status == 401
    assert me(login_box, second).status == 200


def test_users_in_kv(login_box):
    salt = b"0123456789abcdef"
    digest = hashlib.pbkdf2_hmac("sha256", b"s3cret", salt, 30000)
    record = "$".join(["pbkdf2-sha256", "30000", base64.b64encode(salt).decode(), base64.b64encode(digest).decode()])
    login_box.job("kv_put", "login", "USERS", [("user:grace", record, None, None)])
    assert log_in(login_box, "grace", "wrong").status == 401
    token = log_in(login_box, "grace", "s3cret").json()["token"]
    assert me(login_box, token).json() == {"user": "grace"}


def test_values_for_development_do_not_replace_others(login_box):
    project = read_project(ROOT / "examples" / "login")
    login_box.job("kv_put", "login", "USERS", [("user:ada", "changed", None, None)])
    try:
        fill_kv(login_box.device, project)
        assert login_box.device.call("kv_get", "login", "USERS", "user:ada") == {"text": "changed"}
    finally:
        login_box.job("kv_delete", "login", "USERS", "user:ada")
        fill_kv(login_box.device, project)


def test_attempts_are_limited_for_each_user(firmware, tmp_path):
    with example(firmware, tmp_path, "login") as box:
        assert [log_in(box, "mallory", "x").status for _ in range(7)] == [401] * 5 + [429] * 2
        assert log_in(box).status == 200


@pytest.mark.parametrize("body", ["", "no json", "[]", "null", '{"user": 1, "password": 2}', '{"user": "ada"}'])
def test_bad_requests_get_400(login_box, body):
    assert login_box.request("POST", "/login", body).status == 400


def test_any_name_up_to_the_limit_is_looked_up(login_box):
    assert log_in(login_box, user="漢" * 48).status == 401
    assert log_in(login_box, user="漢" * 49).status == 400


@pytest.mark.slow
def test_its_own_test_runs(tmp_path):
    done = Cli(tmp_path).npm("test", cwd=ROOT / "examples" / "login")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 2" in done.stdout


def test_the_page_is_static(login_box):
    page = login_box.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "<form>" in page.text
    assert "token" in login_box.get("/login.js").text


@pytest.fixture
def signing_key(login_box):
    """A key as the example's program makes one, at work."""
    program = ROOT / "examples" / "login" / "key.mjs"
    key = json.loads(subprocess.run(["node", program], capture_output=True, check=True).stdout)
    login_box.job("set_secrets", "login", {"SIGNING_KEY": json.dumps(key)})
    yield key
    login_box.job("set_secrets", "login", {"SIGNING_KEY": None})


def test_with_a_key_tokens_are_signed_by_es256(login_box, token, signing_key):
    public = {name: value for name, value in signing_key.items() if name != "d"}
    assert login_box.get("/jwks.json").json() == {"keys": [public]}
    signed = log_in(login_box).json()["token"]
    assert jwt.get_unverified_header(signed) == {"alg": "ES256", "typ": "JWT", "kid": signing_key["kid"]}
    assert jwt.decode(signed, jwt.PyJWK(public).key, algorithms=["ES256"], issuer="edgelet")["sub"] == "ada"
    assert me(login_box, signed).json() == {"user": "ada"}
    # Nobody signs with what is public, nor with the secret that counted before.
    header = base64url(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    text = f"{header}.{signed.split('.')[1]}"
    confused = f"{text}.{base64url(hmac.digest(json.dumps(public).encode(), text.encode(), 'sha256'))}"
    assert [me(login_box, one).status for one in (token, confused, damaged(signed))] == [401] * 3
    thumbprint = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    assert base64url(hashlib.sha256(thumbprint.encode()).digest()) == public["kid"]


def test_without_a_key_there_is_none_to_check_by(login_box):
    assert login_box.get("/jwks.json").json() == {"keys": []}


COUNTING = """
import { checkPassword } from "./password.js";

let iterations = 0;
const { subtle } = crypto;
const derive = subtle.deriveBits.bind(subtle);
subtle.deriveBits = (parameters, ...rest) => {
  iterations += parameters.iterations;
  return derive(parameters, ...rest);
};

export default {
  async fetch(request) {
    const [password, record, most] = await request.json();
    return Response.json([await checkPassword(password, record, most), iterations]);
  },
};
"""


def test_every_check_takes_as_many_iterations(firmware, tmp_path):
    """So nobody can tell by its time whether there is a user."""
    files = {"main.js": COUNTING, "password.js": (ROOT / "examples" / "login" / "password.js").read_text()}
    with running(firmware, tmp_path) as box:
        box.deploy("count", files, limits={"cpu_ms": 5000})
        for record in (None, password_record("right", 1000), password_record("right", 2500)):
            for password in ("right", "wrong"):
                answer = box.request("POST", "/", json.dumps([password, record, 2500])).json()
                assert answer == [record is not None and password == "right", 2500], record


def test_the_page_works_by_keyboard_on_a_phone_dark_and_light(login_box, tmp_path):
    # A user of its own: attempts are limited.
    login_box.job("kv_put", "login", "USERS", [("user:漢", password_record("correct horse", 1000), None, None)])
    with Browser(tmp_path, 360, 640) as browser:
        browser.open(login_box.local.url)
        assert browser.evaluate("document.documentElement.scrollWidth") == 360
        labels = "[...document.querySelectorAll('input')].every((input) => input.labels.length === 1)"
        assert browser.evaluate(labels)
        shown = {}
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            shown[scheme] = browser.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")
            for element in ("h1", "label", "input", "button"):
                assert browser.contrast(element) >= 4.5, (scheme, element)
        assert shown["light"] == "rgb(255, 255, 255)"
        assert shown["dark"] != shown["light"]

        # A browser puts the focus there when it draws the page, which may be after it has loaded.
        browser.until("document.activeElement.id === 'user'")
        browser.write("漢")
        browser.press("Tab")
        browser.write("wrong horse")
        browser.press("Enter")
        browser.until("/wrong user or password/.test(document.body.innerText)")
        browser.write("correct horse")  # in place of what is selected
        browser.press("Enter")
        browser.until("/Hello, 漢/.test(document.body.innerText)")
        text = browser.text()
        assert "HS256" in text
        assert "Signed at" in text
        assert browser.evaluate("document.activeElement.tagName") == "H1"
        assert browser.evaluate("document.documentElement.scrollWidth") == 360
        browser.press("Tab", "Enter")
        browser.until("document.querySelector('details').open")
        token = browser.evaluate("document.querySelector('#token').textContent")
        assert me(login_box, token).status == 200
        browser.press("Tab", "Enter")
        browser.until("/You are signed out/.test(document.body.innerText)")
        assert me(login_box, token).status == 401
        assert token not in browser.evaluate("document.documentElement.outerHTML")


def test_no_secret_is_in_the_log(login_box, token):
    assert SECRET not in json.dumps(login_box.logs())
    assert token not in json.dumps(login_box.logs())


def test_hello(firmware, tmp_path):
    with example(firmware, tmp_path, "hello") as box:
        assert box.get("/").text == "hello world\n"
        assert box.get("/?name=ada").text == "hello ada\n"


def test_isere_echo(firmware, tmp_path):
    with example(firmware, tmp_path, "isere-echo") as box:
        expected = {"method": "POST", "path": "/a", "query": {"b": "c"}, "body": "hi"}
        assert box.request("POST", "/a?b=c", "hi").json() == expected
        done = box.get("/?done=1")
        assert (done.status, done.text) == (202, "answered by done()\n")
