"""fetch() over TLS: certificates and host names are checked."""

import contextlib
import socket
import ssl

import pytest
from authority import NAMES, Authority
from edgelet_host.errors import EdgeletError
from fetch_helpers import PROBE, error, fetched, trusting
from upstream import Upstream, response


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory, authority):
    # A file of roots has comments, and may have some that mbedTLS does not know.
    damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    roots = authority.folder / "roots.pem"
    roots.write_text(f"# ours\n{damaged}{(authority.folder / 'authority.pem').read_text()}")
    with trusting(firmware, tmp_path_factory.mktemp("box"), roots, fetch_ms=3000) as box:
        yield box


@pytest.fixture(scope="module", params=["TLSv1_2", "TLSv1_3"])
def trusted(request, authority):
    context = authority.certificate("trusted")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[request.param]
    return context


def serve(connection, request):
    connection.sendall(response(request.partition(b"\r\n")[0]))
    return True


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_server_signs_by_rsa(box, authority, version):
    """OpenSSL's takes RSASSA-PSS in either version where the client offers it, as one of TLS 1.3 does."""
    context = authority.certificate("rsa", key="RSA")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with Upstream(serve, context) as upstream:
        assert fetched(box, f"https://localhost:{upstream.port}/").get("status") == 200


def test_long_exponents_are_for_handshakes_in_slices(box, authority):
    """One of TLS 1.3 verifies at once: a chain of them held a process up for a second."""
    context = authority.certificate("long", key="slowest RSA")
    for version, is_taken in (("TLSv1_2", True), ("TLSv1_3", False)):
        context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        with Upstream(serve, context) as upstream:
            assert (fetched(box, f"https://localhost:{upstream.port}/").get("status") == 200) == is_taken


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_that_holds(box, trusted, host):
    with Upstream(serve, trusted) as upstream:
        result = fetched(box, f"https://{host}:{upstream.port}/a?b")
        assert (result.get("status"), result.get("text")) == (200, "GET /a?b HTTP/1.1"), result


def test_large_bodies_both_ways_and_connections_that_stay(box, trusted):
    def echo(connection, request):
        connection.sendall(response(request.partition(b"\r\n\r\n")[2]))
        return True

    with Upstream(echo, trusted) as upstream:
        for _ in range(3):
            body = "x" * 500_000
            assert fetched(box, upstream.url, {"method": "POST", "body": body})["text"] == body
        assert upstream.connections == 1


def test_the_name_is_told_to_the_server(box, authority, trusted):
    names = []
    context = authority.server("trusted")
    context.sni_callback = lambda sock, name, context: names.append(name)
    with Upstream(serve, context) as upstream:
        fetched(box, f"https://localhost:{upstream.port}/")
    assert names == ["localhost"]


MISMATCH = "The certificate Common Name (CN) does not match with the expected CN"
EXPIRED = "The certificate validity has expired"


@pytest.mark.parametrize(
    ("name", "names", "days", "text"),
    [
        ("other", "subjectAltName=DNS:other.example", "30", MISMATCH),
        ("other-address", "subjectAltName=IP:127.0.0.2", "30", MISMATCH),
        # The common name is not looked at where there are others.
        ("127.0.0.1", "subjectAltName=DNS:other.example", "30", MISMATCH),
        ("expired", NAMES, "-1", EXPIRED),
        ("both", "subjectAltName=DNS:other.example", "-1", f"{EXPIRED}; {MISMATCH}"),
    ],
)
def test_a_certificate_that_does_not_hold(box, authority, name, names, days, text):
    with Upstream(serve, authority.certificate(name, names, days)) as upstream:
        assert error(box, upstream.url) == f"127.0.0.1:{upstream.port}: {text}"
        assert not upstream.requests


def test_somebody_elses_authority(box, tmp_path, authority):
    other = Authority(tmp_path, "authority")
    with Upstream(serve, other.certificate("trusted")) as upstream:
        assert "not correctly signed by the trusted CA" in error(box, upstream.url)
        assert not upstream.requests


def test_a_certificate_that_signs_itself(box, tmp_path):
    itself = Authority(tmp_path, "localhost")
    with Upstream(serve, itself.server("localhost")) as upstream:
        assert "not correctly signed by the trusted CA" in error(box, upstream.url.replace("127.0.0.1", "localhost"))
        assert not upstream.requests


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_protocols_are_refused(box, authority):
    context = authority.certificate("old")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with Upstream(serve, context) as upstream:
        assert error(box, upstream.url).startswith(f"127.0.0.1:{upstream.port}: ")
        assert not upstream.requests


def test_keys_that_rsa_encrypts_are_refused(box, authority):
    """They have no forward secrecy (RFC 9325, section 4.1)."""
    context = authority.certificate("encrypting", key="RSA")
    context.set_ciphers("kRSA")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Upstream(serve, context) as upstream:
        assert error(box, upstream.url).startswith(f"127.0.0.1:{upstream.port}: ")
        assert not upstream.requests


class Raw(Upstream):
    """Sends bytes in place of a handshake."""

    def __init__(self, data):
        super().__init__(lambda connection, request: None)
        self._data = data

    def _read(self, connection):
        connection.recv(65536)
        connection.sendall(self._data)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)
        return b""


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "it ended the connection"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "the connection failed (MBEDTLS_ERR_SSL_INVALID_RECORD)"),
        (b"\x15\x03\x03\0\x02\x02\x28", "the connection failed (MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)"),
        (b"\x16\x03\x03\0\x04ab", "it ended the connection"),
    ],
)
def test_what_is_no_handshake(box, data, text):
    with Raw(data) as upstream:
        url = upstream.url.replace("http:", "https:")
        assert error(box, url) == f"127.0.0.1:{upstream.port}: {text}"


@pytest.mark.slow
def test_a_handshake_that_takes_for_ever(box):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert error(box, f"https://127.0.0.1:{port}/") == f"127.0.0.1:{port}: no response within 3000 ms (fetch_ms)"


def test_a_body_whose_end_is_not_authentic(box, trusted):
    def cut(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        # Without TLS' own end: whoever is between could have done that.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def ended(connection, request):
        # The end comes in one segment with what is before it.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nwhole")
        connection.unwrap()

    with Upstream(ended, trusted) as upstream:
        assert fetched(box, upstream.url)["text"] == "whole"
    with Upstream(cut, trusted) as upstream:
        assert error(box, upstream.url) == f"127.0.0.1:{upstream.port}: it ended the connection"


def test_a_connection_whose_end_has_come_is_not_used_again(box, trusted):
    def last(connection, request):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        connection.sendall(response(b"last"))
        connection.unwrap()

    with Upstream(last, trusted) as upstream:
        for n in range(2):
            assert fetched(box, upstream.url, {"method": "POST"})["text"] == "last"
            assert upstream.connections == n + 1


def test_no_way_back_from_https(box, trusted):
    # To another scheme is to another origin.
    with Upstream(lambda c, r: seen.append(r) or serve(c, r)) as plain:
        seen = []
        target = f"http://127.0.0.1:{plain.port}/"
        with Upstream(lambda c, r: c.sendall(response(status="302 Found", location=target)), trusted) as upstream:
            fetched(box, upstream.url, {"headers": {"authorization": "secret"}})
    assert b"secret" not in seen[0]


def test_roots_that_change_are_read_anew(box, authority, tmp_path, trusted):
    roots = authority.folder / "roots.pem"
    before = roots.read_text()
    try:
        roots.write_text("nothing\n")
        with Upstream(serve, trusted) as upstream:
            assert error(box, upstream.url).endswith("roots.pem has no root certificates")
            roots.unlink()
            assert "install ca-certificates, or set SSL_CERT_FILE" in error(box, upstream.url)
    finally:
        roots.write_text(before)
    with Upstream(serve, trusted) as upstream:
        assert fetched(box, upstream.url)["status"] == 200


def named(box, authorities, name="own"):
    """A function that trusts these authorities only."""
    files = {f"{i}.pem": (one.folder / f"{one.name}.pem").read_text() for i, one in enumerate(authorities)}
    fetch = {"allow": ["127.0.0.1", "localhost"], "roots": list(files)}
    box.deploy(name, {"main.js": PROBE, **files}, route=f"/{name}", fetch=fetch)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other"), "other")


def test_a_function_that_names_its_roots_trusts_them_only(box, authority, other, trusted):
    named(box, [other])
    with Upstream(serve, other.certificate("theirs")) as theirs, Upstream(serve, trusted) as ours:
        assert fetched(box, theirs.url, name="own")["text"] == "GET / HTTP/1.1"
        assert "not correctly signed by the trusted CA" in error(box, ours.url, name="own")
        assert "not correctly signed by the trusted CA" in error(box, theirs.url)
        named(box, [other, authority])
        assert fetched(box, theirs.url, name="own")["status"] == fetched(box, ours.url, name="own")["status"] == 200


def test_a_connection_is_for_those_who_trust_alike(box, authority, other, trusted):
    """One that is kept for another request was opened to somebody whom not every function trusts."""
    named(box, [other])
    named(box, [authority], "too")
    with Upstream(serve, trusted) as upstream:
        assert fetched(box, upstream.url)["status"] == 200
        assert "not correctly signed by the trusted CA" in error(box, upstream.url, name="own")
        for _ in range(2):
            assert fetched(box, upstream.url, name="too")["status"] == 200
        assert fetched(box, upstream.url)["status"] == 200
    assert upstream.connections == 3  # two that are kept, and the one that was refused


def test_as_many_roots_as_there_may_be(box, authority, other, trusted):
    named(box, [other] * 15 + [authority])
    with Upstream(serve, trusted) as upstream:
        assert fetched(box, upstream.url, name="own")["status"] == 200
    with pytest.raises(EdgeletError, match=r"fetch\.roots has 17 certificates of \d+ bytes, at most 16 of 32768"):
        named(box, [other] * 17)


PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("roots", "text", "message"),
    [
        ("ca.pem", "", "must be a list of files with certificates in PEM, such as"),
        ([], "", "must be a list"),
        ([1], "", "must be a list"),
        (["missing.pem"], "", r"names missing\.pem, but there is no such file"),
        (["../ca.pem"], "", r"names \.\./ca\.pem, which is outside the project: put a copy in its place"),
        (["\0"], "", r"names '\\x00', which is no file name"),
        (["ca.pem"], "-----BEGIN CERTIFICATE-----\n" * 9000, "has no certificate in PEM"),
        (["ca.pem"], "#" * (1 << 18 | 1), "has more than 256 KiB: name only what signs for the hosts"),
        (["ca.pem"], "no", r"names ca\.pem, which has no certificate in PEM"),
        (["ca.pem"], PEM, r"names ca\.pem, whose certificate 1 is damaged"),
        (["ca.pem"], PEM + KEY, r"names ca\.pem, which has a private key"),
    ],
)
def test_roots_that_are_none(box, roots, text, message):
    fetch = {"allow": ["localhost"], "roots": roots}
    with pytest.raises(EdgeletError, match=rf"edgelet\.toml: fetch\.roots .*{message}"):
        box.deploy("own", {"main.js": PROBE, "ca.pem": text}, fetch=fetch)


def test_bytes_behind_a_certificate(box, other):
    pem = (other.folder / "other.pem").read_text().replace("-----END", "AAAA\n-----END")
    with pytest.raises(EdgeletError, match=r"whose certificate 1 is damaged"):
        box.deploy("own", {"main.js": PROBE, "ca.pem": pem}, fetch={"allow": ["localhost"], "roots": ["ca.pem"]})
