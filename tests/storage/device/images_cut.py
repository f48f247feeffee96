"""MicroPython: cuts the power at every erase and every program of what changes images in flash.

A device with two functions on a chip with three image slots. After each cut it starts again: both functions must
answer, with the old or the new state, and after the start's clean-up nothing of any other state may be left in the
image slots.

Arguments: the change, the seed of what is half done, or "" for operations that are not begun, and "True" where the
functions have their code in slots of its own: then every EACHth operation is cut only. Prints, as JSON, how often the
change was found undone and done, and how many images the starts after it had to build.
"""

import asyncio
import json
import sys

import nor
import quickjs
from deploys import manifest, write
from edgelet import log
from edgelet.device import Device as Parts
from edgelet.event_loop import at_once

APART = sys.argv[3] == "True"
FILES, SLOTS, SLOT_SECTORS = (128, 6, 24) if APART else (48, 3, 24)
EACH = 13 if APART else 1
AGAIN = 23  # each so many cuts, whether the device can be changed as before
SOURCE = """const known = process.env.KEY;
export default { fetch() { return new Response("%s " + known) } };"""
# Too much beside the image: two slots have room for both.
LONG = "export function long(x) {" + "".join([f"x = (x * 31 + {i}) | 0;" for i in range(2500)]) + "return x }"


class Connection:
    """What a function sees of a connection."""

    scheme = "http"
    peer = ("127.0.0.1", 1)
    arrived_us = arrived_ms = depth = 0
    caller = calls = None
    is_internal = False

    def __init__(self, server):
        self.server = server


class Head:
    method, host, headers, length, minor = "GET", "localhost", b"", 0, 1

    def __init__(self, target):
        self.target = target


class Device:
    """A device that has just been switched on."""

    def __init__(self, chip):
        nor.mount(chip, FILES)
        try:
            self.parts = Parts(nor.MOUNT, nor.Region(chip, FILES, (SLOTS, SLOT_SECTORS)))
            self.parts.start()
        except BaseException:
            nor.unmount()
            raise

    def stop(self):
        self.parts.stop()
        nor.unmount()

    def ask(self, name):
        """The answer of a function: its text, the status where that is not 200, None where there is no function."""
        function = self.parts.functions.find("localhost", "/" + name)
        if function is None:
            return None
        status, _, body = function(Head("/" + name), b"", Connection(self.parts.server))
        if status != 200:
            return status
        text = body.decode()
        if text.split()[1] != self.parts.config.env(name).get("KEY", "undefined"):
            raise AssertionError(f"{text} in spite of what is stored")
        return text

    async def prepare(self):
        await self.parts.deployment.prepare()

    async def deploy(self, name, text, last_line=""):
        staging = self.parts.releases.begin(name)
        bundle = quickjs.compile({"main.js": SOURCE % text + (LONG if APART else "") + last_line})
        fields = {"function": name, "engine": quickjs.ENGINE_ID, "main": "main.qjs", "routes": ["/" + name]}
        write(staging + "/manifest", manifest({"main.qjs": bundle}, **fields))
        for sha256, _ in self.parts.releases.missing(name):
            write(staging + "/" + sha256, bundle)
        await self.parts.deployment.activate(name, at_once(self.parts.releases.commit(name)))

    async def set_key(self, name, value):
        self.parts.config.set_secrets(name, {"KEY": value})
        await self.parts.deployment.reload(name)

    async def set_up(self):
        self.parts.config.set({"arena_bytes": 256 * 1024, "drain_ms": 0})

    async def install(self):
        for name in ("steady", "changing"):
            await self.deploy(name, "first-release")
            await self.deploy(name, "old-release")
            await self.set_key(name, "old-key")

    async def upgrade(self):
        await self.deploy("changing", "new-release")

    async def roll_back(self):
        await self.parts.deployment.activate("changing", self.parts.releases.previous("changing"))

    async def set_secret(self):
        await self.set_key("changing", "new-key")

    async def delete(self):
        await self.parts.remove("changing")

    async def fail(self):
        """A release that does not start."""
        try:
            await self.deploy("changing", "bad-release", "nobody()")
        except quickjs.Error:
            return
        raise AssertionError("it was built")


BEFORE = "old-release old-key"
# name -> (the change, what "changing" answers after it)
CHANGES = {
    "deploy": (Device.upgrade, "new-release old-key"),
    "rollback": (Device.roll_back, "first-release old-key"),
    "secret": (Device.set_secret, "old-release new-key"),
    "delete": (Device.delete, None),
    "failure": (Device.fail, BEFORE),
    "start": (Device.prepare, BEFORE),
}
CANARIES = ("first-release", "old-release", "new-release", "bad-release", "old-key", "new-key")


def run(chip, *steps):
    """Starts the device and takes steps, coroutine functions of the device; None where the power failed."""
    device = None
    try:
        device = Device(chip)
        for step in steps:
            asyncio.run(step(device))
        return [device.ask("steady"), device.ask("changing"), device.parts.functions.images.builds]
    except Exception:
        if not chip.dead:
            raise
    finally:
        if device:
            device.stop()


def check_slots(media, answers):
    """Each function that answers has one image slot, and one for its code where that lies apart; others are erased."""
    slots = [nor.slot_bytes(media, FILES, SLOT_SECTORS, number).rstrip(b"\xff") for number in range(SLOTS)]
    images = [slot for slot in slots if slot.startswith(b"EJSM")]
    if sum(1 for slot in slots if slot) != len(images) * (2 if APART else 1):
        raise AssertionError(f"{len(images)} images in as many slots: {[len(slot) for slot in slots]}")
    used = [sorted(word for word in CANARIES if word.encode() in slot) for slot in images]
    if sorted(used) != sorted(sorted(answer.split()) for answer in answers if answer):
        raise AssertionError(f"{used} is left for {answers}")


def check(media, after, most_builds):
    """After a cut: the answers at once, and after the clean-up; whether the change was done, and what was built."""
    media = bytes(media)
    first = run(nor.Chip(media))
    chip = nor.Chip(media)
    steady, changing, builds = run(chip, Device.prepare)
    if steady != BEFORE or changing not in (BEFORE, after) or builds > most_builds:
        raise AssertionError(f"neither the old nor the new state: {steady}, {changing}, {builds} images built")
    if first[0] not in (503, steady) or first[1] not in (503, changing):
        raise AssertionError(f"wrong answers before the clean-up: {first}, {changing}")
    check_slots(chip.media, (steady, changing))
    if run(chip, Device.prepare) != [steady, changing, 0]:
        raise AssertionError("the second start finds something else")
    return changing == after, builds


def check_again(media, is_deleted):
    text, key = run(nor.Chip(media), Device.prepare, Device.upgrade)[1].split()
    if text != "new-release":
        raise AssertionError("the next deploy did not succeed")
    if is_deleted and key != "undefined":
        raise AssertionError("the next function of that name finds a secret")


def prepared(name):
    """The media of a device before a change."""
    chip = nor.Chip(nor.blank(FILES, SLOTS, SLOT_SECTORS))
    run(chip, Device.set_up)
    run(chip, Device.prepare, Device.install)
    if name == "start":

        async def set_limits(device):
            device.parts.config.set({"cpu_ms": 77})

        # Both images are stale now.
        run(chip, set_limits)
    return chip.media


def main(name, torn):
    log.ring.resize(1024)
    change, after = CHANGES[name]
    media = bytes(prepared(name))
    whole = nor.Chip(media)
    if run(whole, change)[1] != after:
        raise AssertionError("the change does nothing")
    found = {"undone": 0, "done": 0, "builds": 0}
    for cut_at in range(0, whole.operations, EACH):
        chip = nor.Chip(media, cut_at, int(torn) if torn else None)
        run(chip, change)
        if not chip.dead:
            raise AssertionError(f"operation {cut_at} was never reached")
        done, builds = check(chip.media, after, 2 if name == "start" else 1)
        found["done" if done else "undone"] += 1
        found["builds"] += builds
        if cut_at % AGAIN == 0:
            check_again(chip.media, done and after is None)
    return found


print(json.dumps(main(sys.argv[1], sys.argv[2])))
