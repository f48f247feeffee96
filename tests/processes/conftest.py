"""A device with several workers, for all tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from device_helpers import Box, running
from process_helpers import WORKERS, await_workers

# Its KV, by GET: /app/put?k=KEY&v=VALUE, /app/get?k=KEY, /app/delete?k=KEY. /app/burn computes for ever.
APP = """
const answer = { put: (kv, k, v) => kv.put(k, v), get: (kv, k) => kv.get(k), delete: (kv, k) => kv.delete(k) };
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const what = url.pathname.split("/")[2];
    if (what === "burn") for (;;);
    if (what === "limit") return Response.json(await env.LIMIT.limit({ key: "everybody" }));
    if (!answer[what]) return new Response(what);
    const value = await answer[what](env.KV, url.searchParams.get("k"), url.searchParams.get("v"));
    return new Response(JSON.stringify(value ?? null));
  },
};
"""


@pytest.fixture(scope="module")
def box(firmware: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The device, with the function `app`."""
    with running(firmware, tmp_path_factory.mktemp("workers"), workers=WORKERS, hostname="edgelet") as one:
        await_workers(one)
        bindings = {"KV": {"type": "kv"}, "LIMIT": {"type": "ratelimit", "limit": 10, "period": 3600}}
        one.deploy("app", APP, routes=["/app"], bindings=bindings, limits={"cpu_ms": 20000})
        yield one
