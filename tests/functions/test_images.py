"""Images in flash that is read in place: requests, restarts, what is stale or damaged, power cuts at every write."""

import secrets
from contextlib import contextmanager
from pathlib import Path

import pytest
from device_helpers import Box, running, write_script
from edgelet_host.errors import EdgeletError
from storage_helpers import PROGRAMS, Device, DeviceError, run
from waiting import wait_until

SECTOR = 4096
SLOT = 32 * SECTOR  # tests/storage/device/flash_device.py
SLOTS = 3
COUNTING = """let n = 0; const known = process.env.KEY;
export default { fetch(request) { return new Response(`%s ${++n} ${known}`) } };"""


@contextmanager
def flashed(firmware: Path, folder: Path, layout: str = "setarch -R", **settings):
    """A device with its images in flash. layout: what starts the firmware; -R is the same addresses at each start."""
    program = PROGRAMS / "flash_device.py"
    wrapper = write_script(folder / "flashed.sh", "shift 2", f'exec {layout} {firmware} {program} "$@"')
    with running(wrapper, folder, **settings) as box:
        box.firmware = firmware
        yield box


def flash(folder: Path) -> Path:
    return folder / "device.flash"


def used_slots(folder: Path) -> list[int]:
    """The image slots that are not erased."""
    media = flash(folder).read_bytes()
    return [number for number in range(SLOTS) if media[number * SLOT :][:SLOT].strip(b"\xff")]


def builds(box: Box) -> int:
    return int(box.device.execute("from edgelet.device import running\nprint(running().functions.images.builds)"))


def deploy_two(box: Box) -> None:
    for name in ("one", "two"):
        box.deploy(name, COUNTING % name, route=f"/{name}")


def check_two(box: Box, key: str = "undefined") -> None:
    for _ in range(3):
        for name in ("one", "two"):
            assert box.get(f"/{name}").text == f"{name} 1 {key}"


def test_functions_share_an_arena_and_each_request_is_pristine(firmware, tmp_path):
    with flashed(firmware, tmp_path) as box:
        deploy_two(box)
        check_two(box)
        assert builds(box) == 2
        state = box.device.call("status")
        assert len(state["functions"]) == 2
    assert len(used_slots(tmp_path)) == 2


def test_images_outlive_a_restart(firmware, tmp_path):
    with flashed(firmware, tmp_path) as box:
        deploy_two(box)
    before = flash(tmp_path).read_bytes()
    with flashed(firmware, tmp_path) as box:
        check_two(box)
        assert builds(box) == 0
    assert flash(tmp_path).read_bytes() == before


def test_images_in_flash_under_sanitizers(firmware_asan, tmp_path):
    for _ in range(2):
        with flashed(firmware_asan, tmp_path) as box:
            deploy_two(box)
            box.job("set_variables", "one", {"KEY": "x"})
            box.job("set_variables", "one", {"KEY": None})
            check_two(box)


def damage(folder: Path) -> None:
    """Clear a bit in each slot's image, near its end."""
    media = bytearray(flash(folder).read_bytes())
    for number in used_slots(folder):
        at = number * SLOT + len(media[number * SLOT :][:SLOT].rstrip(b"\xff")) - 100
        at = next(i for i in range(at, 0, -1) if media[i])
        media[at] &= media[at] - 1
    flash(folder).write_bytes(media)


@pytest.mark.parametrize("why", ["damaged", "other addresses", "other limits"])
def test_stale_images_are_erased_and_built_anew(firmware, tmp_path, why):
    with flashed(firmware, tmp_path) as box:
        deploy_two(box)
    settings = {"cpu_ms": 77} if why == "other limits" else {}
    layout = "setarch -R" if why != "other addresses" else "env"
    if why == "damaged":
        damage(tmp_path)
    old = flash(tmp_path).read_bytes()
    with flashed(firmware, tmp_path, layout, **settings) as box:
        wait_until(lambda: all(box.get(f"/{name}").status == 200 for name in ("one", "two")))
        check_two(box)
        assert builds(box) == 2
        anew = [one["function"] for one in box.logs() if one["text"] == "the image was built anew"]
        assert sorted(anew) == ["one", "two"]
    now = flash(tmp_path).read_bytes()
    assert len(used_slots(tmp_path)) == 2
    for number in used_slots(tmp_path):
        assert now[number * SLOT :][:256] != old[number * SLOT :][:256]


def test_a_changed_secret_is_in_no_slot_when_the_change_is_reported(firmware, tmp_path):
    first, second = secrets.token_hex(12), secrets.token_hex(12)
    with flashed(firmware, tmp_path) as box:
        box.deploy("one", COUNTING % "one", route="/one")
        box.job("set_secrets", "one", {"KEY": first})
        assert flash(tmp_path).read_bytes().count(first.encode()) > 0
        box.job("set_secrets", "one", {"KEY": second})
        assert flash(tmp_path).read_bytes().count(first.encode()) == 0
        assert box.get("/one").text == f"one 1 {second}"
        box.job("delete", "one")
        assert used_slots(tmp_path) == []


def test_more_functions_than_slots_are_refused_with_the_number(firmware, tmp_path):
    with flashed(firmware, tmp_path) as box:
        deploy_two(box)
        with pytest.raises(EdgeletError, match="room for 2 functions with a handler: remove one first"):
            box.deploy("three", COUNTING % "three", route="/three")
        check_two(box)
        assert box.get("/three").status == 404
        assert len(used_slots(tmp_path)) == 2
        # The spare slot is for new releases, and a function without a handler needs none.
        box.deploy("two", COUNTING % "two" + "// changed", route="/two")
        box.deploy("three", {"public/index.html": "static"}, main="", route="/three", static={"folder": "public"})
        assert box.get("/three/").text == "static"
        check_two(box)
        box.job("delete", "one")
        box.deploy("four", COUNTING % "four", route="/four")
        assert box.get("/four").text == "four 1 undefined"


def test_an_image_that_no_slot_holds_is_refused(firmware, tmp_path):
    with flashed(firmware, tmp_path) as box:
        deploy_two(box)
        large = "const kept = new Uint8Array(100000).fill(7);" + COUNTING % "large"
        with pytest.raises(EdgeletError, match=rf"the image has \d{{6}} bytes, this device takes {SLOT - 256}: "):
            box.deploy("two", large, route="/two")
        check_two(box)
        assert len(used_slots(tmp_path)) == 2


def test_a_large_image_has_a_slot_of_its_own_size(firmware, tmp_path):
    large = "const kept = new Uint8Array(100000).fill(7);" + COUNTING
    layout = "env SLOTS=3x32,2x64 setarch -R"
    with flashed(firmware, tmp_path, layout) as box:
        deploy_two(box)
        box.deploy("large", large % "large", route="/large")
        for _ in range(2):
            box.deploy("large", large % "larger", route="/large")
        with pytest.raises(
            EdgeletError, match=r"none of this device's image slots of \d{6} bytes and more is free: remove"
        ):
            box.deploy("two", large % "two", route="/two")
    with flashed(firmware, tmp_path, layout) as box:
        check_two(box)
        assert box.get("/large").text == "larger 1 undefined"
        assert builds(box) == 0


WORN = """
from edgelet.device import running
chip = running().functions.images._flash._region._chip
chip.worn = [%d]
"""


def test_a_slot_that_does_not_keep_what_is_written_is_left_for_another(firmware, tmp_path):
    with flashed(firmware, tmp_path) as box:
        deploy_two(box)
        [free] = {0, 1, 2} - set(used_slots(tmp_path))
        box.device.execute(WORN % (free * SLOT + 4 * SECTOR))
        with pytest.raises(EdgeletError, match=f"worn out: image slot {free} does not keep what is written"):
            box.job("set_variables", "two", {"KEY": "x"})
        assert box.get("/one").text == "one 1 undefined"
        box.job("set_variables", "two", {"KEY": "y"})
        assert box.get("/two").text == "two 1 y"
        assert free not in used_slots(tmp_path)


def test_a_release_that_does_not_start_leaves_the_old_one_in_service(firmware, tmp_path):
    with flashed(firmware, tmp_path) as box:
        deploy_two(box)
        with pytest.raises(EdgeletError, match="at the top level"):
            box.deploy("two", "throw new Error('at the top level');" + COUNTING % "two", route="/two")
        check_two(box)
    with flashed(firmware, tmp_path) as box:
        check_two(box)
        assert builds(box) == 0


def test_values_that_a_function_does_not_start_with_leave_no_image(firmware, tmp_path):
    with flashed(firmware, tmp_path) as box:
        box.deploy("one", "if (process.env.KEY) throw new Error('no KEY');" + COUNTING % "one", route="/one")
        with pytest.raises(EdgeletError, match="stored, but function one does not start with it"):
            box.job("set_secrets", "one", {"KEY": "x"})
        assert used_slots(tmp_path) == []
        for _ in range(3):
            assert box.get("/one").status == 503
        assert "no KEY" in [one for one in box.logs() if one["level"] == "error"][-1]["text"]
        # Requests build nothing: they could wear the flash.
        assert builds(box) == 1
    with flashed(firmware, tmp_path) as box:
        wait_until(lambda: any("cannot be built" in one["text"] for one in box.logs()))
        assert box.get("/one").status == 503
        box.job("set_secrets", "one", {"KEY": None})
        assert box.get("/one").text == "one 1 undefined"


def test_requests_are_served_while_an_image_is_written(firmware, tmp_path):
    with flashed(firmware, tmp_path, hostname="box") as box:
        deploy_two(box)
        jobs = [box.device.call("set_variables", "one", {"KEY": str(number)}) for number in range(5)]
        for _ in range(5):
            assert box.get("/healthz", Host="box").status == 200
            assert box.get("/two").text == "two 1 undefined"
        for job in jobs:
            box.device.wait_for_job(job)
        assert box.get("/one").text == "one 1 4"


CHANGES = ("deploy", "rollback", "secret", "delete", "failure", "start")


@pytest.mark.slow
@pytest.mark.parametrize("torn", ["", "1"])
@pytest.mark.parametrize("change", CHANGES)
def test_power_cut_at_every_erase_and_program(firmware, change, torn):
    found = run(firmware, "images_cut.py", change, torn, "False", heap="32M")
    assert found["done"] > 0
    assert found["undone"] > 0 or change in ("failure", "start", "delete", "secret")
    assert (found["builds"] > 0) == (change in ("secret", "start"))


@pytest.mark.slow
@pytest.mark.parametrize("change", ["deploy", "delete"])
def test_power_cuts_where_code_has_a_slot_of_its_own(firmware, change):
    found = run(firmware, "images_cut.py", change, "1", "True", heap="32M")
    assert found["done"] > 0 and found["builds"] == 0
    assert (found["undone"] > 0) == (change == "deploy")


class TestSlots:
    """`edgelet.storage.image_slots` by itself."""

    @pytest.fixture
    def device(self, firmware):
        with Device(firmware, heap="4M") as device:
            device("import asyncio, nor")
            device("from edgelet.storage.image_slots import ImageSlots")
            device("media = bytearray(b'\\xff' * (5 * 3 * nor.SECTOR))")
            device("chip = nor.Chip(media)")
            device(
                "class Image:\n"
                "    saved_size = 9000\n"
                "    code_size = 100\n"
                "    def read_code(self, at, part, code):\n"
                "        for i in range(len(part)): part[i] = (at + i) * 5 & 255\n"
                "        return self.code_size, 0\n"
                "    def build(self, code):\n"
                "        assert bytes(code) == bytes([i * 5 & 255 for i in range(self.code_size)])\n"
                "        return self\n"
                "    def readinto(self, buffer, offset):\n"
                "        n = min(len(buffer), self.saved_size - offset)\n"
                "        for i in range(n): buffer[i] = (offset + i) * 7 & 255\n"
                "        return n\n"
            )
            device("image = Image()")
            self.start(device)
            yield device

    def start(self, device):
        device("slots = ImageSlots(nor.Region(chip, 0, (5, 3)))")

    def write(self, device, key, old=None):
        return device("asyncio.run(slots.write({}, image.read_code, image.build, {}))", key * 32, old)

    def test_what_was_written_is_read(self, device):
        assert device("slots.count, slots.room, slots.capacity") == (5, 4, 3 * SECTOR - 256)
        number = self.write(device, b"a")
        expected = bytes(i * 7 & 255 for i in range(9000))
        assert device("bytes(slots.saved({}))", number) == expected
        assert device("slots.find({})", b"b" * 32) is None
        self.start(device)
        assert device("slots.find({})", b"a" * 32) == number
        assert device("bytes(slots.saved({}))", number) == expected

    def test_the_later_one_of_two_is_found(self, device):
        self.write(device, b"a")
        second = self.write(device, b"a")
        self.start(device)
        assert device("slots.find({})", b"a" * 32) == second
        device("asyncio.run(slots.tidy())")
        self.start(device)
        assert device("[slots._header(number) is None for number in range(5)].count(False)") == 1

    def test_the_last_slot_is_for_an_image_that_replaces_another(self, device):
        old = [self.write(device, b"%d" % number) for number in range(4)]
        with pytest.raises(DeviceError, match=r"none of this device's image slots( of \d+ bytes and more)? is free"):
            self.write(device, b"x")
        self.write(device, b"x", old[0])
        with pytest.raises(DeviceError, match=r"none of this device's image slots( of \d+ bytes and more)? is free"):
            self.write(device, b"y", old[0])

    def test_a_large_image_has_a_large_slot_and_a_small_one_what_is_free(self, device):
        device("slots = ImageSlots(nor.Region(chip, 0, (3, 2), (3, 3)))")
        assert device("slots.count, slots.room, slots.capacity") == (6, 4, 3 * SECTOR - 256)
        large = self.write(device, b"a")
        assert large in (3, 4, 5)
        device("Image.saved_size = 2 * nor.SECTOR - 512")
        small = [self.write(device, b"%d" % number) for number in range(3)]
        assert [number < 3 for number in small] == [True, True, False]
        with pytest.raises(DeviceError, match=r"none of this device's image slots( of \d+ bytes and more)? is free"):
            self.write(device, b"x")
        # In the slot that is spare among those of the one that it replaces.
        assert self.write(device, b"x", small[0]) < 3
        device("Image.saved_size = 9000")
        again = self.write(device, b"b", large)
        assert again not in (large, *small)
        with pytest.raises(DeviceError, match=r"none of this device's image slots( of \d+ bytes and more)? is free"):
            self.write(device, b"c", small[0])
        device("asyncio.run(slots.erase({}))", large)
        device("slots = ImageSlots(nor.Region(chip, 0, (3, 2), (3, 3)))")
        assert [device("slots.find({})", key * 32) for key in (b"a", b"b", b"0", b"2")] == [None, again, *small[::2]]
        expected = bytes(i * 7 & 255 for i in range(9000))
        assert device("bytes(slots.saved({}))", again) == expected

    def test_code_and_image_without_room_in_one_slot_have_two(self, device):
        expected = bytes(i * 7 & 255 for i in range(9000))
        code = bytes(i * 5 & 255 for i in range(11000))
        device("Image.code_size = 11000")
        number = self.write(device, b"a")
        for starts in (False, True):
            if starts:
                self.start(device)
                assert device("slots.find({})", b"a" * 32) == number
            assert device("bytes(slots.saved({})), bytes(slots.code({}))", number, number) == (expected, code)
            assert device("len(slots._used)") == 2
        # Of five slots three are free, of which two are for what replaces it.
        device("Image.code_size = 100")
        small = self.write(device, b"s")
        with pytest.raises(DeviceError, match="none of this device's image slots"):
            self.write(device, b"x")
        with pytest.raises(DeviceError, match="none of this device's image slots"):
            device("Image.code_size = 11000")
            self.write(device, b"s", small)
        again = self.write(device, b"b", number)
        device("asyncio.run(slots.erase({}))", number)
        self.start(device)
        assert [device("slots.find({})", key * 32) for key in (b"a", b"b", b"s")] == [None, again, small]
        assert device("bytes(slots.saved({})), bytes(slots.code({}))", again, again) == (expected, code)
        device("asyncio.run(slots.erase({}))", again)
        device("asyncio.run(slots.erase({}))", small)
        assert device("slots._used") == {}
        assert device("media == b'\\xff' * len(media)")

    def test_code_that_a_larger_slot_has_room_for_goes_there_with_its_image(self, device):
        device("slots = ImageSlots(nor.Region(chip, 0, (3, 2), (3, 3)))")
        device("Image.saved_size, Image.code_size = 2000, 8100")
        number = self.write(device, b"a")
        assert number >= 3
        assert device("slots._used") == {number: number}
        device("Image.saved_size, Image.code_size = 7000, 1000")
        other = self.write(device, b"b")
        assert other >= 3
        assert device("slots._used") == {number: number, other: other}
        device("Image.code_size = 3 * nor.SECTOR")
        with pytest.raises(DeviceError, match="the code has 12288 bytes, this device takes 12032: import less"):
            self.write(device, b"c", other)
        assert device("[slots._is_blank(slot) for slot in range(6) if slot not in slots._used]") == [True] * 4

    def test_what_has_become_small_leaves_its_large_slot(self, device):
        device("slots = ImageSlots(nor.Region(chip, 0, (3, 2), (3, 3)))")
        large = self.write(device, b"a")
        assert large >= 3
        device("Image.saved_size = 2000")
        small = self.write(device, b"b", large)
        assert small < 3
        device("asyncio.run(slots.erase({}))", large)
        assert device("slots._used") == {small: small}
        # Where all others of its size are taken, it stays.
        device("Image.saved_size = 9000")
        large = self.write(device, b"c")
        device("Image.saved_size = 2000")
        self.write(device, b"d")
        assert self.write(device, b"e", large) >= 3

    def test_what_has_no_room_on_an_empty_device_is_told_so(self, device):
        device("slots = ImageSlots(nor.Region(chip, 0, (3, 2), (3, 3)))")
        device("Image.saved_size, Image.code_size = 11000, 9000")
        with pytest.raises(DeviceError, match="of 11000 bytes and more is free: import less"):
            self.write(device, b"a")
        device("Image.saved_size, Image.code_size = 2000, 100")
        self.write(device, b"b")
        device("Image.saved_size, Image.code_size = 11000, 9000")
        with pytest.raises(DeviceError, match="of 11000 bytes and more is free: remove a function"):
            self.write(device, b"a")

    def test_the_event_loop_goes_on_after_each_sector(self, device):
        device(
            "async def count():\n"
            "    rounds = 0\n"
            "    written = asyncio.create_task(slots.write(b'a' * 32, image.read_code, image.build))\n"
            "    while not written.done():\n"
            "        operations = chip.operations\n"
            "        await asyncio.sleep_ms(0)\n"
            "        rounds += 1\n"
            "        assert chip.operations - operations <= nor.SECTOR // nor.PAGE\n"
            "    return rounds"
        )
        assert device("asyncio.run(count())") >= 3 + 3

    @pytest.mark.parametrize("starts", [False, True])
    def test_wear_is_spread_and_bounded(self, device, starts):
        """Three of five slots stay as they are, and the image of one function changes all the time."""
        for number in range(3):
            self.write(device, b"%d" % number)
        last = self.write(device, b"a")
        for _ in range(60):
            if starts:
                self.start(device)
                for key in b"012a":
                    device("slots.find(bytes([{}]) * 32)", key)
            new = self.write(device, b"a", last)
            device("asyncio.run(slots.erase({}))", last)
            last = new
        erases = device("chip.erases")
        # Two slots take turns: each is erased once for every second image, and once more after a start.
        assert max(erases) <= 60 / 2 * (2 if starts else 1) + 2
        assert sum(1 for count in erases if count > 20) == 2 * 3


ONE_ARENA = "binding B of type service: this device has one arena"
CALLING = "export default { fetch: (request, env) => env.B.fetch(request) }"
TO_HELLO = {"B": {"type": "service", "function": "hello"}}


def test_a_function_that_calls_another_is_refused_with_one_arena(firmware, tmp_path):
    # Deployed where there are several arenas, it is what a firmware before has left.
    with running(firmware, tmp_path) as box:
        box.deploy("calling", CALLING, route="/calling", bindings=TO_HELLO)
        box.deploy("hello", "export default { fetch: () => new Response('hello') }", route="/hello")
        assert box.get("/calling").text == "hello"
    with flashed(firmware, tmp_path) as box:
        wait_until(lambda: any("cannot be built: " + ONE_ARENA in one["text"] for one in box.logs()))
        wait_until(lambda: box.get("/hello").text == "hello")
        assert box.get("/calling").status == 503
        calling, hello = box.device.call("status")["functions"]
        assert calling["problem"].startswith(ONE_ARENA) and hello["problem"] == ""
        with pytest.raises(EdgeletError, match=ONE_ARENA):
            box.deploy("other", CALLING, route="/other", bindings=TO_HELLO)
        with pytest.raises(EdgeletError, match=ONE_ARENA):
            box.job("activate", "calling", calling["release"])
        assert box.device.call("listing") == ["calling", "hello"]
        box.deploy("calling", "export default { fetch: () => new Response('alone') }", route="/calling")
        assert (box.get("/calling").text, box.get("/hello").text) == ("alone", "hello")
        assert [one["problem"] for one in box.device.call("status")["functions"]] == ["", ""]
