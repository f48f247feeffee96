"""Who issues tokens: keys, the set of their public halves on a server, and tokens that they sign."""

import contextlib
import json
import socket
import ssl
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import get_default_algorithms
from upstream import Upstream, response


class KeyServer(Upstream):
    """A server with a key set at `set_url`, a key in it for each `add`. answer: sent in place of the key set."""

    def __init__(self, context: ssl.SSLContext | None = None, **headers: str) -> None:
        super().__init__(self._answer, context)
        self.answer: bytes | None = None
        self.keys: list[dict[str, Any]] = []
        self._headers = headers
        self._private: dict[str, tuple[str, PrivateKeyTypes]] = {}

    @property
    def set_url(self) -> str:
        return f"{self.url}/keys?of=all"

    def add(self, kid: str, algorithm: str = "ES256") -> None:
        """Make a key, ES256 or RS256, and put its public half into the set."""
        private: Any = ec.generate_private_key(ec.SECP256R1())
        if algorithm == "RS256":
            private = rsa.generate_private_key(65537, 2048)
        self._private[kid] = algorithm, private
        jwk = get_default_algorithms()[algorithm].to_jwk(private.public_key(), as_dict=True)
        self.keys.append({**jwk, "kid": kid, "alg": algorithm, "use": "sig"})

    def private(self, kid: str) -> Any:
        """Give the private key of that name."""
        return self._private[kid][1]

    def token(self, kid: str, signed_by: str = "", **claims: Any) -> str:
        """Make a token that names the key `kid`, and is signed by that or by another one."""
        algorithm, key = self._private[signed_by or kid]
        return jwt.encode({"sub": "ada", "exp": int(time.time()) + 60, **claims}, key, algorithm, {"kid": kid})

    def _answer(self, connection: socket.socket, request: bytes) -> bool:
        body = json.dumps({"keys": self.keys}).encode()
        with contextlib.suppress(OSError):
            connection.sendall(self.answer or response(body, content_type="application/json", **self._headers))
        return self.answer is None
