"""The certificate of a gateway that speaks https."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError


def _no_password() -> str:
    raise EdgeletError("the key is encrypted, and nobody is there to ask for its password: store it without one")


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: a certificate with its chain, and its key."""

    cert: Path
    key: Path

    def check(self) -> None:
        """Raise EdgeletError where a server cannot use them."""
        for file in (self.cert, self.key):
            try:
                file.read_bytes()
            except OSError as e:
                raise EdgeletError(f"cannot read {file}: {e.strerror}") from None
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.cert, self.key, _no_password)
        except ssl.SSLError as e:
            # Of the same algorithm, or of another one.
            if e.reason in ("KEY_VALUES_MISMATCH", "NO_CERTIFICATE_ASSIGNED"):
                raise EdgeletError(f"{self.key} is not the key of the certificate {self.cert}") from None
            raise EdgeletError(f"{self.cert} and {self.key} are no certificate and key in PEM") from None

    def state(self) -> tuple[int, ...]:
        """Tell what changes when the files do; other values where one is missing."""
        try:
            stats = [file.stat() for file in (self.cert, self.key)]
        except OSError:
            return ()
        return tuple(value for one in stats for value in (one.st_ino, one.st_mtime_ns, one.st_size))
