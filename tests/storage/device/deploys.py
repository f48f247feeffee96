"""MicroPython: functions for tests to deploy, and whether what is on flash is whole."""

# MicroPython has no pathlib.
# ruff: noqa: PTH123, PTH208

import json
import os
from binascii import hexlify
from hashlib import sha256

from edgelet.event_loop import at_once
from edgelet.storage import files
from edgelet.storage.config import Settings
from edgelet.storage.releases import Releases

ENGINE = "0123456789abcdef"


def digest(content):
    return hexlify(sha256(content).digest()).decode()


def manifest(contents, **header):
    """A manifest of `contents` (path -> bytes), as the command line writes it."""
    lines = [json.dumps(header)]
    for path in sorted(contents):
        lines.append(f'["{path}","{digest(contents[path])}",{len(contents[path])}]')
    return ("\n".join(lines) + "\n").encode()


def write(path, content, chunk=512):
    """Writes a file as mpremote does: in pieces, and without an fsync."""
    with open(path, "wb") as file:
        for at in range(0, len(content), chunk):
            file.write(content[at : at + chunk])


def open_store(root):
    return Releases(root, Settings(root), ENGINE)


def deploy(store, contents, activate=True, **header):
    """Deploys as the command line does; returns the release id and how many files were sent."""
    fields = {"function": "hello", "engine": ENGINE, "main": "main.qjs"}
    fields.update(header)
    name = fields["function"]
    staging = store.begin(name)
    write(staging + "/manifest", manifest(contents, **fields))
    missing = store.missing(name)
    by_digest = {digest(content): content for content in contents.values()}
    for wanted, _ in missing:
        write(staging + "/" + wanted, by_digest[wanted])
    release = at_once(store.commit(name))
    if activate:
        store.activate(name, release)
    return release, len(missing)


def contents(release):
    """What a release is made of, path -> bytes, read back and checked against its manifest."""
    found = {}
    for path, wanted, size in release.files():
        file = release.open(wanted)
        found[path] = file.read()
        release.close(wanted, file)
        if len(found[path]) != size or digest(found[path]) != wanted:
            raise AssertionError(f"{path} is damaged")
    return found


def check_nothing_left_over(store, root, name):
    """Everything in the function's folder belongs to its active or its previous release."""
    kept = [one["id"] for one in store.list(name) if one["active"] or one["previous"]]
    expected = {"current"} | set(kept)
    for release in kept:
        expected.update(sha for _, sha, _ in store.release(name, release).files())
    found = os.listdir(root + "/releases/" + name)
    if sorted(found) != sorted(expected):
        raise AssertionError(f"left over: {found!r} instead of {expected!r}")


def exists(path):
    return files.kind(path) is not None
