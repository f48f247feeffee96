"""The certificates that Linux trusts, for what speaks TLS with others."""

import asyncio
import os

# Where distributions keep all of them in one file, PEM.
_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


class Roots:
    """They are read when they are first needed, and anew when their file has changed."""

    def __init__(self):
        self._context = None
        self._stamp = None

    async def context(self):
        """A `tls.SSLContext` that trusts them and checks names. ValueError where there is none."""
        path = _file()
        stamp = path, os.stat(path)[6:9]
        if stamp != self._stamp:
            self._context = await _load(path)
            self._stamp = stamp
        return self._context


def _file():
    chosen = os.getenv("SSL_CERT_FILE")
    for path in [chosen] if chosen else _FILES:
        try:
            os.stat(path)
            return path
        except OSError:
            pass
    raise ValueError("this computer has no root certificates: install ca-certificates, or set SSL_CERT_FILE")


async def _load(path):
    import tls

    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    with open(path, "rb") as file:
        text = file.read()  # bytes: to find a place in a str takes time
    count = 0
    at = text.find(_BEGIN)
    while at >= 0:
        end = text.find(_END, at) + len(_END)
        try:
            context.load_verify_locations(text[at:end] + b"\n")
            count += 1
        except ValueError:
            pass  # of a kind that mbedTLS does not know
        at = text.find(_BEGIN, end)
        await asyncio.sleep_ms(0)
    if not count:
        raise ValueError("%s has no root certificates" % path)
    return context
