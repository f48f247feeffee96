"""The firmware of EDGELET_PICO_W in the emulator, with its radio's driver: Wi-Fi, names, requests in and out."""

import http.client
import json
import re
import signal
import socket
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from device_helpers import write_project
from edgelet_host import emulator
from edgelet_host.device.console import restart
from edgelet_host.paths import ROOT
from pico_helpers import running
from waiting import wait_until

# One board for all tests of this file.
pytestmark = [pytest.mark.slow, pytest.mark.upstream, pytest.mark.xdist_group("pico_w")]


@pytest.fixture(scope="module")
def pico(firmware, tmp_path_factory):
    with running(tmp_path_factory.mktemp("pico_w"), emulator.PICO_W) as pico:
        pico.cli.ok("setup", "--set", "time_server=192.168.7.1")
        yield pico


def status(pico):
    return pico.cli.run("status", "--json").json()


def log(pico):
    return pico.cli.ok("logs")


def test_it_joins_and_answers(pico):
    state = status(pico)
    assert (state["platform"], state["address"], state["link"]) == (
        "rp2",
        "192.168.7.2",
        {"name": "Wi-Fi", "state": "up"},
    )
    assert pico.get("/healthz").json()["status"] == "ok"


def test_it_may_be_restarted_as_soon_as_it_has_joined(pico):
    """It has just begun to announce itself by mDNS then."""
    for _ in range(4):
        pico.cli.ok("setup", "--set", "time_server=192.168.7.1")


def test_it_sees_the_access_point(pico):
    found = pico.execute("import network\nprint([one[0].decode() for one in network.WLAN(0).scan()])")
    assert found.strip() == str([emulator.ACCESS_POINT])


CALLING = """
export default { async fetch(request) { return fetch(new URL(request.url).searchParams.get("of")); } };
"""


def answer_once(server):
    client, _ = server.accept()
    with client:
        head = client.recv(1000)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        return head


def test_a_function_asks_this_computer(pico):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        here = f"192.168.7.1:{server.getsockname()[1]}"
        project = write_project(
            pico.folder / "calling", "calling", {"main.js": CALLING}, route="/calling", fetch={"allow": [here]}
        )
        pico.cli.ok("deploy", project)
        asked = pool.submit(answer_once, server)
        answer = pico.get(f"/calling?of=http://{here}/path")
        assert (answer.status, answer.text) == (200, "hello")
        assert asked.result().startswith(b"GET /path HTTP/1.1\r\n")
    pico.cli.ok("delete", "calling", "--yes")


def read_slowly(address):
    with socket.create_connection(address) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.sendall(b"GET /files/lines.txt HTTP/1.1\r\nHost: pico\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: client.recv(100), b"")).partition(b"\r\n\r\n")[2].decode()


def test_a_file_that_is_larger_than_all_windows_comes_whole_to_several(pico):
    lines = "".join(f"line {number} of a file\n" for number in range(600))
    project = write_project(
        pico.folder / "files", "files", {"public/lines.txt": lines}, route="/files", static={"folder": "public"}
    )
    pico.cli.ok("deploy", project)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read_slowly, [pico.local.address] * 4)) == [lines] * 4
    pico.cli.ok("delete", "files", "--yes")


BODY = 12_000
COUNTING = "export default { async fetch(request) { return new Response((await request.arrayBuffer()).byteLength); } };"


def test_bodies_that_are_larger_than_a_window_arrive_whole_from_two(pico):
    pico.deploy("counting", COUNTING)
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda _: pico.request("POST", "/counting", "x" * BODY), range(2))
        assert [answer.text for answer in answers] == [str(BODY)] * 2
    pico.cli.ok("delete", "counting", "--yes")


def test_login_is_deployed_and_used(pico):
    pico.cli.ok("deploy", ROOT / "examples" / "login")
    pico.cli.ok("secret", "generate", "JWT_SECRET", "--function", "login")
    pico.cli.ok("user", "add", "ada", "--function", "login", stdin="correct horse")
    answer = pico.request("POST", "/login", json.dumps({"user": "ada", "password": "correct horse"}))
    token = answer.json()["token"]
    assert pico.get("/me", Authorization=f"Bearer {token}").json() == {"user": "ada"}


HERE = "192.168.4.1"
TOKEN = re.compile(r'name="token" value="([0-9a-f]{32})"')
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Guest:
    """Somebody who has joined the board's own access point."""

    def __init__(self, pico):
        self._address = pico.local.address

    def ask(self, method, path, body=None, host=HERE, **headers):
        """Give status, where that leads to, text."""
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        connection.request(method, path, body, {"Host": host, **headers})
        answer = connection.getresponse()
        found = answer.status, answer.getheader("Location"), answer.read().decode()
        connection.close()
        return found

    def page(self):
        """Give the page's text."""
        status, _, text = self.ask("GET", "/")
        assert status == 200
        return text

    def fill_in(self, **fields):
        """Send the page's form."""
        fields["token"] = TOKEN.search(self.page())[1]
        assert self.ask("POST", "/", urllib.parse.urlencode(fields), **FORM)[:2] == (303, f"http://{HERE}/")


NAME = "import network\nprint(network.WLAN(network.WLAN.IF_AP).config('ssid'))"
SECURITY = "import network\nprint(hex(network.WLAN(network.WLAN.IF_AP).config('security')))"


LOOKING = """
import asyncio, time
from edgelet.device import running

async def look():
    global longest
    while True:
        began = time.ticks_us()
        await asyncio.sleep_ms(2)
        longest = max(longest, time.ticks_diff(time.ticks_us(), began) - 2000)

link, longest = running().link, 0
radio = link._radio
looking = asyncio.create_task(look())
"""
# Both are up: the link looks at the radio every half second.
JOINED = "print(radio.is_busy, radio.state(), link.state)"
# The longest that nothing else was done, in microseconds.
LONGEST = "looking.cancel()\nprint(longest)"


def test_a_guest_of_its_own_access_point_tells_it_the_network(pico):
    assert "Its password: " in pico.cli.ok("setup", "--access-point")
    pico.cli.ok("setup", "--set", "wifi_ssid=")
    wait_until(lambda: status(pico)["access_point"]["is_open"])
    assert pico.execute(SECURITY).strip() == "0x400004"  # CYW43_AUTH_WPA2_AES_PSK
    pico.execute(LOOKING)
    # Its driver forgets how it was set up.
    pico.execute("radio.reset()")
    wait_until(lambda: pico.execute("print(radio.is_busy)").strip() == "False")
    assert pico.execute(NAME).strip() == status(pico)["access_point"]["name"]
    guest = Guest(pico)
    wait_until(lambda: 'value="edgelet" checked' in guest.page())
    assert guest.ask("GET", "/generate_204", host="connectivitycheck.example")[:2] == (302, f"http://{HERE}/")

    guest.fill_in(ssid="", other="nowhere", password="correct horse")
    wait_until(lambda: "There is no network of that name in reach." in guest.page())
    guest.fill_in(ssid="edgelet", other="nowhere", password="battery staple")
    wait_until(lambda: "has joined edgelet" in guest.page())
    assert "http://192.168.7.2" in guest.page()

    wait_until(lambda: not status(pico)["access_point"]["is_open"])
    assert int(pico.execute(LONGEST)) < 250_000
    assert pico.get("/healthz").json()["status"] == "ok"
    assert "is closed" in log(pico)
    assert "staple" not in log(pico)
    pico.cli.ok("setup", "--set", "wifi_access_point=false")
    wait_until(lambda: status(pico)["link"]["state"] == "up")
    assert status(pico)["access_point"] is None


def test_nothing_stands_still_while_the_radio_is_switched_off_and_on(pico):
    pico.execute(LOOKING)
    # The console answers meanwhile.
    assert pico.execute("radio.reset()\nprint(radio.is_busy)").strip() == "True"
    wait_until(lambda: pico.execute(JOINED).strip() == "False up up")
    assert int(pico.execute(LONGEST)) < 250_000
    assert pico.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize("hangs", [False, True])
def test_nothing_stands_still_while_the_radio_joins(pico, hangs):
    pico.execute(LOOKING + "link.step = lambda now: None")
    pico.execute("radio.disconnect()")
    if hangs:
        pico.local.process.send_signal(signal.SIGALRM)
    assert pico.execute("longest = 0\nradio.connect()\nprint(radio.is_busy)").strip() == "True"
    wait_until(lambda: pico.execute("print(radio.is_busy)").strip() == "False")
    assert int(pico.execute(LONGEST)) < 250_000
    if hangs:
        pico.local.process.send_signal(signal.SIGALRM)
    pico.execute("del link.step")
    wait_until(lambda: pico.execute(JOINED).strip() == "False up up")
    assert pico.get("/healthz").json()["status"] == "ok"


ASKING = """
import network
from edgelet.board.scan import Scan

point = network.WLAN(network.WLAN.IF_AP)
point.config(ssid="edgelet-3f2a", key="open sesame", channel=6)

async def switch(is_open):
    try:
        await radio.open(point, is_open)
    except OSError as e:
        unheard.append(e.errno)

async def search():
    Scan(radio.interface()).begin()

async def save_power():
    radio._save_power(True)

"""
WORKS = ("switch(True)", "search()", "save_power()", "switch(False)")


@pytest.mark.parametrize("hangs", [False, True])
def test_nothing_stands_still_while_the_radio_is_asked_for_something(pico, hangs):
    pico.execute(LOOKING + ASKING)
    wait_until(lambda: pico.execute(JOINED).strip() == "False up up")
    pico.execute("unheard = []\nlink.step = lambda now: None")
    for work in WORKS:
        if hangs:
            pico.local.process.send_signal(signal.SIGALRM)
        pico.execute(f"longest = 0\nradio.do({work})")
        wait_until(lambda: pico.execute("print(radio.is_busy)").strip() == "False")
        assert (work, int(pico.execute("print(longest)")) < 250_000) == (work, True)
        if hangs:
            pico.local.process.send_signal(signal.SIGALRM)
        # The next one meets a radio that has given a sign.
        assert pico.get("/healthz").json()["status"] == "ok"
    assert pico.execute("print(len(unheard))").strip() == ("2" if hangs else "0")
    pico.execute("del link.step\n" + LONGEST)
    wait_until(lambda: pico.execute(JOINED).strip() == "False up up")


SEARCHING = "import wifiscan\nwifiscan.begin()"
FOUND = "print(wifiscan.found())"


def test_a_search_that_the_radio_did_not_hear_of_hinders_no_other(pico):
    pico.local.process.send_signal(signal.SIGALRM)
    pico.execute(SEARCHING)
    pico.local.process.send_signal(signal.SIGALRM)
    assert pico.execute(FOUND).strip() == "None"
    pico.execute(SEARCHING)
    wait_until(lambda: emulator.ACCESS_POINT in pico.execute(FOUND))


def test_it_may_be_restarted_while_a_radio_that_hangs_joins(pico):
    pico.execute(LOOKING + "link.step = lambda now: None")
    pico.execute("radio.disconnect()")
    pico.local.process.send_signal(signal.SIGALRM)
    assert pico.execute("radio.connect()\nprint(radio.is_busy)").strip() == "True"
    restart(pico.local.port)
    wait_until(lambda: status(pico)["link"]["state"] == "up")
    assert pico.get("/healthz").json()["status"] == "ok"


def test_it_may_be_restarted_while_the_radio_starts(pico):
    for _ in range(3):
        pico.execute("from edgelet.device import running\nrunning().link._radio.reset()")
        restart(pico.local.port)
        wait_until(lambda: status(pico)["link"]["state"] == "up")
        assert pico.get("/healthz").json()["status"] == "ok"


LIGHTING = """
import machine

async def light(milliseconds):
    radio.reset()
    await asyncio.sleep_ms(milliseconds)
    machine.Pin("LED", machine.Pin.OUT).on()
"""


def test_somebody_at_the_console_may_use_the_radio_while_it_starts(pico):
    pico.execute(LOOKING + LIGHTING)
    for milliseconds in (0, 100, 400):
        pico.execute(f"lighting = asyncio.create_task(light({milliseconds}))")
        wait_until(lambda: pico.execute("print(lighting.done())").strip() == "True")
        wait_until(lambda: pico.execute(JOINED).strip() == "False up up")
        assert pico.get("/healthz").json()["status"] == "ok"
    pico.execute(LONGEST)


def test_a_radio_that_hangs_is_switched_off_and_on_and_nothing_waits_for_it(pico):
    pico.execute(LOOKING)
    pico.local.process.send_signal(signal.SIGALRM)
    # More than it has room for.
    pico.execute("import socket\nto = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    pico.execute("for _ in range(12):\n    to.sendto(b'', ('192.168.7.1', 9))")
    assert pico.execute("print(running().wifi_rssi())").strip() == "None"
    wait_until(lambda: "switched off and on" in log(pico))
    wait_until(lambda: pico.execute(JOINED).strip() == "False up up")
    assert int(pico.execute(LONGEST)) < 250_000
    assert pico.get("/healthz").json()["status"] == "ok"


SENDING = """
import socket, time
to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
took = []
# More than the radio has room for.
for _ in range(12):
    began = time.ticks_us()
    to.sendto(b'', ('192.168.7.1', 9))
    took.append(time.ticks_diff(time.ticks_us(), began))
print(max(took))
"""


def test_a_radio_that_was_slow_for_once_is_waited_for_again(pico):
    for _ in range(2):
        pico.local.process.send_signal(signal.SIGALRM)
        assert 150_000 <= int(pico.execute(SENDING)) < 250_000
        pico.local.process.send_signal(signal.SIGALRM)
        assert pico.get("/healthz").json()["status"] == "ok"


def test_an_access_point_that_goes_and_comes_is_joined_again(pico):
    pico.local.process.send_signal(signal.SIGHUP)
    wait_until(lambda: status(pico)["link"]["state"] == "network_not_found")
    assert "connection lost" in log(pico)
    pico.local.process.send_signal(signal.SIGHUP)
    wait_until(lambda: status(pico)["link"]["state"] == "up")
    assert pico.get("/healthz").json()["status"] == "ok"
