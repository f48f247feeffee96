"""The console of the real runtime while clients drive its server."""

import http.client
import threading

import pytest
from device_helpers import running

HELLO = "export default { fetch(request) { return new Response('hello ' + new URL(request.url).pathname) } }"


class Client(threading.Thread):
    """Sends requests over one connection until it is stopped; counts the right answers and keeps what was wrong."""

    def __init__(self, address):
        super().__init__()
        self.stop = threading.Event()
        self.right = 0
        self.wrong = []
        self._connection = http.client.HTTPConnection(*address)

    def run(self):
        self._connection.connect()
        self._connection.auto_open = 0  # a lost connection is an error, not opened again in silence
        while not self.stop.is_set():
            try:
                self._connection.request("GET", f"/{self.right}")
                answer = self._connection.getresponse()
                body = answer.read()
                assert (answer.status, body) == (200, b"hello /%d" % self.right)
            except (http.client.HTTPException, OSError, AssertionError) as e:
                self.wrong.append(e)
                return
            self.right += 1
        self._connection.close()


@pytest.mark.slow
def test_two_hundred_commands_fail_no_request_and_lose_no_connection(firmware, tmp_path):
    with running(firmware, tmp_path) as box:
        box.deploy("hello", HELLO)
        clients = [Client(box.local.address) for _ in range(8)]
        for client in clients:
            client.start()
        for i in range(200):
            assert box.device.execute(f"print({i}, 'x' * {i})") == f"{i} {'x' * i}\r\n"
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join()
    assert [client.wrong for client in clients] == [[]] * 8
    assert min(client.right for client in clients) > 0
