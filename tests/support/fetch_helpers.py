"""A function that fetches what it is told to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from device_helpers import Box, running

PROBE = """
export default {
  async fetch(request) {
    const [url, init] = await request.json();
    try {
      const response = await fetch(url, init);
      const { status, statusText, redirected, headers } = response;
      const text = await response.text();
      return Response.json({ status, statusText, redirected, url: response.url, headers: [...headers], text });
    } catch (error) {
      return Response.json({ error: `${error}` });
    }
  },
};
"""


def deploy_probe(box: Box, allow: list[str], name: str = "probe", **limits: int) -> None:
    """Deploy it under the route /NAME."""
    box.deploy(name, PROBE, route=f"/{name}", fetch={"allow": allow}, limits=limits)


@contextmanager
def trusting(firmware: Path, folder: Path, roots: Path, **limits: int) -> Iterator[Box]:
    """A running device whose probe trusts the authorities in a file, and may fetch from this computer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(roots))
        with running(firmware, folder) as box:
            deploy_probe(box, ["127.0.0.1", "localhost"], **limits)
            yield box


def fetched(box: Box, url: str, init: dict[str, Any] | None = None, name: str = "probe") -> dict[str, Any]:
    """Have it fetch a URL; {"error": text} where that fails."""
    answer = box.request("POST", f"/{name}", json.dumps([url, init or {}]))
    assert answer.status == 200, answer.text
    return answer.json()


def error(box: Box, url: str, init: dict[str, Any] | None = None, name: str = "probe") -> str:
    """The error of a fetch that fails, without what all of them begin with."""
    text = fetched(box, url, init, name)["error"]
    assert text.startswith("TypeError: fetch: "), text
    return text.removeprefix("TypeError: fetch: ")
