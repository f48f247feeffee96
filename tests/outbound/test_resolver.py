"""The resolver, in the firmware, against name servers that lie, are silent or damaged."""

import json
import socket
import struct

import pytest
from console_helpers import heap_growth, run_on_device
from dns_server import AAAA, ASKED, CNAME, A, DnsServer, a, answer, asked_kind, asked_name, name, record
from hypothesis import given, settings
from hypothesis import strategies as st
from storage_helpers import device_module

LOOKUP = """
import asyncio, json
from edgelet.outbound import addresses, resolver
names, servers, port, timeouts, hosts = json.loads(%r)
resolver._TIMEOUTS_MS = timeouts
one = resolver.Resolver(lambda: servers, hosts, port)
turns = 0

async def count():
    global turns
    while True:
        turns += 1
        await asyncio.sleep_ms(0)

async def look_up(name):
    try:
        return [addresses.text(address) for address in await one.lookup(name)]
    except (OSError, ValueError) as e:
        return str(e)

async def main():
    asyncio.create_task(count())
    found = []
    for name in names:
        found.append(await look_up(name))
    print(json.dumps([found, turns]))

asyncio.run(main())
"""


def look_up(firmware, port, *names, servers=("127.0.0.1",), timeouts=(1500, 3000), hosts=""):
    """What names are on the device, and how many turns others had meanwhile."""
    given = json.dumps([names, servers, port, timeouts, hosts])
    return json.loads(run_on_device(firmware, LOOKUP % given))


def found(firmware, udp, *names, **more):
    with DnsServer(udp) as server:
        return look_up(firmware, server.port, *(names or ("a.example",)), **more)[0]


def wrong_id(question):
    return bytes([question[0] ^ 1]) + question[1:]


def other(question):
    return question[:12] + name("b.example") + question[-4:]


GOOD = a("192.0.2.1")
CHAIN = [record(ASKED, CNAME, name("x.example")), record(name("x.example"), CNAME, name("y.example"))]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (lambda q: [answer(q, GOOD, a("192.0.2.2"))], ["192.0.2.1", "192.0.2.2"]),
        (lambda q: [answer(q, *CHAIN, a("192.0.2.3", name("y.example")))], ["192.0.2.3"]),
        (lambda q: [answer(q, a("192.0.2.3", name("Y.example")), *reversed(CHAIN))], ["192.0.2.3"]),
        (lambda q: [answer(q, a("192.0.2.9", name("b.example")), GOOD)], ["192.0.2.1"]),
        (lambda q: [answer(q[:13] + q[13:].swapcase(), GOOD)], ["192.0.2.1"]),
        # What comes before the true answer, and is none.
        (lambda q: [answer(wrong_id(q), a("192.0.2.9")), answer(q, GOOD)], ["192.0.2.1"]),
        (lambda q: [answer(other(q), a("192.0.2.9")), answer(q, GOOD)], ["192.0.2.1"]),
        (lambda q: [q, answer(q, GOOD)], ["192.0.2.1"]),
        (lambda q: [answer(q, flags=0x9180), answer(q, GOOD)], ["192.0.2.1"]),
        (lambda q: [b"", b"\xff" * 11, answer(q)[:-1], answer(q, GOOD)], ["192.0.2.1"]),
        (lambda q: [answer(q, record(b"\xc0\xff", A, b"1234")), answer(q, GOOD)], ["192.0.2.1"]),
        (lambda q: [answer(q, record(b"\xc0" + bytes([len(q)]), A, b"1234")), answer(q, GOOD)], ["192.0.2.1"]),
        (lambda q: [answer(q, record(b"\x80a\0", A, b"1234")), answer(q, GOOD)], ["192.0.2.1"]),
        # Answers that have none.
        (lambda q: [answer(q, code=3)], "there is no such name"),
        (lambda q: [answer(q)], "there is no address for this name"),
        (lambda q: [answer(q, record(ASKED, A, b"12345"))], "there is no address for this name"),
        (lambda q: [answer(q, record(ASKED, CNAME, ASKED))], "there is no address for this name"),
        (
            lambda q: [answer(q, *CHAIN, record(name("y.example"), CNAME, ASKED), a("192.0.2.9", name("z.example")))],
            "there is no address for this name",
        ),
    ],
)
def test_answers(firmware, messages, expected):
    assert found(firmware, lambda q: messages(q) if asked_kind(q) == A else [answer(q)]) == [expected]


def test_a_name_with_ipv6_only(firmware):
    data = socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    answers = {A: lambda q: [answer(q)], AAAA: lambda q: [answer(q, record(ASKED, AAAA, data))]}
    assert found(firmware, lambda q: answers[asked_kind(q)](q)) == [["2001:db8:0:0:0:0:0:7"]]


@pytest.mark.parametrize("messages", [lambda q: [], lambda q: [answer(wrong_id(q), GOOD)]], ids=["silent", "wrong id"])
def test_a_silent_server_stops_nobody(firmware, messages):
    with DnsServer(messages) as server:
        (result,), turns = look_up(firmware, server.port, "a.example", timeouts=(100, 200))
    assert result == "no name server answers"
    assert turns > 30
    assert len(server.questions) == 2


@pytest.mark.parametrize("code", [2, 5])
def test_the_second_server_is_asked(firmware, code):
    # Nobody listens on the first address.
    servers = ["127.0.0.3", "127.0.0.1"]
    assert found(firmware, lambda q: [answer(q, GOOD)], servers=servers) == [["192.0.2.1"]]
    assert found(firmware, lambda q: [answer(q, code=code)]) == ["the name servers cannot tell"]


def test_no_server(firmware):
    assert look_up(firmware, 1, "a.example", servers=[])[0] == ["no name server is known"]
    assert look_up(firmware, 1, "a.example")[0] == ["no name server answers"]


def cut_short(question):
    return [answer(question, flags=0x8380)]


def test_an_answer_that_is_cut_short_is_asked_for_by_tcp(firmware):
    many = [a(f"192.0.2.{i}") for i in range(60)]
    with DnsServer(cut_short, lambda q: [answer(q, *many)]) as server:
        (result,), _ = look_up(firmware, server.port, "a.example")
    assert result == [f"192.0.2.{i}" for i in range(8)]  # more are not tried


@pytest.mark.parametrize(
    "tcp", [lambda q: [], lambda q: [b"\0" * 5000], lambda q: [answer(wrong_id(q), GOOD)]], ids=["cut", "large", "id"]
)
def test_tcp_that_lies(firmware, tcp):
    with DnsServer(cut_short, tcp) as server:
        assert look_up(firmware, server.port, "a.example")[0] == ["no name server answers"]


def test_ids_and_ports_cannot_be_guessed(firmware):
    with DnsServer(lambda q: [answer(q, a("192.0.2.1", ttl=0))]) as server:
        look_up(firmware, server.port, *["a.example"] * 20)
    ids = [int.from_bytes(question[:2]) for question in server.questions]
    assert len(set(ids)) > 15
    assert len(set(server.ports)) > 15
    assert sorted(ids) != ids
    assert sorted(server.ports) != server.ports


def test_the_cache_keeps_to_the_time_to_live(firmware):
    answers = {"long.example": [a("192.0.2.1", ttl=60)], "short.example": [a("192.0.2.2", ttl=0)]}
    answers["alias.example"] = [record(ASKED, CNAME, name("x.example"), 0), a("192.0.2.3", name("x.example"))]
    answers["negative.example"] = [a("192.0.2.4", ttl=0xFFFFFFFF)]
    with DnsServer(lambda q: [answer(q, *answers[asked_name(q)])]) as server:
        look_up(firmware, server.port, *sorted(answers) * 3, "LONG.example.")
    asked = [asked_name(question) for question in server.questions]
    assert {one: asked.count(one) for one in answers} == {
        "long.example": 1,
        "short.example": 3,
        "alias.example": 3,
        "negative.example": 3,
    }


CACHE = """
import gc, json
from edgelet.outbound import resolver
resolver._CACHE_SETS = 1  # as a board has
cache = resolver.Cache()
now = 1000
resolver._now_s = lambda: now
ADDRESS = b"\\1\\2\\3\\4"
"""
EVICTED = """
for i in range(8):
    cache.keep("%d.example" % i, [bytes((i, j, 0, 0)) for j in range(i + 1)], 100 + i)
kept = [cache.find("%d.example" % i) == [bytes((i, j, 0, 0)) for j in range(i + 1)] for i in range(8)]
cache.keep("3.example", [ADDRESS], 50)
cache.keep("new.example", [ADDRESS], 7200)
now = 1000 + 3599
print(json.dumps([kept, cache.find("new.example") == [ADDRESS], cache.find("7.example")]))
now -= 3599
print(json.dumps([i for i in range(8) if cache.find("%d.example" % i)]))
now += 3600
print(json.dumps(cache.find("new.example")))
"""


def test_the_cache_drops_what_holds_for_the_shortest_time(firmware):
    lines = run_on_device(firmware, CACHE + EVICTED).splitlines()
    assert [json.loads(line) for line in lines] == [[[True] * 8, True, None], [0, 1, 2, 4, 5, 6, 7], None]


def test_names_take_no_more_of_the_heap(firmware):
    kept = 'cache.keep("%d.example" % i, [ADDRESS], 60); cache.find("%d.example" % i)'
    assert heap_growth(firmware, CACHE, kept) <= 0


def test_addresses_and_the_hosts_file_need_no_server(firmware, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost # one\n\n192.0.2.5\tNAS nas.lan\n2001:db8::1 nas.lan\nnonsense bad.lan\n")
    names = ["192.0.2.9", "2001:DB8::1.2.3.4", "nas.lan", "nas", "localhost", "a.localhost"]
    results, _ = look_up(firmware, 1, *names, servers=[], hosts=str(hosts))
    assert results[:2] == [["192.0.2.9"], ["2001:db8:0:0:0:0:102:304"]]
    assert results[2:] == [["192.0.2.5", "2001:db8:0:0:0:0:0:1"], ["192.0.2.5"], ["127.0.0.1"], ["127.0.0.1"]]
    assert look_up(firmware, 1, "bad.lan", servers=[], hosts=str(hosts))[0] == ["no name server is known"]


@pytest.mark.parametrize("text", ["", "a..b", ".", "x" * 64, "a." * 127 + "a"])
def test_what_is_no_name(firmware, text):
    assert look_up(firmware, 1, text)[0][0].endswith("is no host name")


def test_linux_configuration(firmware, tmp_path):
    path = tmp_path / "resolv.conf"
    path.write_text("# nameserver 9.9.9.9\nnameserver 192.0.2.1\nsearch lan\nnameserver\nnameserver nonsense\n")
    path.write_text(path.read_text() + "nameserver ::1 # x\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n")
    program = "import sys\nfrom edgelet.outbound import resolver\nprint(resolver.configured_servers(sys.argv[1]))"
    assert run_on_device(firmware, program, path).strip() == "['192.0.2.1', '::1', '192.0.2.2']"
    assert run_on_device(firmware, program, tmp_path / "missing").strip() == "['127.0.0.1']"


dns = device_module("outbound.dns")
addresses = device_module("outbound.addresses")
QUESTION = dns.question(0x1234, "a.example", A)


@st.composite
def messages(draw):
    """Answers of which some bytes are damaged."""
    name_parts = st.one_of(st.just(ASKED), st.binary(max_size=6), st.integers(0, 80).map(lambda i: bytes([0xC0, i])))
    records = draw(
        st.lists(
            st.builds(
                record,
                name_parts,
                st.sampled_from([A, CNAME, AAAA]),
                name_parts | st.just(b"1234") | st.binary(max_size=5),
            ),
            max_size=6,
        )
    )
    message = bytearray(answer(QUESTION, *records))
    for _ in range(draw(st.integers(0, 3))):
        message[draw(st.integers(0, len(message) - 1))] = draw(st.integers(0, 255))
    return bytes(message[: draw(st.integers(0, len(message)))] if draw(st.booleans()) else message)


def parsed(message):
    try:
        code, cut, found, ttl = dns.answer(message, QUESTION)
    except ValueError:
        return None
    return [code, cut, [address.hex() for address in found], ttl]


PARSE = """
import json, sys
from binascii import hexlify, unhexlify
from edgelet.outbound import dns
question = dns.question(0x1234, "a.example", dns.A)
for line in sys.stdin:
    try:
        code, cut, found, ttl = dns.answer(unhexlify(line.strip()), question)
        print(json.dumps([code, cut, [hexlify(address).decode() for address in found], ttl]))
    except ValueError:
        print("null")
"""


@pytest.mark.slow
def test_any_message_has_an_answer_or_none(firmware, tmp_path):
    seen = [(message, parsed(message)) for message in (answer(QUESTION, GOOD), answer(QUESTION, *CHAIN))]

    @settings(max_examples=400)
    @given(messages())
    def collect(message):
        seen.append((message, parsed(message)))

    collect()
    lines = tmp_path / "messages"
    lines.write_text("".join(message.hex() + "\n" for message, _ in seen))
    program = PARSE.replace("sys.stdin", "open(sys.argv[1])")
    results = [json.loads(line) for line in run_on_device(firmware, program, lines).splitlines()]
    assert results == [result for _, result in seen]
    assert results[0] == [0, False, ["c0000201"], 60]


@given(st.ip_addresses())
def test_addresses_are_read_and_written(address):
    assert addresses.parse(str(address)) == address.packed
    assert addresses.parse(address.exploded) == address.packed
    assert addresses.parse(addresses.text(address.packed)) == address.packed


@given(st.text("0123456789abcdef.:", max_size=20))
def test_what_is_an_address(text):
    def packed(family):
        try:
            return socket.inet_pton(family, text)
        except OSError:
            return None

    assert addresses.parse(text) == (packed(socket.AF_INET6) if ":" in text else packed(socket.AF_INET))


def test_a_question():
    assert struct.pack("!HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + name("a.example") + b"\0\x01\0\x01" == QUESTION
