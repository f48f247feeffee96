"""Connections to other servers, in the firmware, without an exchange around them."""

import ssl
from copy import copy

import pytest
from authority import Authority
from console_helpers import run_on_device
from upstream import Upstream

CLOSED = """
import asyncio, sys
from edgelet import event_loop
from edgelet.outbound import connection

how, port = sys.argv[1], int(sys.argv[2])

async def fill(opened):
    try:
        return await opened.fill()
    except BaseException as e:
        return type(e).__name__

async def main():
    opened = await connection.open_connection(False, "127.0.0.1", port, [b"\\x7f\\0\\0\\1"], ["127.0.0.1"])
    waiting = asyncio.create_task(fill(opened))
    await asyncio.sleep_ms(0)
    if how == "cancelled":
        waiting.cancel()
    elif how == "ready":
        await opened.write(b"GET / HTTP/1.1\\r\\n\\r\\n")
        asyncio.core._io_queue.wait_io_event(1000)
    opened.close()
    print(await waiting)
    await asyncio.sleep_ms(5)
    print(await waiting)

event_loop.prepare()
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("how", "ends"), [("waiting", "OSError"), ("cancelled", "CancelledError"), ("ready", "OSError")]
)
def test_who_waits_for_a_connection_that_is_closed_goes_on_once(firmware, how, ends):
    """A task that has its turn already was given another one, and lost what it was to be told."""
    with Upstream(lambda connection, request: connection.sendall(b"x")) as upstream:
        assert run_on_device(firmware, CLOSED, how, upstream.port).split() == [ends, ends]


END = "-----END CERTIFICATE-----\n"
HANDSHAKES = """
import asyncio, gc, sys, tls
from asyncio import core
from edgelet import event_loop
from edgelet.outbound import connection

how, port = sys.argv[1], int(sys.argv[2])
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
with open(sys.argv[3], "rb") as file:
    context.load_verify_locations(file.read())
slices = turns = 0

def between_slices(ms):
    global slices
    slices += 1
    return asyncio.sleep_ms(ms)

async def others():
    global turns
    while True:
        gc.collect()
        turns += 1
        await asyncio.sleep_ms(0)

async def ask(port=port):
    opened = await connection.open_connection(True, "localhost", port, [b"\\x7f\\0\\0\\1"], ["127.0.0.1"])
    asked.append(opened)
    opened.begin_tls(context)
    try:
        await opened.write(b"GET / HTTP/1.1\\r\\n\\r\\n")
        await opened.fill()
        return bytes(opened.buffer[: opened.end])
    except BaseException as e:
        return repr(e)
    finally:
        opened.close()

async def leave(after):
    global slices
    slices = 0
    asking = asyncio.create_task(ask())
    while slices < after and not asking.done():
        await asyncio.sleep_ms(0)
    if how == "cancelled":
        asking.cancel()
    else:
        asked[-1].close()
    return await asking

async def main():
    core.sleep_ms = between_slices
    other = asyncio.create_task(others())
    if how == "whole":
        answers = [await ask()]
        print(slices, turns)
    elif how == "two":
        answers = await asyncio.gather(ask(), ask())
    else:
        answers = []
        for after in (1, 2, 3):
            answers.append(await leave(after))
        answers.append(await ask(int(sys.argv[4]) if len(sys.argv) > 4 else port))
    print(*answers)

asked = []
event_loop.prepare()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Of a curve on which a handshake computes for as long as it may."""
    return Authority(tmp_path_factory.mktemp("ca"), "authority", "P-521")


def answer(connection, request):
    connection.sendall(b"answered")


def shaken(firmware, authority, context, how, *others):
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # as boards have it
    with Upstream(answer, context) as upstream:
        roots = authority.folder / f"{authority.name}.pem"
        return run_on_device(firmware, HANDSHAKES, how, upstream.port, roots, *others).splitlines()


@pytest.mark.parametrize("key", ["P-521", pytest.param("RSA", marks=pytest.mark.slow)])
def test_others_have_their_turn_while_a_handshake_computes(firmware, authority, key):
    context = authority.certificate(key, key=key)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256" if key == "P-521" else "ECDHE-RSA-AES128-GCM-SHA256")
    counts, answer = shaken(firmware, authority, context, "whole")
    slices, turns = map(int, counts.split())
    assert turns > slices >= 2
    assert answer == "b'answered'"


CHAIN = ("first", "second", "third")


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Of an authority, and of those between it and the server, whose signatures take longer than a slice each."""
    highest = lowest = Authority(tmp_path_factory.mktemp("chain"), "authority", "slow RSA")
    for name in CHAIN:
        lowest = lowest.below(name, "slow RSA")
    return highest, lowest


def test_others_have_their_turn_between_the_signatures_of_a_chain(firmware, chain):
    highest, lowest = chain
    counts, answer = shaken(firmware, highest, lowest.certificate("server", key="RSA"), "whole")
    slices, turns = map(int, counts.split())
    assert turns > slices > len(CHAIN)
    assert answer == "b'answered'"


@pytest.mark.parametrize("forged", [*CHAIN, "server"])
def test_each_signature_of_a_chain_is_checked(firmware, chain, tmp_path, forged):
    highest, lowest = chain
    lowest.certificate("server", key="RSA")
    file = lowest.folder / "server.pem"
    certificates = [f"{one}{END}" for one in file.read_text().split(END)[:-1]]
    at = ("server", *reversed(CHAIN)).index(forged)
    encoded = bytearray(ssl.PEM_cert_to_DER_cert(certificates[at]))
    encoded[-1] ^= 1
    certificates[at] = ssl.DER_cert_to_PEM_cert(bytes(encoded))
    file.write_text("".join(certificates))
    _, answer = shaken(firmware, highest, lowest.server("server"), "whole")
    assert "not correctly signed by the trusted CA" in answer


@pytest.mark.parametrize(("how", "ends"), [("closed", "OSError(103,)"), ("cancelled", "CancelledError()")])
def test_a_handshake_is_left_between_the_signatures_of_a_chain(firmware, chain, how, ends):
    highest, lowest = chain
    answers = shaken(firmware, highest, lowest.certificate("server", key="RSA"), how)
    assert answers == [f"{ends} {ends} {ends} b'answered'"]


@pytest.fixture(scope="module")
def slowest(tmp_path_factory):
    """An authority whose signatures take many slices, and of a server that it certifies and that signs so, too."""
    authority = Authority(tmp_path_factory.mktemp("slowest"), "authority", "slowest RSA")
    return authority, authority.certificate("server", key="slowest RSA")


def test_others_have_their_turn_within_a_signature_by_rsa(firmware, slowest):
    counts, answer = shaken(firmware, *slowest, "whole")
    slices, turns = map(int, counts.split())
    assert turns > slices > 12
    assert answer == "b'answered'"


def test_two_handshakes_at_once_within_signatures_by_the_same_key(firmware, slowest):
    assert shaken(firmware, *slowest, "two") == ["b'answered' b'answered'"]


@pytest.mark.parametrize(("how", "ends"), [("closed", "OSError(103,)"), ("cancelled", "CancelledError()")])
def test_a_handshake_is_left_within_a_signature(firmware, slowest, how, ends):
    assert shaken(firmware, *slowest, how) == [f"{ends} {ends} {ends} b'answered'"]


def test_what_was_left_within_a_signature_is_nobody_elses(firmware, slowest, tmp_path):
    """A signature of TLS 1.3, which is not computed in parts, was taken for one that has been left."""
    authority, server = slowest
    another = Authority(tmp_path, "another")
    both = copy(authority)
    both.name = "both"
    roots = [(one.folder / f"{one.name}.pem").read_text() for one in (authority, another)]
    (both.folder / "both.pem").write_text("".join(roots))
    with Upstream(answer, another.certificate("server", key="RSA")) as other:
        answers = shaken(firmware, both, server, "cancelled", other.port)
    assert answers == ["CancelledError() CancelledError() CancelledError() b'answered'"]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["whole", "two", "closed"])
def test_signatures_in_parts_under_sanitizers(firmware_asan, slowest, how):
    assert "b'answered'" in shaken(firmware_asan, *slowest, how)[-1]


@pytest.mark.parametrize(("key", "is_taken"), [("large RSA", True), ("too large RSA", False)])
def test_exponents_that_would_have_a_board_compute_for_a_minute(firmware, tmp_path, key, is_taken):
    authority = Authority(tmp_path, "authority", key)
    answer = shaken(firmware, authority, authority.certificate("server"), "whole")[-1]
    assert ("answered" in answer, "not correctly signed by the trusted CA" in answer) == (is_taken, not is_taken)


def test_two_handshakes_at_once(firmware, authority):
    context = authority.certificate("P-521", key="P-521")
    assert shaken(firmware, authority, context, "two") == ["b'answered' b'answered'"]


@pytest.mark.parametrize(("how", "ends"), [("closed", "OSError(103,)"), ("cancelled", "CancelledError()")])
def test_a_handshake_is_left_between_slices(firmware, authority, how, ends):
    answers = shaken(firmware, authority, authority.certificate("P-521", key="P-521"), how)
    assert answers == [f"{ends} {ends} {ends} b'answered'"]


def test_a_handshake_fails_after_slices(firmware, authority, tmp_path):
    other = Authority(tmp_path, "authority", "P-521")
    counts, answer = shaken(firmware, authority, other.certificate("P-521", key="P-521"), "whole")
    assert int(counts.split()[0]) >= 2
    assert "not correctly signed by the trusted CA" in answer
