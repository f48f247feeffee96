"""The HTTP server over TLS, on Linux."""

import contextlib
import json
import socket
import ssl
import subprocess

import pytest
from http_helpers import GET, HttpApp
from waiting import wait_until


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, pem, cert, der = (folder / name for name in ("key.pem", "cert.pem", "cert.der", "key.der"))
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*new, "-subj", "/CN=localhost", "-keyout", key, "-out", pem], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER", "-out", cert], check=True)
    subprocess.run(["openssl", "ec", "-in", key, "-outform", "DER", "-out", der], check=True, capture_output=True)
    return cert, der


@pytest.fixture(scope="module")
def app(firmware, certificate):
    with HttpApp(firmware, tls=certificate) as app:
        yield app


@pytest.fixture(scope="module")
def hasty(firmware, certificate):
    with HttpApp(firmware, tls=certificate, idle_ms=1000, head_ms=1000, send_ms=1000) as app:
        yield app


def test_requests(app):
    with app.client() as client:
        for i in range(20):
            client.send(f"GET /f/echo?{i} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            assert client.response().body.startswith(f"GET\n/f/echo?{i}\na\nhttps\n127.0.0.1\n".encode())


def test_pipelining_and_bodies(app):
    body = b"b" * 40000
    with app.client() as client:
        request = b"POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        client.send((GET + request) * 5)
        for _ in range(5):
            assert client.response().status == 200
            assert client.response().body.endswith(b"\n" + body)


def test_large_response(app):
    assert app.ask(b"GET /f/big?1000000 HTTP/1.1\r\nHost: a\r\n\r\n").body == b"x" * 1000000


def test_stream(app):
    assert app.ask(b"GET /f/stream?100 HTTP/1.1\r\nHost: a\r\n\r\n").body == b"x" * 100000


def test_reset_abandons_the_function(app):
    before = app.stats()["cancelled"]
    client = app.client()
    client.send(b"GET /f/forever HTTP/1.1\r\nHost: a\r\n\r\n")
    assert app.stats()["cancelled"] == before
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.__exit__()
    wait_until(lambda: app.stats()["cancelled"] != before)


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"", GET, b"\x16\x03\x01"], ids=["nothing", "plain HTTP", "a part"])
def test_no_handshake(hasty, data):
    with socket.create_connection(("127.0.0.1", hasty.port)) as client, contextlib.suppress(ConnectionResetError):
        client.sendall(data)
        while client.recv(1000):
            pass
    hasty.wait_until_alone()
    assert hasty.ask(GET).status == 200


def test_what_clients_do_wrong_is_a_line_of_the_log(app):
    def end(data: bytes) -> None:
        with socket.create_connection(("127.0.0.1", app.port)) as client, contextlib.suppress(ConnectionResetError):
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while client.recv(1000):
                pass

    def lines() -> list[str]:
        app.wait_until_alone()
        return json.loads(app.ask(b"GET /log HTTP/1.1\r\nHost: a\r\n\r\n").body)

    before = lines()
    end(b"")
    end(GET)
    end(b"\x16\x03\x01")
    # It does not trust the certificate. Were it gone before the server has sent all, that would be a reset, of which
    # nothing is said.
    with ssl.create_default_context().wrap_socket(
        socket.socket(), server_hostname="localhost", do_handshake_on_connect=False
    ) as client:
        client.connect(("127.0.0.1", app.port))
        with pytest.raises(ssl.SSLCertVerificationError):
            client.do_handshake()
        while socket.socket.recv(client, 1000):
            pass
    told = lines()[len(before) :]
    failed = [line for line in told if line.startswith("TLS with 127.0.0.1 failed: ")]
    assert len(failed) == 4
    assert failed[0].endswith("it ended the connection")
    assert not [line for line in told if "Traceback" in line]
