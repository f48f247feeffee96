"""fetch() over TLS 1.2: the key of a server is taken as it was signed only, whichever way the server signs."""

import contextlib
import socket
import ssl
import threading

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from fetch_helpers import error, trusting
from upstream import Upstream

HANDSHAKE = 22  # a type of records
SERVER_KEY_EXCHANGE, SERVER_HELLO_DONE, CLIENT_KEY_EXCHANGE = 12, 14, 16  # types of messages
RANDOM = slice(6, 38)  # of either's hello


class Between:
    """Stands between a client and a server, and sends another signature of the server's key: sign(key, data).

    key: that of the server's certificate. was_taken: whether the client has gone on with it; None: it said nothing.
    """

    def __init__(self, port, key, sign):
        self._server = port
        self._key = key
        self._sign = sign
        self.was_taken = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self):
        with contextlib.suppress(OSError, EOFError):
            client, _ = self._listener.accept()
            with client, socket.create_connection(("127.0.0.1", self._server)) as server:
                client.sendall(b"".join(self._flight(client, server)))
                kind, message = record(client)
                self.was_taken = kind == HANDSHAKE and message[0] == CLIENT_KEY_EXCHANGE

    def _flight(self, client, server):
        """The server's first records, each a message."""
        kind, message = record(client)
        server.sendall(framed(kind, message))
        randoms = message[RANDOM]
        kind, message = record(server)
        randoms += message[RANDOM]
        while message[0] != SERVER_HELLO_DONE:
            yield framed(kind, message)
            kind, message = record(server)
            if message[0] == SERVER_KEY_EXCHANGE:
                parameters = message[4 : 8 + message[7]]
                body = parameters + self._sign(self._key, randoms + parameters)
                message = message[:1] + len(body).to_bytes(3, "big") + body
        yield framed(kind, message)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()


def record(sock):
    """(type, content) of the next one."""
    head = exactly(sock, 5)
    return head[0], exactly(sock, int.from_bytes(head[3:], "big"))


def exactly(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def framed(kind, content):
    return bytes([kind, 3, 3]) + len(content).to_bytes(2, "big") + content


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory, authority):
    with trusting(firmware, tmp_path_factory.mktemp("box"), authority.folder / "authority.pem") as box:
        yield box


@pytest.fixture(scope="module")
def servers(authority):
    """(port, key) by the kind of the key."""
    with contextlib.ExitStack() as stack:
        found = {}
        for kind in ("RSA", "slowest RSA", "P-256", "P-384", "P-521"):
            context = authority.certificate(kind, key=kind)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            upstream = stack.enter_context(Upstream(lambda connection, request: None, context))
            pem = (authority.folder / f"{kind}.key").read_bytes()
            found[kind] = upstream.port, serialization.load_pem_private_key(pem, None)
        yield found


def is_taken(box, server, sign):
    with Between(*server, sign) as between:
        error(box, f"https://localhost:{between.port}/")  # who goes on fails later: server and client saw two messages
    return between.was_taken


def told(algorithm, signature):
    return algorithm.to_bytes(2, "big") + len(signature).to_bytes(2, "big") + signature


def pss(algorithm, digest, salt=None, mask=None):
    def sign(key, data):
        size = digest.digest_size if salt is None else salt
        return told(algorithm, key.sign(data, padding.PSS(padding.MGF1((mask or digest)()), size), digest()))

    return sign


def pkcs1(algorithm, digest):
    return lambda key, data: told(algorithm, key.sign(data, padding.PKCS1v15(), digest()))


def ecdsa(algorithm, digest, change=lambda r, s: (r, s)):
    def sign(key, data):
        numbers = utils.decode_dss_signature(key.sign(data, ec.ECDSA(digest())))
        return told(algorithm, utils.encode_dss_signature(*change(*numbers)))

    return sign


SHA1, SHA256, SHA384, SHA512 = hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512
PSS, PKCS1, ECDSA = pss(0x0804, SHA256), pkcs1(0x0401, SHA256), ecdsa(0x0403, SHA256)
CURVES = ["P-256", "P-384", "P-521"]
# For each kind of keys a way to sign.
WAYS = {
    "pss": ("RSA", PSS),
    "pkcs1": ("RSA", PKCS1),
    "pss in parts": ("slowest RSA", PSS),
    "pkcs1 in parts": ("slowest RSA", PKCS1),
    **{curve: (curve, ECDSA) for curve in CURVES},
}


def test_each_way_to_sign_is_taken(box, servers):
    signs = [PSS, pss(0x0805, SHA384), pss(0x0806, SHA512), PKCS1, pkcs1(0x0501, SHA384), pkcs1(0x0601, SHA512)]
    assert [is_taken(box, servers["RSA"], sign) for sign in signs] == [True] * 6
    assert [is_taken(box, servers["slowest RSA"], sign) for sign in (PSS, PKCS1)] == [True] * 2
    for curve in CURVES:
        signs = [ECDSA, ecdsa(0x0503, SHA384), ecdsa(0x0603, SHA512)]
        assert [is_taken(box, servers[curve], sign) for sign in signs] == [True] * 3


def flipped(sign, at):
    """With another bit in a byte, of which the first 4 are the algorithm and the size."""

    def changed(key, data):
        signed = bytearray(sign(key, data))
        signed[at] ^= 1
        return bytes(signed)

    return changed


def by_another_key(sign):
    def changed(key, data):
        is_rsa = isinstance(key, rsa.RSAPrivateKey)
        return sign(rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(key.curve), data)

    return changed


def for_another_client(sign):
    return lambda key, data: sign(key, bytes(32) + data[32:])


def with_a_byte_more(sign):
    def changed(key, data):
        signed = sign(key, data)
        return told(int.from_bytes(signed[:2], "big"), signed[4:] + b"\0")

    return changed


@pytest.mark.parametrize("way", WAYS)
def test_what_the_server_did_not_sign_is_refused(box, servers, way):
    kind, sign = WAYS[way]
    wrong = [flipped(sign, at) for at in (3, 12, 44, -1)]
    wrong += [by_another_key(sign), for_another_client(sign), with_a_byte_more(sign)]
    assert [is_taken(box, servers[kind], one) for one in wrong] == [False] * 7


@pytest.mark.parametrize(
    "sign",
    [
        *[pss(0x0804, SHA256, salt) for salt in (0, 20, 31, 33, 222)],
        *[pss(0x0804, SHA256, mask=mask) for mask in (SHA1, SHA512)],
        pss(0x0804, SHA384, 32),
        pss(0x0805, SHA256),
        pkcs1(0x0804, SHA256),
        pss(0x0401, SHA256),
        pss(0x0809, SHA256),  # for certificates of RSASSA-PSS only
        pkcs1(0x0201, SHA1),
        pkcs1(0x0403, SHA256),  # for ECDSA
        *[
            lambda key, data, signature=signature: told(0x0804, signature)
            for signature in (b"", bytes(256), bytes(4096))
        ],
        lambda key, data: b"\x08\x04\xff\xff",
        lambda key, data: b"",
    ],
)
def test_another_signature_by_rsa_than_was_asked_for(box, servers, sign):
    assert is_taken(box, servers["RSA"], sign) is False


@pytest.mark.parametrize("curve", CURVES)
def test_another_signature_by_ecdsa_than_was_asked_for(box, servers, curve):
    changes = [lambda r, s: (0, s), lambda r, s: (r, 0), lambda r, s: (s, r), lambda r, s: (1, 1)]
    signs = [ecdsa(0x0403, SHA256, change) for change in [*changes, lambda r, s: (1 << 4000, s)]]
    signs += [ecdsa(0x0203, SHA1), ecdsa(0x0503, SHA256), ecdsa(0x0804, SHA256), ecdsa(0x0401, SHA256)]
    signs += [lambda key, data, der=der: told(0x0403, der) for der in (b"", b"\x30\0", b"\x30\x84\xff\xff\xff\xff")]
    assert [is_taken(box, servers[curve], sign) for sign in signs] == [False] * len(signs)
