"""The emulator's peer, which brings an emulated board's network, at a line to lwIP's own end of a link."""

import contextlib
import random
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from edgelet_host.firmware import sources
from edgelet_host.paths import ROOT
from waiting import wait_until

# The programs are built once for all tests of this file.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("peer")]

SANITIZED = "gcc -g -fsanitize=address,undefined -fno-sanitize-recover=all"


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The folder of peer, and of board (beside this file), both with sanitizers."""
    build = tmp_path_factory.mktemp("peer")
    folder = ROOT / "host" / "edgelet_host" / "emulator" / "peer"
    command = ["make", f"--directory={folder}", f"LWIP={sources.ensure('lwip')}", f"BUILD={build}"]
    command.append(f"VPATH={Path(__file__).parent}")
    made = [build / "peer", build / "board"]
    done = subprocess.run([*command, f"CC={SANITIZED}", *made], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return build


class Line:
    """A line with the peer at one end. Boards come to the other one and go; `board` is that end's socket."""

    def __init__(self, programs, network):
        self._programs = programs
        self._network = network
        self.board, self._far = socket.socketpair()
        self._peer = self._start("peer", self._far, "127.0.0.1", "0")
        self._boards = []
        self.address = None

    def _start(self, name, line, *arguments, network=None):
        command = [self._programs / name, network or self._network, *arguments]
        return subprocess.Popen(command, stdin=line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def connect_board(self, *wish, network=None, up="up 192.168.7.2 192.168.7.1\n"):
        """Start a board, and wait until the link is up at both ends. wish: what it asks of others then."""
        board = self._start("board", self.board, *wish, network=network)
        self._boards.append(board)
        assert board.stdout.readline() == up
        if self.address is None:
            host, port = self._peer.stdout.readline().removeprefix("listening on ").split(":")
            self.address = (host, int(port))
        self.await_clients(listening=True)
        return board

    def echo(self, data):
        """Send `data` to the board and give what comes back, in one connection."""
        with socket.create_connection(self.address) as client, ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send_all, client, data)
            back = bytearray()
            while piece := client.recv(65536):
                back += piece
            sending.result()
            return bytes(back)

    @contextlib.contextmanager
    def client(self):
        """Open a connection that the board has answered on."""
        with socket.create_connection(self.address) as client:
            client.send(b"x")
            assert client.recv(1) == b"x"
            yield client

    def drain(self):
        """Take what the peer has sent, and what no board has read."""
        self.board.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self.board.recv(65536):
                pass
        self.board.setblocking(True)

    def await_clients(self, listening):
        """Wait until the peer lets clients in, or refuses them."""
        wait_until(lambda: self._lets_in() == listening)

    def _lets_in(self):
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    def end(self):
        """Close the line: the peer ends, and no sanitizer has anything to say."""
        for board in self._boards:
            board.kill()
        self.board.close()
        self._far.close()
        _, errors = self._peer.communicate()
        assert (self._peer.returncode, errors) == (0, "")


def send_all(client, data):
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def stop(board, number):
    """End a board with a signal; nothing was wrong with it."""
    board.send_signal(number)
    _, errors = board.communicate()
    assert (board.returncode, errors) == (0 if number == signal.SIGTERM else -number, "")


@pytest.fixture(params=["ppp", "radio"])
def line(programs, request):
    line = Line(programs, request.param)
    yield line
    line.end()


only_ppp = pytest.mark.parametrize("line", ["ppp"], indirect=True)
only_radio = pytest.mark.parametrize("line", ["radio"], indirect=True)


def test_bytes_arrive_whole_in_both_directions(line):
    board = line.connect_board()
    random_bytes = random.Random(1).randbytes
    # The last with every byte that a line escapes (RFC 1662, section 4.2).
    sent = [random_bytes(size) for size in (0, 1, 1460, 1461, 100_000, 1_000_000)] + [bytes([0x7D, 0x7E, 0x11]) * 9999]
    with ThreadPoolExecutor(len(sent)) as pool:
        assert list(pool.map(line.echo, sent)) == sent
    stop(board, signal.SIGTERM)


def test_a_client_that_reads_late_gets_everything(line):
    board = line.connect_board()
    data = random.Random(2).randbytes(2_000_000)
    with socket.create_connection(line.address) as client, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send_all, client, data)
        # Others are served while this one's bytes wait everywhere between.
        assert line.echo(b"other") == b"other"
        back = b"".join(iter(lambda: client.recv(65536), b""))
        sending.result()
    assert back == data
    stop(board, signal.SIGTERM)


def test_clients_that_break_off_leave_nothing_behind(line):
    board = line.connect_board()
    for _ in range(200):
        with socket.create_connection(line.address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            client.send(bytes(5000))
    assert line.echo(b"after") == b"after"
    stop(board, signal.SIGTERM)


@only_ppp
def test_a_link_that_ends_refuses_clients_until_the_next_one(line):
    for _ in range(3):
        board = line.connect_board()
        with line.client() as client:
            stop(board, signal.SIGTERM)
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""
        line.await_clients(listening=False)


def test_a_board_that_was_cut_off_is_replaced(line):
    board = line.connect_board()
    with line.client() as client:
        stop(board, signal.SIGKILL)
        board = line.connect_board()
        # The new board knows nothing of this connection.
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert line.echo(b"second") == b"second"
    stop(board, signal.SIGTERM)


@only_radio
def test_a_board_that_starts_anew_is_not_there_until_it_has_its_address(line):
    stop(line.connect_board(), signal.SIGKILL)
    line.board.sendall(frame(DISCOVER))
    line.await_clients(listening=False)
    # One with a fixed address does not ask for it, and is known by its packets.
    line.board.sendall(frame(DISCOVER[:26] + bytes([192, 168, 7, 2]) + DISCOVER[30:]))
    line.await_clients(listening=True)
    stop(line.connect_board(), signal.SIGTERM)


@only_radio
def test_a_board_that_is_an_access_point_itself_is_reached_by_that_until_it_closes(line):
    with_network = line.connect_board()
    stop(with_network, signal.SIGKILL)
    for _ in range(2):
        own = line.connect_board(network="own", up="up 192.168.4.1 192.168.4.1\n")
        with line.client() as client:
            assert line.echo(bytes(20_000)) == bytes(20_000)
            stop(own, signal.SIGKILL)
            line.board.sendall(CLOSED)
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        line.drain()
    # The network that it had joined is there all the while.
    with_network = line.connect_board()
    assert line.echo(b"home") == b"home"
    stop(with_network, signal.SIGTERM)


CLOSED = b"\x80\0"


def heard(line, *wish):
    """What a board hears that asks somebody."""
    board = line.connect_board(*map(str, wish))
    answer = board.stdout.readline().strip()
    board.kill()
    return answer


@only_radio
def test_names_are_this_computers(line):
    assert heard(line, "name", "localhost") == "127.0.0.1"
    # The resolver asks nobody for it.
    assert heard(line, "name", "no such.name") == "nothing"


@only_radio
def test_the_gateways_ports_are_this_computers(line):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        port = server.getsockname()[1]
        answer = pool.submit(answer_once, server)
        board = line.connect_board("tcp", "192.168.7.1", str(port))
        assert [board.stdout.readline() for _ in range(2)] == ["HELLO\n", "end\n"]
        answer.result()
    stop(board, signal.SIGTERM)
    # Nobody listens there any more.
    assert heard(line, "tcp", "192.168.7.1", port) == "nothing"


def answer_once(server):
    client, _ = server.accept()
    with client:
        client.sendall(client.recv(100).upper())
        assert client.recv(100) == b""


@only_radio
def test_datagrams_reach_this_computer_and_their_answers_the_board(line):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, ThreadPoolExecutor(1) as pool:
        server.bind(("127.0.0.1", 0))
        asked = pool.submit(server.recvfrom, 100)
        board = line.connect_board("udp", "192.168.7.1", str(server.getsockname()[1]))
        data, address = asked.result()
        server.sendto(data.upper(), address)
        assert board.stdout.readline() == "HELLO\n"


# From the board's hardware address to all: an IPv4 header, one of UDP, and the fixed part of DHCP without a checksum.
DISCOVER = bytes.fromhex("ffffffffffff 020000000002 0800 4500011b000000004011 79d3 00000000ffffffff 00440043 0107 0000")
DISCOVER += bytes.fromhex("01010600 12345678").ljust(236, b"\0") + bytes.fromhex("63825363 350101 ff".ljust(40, "0"))


def frame(data):
    return len(data).to_bytes(2, "big") + data


@only_radio
def test_frames_that_are_none_do_no_harm(line):
    noise = random.Random(4)
    for _ in range(500):
        # Whole ones of Ethernet with a bad content, and those that are too short or too long.
        head = b"\xff" * 6 + b"\x02\0\0\0\0\x02" + noise.choice([b"\x08\0", b"\x08\x06", b"\x12\x34"])
        size = noise.choice([0, 1, 13, 60, 300, 1500, 1600, 9000])
        line.board.sendall(frame((head + DISCOVER[14 : 14 + noise.randrange(60)] + noise.randbytes(size))[:size]))
        line.drain()
    board = line.connect_board()
    assert line.echo(b"clean") == b"clean"
    stop(board, signal.SIGTERM)


@only_ppp
def test_noise_on_the_line_does_no_harm(line):
    noise = random.Random(3)
    for _ in range(200):
        line.board.sendall(noise.randbytes(500))
        # Frames of LCP and IPCP with a good beginning.
        for protocol in (b"\xc0\x21", b"\x80\x21"):
            line.board.sendall(b"\x7e\xff\x7d\x23" + protocol + noise.randbytes(20) + b"\x7e")
        line.drain()
    board = line.connect_board()
    assert line.echo(b"clean") == b"clean"
    stop(board, signal.SIGTERM)
