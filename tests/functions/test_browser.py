"""Server-Sent Events in a browser's own EventSource."""

import json

from browser import Browser
from device_helpers import running
from waiting import wait_until

# The page connects, and hands over what has come when it has connected again, after the stream's end.
PAGE = """<script>
function listen(path) {
  const got = [];
  const source = new EventSource(path);
  source.onopen = () => got.push(["open"]);
  source.onmessage = (event) => got.push([event.type, event.data, event.lastEventId]);
  source.addEventListener("last", (event) => {
    source.close();
    got.push([event.type, event.data, event.lastEventId]);
    fetch("/got" + path, { method: "POST", body: JSON.stringify(got) });
  });
}
listen("/plain");
listen("/packed");
</script>"""
SOURCE = """
const encoder = new TextEncoder();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function* events(from) {
  yield "retry: 10\\n: a comment\\n\\n";
  if (from) yield `event: last\\ndata: after ${from}\\n\\n`;
  for (const id of [1, 2]) {
    await sleep(5);
    yield `id: ${id}\\ndata: the ${id}.\\ndata: in two lines, gr\\u00fc\\u00dfe\\n\\n`;
  }
}

async function* encoded(texts) {
  for await (const text of texts) yield encoder.encode(text);
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return new Response(%s, { headers: { "content-type": "text/html" } });
    if (pathname.startsWith("/got/")) {
      if (request.method === "POST") await env.GOT.put(pathname, request.body);
      return new Response(await env.GOT.get(pathname));
    }
    const headers = { "content-type": "text/event-stream" };
    if (pathname === "/packed") headers["content-encoding"] = "gzip";
    else if (pathname !== "/plain") return new Response(null, { status: 404 });
    return new Response(ReadableStream.from(encoded(events(request.headers.get("last-event-id")))), { headers });
  },
};
"""
GOT = ["/got/plain", "/got/packed"]


def test_a_browser_takes_events_and_connects_again(firmware, tmp_path):
    with running(firmware, tmp_path) as box:
        box.deploy("events", SOURCE % json.dumps(PAGE), bindings={"GOT": {"type": "kv"}})
        with Browser(tmp_path) as browser:
            browser.open("http://{}:{}/".format(*box.local.address))
            wait_until(lambda: all(box.get(path).body for path in GOT))
        line = "in two lines, gr\xfc\xdfe"
        expected = [
            ["open"],
            ["message", f"the 1.\n{line}", "1"],
            ["message", f"the 2.\n{line}", "2"],
            ["open"],
            ["last", "after 2", "2"],
        ]
        assert [box.get(path).json() for path in GOT] == [expected, expected]
