"""MicroPython: cuts the power at every program and erase of a deploy, a rollback, a deletion and a clean-up.

The second argument is "linux" for `page_cache`, or "littlefs".

Prints, as JSON, how often each of them was found undone and done.
"""

import json
import sys

from deploys import check_nothing_left_over, contents, deploy, exists, open_store, write
from edgelet.event_loop import at_once

if sys.argv[2:] == ["linux"]:
    import page_cache as flash
else:
    import flash

BLOCKS = 64
SAMPLE = 11  # of the first cuts of two, each eleventh
FIRST = {"main.qjs": b"first" * 300, "public/index.html": b"<h1>first</h1>", "public/big.js": b"same" * 1500}
OLD = dict(FIRST, **{"main.qjs": b"old" * 500, "public/index.html": b"<h1>old</h1>"})
NEW = dict(OLD, **{"main.qjs": b"new" * 700, "public/new.css": b"p { color: teal }" * 400})
HEADER = {"static": {"folder": "public"}}


def install():
    store = open_store(flash.MOUNT)
    store.boot()
    for release in (FIRST, OLD):
        deploy(store, release, **HEADER)
    return "installed"


def upgrade():
    store = open_store(flash.MOUNT)
    store.boot()
    return deploy(store, NEW, **HEADER)


def abandon():
    """A deploy that nobody activates, and the start that cleans up after it."""
    deploy(open_store(flash.MOUNT), NEW, activate=False, **HEADER)
    open_store(flash.MOUNT).boot()


def interrupt():
    """A deploy that stopped within a file, and the start that cleans up after it."""
    store = open_store(flash.MOUNT)
    write(store.begin("hello") + "/manifest", b"{")
    open_store(flash.MOUNT).boot()


def roll_back():
    store = open_store(flash.MOUNT)
    store.activate("hello", store.previous("hello"))


def delete():
    at_once(open_store(flash.MOUNT).delete_steps("hello"))


def state():
    """What answers after a start: the contents of the active release, None without one."""
    store = open_store(flash.MOUNT)
    if store.boot():
        raise AssertionError("damaged")
    if not store.names():
        if exists(flash.MOUNT + "/releases/hello"):
            raise AssertionError("a deleted function left something")
        return None
    check_nothing_left_over(store, flash.MOUNT, "hello")
    for one in store.list("hello"):
        contents(store.release("hello", one["id"]))
    return contents(store.release("hello"))


def check_next_deploy(media):
    def again():
        upgrade()
        return state()

    if flash.run(flash.Flash(media), again) != NEW:
        raise AssertionError("the next deploy did not succeed")


def scenario(media, name, change, before, after):
    """Cuts `change` everywhere; what is found must be `before` or `after`, and the next deploy must work."""
    found = {"undone": 0, "done": 0}
    for left in flash.survivors(media, change):
        now = flash.run(flash.Flash(left), state)
        if now != before and now != after:
            raise AssertionError(f"{name}: neither the old nor the new release")
        found["done" if now == after else "undone"] += 1
        check_next_deploy(left)
    return found


def recoveries(media):
    """Cuts the power in a deploy, and again at every point of the start and deploy that follow."""
    count = 0
    for number, left in enumerate(flash.survivors(media, upgrade)):
        if number % SAMPLE:
            continue
        for again in flash.survivors(left, upgrade):
            if flash.run(flash.Flash(again), state) not in (OLD, NEW):
                raise AssertionError("neither the old nor the new release after two cuts")
            count += 1
    return count


def main(which):
    installed = flash.Flash(flash.blank(BLOCKS))
    flash.run(installed, install)
    media = installed.media
    if which == "twice":
        return recoveries(media)
    change, after = {
        "deploy": (upgrade, NEW),
        "abandon": (abandon, OLD),
        "interrupt": (interrupt, OLD),
        "rollback": (roll_back, FIRST),
        "delete": (delete, None),
    }[which]
    return scenario(media, which, change, OLD, after)


print(json.dumps(main(sys.argv[1])))
