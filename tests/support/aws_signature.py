"""Whether a request is signed as AWS wants it: Signature Version 4, as its documentation describes the algorithm."""

import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]+/(\d{8}/[^/]+/[^/]+/aws4_request), ?SignedHeaders=([^,]+), ?Signature=(\w{64})"
)


def problem(method: str, target: str, headers: dict[str, str], body: bytes, secret: str) -> str:
    """Say what is wrong with a request's signature; "" where it is right.

    target: path and query, as sent. headers: by lower-case names. secret: the access key's.
    """
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "no signature"
    scope, signed, signature = found.groups()
    date = headers["x-amz-date"]
    if "host" not in signed.split(";") or not date.startswith(scope[:8]):
        return "a signature of something else"
    asked = _digest(_canonical_request(method, target, headers, signed, body).encode())
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{asked}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    right = hmac.new(key, text.encode(), "sha256").hexdigest()
    return "" if hmac.compare_digest(right, signature) else "wrong signature"


def _canonical_request(method: str, target: str, headers: dict[str, str], signed: str, body: bytes) -> str:
    path, _, query = target.partition("?")
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in parse_qsl(query, keep_blank_values=True))
    lines = [f"{name}:{' '.join(headers[name].split())}\n" for name in signed.split(";")]
    return "\n".join(
        [
            method,
            # As all services have it but S3: escaped once more.
            quote(path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(lines),
            signed,
            headers.get("x-amz-content-sha256", _digest(body)),
        ]
    )


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
