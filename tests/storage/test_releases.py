"""Releases on flash: deploys, power cuts at every write, clean-up, and what is refused."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from storage_helpers import Device, DeviceError, run

ROOT = "/flash"
V1 = {"main.qjs": b"one", "public/index.html": b"<h1>one</h1>", "public/a.js": b"same"}
V2 = {**V1, "main.qjs": b"two", "public/index.html": b"<h1>two</h1>"}
V3 = {**V1, "main.qjs": b"three"}


@pytest.fixture(params=["littlefs", "linux"])
def device(request, firmware, tmp_path):
    """A device with an empty store, once on littlefs and once in a Linux folder."""
    with Device(firmware) as device:
        device("disk = Disk(64)")
        root = ROOT if request.param == "littlefs" else str(tmp_path / "data")
        device("root = {}", root)
        start(device)
        yield device


def start(device):
    """What a start of the device does with the store."""
    device("store = open_store(root)")
    return device("store.boot()")


def deploy(device, contents, activate=True, **header):
    return device("deploy(store, {}, {}, **{})", contents, activate, header)


def active(device, name="hello"):
    return device("contents(store.release({}))", name)


def flags(device, name="hello"):
    return {one["id"]: (one["active"], one["previous"]) for one in device("store.list({})", name)}


def test_a_bundle_that_finds_no_memory_is_told_how_large_one_may_be(firmware, tmp_path):
    with Device(firmware, heap="512K") as device:
        device("store = open_store({})", str(tmp_path))

        def room(size):
            header = {"function": "hello", "engine": "0123456789abcdef", "main": "main.qjs"}
            lines = [json.dumps(header), json.dumps(["main.qjs", "0" * 64, size]), ""]
            device("write(store.begin('hello') + '/manifest', {})", "\n".join(lines).encode())
            with pytest.raises(DeviceError, match=rf"the bundle has {size} bytes, this device has room") as refused:
                device("store.missing('hello')")
            return int(re.search(r"room for about (\d+) in one piece", refused.value.message)[1])

        # What the first one leaves behind takes memory, too.
        for _ in range(2):
            most = room(1 << 20)
        # For one that is only a little too large there is as much.
        rooms = [room(most + more) for more in (2 << 10, 7 << 10)]
        assert all(abs(one - most) <= 1 << 10 for one in rooms), (most, rooms)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["littlefs", "linux"])
@pytest.mark.parametrize("change", ["deploy", "abandon", "interrupt", "rollback", "delete"])
def test_power_cut_at_every_write_leaves_the_old_or_the_new_release(firmware, change, system):
    found = run(firmware, "releases_cut.py", change, system)
    assert found["done"] > 0
    # Clean-ups have no old state to return to; the others were cut before their point of no return too.
    assert (found["undone"] > 0) == (change in ("deploy", "rollback", "delete"))


@pytest.mark.parametrize("system", ["littlefs", "linux"])
def test_power_cut_at_every_write_of_a_deletion_leaves_all_or_nothing(firmware, system):
    found = run(firmware, "delete_cut.py", system)
    assert found["undone"] > 0
    assert found["done"] > 10


@pytest.mark.slow
def test_power_cut_while_recovering_from_a_power_cut(firmware):
    assert run(firmware, "releases_cut.py", "twice", "littlefs") > 100


def test_unchanged_files_are_not_sent_again(device):
    assert deploy(device, V1)[1] == 3
    assert deploy(device, V2)[1] == 2
    assert deploy(device, V2)[1] == 0
    assert deploy(device, V1)[1] == 0
    assert active(device) == V1


def test_same_contents_are_the_same_release(device):
    first, _ = deploy(device, V1)
    deploy(device, V2)
    assert deploy(device, V1)[0] == first


def test_previous_release_is_kept_and_older_ones_are_removed(device):
    ids = [deploy(device, version)[0] for version in (V1, V2, V3)]
    assert flags(device) == {ids[2]: (True, False), ids[1]: (False, True)}
    assert device("store.previous('hello')") == ids[1]
    device("store.activate('hello', {})", ids[1])
    assert active(device) == V2
    assert device("store.previous('hello')") == ids[2]
    device("check_nothing_left_over(store, root, 'hello')")
    assert device("exists(root + '/releases/hello/' + {})", ids[0]) is False


def test_first_release_has_no_previous(device):
    deploy(device, V1)
    with pytest.raises(DeviceError, match="function hello has no previous release"):
        device("store.previous('hello')")


def test_start_removes_what_was_not_activated(device):
    kept, _ = deploy(device, V1)
    deploy(device, V3, activate=False)
    device("write(store.begin('hello') + '/manifest', b'half a manif')")
    assert start(device) == []
    assert flags(device) == {kept: (True, False)}
    device("check_nothing_left_over(store, root, 'hello')")


def test_start_leaves_alone_what_is_not_its_own(device):
    deploy(device, V1)
    device("import os")
    device("os.mkdir(root + '/releases/lost+found')")
    device("write(root + '/releases/notes.txt', b'x')")
    assert sorted(name for name, _ in start(device)) == ["lost+found", "notes.txt"]
    assert device("exists(root + '/releases/lost+found'), exists(root + '/releases/notes.txt')") == (True, True)
    assert device("store.names()") == ["hello"]


def test_refused_deploys_do_not_pile_up(device):
    deploy(device, V1)
    for version in (V2, V3):
        deploy(device, version, activate=False)
    assert len(flags(device)) == 2


def test_interrupted_deploy_sends_only_what_did_not_arrive(device):
    device("staging = store.begin('hello')")
    device("whole, part = b'w' * 5000, b'p' * 5000")
    device("data = {'main.qjs': whole, 'public/part.js': part}")
    device("header = {'function': 'hello', 'engine': ENGINE, 'main': 'main.qjs'}")
    device("write(staging + '/manifest', manifest(data, **header))")
    assert device("len(store.missing('hello'))") == 2
    device("write(staging + '/' + digest(whole), whole)")
    device("write(staging + '/' + digest(part), part[:4000])")
    assert device("deploy(store, data)[1]") == 1
    device("check_nothing_left_over(store, root, 'hello')")


def test_deleted_function_leaves_nothing(device):
    deploy(device, V1)
    deploy(device, V2, activate=False)
    device("store.begin('hello')")
    device("at_once(store.delete_steps('hello'))")
    assert device("store.names()") == []
    assert device("exists(root + '/releases/hello')") is False
    assert deploy(device, V1)[1] == 3


def test_file_that_is_being_sent_outlives_its_release(device):
    deploy(device, V1)
    device("release = store.release('hello')")
    device("sent = digest(b'<h1>one</h1>')")
    device("file = release.open(sent)")
    deploy(device, V2)
    deploy(device, V3)
    assert device("file.read()") == b"<h1>one</h1>"
    device("release.close(sent, file)")
    start(device)
    device("check_nothing_left_over(store, root, 'hello')")


def test_static_files_are_found(device):
    deploy(device, {**V1, "public/ä b/c.txt": b"c"}, static={"folder": "public"})
    device("release = store.release('hello')")
    assert device("release.find('ä b/c.txt') == (digest(b'c'), 1)")
    assert device("release.find('main.qjs')") is None
    assert device("release.bundle()") == b"one"


def test_function_of_static_files_only(device):
    deploy(device, {"public/index.html": b""}, main="", engine="", static={"folder": "public"})
    assert device("store.release('hello').bundle()") is None


@pytest.mark.parametrize(
    ("contents", "header", "message"),
    [
        ({"main.qjs": b"x"}, {"engine": "f" * 16}, "compiled for engine ffffffffffffffff, this device has 0123"),
        ({"a.js": b"x"}, {}, "the manifest lists no file main.qjs"),
        ({"main.qjs": b"x"}, {"fetch": {"roots": "roots.der"}}, "the manifest lists no file roots.der"),
        ({"main.qjs": b"x"}, {"routes": ["/taken"]}, "route /taken belongs to function other: choose another one"),
        ({"main.qjs": b"x" * 2000}, {}, "file main.qjs has 2000 bytes, this device takes 1024"),
        ({"main.qjs": b"", **{f"{i}": b"" for i in range(8)}}, {}, "the release has 9 files, this device takes 8"),
        ({f"{i}.js": bytes([i]) * 1000 for i in range(3)}, {"main": "0.js"}, "3000 bytes, this device takes 2048"),
        ({"main.qjs": b"x"}, {"routes": ["/healthz"]}, "route /healthz is the device's own: choose another one"),
        (
            {"main.qjs": b"x"},
            {"routes": ["/metrics"], "hosts": ["a.b", "edgelet.local"]},
            "route /metrics is the device",
        ),
        ({"main.qjs": b"x"}, {"hosts": ["a-.local"]}, "host 'a-.local': use a name such as login.local"),
        ({"main.qjs": b"x"}, {"hosts": ["a" * 64]}, "use a name such as login.local"),
        ({"main.qjs": b"x"}, {"nonsense": 1}, "'nonsense', which this firmware does not know"),
    ],
)
def test_deploys_that_are_refused_change_nothing(device, contents, header, message):
    deploy(device, {"main.qjs": b"other"}, function="other", routes=["/taken"])
    deploy(device, {"main.qjs": b"old"}, routes=["/mine"])
    device("from edgelet.storage.config import Settings")
    device("Settings(root).set({})", {"release_file_bytes": 1024, "release_bytes": 2048, "release_files": 8})
    start(device)
    with pytest.raises(DeviceError) as refusal:
        deploy(device, contents, **header)
    assert refusal.value.type == "ValueError"
    assert message in refusal.value.message
    assert active(device) == {"main.qjs": b"old"}
    deploy(device, {"main.qjs": b"new"}, routes=["/mine"])


@pytest.mark.parametrize("device", ["linux"], indirect=True)
def test_no_manifest_stays_open(device):
    device("import gc, os\ngc.disable()")
    count = "len(os.listdir('/proc/self/fd'))"
    before = device(count)
    deploy(device, V1)
    assert device("store.release('hello').bundle()") == b"one"
    device("from edgelet.storage.config import Settings")
    device("Settings(root).set({})", {"release_file_bytes": 1024})
    start(device)
    with pytest.raises(DeviceError, match="this device takes 1024"):
        deploy(device, {"main.qjs": b"x" * 2000, "z": b""})
    assert device(count) == before


def test_a_host_of_its_own_may_have_the_routes_of_the_device(device):
    deploy(device, V1, routes=["/healthz"], hosts=["shop.example"])
    assert device("store.names()") == ["hello"]


def test_same_route_on_another_host_is_taken(device):
    deploy(device, V1, routes=["/"], hosts=["a.local"])
    deploy(device, V1, function="other", routes=["/"], hosts=["b.local"])
    deploy(device, V1, function="third", routes=["/"])
    with pytest.raises(DeviceError, match=r"route b\.local/ belongs to function other"):
        deploy(device, V1, function="fourth", routes=["/"], hosts=["b.local"])


def test_damaged_upload_is_found_and_sent_again(device):
    device("staging = store.begin('hello')")
    device("header = {'function': 'hello', 'engine': ENGINE, 'main': 'main.qjs'}")
    device("write(staging + '/manifest', manifest({'main.qjs': b'good'}, **header))")
    device("store.missing('hello')")
    with pytest.raises(DeviceError, match=r"file main\.qjs has not arrived: deploy again"):
        device("at_once(store.commit('hello'))")
    device("write(staging + '/' + digest(b'good'), b'gOod')")
    with pytest.raises(DeviceError, match=r"file main\.qjs is damaged on the device: deploy again"):
        device("at_once(store.commit('hello'))")
    assert deploy(device, {"main.qjs": b"good"})[1] == 1


def test_damaged_file_of_the_active_release_is_found_and_replaced(device):
    deploy(device, V1)
    device("write(root + '/releases/hello/' + digest(b'same'), b'sAme')")
    with pytest.raises(DeviceError, match=r"file public/a\.js is damaged on the device"):
        deploy(device, V2)
    deploy(device, V2)
    assert active(device) == V2


def test_damaged_pointer_is_reported_and_a_deploy_repairs_it(device):
    deploy(device, V1)
    deploy(device, V1, function="other", routes=["/other"])
    device("write(root + '/releases/hello/current', b'{')")
    ((name, message),) = start(device)
    assert name == "hello"
    assert message.endswith(
        "/hello/current is damaged: deploy function hello again; 'edgelet doctor --repair' brings back its last release"
    )
    assert active(device, "other") == V1
    deploy(device, V2)
    assert active(device) == V2


def test_a_deploy_is_verified_in_steps_while_no_other_one_begins(device):
    def begin(name):
        header = {"function": name, "engine": "0123456789abcdef", "main": "main.qjs"}
        device("staging = store.begin({})", name)
        device("write(staging + '/manifest', manifest(FILES, routes=['/' + {}], **{}))", name, header)
        device("for content in FILES.values(): write(staging + '/' + digest(content), content)")

    device("FILES = {'a.txt': b'a', 'main.qjs': b'x' * 20000}")
    begin("hello")
    device("steps = store.commit('hello')")
    device("next(steps)")
    begin("beside")
    device("at_once(store.commit('beside'))")
    for _ in range(20000 // 1024):
        device("next(steps)")
        # What has been verified is not swept away by the end of a deploy before.
        device("store.sweep('hello')")
        with pytest.raises(DeviceError, match="another deploy of function hello is being verified: deploy when"):
            device("store.begin('hello')")
        device("store.begin('other')")
    release = device("at_once(steps)")
    device("store.activate('hello', {})", release)
    assert set(active(device)) == {"a.txt", "main.qjs"}
    device("store.begin('hello')")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("store.release('nobody')", "there is no function nobody: 'edgelet list' shows those there are"),
        ("store.release('hello', 'f' * 16)", "function hello has no release ffffffffffffffff"),
        ("store.release('hello', '../current')", "function hello has no release ../current"),
        ("store.activate('hello', store.release('hello').id + '/../x')", "function hello has no release"),
        ("store.release('../hello')", "function name '../hello'"),
        ("store.begin('a/b')", "function name 'a/b'"),
        ("at_once(store.commit('hello'))", "no deploy of hello is under way"),
        ("store.missing('hello')", "no deploy of hello is under way"),
        ("at_once(store.delete_steps('nobody'))", "there is no function nobody"),
    ],
)
def test_what_is_not_there_is_said(device, call, message):
    deploy(device, V1)
    with pytest.raises(DeviceError) as refusal:
        device(call)
    assert refusal.value.type == "ValueError"
    assert message in refusal.value.message


def test_manifest_of_another_function_is_refused(device):
    device("staging = store.begin('hello')")
    device("write(staging + '/manifest', manifest({'m': b''}, function='other', engine=ENGINE, main='m'))")
    with pytest.raises(DeviceError, match="the manifest is of function other, not hello"):
        device("store.missing('hello')")


def test_deploy_that_does_not_fit_is_refused_before_it_is_sent(firmware):
    with Device(firmware) as device:
        device("disk = Disk(32)")
        device("root = {}", ROOT)
        start(device)
        deploy(device, V1)
        with pytest.raises(DeviceError, match=r"no space: the deploy needs \d+ bytes, the device has \d+ free"):
            deploy(device, {**V1, "public/big.bin": b"x" * 90000})
        assert active(device) == V1
        deploy(device, V2)


def test_deploy_of_as_many_files_as_a_board_takes_needs_little_heap(firmware, tmp_path):
    with Device(firmware) as device:
        device("root = {}", str(tmp_path))
        start(device)
        contents = {f"public/some/folder/file-{i:02}.html": b"%d" % i * 100 for i in range(63)}
        contents["main.qjs"] = b"x" * 16000
        header = {"function": "hello", "engine": device("ENGINE"), "main": "main.qjs", "static": {"folder": "public"}}
        staging = Path(device("store.begin('hello')"))
        (staging / "manifest").write_bytes(device("manifest({}, **{})", contents, header))
        for content in contents.values():
            (staging / hashlib.sha256(content).hexdigest()).write_bytes(content)
        # 64 KB of this firmware's heap hold what 32 KB of a board's do, whose words are half as long.
        device("import gc; gc.collect(); ballast = [None] * 20000")
        device("for i in range((gc.mem_free() - 65536) // 1024): ballast[i] = bytearray(1024 - 32)")
        assert device("store.missing('hello')") == []
        device("store.activate('hello', at_once(store.commit('hello')))")
        device("release = store.release('hello')")
        assert device("release.find('some/folder/file-07.html')[1]") == 100


small_contents = st.dictionaries(
    st.sampled_from(["public/a", "public/b/c", "public/ü.txt"]),
    st.sampled_from([b"", b"a", b"b" * 700, b"c" * 5000]),
).flatmap(
    lambda files: st.sampled_from([b"1", b"2" * 300, b"a", b"3" * 4500]).map(lambda main: {**files, "main.qjs": main})
)
function_names = st.sampled_from(["hello", "login"])


class Model(RuleBasedStateMachine):
    """A device with littlefs against a dict: deploys, activations, deletions, restarts and power cuts."""

    firmware = None

    @initialize()
    def boot(self):
        self.device = Device(self.firmware)
        self.device("disk = Disk(128)")
        self.device("root = {}", ROOT)
        self.functions = {}  # name -> [active contents, previous contents or None]
        start(self.device)

    def teardown(self):
        if hasattr(self, "device"):
            self.device.close()

    def on_flash(self, name):
        versions = [version for version in self.functions.get(name, []) if version]
        return {content for version in versions for content in version.values()}

    def activated(self, name, contents):
        now, previous = self.functions.get(name, (None, None))
        self.functions[name] = [contents, previous if contents == now else now]

    @rule(name=function_names, contents=small_contents)
    def deploy(self, name, contents):
        expected = len(set(contents.values()) - self.on_flash(name))
        _, sent = deploy(self.device, contents, function=name, routes=["/" + name])
        assert sent == expected
        self.activated(name, contents)

    @rule(name=function_names, contents=small_contents)
    def deploy_without_activation(self, name, contents):
        expected = len(set(contents.values()) - self.on_flash(name))
        _, sent = deploy(self.device, contents, False, function=name, routes=["/" + name])
        assert sent == expected

    @rule(name=function_names)
    def roll_back(self, name):
        now, previous = self.functions.get(name, (None, None))
        if previous:
            self.device("store.activate({0}, store.previous({0}))".replace("{0}", repr(name)))
            self.functions[name] = [previous, now]

    @rule(name=function_names)
    def delete(self, name):
        if name in self.functions:
            self.device("at_once(store.delete_steps({}))", name)
            del self.functions[name]

    @rule()
    def restart(self):
        self.device("disk.restart()")
        assert start(self.device) == []
        for name in self.functions:
            self.device("check_nothing_left_over(store, root, {})", name)

    @rule(name=function_names, contents=small_contents, operations=st.integers(0, 60), torn=st.booleans())
    def lose_power_in_a_deploy(self, name, contents, operations, torn):
        self.device("disk.cut({}, {})", operations, torn)
        try:
            deploy(self.device, contents, function=name, routes=["/" + name])
        except DeviceError:
            assert self.device("disk.flash.dead")
        self.restart()
        if name in self.device("store.names()") and active(self.device, name) == contents:
            self.activated(name, contents)

    @invariant()
    def the_device_serves_what_the_model_says(self):
        if not hasattr(self, "device"):
            return
        assert self.device("store.names()") == sorted(self.functions)
        for name, (contents, previous) in self.functions.items():
            assert active(self.device, name) == contents
            kept = [one["id"] for one in self.device("store.list({})", name) if one["previous"]]
            found = [self.device("contents(store.release({}, {}))", name, release) for release in kept]
            assert found == ([previous] if previous else [])


@pytest.mark.slow
def test_releases_against_a_model(firmware):
    Model.firmware = firmware
    run_state_machine_as_test(Model, settings=settings(max_examples=20, stateful_step_count=20))
