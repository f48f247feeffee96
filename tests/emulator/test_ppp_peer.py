"""The emulator's ppp_peer, which brings an emulated board's network, at a line to lwIP's own end of a link."""

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
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ppp_peer")]

SANITIZED = "gcc -g -fsanitize=address,undefined -fno-sanitize-recover=all"


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The folder of ppp_peer, and of ppp_board (beside this file), both with sanitizers."""
    build = tmp_path_factory.mktemp("ppp")
    folder = ROOT / "host" / "edgelet_host" / "emulator" / "ppp_peer"
    command = ["make", f"--directory={folder}", f"LWIP={sources.ensure('lwip')}", f"BUILD={build}"]
    command.append(f"VPATH={Path(__file__).parent}")
    made = [build / "ppp_peer", build / "ppp_board"]
    done = subprocess.run([*command, f"CC={SANITIZED}", *made], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return build


class Line:
    """A serial line with the peer at one end. Boards come to the other one and go; `board` is that end's socket."""

    def __init__(self, programs):
        self._programs = programs
        self.board, self._far = socket.socketpair()
        self._peer = self._start("ppp_peer", self._far, "127.0.0.1", "0")
        self._boards = []
        self.address = None

    def _start(self, name, line, *arguments):
        command = [self._programs / name, *arguments]
        return subprocess.Popen(command, stdin=line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def connect_board(self):
        """Start a board, and wait until the link is up at both ends."""
        board = self._start("ppp_board", self.board)
        self._boards.append(board)
        assert board.stdout.readline() == "up\n"
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


@pytest.fixture
def line(programs):
    line = Line(programs)
    yield line
    line.end()


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


def test_noise_on_the_line_does_no_harm(line):
    noise = random.Random(3)
    for _ in range(200):
        line.board.sendall(noise.randbytes(500))
        # Frames of LCP and IPCP with a good beginning.
        for protocol in (b"\xc0\x21", b"\x80\x21"):
            line.board.sendall(b"\x7e\xff\x7d\x23" + protocol + noise.randbytes(20) + b"\x7e")
        line.board.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while line.board.recv(65536):
                pass
        line.board.setblocking(True)
    board = line.connect_board()
    assert line.echo(b"clean") == b"clean"
    stop(board, signal.SIGTERM)
