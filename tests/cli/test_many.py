"""A class's boards: names that go with them, groups, and commands for all of them, some of which fail.

25 played boards with the real runtime, which the system lists as it lists those at USB.
"""

import json
import os
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from classroom import ClassCli, classroom
from cli_helpers import Cli, greeting
from device_helpers import write_project
from edgelet_host.device.known import Known, change_names, nameless, read_names
from edgelet_host.device.roster import Row, _remember, parse
from edgelet_host.device.targets import Target
from edgelet_host.errors import EdgeletError
from flash_helpers import INFO, make_uf2
from waiting import wait_until

CANARY = "canary-in-a-table"
HANGS = "no MicroPython answers within 5 s"

pytestmark = pytest.mark.xdist_group("class")


@pytest.fixture(scope="module")
def room(firmware, tmp_path_factory):
    """The computer of a class, and its 25 boards."""
    with classroom(firmware, tmp_path_factory.mktemp("class"), 25) as (cli, boards):
        (cli.folder / "class.csv").write_text(table(boards))
        yield cli, boards


def table(boards) -> str:
    lines = [f"{one.serial},{one.name},class1,{one.name},{CANARY}-{one.name}" for one in boards]
    return "\n".join(["device,name,group,hostname,admin_secret", *lines, ""])


def failures(done) -> list[str]:
    """The lines that tell of failures, sorted."""
    lines = done.err[done.err.index("Error: ") :].removeprefix("Error: ").splitlines()
    return sorted(line for line in lines if line)


def results(done) -> dict[str, str]:
    """Device -> done or failed, of the table."""
    rows = [line.split("\t") for line in done.out.splitlines() if "\t" in line]
    assert rows[0] == ["DEVICE", "RESULT", "DETAILS"]
    return {row[0]: row[1] for row in rows[1:]}


@pytest.mark.slow
def test_a_class_is_set_up_by_a_table_and_three_boards_fail(room):
    cli, boards = room
    (cli.folder / "config" / "edgelet" / "devices.json").unlink(missing_ok=True)
    # No row for the 25th, the 24th is at home, the 23rd hangs.
    (cli.folder / "most.csv").write_text(table(boards[:24]))
    boards[23].unplug()
    with boards[22].hanging():
        done = cli.run("setup", "--all", "--csv", "most.csv", "--set", "time_server=192.0.2.1")
    boards[23].plug("ttyACM240")
    assert done.status == 1
    assert [line.partition(":")[0] for line in failures(done)] == sorted(
        [str(boards[24].port), boards[23].serial, "board23"]
    )
    told = dict(line.split(": ", 1) for line in failures(done))
    assert told[boards[23].serial] == "it is not connected"
    assert HANGS in told["board23"]
    number = f"(serial number {boards[24].serial})"
    assert told[str(boards[24].port)] == f"no line of the table is for it {number}, so it stays as it was"
    assert [name for name, result in results(done).items() if result == "done"] == [one.name for one in boards[:22]]
    assert len(done.err.splitlines()) == 25 + 3
    for one in (boards[0], boards[21]):
        assert cli.run("status", "--json", "--device", one.name).json()["hostname"] == one.name
    # Once more with all: who is set up already is set up again.
    again = cli.run("setup", "--all", "--csv", "class.csv", "--json").json()
    assert [(one["device"], one["hostname"]) for one in again] == [(one.name, one.name) for one in boards]
    assert {one["settings"] for one in again} == {2}
    assert CANARY not in "".join(cli.everything)
    assert CANARY.encode() in boards[22].chip.read_bytes()


@pytest.fixture
def named(room):
    """The boards with names, in their group."""
    cli, boards = room
    if not (cli.folder / "config" / "edgelet" / "devices.json").exists():
        cli.ok("setup", "--all", "--csv", "class.csv")
    return cli, boards


@pytest.mark.slow
def test_names_go_with_the_boards_to_other_ports(named):
    cli, boards = named
    watched = subprocess.Popen(
        cli.command("devices", "--watch", "--json"), env=cli.environment(), stdout=subprocess.PIPE, text=True
    )
    with watched:
        seen = [json.loads(watched.stdout.readline()) for _ in boards]
        assert {one["name"] for one in seen} == {one.name for one in boards}
        places = {one.name: str(one.port) for one in boards}
        for one in boards:
            one.unplug()
        gone = [json.loads(watched.stdout.readline()) for _ in boards]
        assert {one["name"]: one["port"] for one in gone if not one["there"]} == places
        # Each takes the place of the next.
        for one, port in zip(boards, [*list(places.values())[1:], places["board01"]], strict=True):
            one.plug(port.rpartition("/")[2])
        come = [json.loads(watched.stdout.readline()) for _ in boards]
        assert {one["name"]: one["port"] for one in come if one["there"]} == {one.name: str(one.port) for one in boards}
        watched.send_signal(signal.SIGINT)
        watched.communicate()
    listed = {one["name"]: one for one in cli.run("devices", "--json").json()}
    for one in boards:
        assert (listed[one.name]["port"], listed[one.name]["serial"]) == (str(one.port), one.serial)
        assert listed[one.name]["groups"] == ["class1"]
    for one in (boards[0], boards[24]):
        assert cli.run("status", "--json", "--device", one.name).json()["hostname"] == one.name
    assert cli.run("status", "--json", "--device", boards[7].serial.upper()).json()["hostname"] == "board08"


@pytest.mark.slow
def test_a_project_comes_to_a_group_and_three_boards_fail(named):
    cli, boards = named
    before = cli.ok("list", "--device", "board05")
    source = "export default { fetch: () => new Response('mine') }"
    lesson = write_project(cli.folder / "lesson", "lesson", {"main.js": source}, route="/lesson", secrets=["KEY"])
    taken = write_project(cli.folder / "taken", "taken", {"main.js": source}, route="/lesson")
    for name in ("board03", "board07"):
        cli.ok("deploy", taken, "--device", name)
    boards[4].unplug()
    done = cli.run("deploy", lesson, "--group", "class1")
    shown = cli.terminal("deploy", lesson, "--group", "class1")
    told = cli.run("deploy", lesson, "--group", "class1", "--json")
    asked = cli.run("deploy", lesson, "--group", "class1", "--dry-run")
    boards[4].plug("ttyACM5")
    failed = ["board03", "board05", "board07"]
    rest = [one.name for one in boards if one.name not in failed]
    for one in (done, asked):
        assert one.status == 1
        lines = dict(line.split(": ", 1) for line in failures(one))
        assert list(lines) == failed
        assert lines["board03"] == lines["board07"]
        assert lines["board03"].startswith("route /lesson belongs to function taken")
        assert lines["board05"] == "it is not connected"
    found = results(done)
    assert [name for name, result in found.items() if result == "failed"] == failed
    assert [name for name, result in found.items() if result == "done"] == rest
    assert f"secret KEY is not set on {', '.join(rest)}: " in done.err
    assert shown.status == told.status == 1
    assert "of 25 devices" in shown.out
    assert [one["device"] for one in json.loads(told.out) if "error" in one] == failed
    assert cli.ok("list", "--device", "board05") == before
    assert cli.ok("invoke", "lesson", "--path", "/lesson", "--device", "board25") == "mine\n"


@pytest.mark.slow
def test_a_board_that_is_pulled_out_keeps_no_other_from_its_release(named):
    cli, boards = named
    source = "export default { fetch: () => new Response('large') }"
    project = write_project(
        cli.folder / "large", "large", {"main.js": source}, route="/large", static={"folder": "public"}
    )
    (project / "public").mkdir()
    content = os.urandom(60_000)
    (project / "public" / "photo.bin").write_bytes(content)
    cli.ok("devices", "group", "board10", "board11", "board12", "row3")
    deploying = subprocess.Popen(
        cli.command("deploy", project, "--group", "row3"),
        env=cli.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with deploying:
        wait_until(lambda: content[:64] in boards[10].chip.read_bytes())
        boards[10].unplug()
        out, err = deploying.communicate()
    boards[10].plug("ttyACM110")
    assert deploying.returncode == 1
    assert [line.split("\t")[:2] for line in out.splitlines()[2:]] == [
        ["board10", "done"],
        ["board11", "failed"],
        ["board12", "done"],
    ]
    assert re.search(r"^Error: board11: .*lost the connection to the device", err, re.MULTILINE)
    assert "large" not in cli.ok("list", "--device", "board11").split()
    cli.ok("deploy", project, "--group", "row3")
    assert "large" in cli.ok("list", "--device", "board11").split()
    cli.ok("devices", "group", "--leave", "board10", "board11", "board12", "row3")


@pytest.mark.slow
def test_all_boards_are_flashed_and_three_fail(named, firmware, tmp_path):
    cli, boards = named
    content = os.urandom(70_000)
    image = make_uf2(tmp_path / "lesson.uf2", content)
    cli.ok("deploy", greeting(cli.folder, "kept"), "--all")
    # Some are in BOOTSEL mode, as new ones are: one of them has another chip. One keeps nothing, one is pulled out.
    bootsel = boards[20:24]
    for one in bootsel:
        one.unplug()
        one.plug(f"ttyACM{one.name}", in_bootsel=True)
    (boards[23].volume / "INFO_UF2.TXT").write_text(INFO.replace("RPI-RP2", "RP2350"))
    boards[24].forgets_what_it_is_sent()
    boards[6].unplug()
    boards[6].list(True)
    done = cli.run("flash", "--all", "--image", image, "--json")
    boards[6].plug("ttyACM7")
    assert done.status == 1
    told = dict(line.split(": ", 1) for line in failures(done))
    assert sorted(told) == sorted(["board07", "board25", str(boards[23].volume)]), told
    assert told["board07"].startswith("there is no ")
    assert "has an RP2350, and this firmware is for RP2040" in told[str(boards[23].volume)]
    assert "the board's flash differs from the firmware at 0x10000000" in told["board25"]
    failed = (boards[6], boards[23], boards[24])
    for one in boards:
        assert (one.chip.read_bytes()[: len(content)] == content) == (one not in failed), one.name
    for one in failed[1:]:
        one.unplug()
        one.plug(f"ttyACM{one.name}")
    assert cli.ok("list", "--device", "board21").split() == cli.ok("list", "--device", "board22").split()
    listed = {one["device"]: one for one in json.loads(done.out)}
    assert {name for name, one in listed.items() if "error" in one} == set(told)
    assert len({one["sha256"] for one in listed.values() if "error" not in one}) == 1
    assert "kept" in cli.ok("list", "--device", "board08").split()


@pytest.mark.slow
def test_a_board_without_a_number_of_its_own_is_known_by_its_port(firmware, tmp_path):
    with classroom(firmware, tmp_path, 2) as (cli, boards):
        for one in boards:
            one.serial = "0001"
            one.list(True)
        for one in boards:
            cli.ok("devices", "name", one.port, one.name)
        kept = json.loads((tmp_path / "config" / "edgelet" / "devices.json").read_text())
        assert kept == {one.name: str(one.port) for one in boards}
        # One alone has the number to itself.
        boards[0].unplug()
        assert "serial number 0001" in cli.ok("devices", "name", boards[1].port, "alone")
        assert "is not connected" not in cli.ok("status", "--device", "alone")
        boards[0].plug("ttyACM7")
        assert "no board with the serial number 0001 is connected, or several are" in cli.fails(
            "status", "--device", "alone"
        )


def made_port(folder, number):
    """A port that is there, with no board."""
    port = folder / f"port{number}"
    port.touch()
    return port


@pytest.mark.slow
def test_groups_are_joined_and_left(tmp_path):
    cli = Cli(tmp_path)
    for number in ("1", "2"):
        cli.ok("devices", "name", made_port(tmp_path, number), f"board{number}")
    cli.ok("devices", "name", "192.0.2.1", "far")
    project = greeting(tmp_path, "lesson")
    assert "there are none yet" in cli.fails("deploy", project, "--group", "class1")
    cli.ok("devices", "group", "board1", "board2", "class1")
    cli.ok("devices", "group", "board2", "class2")
    # Another name for the same device, and another device of that name.
    (tmp_path / "port2").unlink()
    cli.ok("devices", "name", tmp_path / "port2", "renamed")
    listed = {one["name"]: one["groups"] for one in cli.run("devices", "--json").json()}
    assert listed == {"board1": ["class1"], "renamed": ["class1", "class2"], "far": []}
    cli.ok("devices", "group", "--leave", "renamed", "class1")
    assert "renamed\tnamed\tnot connected\t\tclass2" in cli.ok("devices")
    assert "renamed is not in group class1" in cli.fails("devices", "group", "--leave", "renamed", "class1")
    assert "no device is named board2" in cli.fails("devices", "group", "board2", "class1")
    assert "groups are for devices at a console" in cli.fails("devices", "group", "far", "class1")
    assert "a group has no blanks" in cli.fails("devices", "group", "board1", "a b")
    cli.ok("devices", "forget", "renamed")
    assert "(there are: class1)" in cli.fails("deploy", project, "--group", "class2")


def test_names_that_an_earlier_version_kept_are_read(tmp_path):
    cli = Cli(tmp_path)
    kept = tmp_path / "config" / "edgelet" / "devices.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"kitchen": "/dev/ttyACM91"}')
    assert "there is no /dev/ttyACM91" in cli.fails("status", "--device", "kitchen")
    port = made_port(tmp_path, "2")
    cli.ok("devices", "name", port, "hall")
    assert json.loads(kept.read_text()) == {"hall": str(port), "kitchen": "/dev/ttyACM91"}
    for damaged in ("[]", "{", '{"a": 1}', '{"a": {}}', '{"a": {"serial": 1}}', '{"a": {"place": "/x", "groups": 1}}'):
        kept.write_text(damaged)
        assert "devices.json is damaged" in cli.fails("devices")


def test_a_name_that_another_device_has_is_told(tmp_path):
    cli = Cli(tmp_path)
    before, after = made_port(tmp_path, "1"), made_port(tmp_path, "2")
    cli.ok("devices", "name", before, "kitchen")
    assert cli.run("devices", "name", before, "kitchen").err == ""
    told = cli.run("devices", "name", after, "kitchen")
    assert told.err == f"kitchen was {before} until now, which has no name any more\n"
    assert cli.run("devices", "name", after, "hall").err == ""


def test_a_port_that_is_none_gets_no_name(tmp_path):
    cli = Cli(tmp_path)
    for place in ("/dev/ttyACM91", tmp_path / "port1"):
        assert f"there is no {place}. 'edgelet devices' lists" in cli.fails("devices", "name", place, "kitchen")
    assert cli.run("devices", "--json").json() == []


def test_boards_that_change_names_by_a_table_stay_in_their_groups(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    boards = [Target(f"/dev/ttyACM{n}", "", "board", serial=f"E66{n}") for n in (1, 2, 3)]
    before = {f"board0{n}": Known(f"E66{n}", groups=(f"class{n}",)) for n in (1, 2, 3)}
    change_names(lambda names: before)
    _remember([(boards[0], Row(2, "E661", "board02", "all", {})), (boards[1], Row(3, "E662", "board01", "", {}))])
    after = read_names()
    assert after == {
        "board01": Known("E662", groups=("class2",)),
        "board02": Known("E661", groups=("all", "class1")),
        "board03": Known("E663", groups=("class3",)),
    }
    assert nameless(before, after) == []
    _remember([(boards[1], Row(2, "E662", "board03", "", {}))])
    told = "board03 was the board with serial number E663 until now, which has no name any more"
    assert nameless(after, read_names()) == [told]


def test_names_that_are_given_at_once_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def give(number: int) -> None:
        for name in (f"board{number}-{n}" for n in range(10)):
            change_names(lambda names, name=name: names | {name: Known(f"serial of {name}")})

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(give, range(8))) == [None] * 8
    assert len(read_names()) == 80


HEAD = "device,name,group,hostname,watchdog,wifi_password"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: the first line names the columns"),
        (f"e661,board01,,{CANARY},,{CANARY}\n", ":1: the first line names the columns"),
        (f"device,{CANARY}\n", ":1: column 2 is none of device, name, group, "),
        ("device,name,name\n", ":1: there are two columns name"),
        (HEAD, "no board has a line here"),
        (f"{HEAD}\n\na,b,c,d,,{CANARY},e", ":3: the first line names 6 columns, and this one has 7"),
        (f"{HEAD}\na,b,c,d,,{CANARY}\n,b,c,d,,{CANARY}", ":3: column device is empty"),
        (f"{HEAD}\na,b c,c,d,,{CANARY}", ":2: column name takes one word"),
        (f"{HEAD}\na,b,c/d,d,,{CANARY}", ":2: column group takes one word"),
        (f"{HEAD}\na,b,c,under_score,,{CANARY}", ":2: setting hostname must be letters"),
        (f"{HEAD}\na,b,c,d,maybe,{CANARY}", ":2: setting watchdog must be true or false"),
        (f"{HEAD}\na,b,c,d,,canary", ":2: wifi_password must be text of 8 to 64 bytes"),
        (f"{HEAD}\na,b,c,d,,{CANARY}\nA,e,c,f,,", ":3: its device is that of line 2, too"),
        (f"{HEAD}\na,b,c,d,,{CANARY}\ne,b,c,f,,", ":3: its name is that of line 2, too"),
        (f"{HEAD}\na,b,c,d,,{CANARY}\ne,f,c,D,,", ":3: its hostname is that of line 2, too"),
        (f'{HEAD}\na,b,c,d,,"{CANARY}\ne,f,c,D,,', ":2: a quotation mark is not closed"),
        ("device,cpu_mhz\na,fast", ":2: setting cpu_mhz must be a whole number"),
    ],
)
def test_a_table_with_a_mistake_is_refused_with_its_line(text, message):
    with pytest.raises(EdgeletError) as refused:
        parse("class.csv", text)
    told = refused.value.message
    assert told.startswith(f"class.csv{message}") or message in told
    assert "canary" not in told


def test_nothing_of_a_table_with_a_mistake_shows(tmp_path):
    cli = Cli(tmp_path)
    (tmp_path / "class.csv").write_text(f"{HEAD}\na,b,c,d,,{CANARY}\na,b,c,d,,{CANARY}\n")
    assert (
        cli.fails("setup", "--all", "--csv", "class.csv") == "Error: class.csv:3: its device is that of line 2, too\n"
    )


def test_a_table_comes_as_spreadsheets_save_it(tmp_path):
    text = f'\ufeffdevice;name;watchdog;wifi_password\r\nE661;board01;TRUE;"a;""b"" {CANARY} "\r\n;;;\r\nE662;;;\r\n'
    first, second = parse("class.csv", text)
    assert (first.line, first.device, first.name) == (2, "E661", "board01")
    assert first.changes == {"watchdog": True, "wifi_password": f'a;"b" {CANARY} '}
    assert (second.line, second.device, second.name, second.changes) == (4, "E662", "", {})


def test_what_is_for_all_says_so(tmp_path):
    cli = Cli(tmp_path)
    (tmp_path / "class.csv").write_text("device\na\n")
    assert "nobody is asked for all devices" in cli.fails("setup", "--all")
    for command, message in (
        (["setup", "--csv", "class.csv"], "give --all, too"),
        (["setup", "--all", "--device", "a"], "--all and --device exclude each other"),
        (["flash", "--all", "--volume", "."], "--all and --volume exclude each other"),
        (["deploy", "--all", "--group", "a"], "--all and --group exclude each other"),
    ):
        done = cli.run(*command)
        assert (done.status, message in done.err) == (2, True), done


def test_without_a_board_there_is_nothing_to_flash(tmp_path):
    (tmp_path / "usb").mkdir()
    (tmp_path / "usb" / "mounts").touch()
    image = make_uf2(tmp_path / "x.uf2", b"x" * 300)
    assert "no board found" in ClassCli(tmp_path).fails("flash", "--all", "--image", image)
