"""MicroPython: cuts the power at every write of the deletion of a function with secrets, variables and KV.

After each cut the device starts again: the function is there with all that is kept for it, or none of it is, so that a
later function of that name finds nothing. Argument: "linux" for `page_cache`, or "littlefs". Prints, as JSON, how often
the deletion was found undone and done.
"""

import asyncio
import json
import sys

from deploys import deploy
from edgelet import log
from edgelet.device import Device
from edgelet.storage import files

if sys.argv[1:] == ["linux"]:
    import page_cache as flash
else:
    import flash

BLOCKS = 64
CONTENTS = {"public/index.html": b"<h1>hello</h1>" * 50}
HEADER = {"main": "", "engine": "", "static": {"folder": "public"}, "bindings": {"STORE": {"type": "kv"}}}
STEADY = dict(HEADER, function="steady", routes=["/steady"])
KEYS = ("a", "b", "c")
ENV = {"KEY": "secret", "WHO": "me"}


def start():
    """A device that has just been switched on."""
    device = Device(flash.MOUNT)
    device.start()
    return device


def keep(device, name):
    device.config.set_secrets(name, {"KEY": "secret"})
    device.config.set_vars(name, {"WHO": "me"})
    for key in KEYS:
        device.bindings.kv(name, "STORE").put(key, "x" * 100)


def install():
    start().config.set({"arena_bytes": 65536, "drain_ms": 0})
    device = start()
    for header in (HEADER, STEADY):
        name = header.get("function", "hello")
        deploy(device.releases, CONTENTS, **header)
        keep(device, name)


def delete():
    asyncio.run(start().remove("hello"))


def kept(device, name):
    """What is there for a function, after a look at what its KV has."""
    store = device.bindings.kv(name, "STORE")
    return device.config.env(name), [key for key, *_ in store.list()[0]]


def names(folder):
    return [name.partition(".")[0] for name in files.names(flash.MOUNT + "/" + folder)]


def state():
    """Whether the function was deleted."""
    device = start()
    if kept(device, "steady") != (ENV, list(KEYS)):
        raise AssertionError("another function has lost something")
    if "hello" in device.functions.names():
        if kept(device, "hello") != (ENV, list(KEYS)):
            raise AssertionError(f"a function has lost something: {kept(device, 'hello')}")
        return False
    for folder in ("env", "secrets", "kv", "releases"):
        if "hello" in names(folder):
            raise AssertionError(f"it is left in {folder}")
    deploy(device.releases, CONTENTS, **HEADER)
    if kept(device, "hello") != ({}, []):
        raise AssertionError("the next function of that name finds something")
    return True


def main():
    log.ring.resize(1024)
    installed = flash.Flash(flash.blank(BLOCKS))
    flash.run(installed, install)
    found = {"undone": 0, "done": 0}
    for left in flash.survivors(installed.media, delete):
        found["done" if flash.run(flash.Flash(left), state) else "undone"] += 1
    return found


print(json.dumps(main()))
