"""MicroPython: cuts the power at every program and erase of changes of a KV namespace, and of settings and secrets.

The second argument is "linux" for `page_cache`, or "littlefs".

Prints, as JSON, how often each change was found undone and done.
"""

import json
import sys

from edgelet.storage.config import Config, Settings
from edgelet.storage.kv import KV

if sys.argv[2:] == ["linux"]:
    import page_cache as flash
else:
    import flash

BLOCKS = 64
NOW = 1800000000
OTHERS = {f"key {i}": b"value %d" % i * (i * 30) for i in range(12)}


def store():
    return KV(flash.MOUNT + "/kv/hello.STORE", Settings(flash.MOUNT), lambda: NOW)


def config():
    return Config(flash.MOUNT, lambda: NOW)


def change_some():
    one = store()
    new = [("k", one.record("new")), ("big", None), ("n", one.record(b"new" * 1300)), ("k", one.record("newest"))]
    if one.change(new) != [None] * len(new):
        raise OSError


def ask_some():
    one = store()
    return [one.get(key) for key in ("k", "big", "n")]


def set_env(version):
    config().set_vars("hello", {"VAR": version})


def set_secrets(version):
    config().set_secrets("hello", {"SECRET": version, "OTHER": version * 30})


def set_settings(version):
    config().set({"hostname": version})


def fill():
    one = store()
    for key, value in OTHERS.items():
        one.put(key, value)
    one.put("k", "old")
    one.put("big", b"old" * 1000)
    for change in (set_env, set_secrets, set_settings):
        change("old")


# name -> (the change, what tells whether it was done, its answers before and after)
CHANGES = {
    "new": (lambda: store().put("n", "new"), lambda: store().get("n"), None, b"new"),
    "new-big": (lambda: store().put("n", b"new" * 1300), lambda: store().get("n"), None, b"new" * 1300),
    "overwrite": (lambda: store().put("k", "new"), lambda: store().get("k"), b"old", b"new"),
    "overwrite-big": (
        lambda: store().put("big", b"new" * 1300),
        lambda: store().get("big"),
        b"old" * 1000,
        b"new" * 1300,
    ),
    "metadata": (
        lambda: store().put("k", "old", metadata="7" * 1000),
        lambda: store().get_with_metadata("k"),
        (b"old", None),
        (b"old", b"7" * 1000),
    ),
    "together": (change_some, ask_some, [b"old", b"old" * 1000, None], [b"newest", None, b"new" * 1300]),
    "delete": (lambda: store().delete("k"), lambda: store().get("k"), b"old", None),
    "vars": (lambda: set_env("new"), lambda: config().vars("hello"), {"VAR": "old"}, {"VAR": "new"}),
    "secrets": (
        lambda: set_secrets("new"),
        lambda: config().env("hello"),
        {"VAR": "old", "SECRET": "old", "OTHER": "old" * 30},
        {"VAR": "old", "SECRET": "new", "OTHER": "new" * 30},
    ),
    "settings": (
        lambda: set_settings("new"),
        lambda: config().settings.changed(),
        {"hostname": "old"},
        {"hostname": "new"},
    ),
}


def check_others():
    one = store()
    for key, value in OTHERS.items():
        if one.get(key) != value:
            raise AssertionError(key + " was damaged")
    one.put("after", "works")
    keys = [key for key, *_ in one.list()[0]]
    if one.get("after") != b"works" or len(keys) not in (len(OTHERS) + 2, len(OTHERS) + 3, len(OTHERS) + 4):
        raise AssertionError("the namespace does not work")


def main(name):
    change, ask, before, after = CHANGES[name]
    full = flash.Flash(flash.blank(BLOCKS))
    flash.run(full, fill)
    uncut = flash.Flash(flash.copy(full.media))
    flash.run(uncut, change)
    if flash.run(uncut, ask) != after:
        raise AssertionError(f"{name}: not done")
    found = {"undone": 0, "done": 0}
    for left in flash.survivors(full.media, change):
        now = flash.run(flash.Flash(left), ask)
        if isinstance(before, list):
            right = all(one in (before[i], after[i]) for i, one in enumerate(now))
        else:
            right = now in (before, after)
        if not right:
            raise AssertionError(f"{name}: neither the old nor the new value: {now!r}")
        found["done" if now == after else "undone"] += 1
        flash.run(flash.Flash(left), check_others)
    return found


print(json.dumps(main(sys.argv[1])))
