"""A function with a large image, in an RP2350's arena and with its stack, on a simulated Cortex-M3."""

import ast

import pytest
from device_helpers import write_project
from edgelet_host.firmware.boards import read_definitions
from edgelet_host.firmware.builds import ensure_unix
from edgelet_host.paths import ROOT
from edgelet_host.project.bundle import compile_project
from edgelet_host.project.config import read_project
from edgelet_host.runtime import limits
from npm_helpers import installed
from qemu_helpers import CORTEX_M3, MACHINES, Board

pytestmark = pytest.mark.slow

IMAGE_BYTES = 224 << 10
# What a slot in the flash has before the image.
HEADER_BYTES = 256

APPLICATION = """
import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const books = new Hono()
  .get("/:id{[0-9]+}", (c) => c.json({ book: Number(c.req.param("id")), lang: c.req.query("lang") }))
  .post("/", async (c) => c.json({ made: await c.req.json() }, 201));
const app = new Hono();
app.get("/theme", (c) => c.text(getCookie(c, "theme") ?? "none"));
app.put("/theme", async (c) => {
  setCookie(c, "theme", await c.req.text(), { path: "/", httpOnly: true });
  return c.body(null, 204);
});
app.get("/later/:text", async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return c.text(`${c.req.param("text")}, later`);
});
app.route("/books", books);
app.notFound((c) => c.text("nothing here", 404));
export default app;
"""

ASK = """
import quickjs

arena = quickjs.Arena(parked_calls={calls}, parked_bytes={parked_bytes})
image = arena.build({bundle})


def ask(method, target, body=None):
    return image.start(method, target, b"", body, "edge.local")


later = [ask("GET", "/later/" + text) for text in ("a", "b")]
timers = [call.ops() for call in later]
answers = [ask("GET", "/books/12?lang=de"), ask("PUT", "/theme", b"dark")]
said = [(call.status, call.body) for call in answers]
parked = [call.parked_bytes for call in later]
for call, ((number, name, _),) in zip(later, timers):
    call.resolve(number)
    said.append((call.status, call.body))
print([str(arena), image.saved_size, parked, said])
"""


def compiled(folder):
    """The application's bundle."""
    write_project(folder, "books", {"main.js": APPLICATION})
    (folder / "node_modules").symlink_to(installed(ROOT / "tests" / "packages") / "node_modules")
    return compile_project(read_project(folder), ensure_unix()).data


def test_an_application_on_hono_is_answered_beside_requests_that_wait(tmp_path):
    assert MACHINES[CORTEX_M3].like == "EDGELET_PICO2"
    sizes = {name: int(value) for name, value in read_definitions("EDGELET_PICO2").items() if value.isdigit()}
    defaults = {name: default for name, default, _, _ in limits.of("device", linux=False, rp2350=True)}
    bundle = compiled(tmp_path)
    with Board(CORTEX_M3) as board:
        code = ASK.format(
            calls=defaults["waiting_requests"], parked_bytes=defaults["waiting_bytes"], bundle=board.hand(bundle)
        )
        arena, saved, parked, said = ast.literal_eval(board.exec(code))
    assert arena == f"<Arena of {sizes['EDGELET_ARENA_BYTES']} bytes>"
    assert IMAGE_BYTES < saved <= sizes["EDGELET_LARGE_SLOT_BYTES"] - HEADER_BYTES
    assert said == [
        (200, b'{"book":12,"lang":"de"}'),
        (204, b""),
        (200, b"a, later"),
        (200, b"b, later"),
    ]
    assert min(parked) > 0
