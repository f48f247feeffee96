"""The certificate with which the server speaks https."""

import tls


class Certificate:
    """The certificate in the file `cert`, with its chain, and its key in the file `key`, both in PEM.

    context: the `tls.SSLContext` that has them.
    """

    def __init__(self, cert, key):
        self._cert = cert
        self._key = key
        self.load()

    def load(self):
        """Reads the files, anew. Raises ValueError where they are of no use, and leaves `context` as it was."""
        context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
        try:
            with open(self._cert, "rb") as cert, open(self._key, "rb") as key:
                context.load_cert_chain(cert.read(), key.read())
        except (OSError, ValueError) as e:
            text = "%s and %s cannot be used as certificate and key (%s): use RSA or ECDSA, in PEM"
            raise ValueError(text % (self._cert, self._key, e)) from None
        self.context = context
