"""The certificates that are trusted by who speaks TLS with others: Linux's, a function's, or those the owner names."""

import asyncio
import os
import sys

_LINUX = sys.platform == "linux"

# Where distributions keep all of them in one file, PEM.
_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


class System:
    """Those of the computer. They are read when they are first needed, and anew when their file has changed."""

    def __init__(self):
        self._context = None
        self._stamp = None

    async def context(self):
        """A `tls.SSLContext` that trusts them and checks names. ValueError where there is none."""
        path = _file()
        stamp = path, os.stat(path)[6:9]
        if stamp != self._stamp:
            with open(path, "rb") as file:
                text = file.read()  # bytes: to find a place in a str takes time
            self._context = await _trusting(path, _of_pem(text))
            self._stamp = stamp
        return self._context


class Named:
    """Those of a function, or of the device.

    `read()` gives them, DER one after the other; ValueError where they are damaged. source: who has named them.
    """

    def __init__(self, read, source):
        self._read = read
        self._source = source
        self._context = None

    async def context(self):
        """As `System.context`."""
        context = self._context or await _trusting(self._source, _of_der(self._read()))
        if _LINUX:
            self._context = context  # a board has the RAM for something else
        return context


def _file():
    chosen = os.getenv("SSL_CERT_FILE")
    for path in [chosen] if chosen else _FILES:
        try:
            os.stat(path)
            return path
        except OSError:
            pass
    raise ValueError("this computer has no root certificates: install ca-certificates, or set SSL_CERT_FILE")


def _of_pem(text):
    at = text.find(_BEGIN)
    while at >= 0:
        end = text.find(_END, at) + len(_END)
        yield text[at:end] + b"\n"
        at = text.find(_BEGIN, end)


def _of_der(data):
    """Each is a SEQUENCE whose length has two bytes (X.690, section 8.1.3.5): they have 256 to 65,535."""
    at = 0
    while at < len(data):
        end = at + 4 + (data[at + 2] << 8 | data[at + 3])
        yield data[at:end]
        at = end


async def _trusting(source, certificates):
    import tls

    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    count = 0
    for certificate in certificates:
        try:
            context.load_verify_locations(certificate)
            count += 1
        except ValueError:
            pass  # of a kind that mbedTLS does not know
        await asyncio.sleep_ms(0)
    if not count:
        raise ValueError("%s has no root certificates" % source)
    return context
