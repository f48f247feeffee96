"""A board's access point of its own, and its page. The radio is played; HTTP and DNS are real."""

import http.client
import json
import re
import socket
import struct
from urllib.parse import urlencode

import pytest
from cli_helpers import Cli, as_board, local_device
from console_helpers import run_on_device
from device_helpers import free_port
from edgelet_host.device.console import connect
from edgelet_host.paths import ROOT
from waiting import wait_until

PASSWORD = "open sesame"
POLICY = """
import asyncio, json, sys
sys.path.append(sys.argv[1])
import network as played
from network import WLAN
from edgelet.board import access_point, network, portal, radio
from edgelet.storage.config import Config

radio.socket = played
access_point.DNS_PORT = 0
told, now = [], 0

def told_by(level):
    return lambda text: told.append((now, level, text))

class Log:
    info, error = told_by("info"), told_by("error")

class Server:
    find_function = None

class Ticks:
    ticks_ms = lambda: 1000 * now
    ticks_add = lambda a, b: a + b
    ticks_diff = lambda a, b: a - b

access_point.log, access_point.time = Log, Ticks
config = Config(sys.argv[2], lambda: 7)
config.set({"wifi_access_point_password": "open sesame", "wifi_access_point": True})

class Radio(radio.Radio):
    tried = []
    def connect(self):
        self.tried.append((now, self._known[self._at][0]))
        super().connect()

async def board():
    own = Radio(radio.known_of(config), "pico", "DE", True)
    link = network.Link(own, lambda level, text: told.append((now, level, text)), networks=len(own._known))
    point = access_point.AccessPoint(config, Server, link, own)
    await own.start()
    return link, point

async def run(link, point, seconds):
    global now
    for _ in range(seconds):
        now += 1
        link.step(1000 * now)
        point.step(1000 * now)
        await asyncio.sleep_ms(0)
        while link._radio.is_busy:
            await asyncio.sleep_ms(0)

def kept():
    names = [config.settings[one] for one in radio.SSIDS]
    return [[name, config.device_secret(radio.password_of(one))] for one, name in zip(radio.SSIDS, names)]

def tell(*what):
    print(json.dumps(what))
"""


def policy(firmware, tmp_path, source):
    """What the script tells, as JSON."""
    (tmp_path / "data").mkdir(exist_ok=True)
    script = POLICY + "async def main():\n" + "\n".join(f"    {line}" for line in source.strip().splitlines())
    script += "\nasyncio.run(main())\n"
    return json.loads(run_on_device(firmware, script, ROOT / "tests" / "support" / "board", tmp_path / "data"))


OPEN = "Wi-Fi: access point edgelet-3f2a is open, at http://127.0.0.1"
CLOSED = "Wi-Fi: access point edgelet-3f2a is closed"
UP = "Wi-Fi: connected, address 192.0.2.7"
JOINING = "Wi-Fi: joining a network that the access point's page was told"


def texts(told):
    return [text for _, _, text in told]


def test_it_opens_where_no_network_is_set_protected_and_awake(firmware, tmp_path):
    source = """
link, point = await board()
await run(link, point, 3)
tell(told, link.state, WLAN.is_open, WLAN.access_point, WLAN.pm == WLAN.PM_NONE, Radio.tried)
"""
    told, state, is_open, options, is_awake, tried = policy(firmware, tmp_path, source)
    assert (texts(told), state, is_open, is_awake, tried) == ([OPEN], "no_network_is_set", True, True, [])
    # CYW43_AUTH_WPA2_AES_PSK of the driver, which else makes an open one, in spite of its key.
    assert options == {"ssid": "edgelet-3f2a", "key": PASSWORD, "security": 0x00400004, "channel": 6}


def test_it_opens_when_all_known_networks_were_tried_and_closes_when_one_is_back(firmware, tmp_path):
    source = """
config.set({"wifi_ssid": "home", "wifi_password": "correct horse", "wifi_ssid_2": "work"})
WLAN.in_reach = False
link, point = await board()
await run(link, point, 12)
opened = [list(one) for one in told], WLAN.is_open, Server.find_function is None
WLAN.in_reach = True
await run(link, point, 60)
tell(*opened, texts_of(told), WLAN.is_open, Server.find_function is None, WLAN.pm == WLAN.PM_PERFORMANCE, link.state)
"""
    source = "texts_of = lambda told: [one[2] for one in told]\n" + source
    told, was_open, was_free, after, is_open, is_free, sleeps, state = policy(firmware, tmp_path, source)
    assert texts(told) == ["Wi-Fi: cannot connect (network not found), trying on", OPEN]
    assert after[-2:] == [UP, CLOSED]
    assert (was_open, was_free, is_open, is_free, sleeps, state) == (True, False, False, True, True, "up")


def test_nobody_who_looks_at_the_page_is_disturbed_by_other_networks(firmware, tmp_path):
    source = """
config.set({"wifi_ssid": "work"})
link, point = await board()
await run(link, point, 10)
point.visited()
seen, before = now, len(Radio.tried)
await run(link, point, 300)
tell(seen, [at for at, _ in Radio.tried[before:]])
"""
    seen, tried = policy(firmware, tmp_path, source)
    assert tried[0] - seen in (120, 121)
    assert len(tried) > 1


def test_who_searches_while_the_radio_joins_waits_for_it(firmware, tmp_path):
    source = """
config.set({"wifi_ssid": "work"})
link, point = await board()
await run(link, point, 10)
began = []
point._scan.begin = lambda: began.append(link._radio.is_busy)
link._radio.connect()
point.search()
before = [began[:], point.networks]
while link._radio.is_busy:
    await asyncio.sleep_ms(0)
point.step(1000 * now)
tell(before, began)
"""
    assert policy(firmware, tmp_path, source) == [[[], None], [False]]


def test_a_search_that_does_not_end_is_given_up_and_the_next_one_begins_anew(firmware, tmp_path):
    source = """
import wifiscan
link, point = await board()
wifiscan.state["looks"] = 1000
await run(link, point, 25)
before, begun = point.networks, wifiscan.state["begun"]
wifiscan.state["looks"] = 0
point.search()
await run(link, point, 2)
tell(before, len(point.networks), wifiscan.state["begun"] - begun)
"""
    before, found, begun = policy(firmware, tmp_path, source)
    assert (before, begun) == ([], 1)
    assert found > 0


@pytest.mark.parametrize("closes", [False, True])
def test_a_form_that_comes_whole_after_it_has_closed_changes_nothing(firmware, tmp_path, closes):
    source = """
class Head:
    method, target, host, headers = "POST", "/", "127.0.0.1", b"Content-Type: application/x-www-form-urlencoded\\r\\n"

class Connection:
    peer, server = ("127.0.0.1", 50000), Server

Server.port, Server.record, Server.answer = 80, lambda *what: None, lambda *what: "as ever"
Server.find_function = lambda head: None
config.set({"wifi_ssid": "home", "wifi_password": "correct horse"})
WLAN.in_reach = False
link, point = await board()
await run(link, point, 12)
takes = Server.find_function(Head)
WLAN.in_reach = %s
await run(link, point, 60)
answer = takes(Head, ("token=%%s&ssid=other&password=" %% takes._token).encode(), Connection)
tell(point.is_open, answer == "as ever", point.trial, link.is_up)
"""
    is_open, is_as_ever, trial, is_up = policy(firmware, tmp_path, source % closes)
    assert (is_open, is_as_ever, is_up) == (not closes, closes, closes)
    assert trial == (None if closes else ["other", ""])


def test_a_radio_that_is_switched_off_and_on_opens_it_again(firmware, tmp_path):
    source = """
config.set({"wifi_ssid": "work"})
link, point = await board()
await run(link, point, 10)
await run(link, point, 100)
tell(told, WLAN.is_open, WLAN.pm == WLAN.PM_NONE, WLAN.access_point["ssid"])
"""
    told, is_open, is_awake, name = policy(firmware, tmp_path, source)
    assert "Wi-Fi: switched off and on" in texts(told)
    assert (texts(told).count(OPEN), is_open, is_awake, name) == (1, True, True, "edgelet-3f2a")


def test_one_that_does_not_open_is_tried_again_later(firmware, tmp_path):
    source = """
WLAN.failing_opens = 2
link, point = await board()
await run(link, point, 100)
tell(told)
"""
    [told] = policy(firmware, tmp_path, source)
    failed = "Wi-Fi: the access point does not open: [Errno 5] EIO"
    assert [(at, text) for at, _, text in told] == [(1, failed), (31, failed), (61, OPEN)]


@pytest.mark.parametrize("known", ["", "work"])
def test_a_radio_that_does_not_open_it_is_switched_off_and_on_before_the_next_time(firmware, tmp_path, known):
    source = f"""
config.set({{"wifi_ssid": "{known}"}})
link, point = await board()
WLAN.hung_until = "reset"
await run(link, point, 60)
tell(told, WLAN.is_open)
"""
    told, is_open = policy(firmware, tmp_path, source)
    assert (texts(told).count(OPEN), is_open) == (1, True)


def test_one_that_a_radio_does_not_open_again_is_tried_again_later(firmware, tmp_path):
    source = """
link, point = await board()
await run(link, point, 10)
WLAN.failing_opens = 1
link._radio.reset()
await run(link, point, 3)
before = WLAN.is_open, point.is_open, Server.find_function is None
await run(link, point, 40)
tell(before, WLAN.is_open, point.is_open, texts_of(told))
"""
    source = "texts_of = lambda told: [one[2] for one in told]\n" + source
    before, opened, is_open, told = policy(firmware, tmp_path, source)
    failed = "Wi-Fi: the access point does not open again: [Errno 5] EIO"
    assert (before, opened, is_open, told) == ([False, False, True], True, True, [OPEN, failed, CLOSED, OPEN])


def test_networks_that_are_known_are_tried_again_where_it_does_not_open_again_during_a_trial(firmware, tmp_path):
    source = """
config.set({"wifi_ssid": "work"})
link, point = await board()
await run(link, point, 10)
point.join("home", "correct horse")
await run(link, point, 1)
tried, WLAN._status = point.trial, played.STAT_CONNECTING
WLAN.failing_opens = 1
link._radio.reset()
while link._radio.is_busy:
    await asyncio.sleep_ms(0)
after, before = (point.is_open, point.trial), len(Radio.tried)
await run(link, point, 100)
tell(tried, after, [name for _, name in Radio.tried[before:]], point.is_open, kept()[0])
"""
    tried, after, names, is_open, [name, _] = policy(firmware, tmp_path, source)
    assert (tried, after, is_open, name) == (HOME, [False, None], True, "work")
    assert set(names) == {"work"}


@pytest.mark.parametrize("joined", [False, True])
def test_a_network_that_the_radio_did_not_leave_is_not_taken_for_the_one_that_was_asked_for(firmware, tmp_path, joined):
    source = f"""
config.set({{"wifi_ssid": "home", "wifi_password": "correct horse"}})
WLAN.in_reach = False
link, point = await board()
await run(link, point, 12)
WLAN.in_reach = True
if {joined}:
    point.join("home", "correct horse")
    await run(link, point, 3)
WLAN._status = played.STAT_GOT_IP
WLAN.disconnect = lambda self: None
point.join("hone", "battery staple")
await run(link, point, 30)
tell(point.problem, point.joined, kept())
"""
    problem, after, [first, *others] = policy(firmware, tmp_path, source)
    assert problem == "There is no network of that name in reach. Only those with 2.4 GHz are seen."
    assert (after, first, others) == ("", HOME, [["", ""], ["", ""]])


def test_without_a_password_it_does_not_open(firmware, tmp_path):
    source = """
config.set({"wifi_access_point_password": None})
link, point = await board()
await run(link, point, 3)
tell(told, WLAN.is_open, WLAN.access_point)
"""
    told, is_open, options = policy(firmware, tmp_path, source)
    why = "it has no password: 'edgelet setup --access-point' gives it one"
    assert (texts(told), is_open, options) == ([f"Wi-Fi: the access point does not open: {why}"], False, None)


def test_a_network_that_cannot_be_joined_changes_nothing(firmware, tmp_path):
    source = """
config.set({"wifi_ssid": "work", "wifi_password": "battery staple"})
link, point = await board()
await run(link, point, 10)
problems = []
for name, password in (("home", "wrong horse"), ("hone", "correct horse")):
    point.join(name, password)
    await run(link, point, 30)
    problems.append((point.problem, point.wanted, point.trial, WLAN.is_open))
tell(problems, kept(), [text for _, _, text in told], sorted(set([name for _, name in Radio.tried[-20:]])))
"""
    problems, kept, told, tried = policy(firmware, tmp_path, source)
    assert problems == [
        ["The password is wrong.", "home", None, True],
        ["There is no network of that name in reach. Only those with 2.4 GHz are seen.", "hone", None, True],
    ]
    assert kept == [["work", "battery staple"], ["", ""], ["", ""]]
    assert "horse" not in str(told)
    assert [told.count(JOINING), told.count("Wi-Fi: cannot connect (wrong password)")] == [2, 1]
    assert "work" in tried


HOME = ["home", "correct horse"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [HOME, ["", ""], ["", ""]]),
        ([["home", "wrong horse"]], [HOME, ["", ""], ["", ""]]),
        ([["work", "battery staple"]], [["work", "battery staple"], HOME, ["", ""]]),
        ([["work", ""], ["phone", ""], ["inn", "rest in here"]], [["work", ""], ["phone", ""], HOME]),
    ],
)
def test_a_network_that_was_joined_is_kept_and_the_access_point_closes(firmware, tmp_path, before, after):
    source = f"""
for one, (name, password) in zip(radio.SSIDS, {before}):
    config.set({{one: name, radio.password_of(one): password or None}})
link, point = await board()
await run(link, point, 40)
point.join("home", "correct horse")
await run(link, point, 3)
joined = point.joined, point.joined_address(), point.problem, WLAN.is_open
await run(link, point, 20)
WLAN.in_reach = False
await run(link, point, 9)
tell(joined, kept(), [text for _, _, text in told], [name for _, name in Radio.tried[-1:]])
"""
    joined, kept, told, [tried] = policy(firmware, tmp_path, source)
    assert joined == ["home", "192.0.2.7", "", True]
    assert kept == after
    assert told.index(UP) < told.index(CLOSED)
    assert tried in [name for name, _ in after]


def test_one_that_cannot_be_kept_says_so_and_serves(firmware, tmp_path):
    source = """
link, point = await board()
await run(link, point, 3)
with open(sys.argv[2] + "/secrets.json", "w") as file:
    file.write("{")
point.join("home", "correct horse")
await run(link, point, 3)
problem = point.problem
await run(link, point, 20)
tell(problem, link.state, [text for _, _, text in told])
"""
    problem, state, told = policy(firmware, tmp_path, source)
    assert problem.startswith("It could not be kept, and will be forgotten when the board restarts: ")
    assert (state, told[-1]) == ("up", CLOSED)
    assert "horse" not in problem + str(told)


def test_a_board_that_has_none_carries_nothing_of_it(firmware):
    source = "import json, sys\nsys.path.append(sys.argv[1])\nfrom edgelet import runtime, startup\n"
    source += "print(json.dumps(sorted([name for name in sys.modules if name.startswith('edgelet.board.')])))"
    loaded = json.loads(run_on_device(firmware, source, ROOT / "tests" / "support" / "board"))
    assert loaded == [f"edgelet.board.{name}" for name in ("network", "ntp", "safemode", "watchdog")]


SEARCH = """
import json, sys
%s
from edgelet.board import scan
class Wlan:
    def scan(self):
        return [(b"one", b"", 6, -70, 3, 1), (b"two", b"", 6, -60, 0, 1)]
search = scan.Scan(Wlan)
search.begin()
first = search.networks()
%s
print(json.dumps([first, search.networks()]))
"""
THREAD = """
class Thread:
    waiting = []
    def start_new_thread(function, args):
        Thread.waiting.append(function)
sys.modules["_thread"] = Thread
Wlan = None
"""


def test_a_search_waits_for_nobody(firmware):
    # An ESP32 searches in a thread of its own.
    source = SEARCH.replace("scan.Scan(Wlan)", "scan.Scan(Wlan())") % (THREAD, "Thread.waiting.pop()()")
    assert json.loads(run_on_device(firmware, source)) == [None, [["two", -60, False], ["one", -70, True]]]


def test_the_strongest_sixteen_are_told(firmware):
    heard = [(str(i).encode(), b"", 6, -90 + i, 3, 1) for i in range(17)]
    source = SEARCH.replace("scan.Scan(Wlan)", "scan.Scan(Wlan())") % (THREAD, "Thread.waiting.pop()()")
    for count in (16, 17):
        found = re.sub(r"return \[.*\]", f"return {heard[:count]}", source)
        told = json.loads(run_on_device(firmware, found))[1]
        assert [one[0] for one in told] == [str(i) for i in range(count - 1, count - 17, -1)]


@pytest.fixture(scope="module")
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def board(firmware, tmp_path_factory, port):
    """A board whose access point is open, as its owner has set it up."""
    folder = tmp_path_factory.mktemp("board")
    program = as_board(firmware, folder, "wifi_board.py", DNS_PORT=str(port))
    (folder / "device").mkdir()
    (folder / "device" / "secrets.json").write_text(json.dumps({"wifi_access_point_password": [PASSWORD, 7]}))
    with local_device(program, folder, wifi_access_point=True) as local:
        page = Page(local.address[1])
        wait_until(page.has_form)
        yield Cli(folder, local.port), page


class Page:
    """The access point's page, for a client at `source`."""

    def __init__(self, port, source="127.0.0.1"):
        self.port = port
        self.source = source
        self.home = f"http://127.0.0.1:{port}/"

    def ask(self, method, path="/", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, source_address=(self.source, 0))
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def get(self, path="/", **headers):
        return self.ask("GET", path, **headers)

    def has_form(self):
        return "<form" in self.get()[2]

    def token(self):
        return re.search('name="token" value="([0-9a-f]{32})"', self.get()[2])[1]

    def send(self, path="/", **fields):
        form = urlencode({"token": self.token()} | fields)
        return self.ask("POST", path, form, Content_Type="application/x-www-form-urlencoded")


def test_the_page_shows_what_was_found_and_nothing_of_it_is_markup(board):
    status, headers, text = board[1].get()
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert re.findall('name="ssid" value="([^"]*)"', text) == ["home", "café &lt;b&gt;&quot;&#39;&amp;", "far", ""]
    assert re.findall("<small>(.*?)</small>", text)[:3] == ["strong", "good, no password", "weak"]
    assert "script" not in text
    assert PASSWORD not in text


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("connectivitycheck.gstatic.com", "/generate_204"),
        ("captive.apple.com", "/hotspot-detect.html"),
        ("www.msftconnecttest.com", "/connecttest.txt"),
        ("detectportal.firefox.com", "/canonical.html"),
        (None, "/generate_204"),
        ("rebound.example", "/"),
    ],
)
def test_whatever_a_phone_asks_for_leads_to_the_page(board, host, path):
    _, page = board
    status, headers, text = page.get(path, **({"Host": host} if host else {}))
    assert (status, headers["location"], text) == (302, page.home, "")


FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ssid": ""}, "The name of a network has 1 to 32 bytes: choose one, or type it."),
        ({"ssid": "x" * 33}, "The name of a network has 1 to 32 bytes"),
        ({"other": "é" * 17}, "The name of a network has 1 to 32 bytes"),
        ({"ssid": "a\nb"}, "The name of a network has no control characters here."),
        ({"ssid": "home", "password": "short67"}, "A password has 8 to 63 characters, or is a key of 64 hex digits."),
        ({"ssid": "home", "password": "x" * 64}, "A password has 8 to 63 characters, or is a key of 64 hex digits."),
        ({"ssid": "home", "password": "1234567\0"}, "A password has no NUL character."),
    ],
)
def test_what_can_be_no_network_is_refused_with_a_sentence(board, fields, said):
    status, _, text = board[1].send(**fields)
    assert status == 400
    assert f'<p role="alert">{said}' in text
    if fields.get("password"):
        assert fields["password"] not in text


KEY = "0123456789abcdefABCDEF" + "0" * 42


def test_what_can_be_a_network_is_taken(firmware):
    taken = [["x" * 32, ""], ["é" * 16, "x" * 8], ["home", "x" * 63], ["home", KEY]]
    source = "import json\nfrom edgelet.board import portal\nprint(json.dumps([portal.checked(*one) for one in %r]))"
    assert json.loads(run_on_device(firmware, source % taken)) == taken


def test_only_the_page_itself_can_send_its_form(board):
    cli, page = board
    form = urlencode({"token": page.token(), "ssid": "home", "password": "correct horse"})
    old = urlencode({"token": "0" * 32, "ssid": "home", "password": "correct horse"})
    refused = [
        (403, "/", old, FORM),
        (403, "/", "ssid=home", FORM),
        (404, "/elsewhere", form, FORM),
        (405, "/", form, FORM | {"Host": "rebound.example"}),
        (413, "/", old + "&x=" + "y" * (1024 - len(old) - 2), FORM),
        (403, "/", old + "&x=" + "y" * (1024 - len(old) - 3), FORM),
        (415, "/", form, {"Content_Type": "text/plain"}),
        (415, "/", form, {}),
        (400, "/", form + "&ssid=far", FORM),
        (400, "/", form + "&x=%zz", FORM),
        (400, "/", form + "&x=%ff", FORM),
    ]
    for expected, path, body, headers in refused:
        status, _, text = page.ask("POST", path, body, **headers)
        assert status == expected
        assert "horse" not in text
        assert re.search(r"[A-Z][^<>]*\.", text)
    assert page.ask("PUT", "/", form)[0] == 405
    # Whoever is not in its network gets the device's own pages.
    stranger = Page(page.port, "127.0.1.1")
    assert stranger.get()[0] == stranger.ask("POST", "/", form, **FORM)[0] == 404
    assert json.loads(stranger.get("/healthz")[2])["status"] == "ok"
    assert cli.run("status", "--json").json()["link"]["state"] == "no_network_is_set"


def test_every_name_has_the_address_of_the_board(board, port):
    def asked(kind, name=b"\x07captive\x05apple\x03com\0", flags=0x0100, count=1):
        question = name + struct.pack("!HH", kind, 1)
        client.send(struct.pack("!6H", 7, flags, count, 0, 0, 0) + question)
        answer = client.recv(512)
        assert answer[12 : 12 + len(question)] == question
        return struct.unpack("!6H", answer[:12]), answer[12 + len(question) :]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        # What is no question is not answered: the answers below are those of what comes after it.
        for wrong in (
            b"",
            b"x" * 11,
            bytes(600),
            struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0),
            b"\0\7\1\0\0\1" + bytes(6),
        ):
            client.send(wrong)
        client.send(struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1")
        assert asked(1) == ((7, 0x8580, 1, 1, 0, 0), b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1")
        assert asked(28) == ((7, 0x8580, 1, 0, 0, 0), b"")
        assert asked(1, b"\0")[0][3] == 1


def test_a_search_is_asked_for_by_the_page(board):
    cli, page = board
    with connect(cli.device) as device:
        device.execute("import wifiscan\nwifiscan.state['looks'] = 1\nwifiscan.heard.append((b'new', -50, 4))")
    assert page.send("/search")[0] == 303
    looking = page.get()[2]
    assert "Looking for networks." in looking
    assert 'http-equiv="refresh" content="2"' in looking
    wait_until(lambda: 'value="new" checked' in page.get()[2])
    # For the others it is as it was.
    with connect(cli.device) as device:
        device.execute("wifiscan.heard.pop()")
    assert page.send("/search")[0] == 303
    wait_until(page.has_form)
    assert 'value="new"' not in page.get()[2]


@pytest.mark.slow
def test_a_network_is_joined_by_the_page_alone(firmware, tmp_path):
    (tmp_path / "device").mkdir()
    (tmp_path / "device" / "secrets.json").write_text(json.dumps({"wifi_access_point_password": [PASSWORD, 7]}))
    program = as_board(firmware, tmp_path, "wifi_board.py", DNS_PORT=str(free_port()))
    with local_device(program, tmp_path, wifi_access_point=True) as local:
        cli, page = Cli(tmp_path, local.port), Page(local.address[1])
        wait_until(page.has_form)
        assert "access point edgelet-3f2a" in cli.ok("status")
        assert "its access point edgelet-3f2a is open" in cli.run("doctor").out
        assert page.send(ssid="home", password="wrong horse")[0] == 303
        assert "Joining home." in page.get()[2]
        wait_until(lambda: "The password is wrong." in page.get()[2])
        # What was typed counts, whatever is marked; and a name in reach is marked the next time.
        assert page.send(ssid="far", other="home", password="correct horse")[:2][1]["location"] == page.home
        wait_until(lambda: "edgelet-3f2a has joined home" in page.get()[2])
        told = page.get()[2]
        assert "http://192.0.2.7" in told
        assert "http://edgelet.local" in told
        assert page.ask("POST", "/", "token=x", **FORM)[0] == 403
        wait_until(lambda: page.get()[0] == 404)
        status = cli.run("status", "--json").json()
        assert (status["link"]["state"], status["access_point"]["is_open"]) == ("up", False)
        settings = (tmp_path / "device" / "settings.json").read_text()
        assert json.loads(settings)["wifi_ssid"] == "home"
        log = (tmp_path / "device.log").read_text() + cli.ok("logs") + "".join(cli.everything)
        for secret in ("horse", PASSWORD):
            assert secret not in log
