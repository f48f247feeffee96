"""What the servers are asked: a row of the tables each."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import jwt

SECRET = "a secret of at least 32 bytes: 0123456789"
#: KV's keys are 0 to KV_KEYS - 1; a request takes one at random.
KV_KEYS = 100
KV_VALUE = "v" * 100
FILE_TEXT = "0123456789abcdef" * 640
UPSTREAM_TEXT = "u" * 1024
STREAM_TEXT = "x" * 4096
ECHO = {"name": "Ada", "tags": ["edge", "json"], "size": 42, "nested": {"ok": True, "none": None, "pi": 3.14159}}


@dataclass(frozen=True)
class Row:
    """A kind of request. title: for people. is_right: whether a body answers it.

    path: with {} for a number below `keys`, which a request draws at random.
    type: the media type that the answer has to have, "" for any.
    """

    name: str
    title: str
    path: str
    is_right: Callable[[bytes], bool]
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    type: str = "text/plain"
    keys: int = 1


def _is(text: str) -> Callable[[bytes], bool]:
    return lambda body: body == text.encode()


def _is_token(body: bytes) -> bool:
    claims = jwt.decode(body, SECRET, ["HS256"], options={"require": ["exp", "iat"]})
    return claims["sub"] == "ada" and claims["exp"] - claims["iat"] == 3600


_TOKEN = jwt.encode({"sub": "ada", "iat": 1700000000, "exp": 4000000000}, SECRET, "HS256")
_JSON = {"content-type": "application/json"}

ROWS = {
    row.name: row
    for row in (
        Row("hello", "hello", "/hello", _is("hello")),
        Row(
            "echo",
            "JSON echo",
            "/echo",
            lambda body: json.loads(body) == ECHO,
            "POST",
            _JSON,
            json.dumps(ECHO),
            "application/json",
        ),
        Row("verify", "JWT verify", "/verify", _is("ada"), headers={"authorization": f"Bearer {_TOKEN}"}),
        Row("sign", "JWT sign", "/sign", _is_token),
        Row("static", "static file, 10 KB", "/static/file.txt", _is(FILE_TEXT), type=""),
        Row("stream", "streamed response, 4 chunks", "/stream", _is(STREAM_TEXT)),
        Row("put", "KV put", "/kv/{}", _is("stored"), "PUT", body=KV_VALUE, keys=KV_KEYS),
        Row("get", "KV get", "/kv/{}", _is(KV_VALUE), keys=KV_KEYS),
        Row("fetch", "fetch-through", "/fetch", _is(UPSTREAM_TEXT)),
        Row("connection", "new connection a request", "/hello", _is("hello"), headers={"connection": "close"}),
    )
}


def make_file(folder: Path) -> Path:
    """Write the file of the row `static`."""
    file = folder / "file.txt"
    file.write_text(FILE_TEXT)
    return file
