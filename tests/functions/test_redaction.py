"""Values of secrets are in no log line and in no error, wherever they come from."""

import json

import pytest
from device_helpers import running
from edgelet_host.errors import EdgeletError

KEY = 'k3y-with-"quotes"-and-\\backslashes'
PEM = "-----BEGIN KEY-----\nfirst-line-of-it\nsecond-line-of-it\n-----END KEY-----\n"
TELLING = """export default { async fetch(request, env) {
  const { KEY, NAME, PEM, SHORT } = env;
  const what = new URL(request.url).pathname.split("/").pop();
  if (what === "text") console.log(`it is ${KEY}${KEY}, and`, PEM);
  if (what === "json") console.warn({ KEY, PEM });
  if (what === "stack") console.error(new Error(KEY));
  if (what === "line") console.log("of it:", PEM.split("\\n")[2]);
  if (what === "cut") throw new Error("x".repeat(1000) + KEY);
  if (what === "short") console.log(`a ${SHORT} word`);
  if (what === "later") { await new Promise((resolve) => setTimeout(resolve, 1)); console.log(KEY); }
  if (what === "host") await fetch(`http://${NAME}.example.com/`);
  if (what === "throw") throw new TypeError(`no ${KEY}`);
  if (what === "reject") { await env.STORE.get("x".repeat(10)); throw new Error(PEM); }
  return new Response(KEY);
} };
"""
NAME = "ToKeN-oF-LaTe"
LONG = "".join(f"{n:02x}" for n in range(1, 120))
PARTS = (KEY, NAME.lower(), json.dumps(KEY)[1:-1], "first-line", "second-line", "BEGIN KEY", KEY[:12], "k3y-")


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("redaction"), hostname="bench", drain_ms=5000) as box:
        box.deploy("telling", TELLING, route="/telling", bindings={"STORE": {"type": "kv"}})
        box.job("set_secrets", "telling", {"KEY": KEY, "NAME": NAME, "PEM": PEM, "SHORT": "abc"})
        yield box


@pytest.mark.parametrize("what", ["text", "json", "stack", "line", "cut", "later", "host", "throw", "reject"])
def test_no_log_line_has_a_secret(box, what):
    seen = max(one["seq"] for one in box.logs())
    response = box.get(f"/telling/{what}")
    assert response.status == (500 if what in ("host", "throw", "reject", "cut") else 200)
    text = "\n".join(one["text"] for one in box.logs() if one["seq"] > seen)
    assert "***" in text
    assert [part for part in PARTS if part in text] == []


QUOTED_IN_PART = {
    "an engine's error": "undefined[LONG];",
    "an engine's error, caught": "try { undefined[LONG]; } catch (e) { console.log(`it was: ${e.message}, no?`); }",
    "a header's name": "new Headers({ [`${LONG} `]: '' });",
    "a decoder's label": "new TextDecoder(LONG);",
    "a key's usage": "await crypto.subtle.importKey('raw', new Uint8Array(32), 'PBKDF2', false, [LONG]);",
    "its first characters": "console.log(`${LONG.slice(0, 20)} and on`);",
}


@pytest.mark.parametrize("what", QUOTED_IN_PART)
def test_a_long_secret_that_is_quoted_in_part_is_not_told(box, what):
    body = QUOTED_IN_PART[what]
    name = "quoting"
    box.deploy(
        name, f"export default {{ async fetch(request, {{ LONG }}) {{ {body} return new Response(); }} }};", route="/q"
    )
    box.job("set_secrets", name, {"LONG": LONG})
    seen = max(one["seq"] for one in box.logs())
    box.get("/q")
    text = "\n".join(one["text"] for one in box.logs() if one["seq"] > seen)
    assert "***" in text
    assert LONG[:12] not in text


def test_the_beginning_of_a_url_is_no_secret(box):
    source = """export default { fetch(request, { HOOK }) {
      console.log("https://hook.example.com/", HOOK);
      return new Response();
    } };"""
    box.deploy("hook", source, route="/hook")
    box.job("set_secrets", "hook", {"HOOK": "https://api.example.com/hooks/0123456789abcdef0123456789"})
    box.get("/hook")
    assert "https://hook.example.com/ ***" in [one["text"] for one in box.logs()]


def test_what_is_no_secret_is_logged_as_it_is(box):
    box.get("/telling/short")
    assert "a abc word" in [one["text"] for one in box.logs()]
    box.deploy(
        "other", "export default { fetch() { console.log('second-line-of-it'); return new Response() } }", route="/o"
    )
    box.get("/o")
    assert [one["text"] for one in box.logs() if one.get("function") == "other"][-2:] == ["second-line-of-it", ""]


def test_an_error_at_the_top_level_tells_no_secret(box):
    source = "if (process.env.KEY) throw new Error(`bad ${process.env.KEY}`);" + TELLING
    box.deploy("top", source, route="/top")
    with pytest.raises(EdgeletError, match=r"bad \*\*\*") as refusal:
        box.job("set_secrets", "top", {"KEY": KEY})
    assert KEY not in str(refusal.value)
    assert box.get("/top").status == 503
    assert KEY not in json.dumps(box.logs(), ensure_ascii=False).replace("\\\\", "\\").replace('\\"', '"')


def test_a_request_that_began_before_a_change_tells_neither_value(box):
    source = """export default { async fetch(request, env) {
      const key = env.KEY;
      await new Promise((resolve) => setTimeout(resolve, 700));
      console.log(`it was ${key}`);
      return new Response();
    } };"""
    box.deploy("slow", source, route="/slow")
    box.job("set_secrets", "slow", {"KEY": "the-old-value"})
    connection = box.connection()
    connection.request("GET", "/slow")
    box.job("set_secrets", "slow", {"KEY": "the-new-value"})
    assert connection.getresponse().status == 200
    texts = [one["text"] for one in box.logs()]
    assert "it was ***" in texts
    assert not any("-value" in text for text in texts)
