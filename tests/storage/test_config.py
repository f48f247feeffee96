"""Settings, variables and secrets: what is kept, what is refused, and that no secret leaks."""

import json

import pytest
from storage_helpers import Device, DeviceError, run

NOW = 1800000000
CANARY = "c4n4ry-5ecret"
DAMAGED = "is damaged: 'edgelet doctor --repair' moves it aside, then set its values again"


@pytest.fixture
def device(firmware, tmp_path):
    with Device(firmware, heap="128M") as device:  # as the device's own, which bounds some settings
        device("root = {}", str(tmp_path / "data"))
        device("from edgelet.storage import files")
        device("from edgelet.storage.config import Config, setting_names")
        device("files.make_folder(root)")
        restart(device)
        yield device


def restart(device):
    device("config = Config(root, lambda: {})", NOW)


@pytest.mark.parametrize("system", ["littlefs", "linux"])
@pytest.mark.parametrize("change", ["vars", "secrets", "settings"])
def test_power_cut_at_every_write_leaves_the_old_or_the_new_values(firmware, change, system):
    assert run(firmware, "kv_cut.py", change, system)["undone"] > 0


def test_settings_have_defaults_and_are_kept(device):
    assert device("config.settings['hostname']") == "edgelet"
    device("config.set({})", {"hostname": "pico", "wifi_power_save": False, "queue_ms": 0, "url": 1000})
    restart(device)
    assert device("config.settings['hostname'], config.settings['wifi_power_save']") == ("pico", False)
    assert device("config.settings.server_limits().url, config.settings.server_limits().head") == (1000, 16384)
    device("config.set({})", {"hostname": None, "queue_ms": None})
    restart(device)
    assert device("config.settings.changed()") == {"wifi_power_save": False, "url": 1000}
    assert device("config.settings.all() == {name: config.settings[name] for name in setting_names()}")
    assert device("config.settings['queue_ms']") == 2000


def test_every_default_is_valid(device):
    device("config.set({name: config.settings[name] for name in setting_names()})")
    assert device("len(config.settings.changed()) == len(setting_names()) > 30")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hostnme": "x"}, "there is no setting hostnme; there are: arena_bytes, background_ms, body"),
        ({"hostnme": None}, "there is no setting hostnme"),
        ({"hostname": ""}, "setting hostname must be text of 1 to 32 bytes"),
        ({"hostname": 7}, "setting hostname must be text of 1 to 32 bytes"),
        ({"hostname": "a\nb"}, "setting hostname must not have control characters"),
        ({"wifi_address": "192.0.2.7"}, "setting wifi_address must be an address with its network's bits"),
        ({"wifi_address": "192.0.2.7/24 192.0.3.1"}, "setting wifi_address must be"),
        ({"wifi_address": "192.0.2.7/24 192.0.2.7"}, "setting wifi_address must be"),
        ({"wifi_address": "192.0.2.7/33 192.0.2.1"}, "setting wifi_address must be"),
        ({"wifi_address": "192.0.2.7/24 192.0.2.1 dns"}, "setting wifi_address must be"),
        ({"wifi_country": "D"}, "setting wifi_country must be a country's two capital letters"),
        ({"wifi_country": "de"}, "setting wifi_country must be a country's two capital letters"),
        ({"wifi_country": "ZZ"}, "setting wifi_country must be a country's two capital letters"),
        ({"hostname": "my pico"}, "setting hostname must be letters, digits and inner hyphens"),
        ({"hostname": "pico.local"}, "setting hostname must be letters, digits and inner hyphens"),
        ({"hostname": "-pico"}, "setting hostname must be letters, digits and inner hyphens"),
        ({"time_server": "pool ntp"}, "setting time_server must be a host name or an IP address"),
        ({"time_server": "ntp..org"}, "setting time_server must be a host name or an IP address"),
        ({"proxies": "10.0.0.1, proxy.local"}, "setting proxies must be IP addresses, with commas between them"),
        ({"wifi_country": "4E"}, "setting wifi_country must be a country's two capital letters"),
        ({"watchdog": 1}, "setting watchdog must be true or false"),
        ({"queue_ms": True}, "setting queue_ms must be a whole number from 0 to 60000"),
        ({"queue_ms": 60001}, "setting queue_ms must be a whole number from 0 to 60000"),
        ({"connections": "many"}, "setting connections must be a whole number from 1 to 8000"),
        ({"url": 9000, "head": 8000}, "limit url must be less than limit head"),
        ({"admin_secret": "short"}, "admin_secret must be text of 16 to 128 bytes"),
    ],
)
def test_bad_settings_are_refused_and_change_nothing(device, changes, message):
    with pytest.raises(DeviceError) as refusal:
        device("config.set({})", {"drain_ms": 1, **changes})
    assert (refusal.value.type, refusal.value.message.startswith(message)) == ("ValueError", True)
    restart(device)
    assert device("config.settings.changed()") == {}
    assert device("config.device_secrets()") == []


def test_device_starts_with_bad_settings(device, tmp_path):
    path = tmp_path / "data" / "settings.json"
    path.write_text(json.dumps({"hostname": "pico", "from_another_firmware": 1, "queue_ms": "soon"}))
    restart(device)
    assert device("config.settings['hostname'], config.settings['queue_ms']") == ("pico", 2000)
    first, second = sorted(device("config.settings.problems"))
    assert first.startswith("setting queue_ms must be a whole number")
    assert second.startswith("there is no setting from_another_firmware")
    path.write_text('{"hostname": ')
    restart(device)
    assert device("config.settings['hostname']") == "edgelet"
    assert device("config.settings.problems") == [
        f"{path} is damaged: 'edgelet doctor --repair' moves it aside, then set its values again"
    ]
    device("config.set({})", {"hostname": "again"})
    restart(device)
    assert device("config.settings['hostname'], config.settings.problems") == ("again", [])


def test_environment_is_variables_and_secrets(device):
    device("config.set_vars('hello', {})", {"A": "set", "B": ""})
    device("config.set_secrets('hello', {})", {"S": "secret", "T": "ü€\n"})
    restart(device)
    assert device("config.env('hello', {})", {"A": "default", "D": "default"}) == {
        "A": "set",
        "B": "",
        "D": "default",
        "S": "secret",
        "T": "ü€\n",
    }
    device("config.set_vars('hello', {})", {"A": None, "NONE": None})
    device("config.set_secrets('hello', {})", {"S": None})
    assert device("config.env('hello')") == {"B": "", "T": "ü€\n"}
    assert device("config.env('other')") == {}


def test_version_changes_with_every_change(device):
    seen = set()
    for change in (
        "pass",
        "config.set_vars('hello', {'A': '1'})",
        "config.set_vars('hello', {'A': '2'})",
        "config.set_secrets('hello', {'S': '1'})",
        "config.set_vars('hello', {'A': None})",
    ):
        device(change)
        seen.add(device("config.version('hello')"))
        assert device("config.version('hello') == Config(root, lambda: 0).version('hello')")
    assert len(seen) == 5
    device("config.set_vars('other', {'A': '1'})")
    assert device("config.version('hello')") in seen


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("set_vars('hello', {'A-B': 'x'})", "name 'A-B': use 1 to 64 letters, digits and underscores"),
        ("set_vars('hello', {'A': 'x' * 4097})", "A must be text of 0 to 4096 bytes"),
        ("set_vars('hello', {'A': 1})", "A must be text of 0 to 4096 bytes"),
        ("set_vars('hello', {'A': 'a\\0b'})", "A must not have a NUL character"),
        ("set_vars('../hello', {'A': 'x'})", "function name '../hello'"),
        ("set_vars('hello', {c * 8: 'x' * 4000 for c in 'ABCDE'})", "too much for function hello: at most 16384 bytes"),
        ("set_secrets('hello', {c * 8: 'x' * 4000 for c in 'ABCDE'})", "too much for function hello: at most 16384"),
        ("set_secrets('hello', {'VAR': 'x'})", "VAR is a variable of function hello: remove that first"),
        ("set_vars('hello', {'KEY': 'x'})", "KEY is a secret of function hello: remove that first"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(device, call, message):
    device("config.set_vars('hello', {'VAR': '1'})")
    device("config.set_secrets('hello', {'KEY': '2'})")
    with pytest.raises(DeviceError) as refusal:
        device("config." + call)
    assert (refusal.value.type, refusal.value.message.startswith(message)) == ("ValueError", True)
    assert device("config.env('hello')") == {"VAR": "1", "KEY": "2"}


def test_total_counts_what_is_already_there(device):
    for name in "ABCD":
        device("config.set_secrets('hello', {{{}: 'x' * 4000}})", name)
    device("config.set_secrets('hello', {'A': 'y' * 4000})")
    with pytest.raises(DeviceError, match="too much"):
        device("config.set_secrets('hello', {'E': 'x' * 400})")


def test_lines_of_all_secrets_are_bounded(device):
    device("config.set_secrets('hello', {{'A': {}, 'B': 'x'}})", "line\n" * 254)
    with pytest.raises(DeviceError, match="the secrets of function hello have more than 256 lines"):
        device("config.set_secrets('hello', {'C': 'x'})")
    device("config.set_secrets('hello', {'B': 'y'})")


def test_secrets_are_listed_by_name_and_time_only(device):
    device("config.set_secrets('hello', {})", {"S": CANARY, "A": CANARY})
    device("config.set({})", {"admin_secret": CANARY + "-long-enough"})
    assert device("config.secrets('hello')") == [("A", NOW), ("S", NOW)]
    assert device("config.device_secrets()") == [("admin_secret", NOW)]
    assert device("config.device_secret('admin_secret')") == CANARY + "-long-enough"
    assert device("config.device_secret('wifi_password')") == ""
    device("config.set({})", {"admin_secret": None})
    assert device("config.device_secrets()") == []


def test_an_access_point_has_a_password_that_wpa_takes(device):
    name = "wifi_access_point_password"
    for wrong in ({}, {name: "x" * 7}, {name: "x" * 64}, {name: None}):
        with pytest.raises(DeviceError, match="wifi_access_point"):
            device("config.set({})", {"wifi_access_point": True} | wrong)
    for right in ("x" * 8, "x" * 63):
        device("config.set({})", {"wifi_access_point": True, name: right})
    device("config.set({})", {"wifi_access_point": False, name: None})


@pytest.mark.parametrize("name", ["wifi_password", "wifi_password_2", "wifi_password_3"])
def test_a_network_has_a_password_that_wpa_takes(device, name):
    for wrong in ("x" * 7, "x" * 64, "0" * 63 + "g", "0" * 65, "é" * 32):
        with pytest.raises(DeviceError, match=f"{name} must be"):
            device("config.set({})", {name: wrong})
    for right in ("x" * 8, "x" * 63, "é" * 31, "0123456789abcdefABCDEF" + "0" * 42):
        device("config.set({})", {name: right})
        assert device(f"config.device_secret({name!r})") == right


def test_secrets_are_in_their_own_files_and_in_no_message(device, tmp_path):
    device("config.set_secrets('hello', {})", {"S": CANARY})
    device("config.set({})", {"wifi_password": CANARY, "hostname": "pico"})
    device("config.set_vars('hello', {})", {"V": "plain"})
    shown = [device("repr(config), repr(config.settings), str(config.settings.changed()), config.version('hello')")]
    for call, argument in (
        ("config.set_secrets('hello', {})", {"S": CANARY * 500}),
        ("config.set_secrets('hello', {})", {"S": CANARY + "\0"}),
        ("config.set_secrets('hello', {})", {"V": CANARY}),
        ("config.set({})", {"admin_secret": CANARY}),
        ("config.set({})", {"admin_secret": CANARY * 50}),
    ):
        with pytest.raises(DeviceError) as refusal:
            device(call, argument)
        shown.append(str(refusal.value))
    folder = tmp_path / "data"
    for path in (folder / "secrets.json", folder / "secrets" / "hello.json"):
        path.write_text(path.read_text()[:-2])
    for call in ("config.env('hello')", "config.secrets('hello')", "config.device_secret('wifi_password')"):
        with pytest.raises(DeviceError, match=DAMAGED) as refusal:
            device(call)
        shown.append(str(refusal.value))
    assert CANARY not in str(shown)
    holders = {str(path.relative_to(folder)) for path in folder.rglob("*.json") if CANARY in path.read_text()}
    assert holders == {"secrets.json", "secrets/hello.json"}


def test_start_removes_copies_that_a_power_cut_left(device, tmp_path):
    device("config.set_secrets('hello', {})", {"S": "new"})
    left = [tmp_path / "data" / name for name in ("secrets.json~", "secrets/hello.json~", "settings.json~")]
    for path in left:
        path.write_text(CANARY)
    restart(device)
    assert not any(path.exists() for path in left)
    assert device("config.env('hello')") == {"S": "new"}


def test_forgotten_function_leaves_nothing(device, tmp_path):
    device("config.set_secrets('hello', {})", {"S": CANARY})
    device("config.set_vars('hello', {})", {"V": "x"})
    device("config.forget('hello')")
    device("config.forget('hello')")
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []
