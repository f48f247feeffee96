"""A certificate authority for servers on this machine."""

import ssl
import subprocess
from copy import copy
from pathlib import Path

# Kinds of keys, as openssl makes them.
KEYS = {
    "P-256": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    "P-384": ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"],
    "P-521": ["ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"],
    "RSA": ["rsa:2048"],
    # To verify by it takes milliseconds.
    "slow RSA": ["rsa:2048", "-pkeyopt", f"rsa_keygen_pubexp:{2**1024 + 1}"],
    # And by it several slices.
    "slowest RSA": ["rsa:3072", "-pkeyopt", f"rsa_keygen_pubexp:{2**3000 + 1}"],
    # With the longest exponent that such a key may have, and one that is longer.
    "large RSA": ["rsa:3104", "-pkeyopt", f"rsa_keygen_pubexp:{2**63 + 1}"],
    "too large RSA": ["rsa:3104", "-pkeyopt", f"rsa_keygen_pubexp:{2**64 + 1}"],
}
# Of a server, for `Authority.certificate`.
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
_OF_AN_AUTHORITY = "basicConstraints=critical,CA:TRUE"


class Authority:
    """A certificate authority, in a folder."""

    def __init__(self, folder: Path, name: str, key: str = "P-256") -> None:
        self.folder = folder
        self.name = name
        self._chain = ""
        self._make("req", "-x509", *self._new(name, key), "-subj", f"/CN={name}", "-days", "30")

    def _new(self, name: str, key: str) -> list[str]:
        return ["-newkey", *KEYS[key], "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem"]

    def _make(self, *command: str) -> None:
        subprocess.run(["openssl", *command], cwd=self.folder, check=True, capture_output=True)

    def below(self, name: str, key: str = "P-256") -> "Authority":
        """An authority that this one certifies."""
        self._certify(name, _OF_AN_AUTHORITY, "30", key)
        other = copy(self)
        other.name = name
        other._chain = (self.folder / f"{name}.pem").read_text() + self._chain
        return other

    def certificate(self, name: str, names: str = NAMES, days: str = "30", key: str = "P-256") -> ssl.SSLContext:
        """A context of a server that has a certificate for these names."""
        self._certify(name, names, days, key)
        with (self.folder / f"{name}.pem").open("a") as file:
            file.write(self._chain)
        return self.server(name)

    def _certify(self, name: str, extensions: str, days: str, key: str) -> None:
        (self.folder / "extensions").write_text(extensions)
        self._make("req", *self._new(name, key)[:-1], f"{name}.csr", "-subj", f"/CN={name}")
        signing = ["-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key", "-CAcreateserial", "-extfile", "extensions"]
        self._make("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-days", days, *signing)

    def server(self, name: str) -> ssl.SSLContext:
        """A context of a server with a certificate that is there."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context
