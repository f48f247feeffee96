"""Finds what is damaged of all that the device keeps, and sets right what can be: `edgelet doctor`.

Nothing of a person's is destroyed: what has no place goes into the folder `damaged`, from where nothing is read.
"""

import asyncio
import os

from edgelet import names
from edgelet.storage import config, files, kv
from micropython import const

_MOST = const(40)  # findings in an answer; a board has no memory for any number

_KINDS = (
    ("settings.json", "file"),
    ("secrets.json", "file"),
    ("roots.der", "file"),
    ("env", "folder"),
    ("secrets", "folder"),
    ("kv", "folder"),
    ("releases", "folder"),
)


async def examine(device, repair):
    """Looks at everything; [{path, text, repaired}] of what is damaged. With `repair` it sets right what can be."""
    check = _Examination(device, repair)
    # A board's file system takes its time for each: everything else has its turn in between.
    for step in (check.layout, check.settings, check.variables, check.secrets, check.stores):
        step()
        await asyncio.sleep_ms(0)
    await check.functions()
    return check.answer()


def _is_valid(check, text):
    try:
        check(text)
    except ValueError:
        return False
    return True


class _Examination:
    def __init__(self, device, repair):
        self._device = device
        self._root = device.root
        self._releases = device.releases
        self._repair = repair
        self._found = []
        self._more = 0
        self._changed = []  # functions that have to start anew

    def answer(self):
        if self._more:
            self._found.append({"path": self._root, "text": "%d more" % self._more, "repaired": False})
        return self._found

    def _report(self, path, text, repaired=False):
        if len(self._found) < _MOST:
            self._found.append({"path": path, "text": text, "repaired": repaired})
        else:
            self._more += 1

    def _aside(self, path, text, then=""):
        """Reports what has to leave its place, and moves it."""
        if not self._repair:
            self._report(path, "%s: %s" % (text, files.REPAIR))
            return
        folder = self._root + "/damaged"
        target = folder + "/" + path[len(self._root) + 1 :].replace("/", "-")
        try:
            files.make_folder(folder)
            files.remove_tree(target)
            files.rename(path, target)
            files.sync_folder(files.folder_of(path))
        except (OSError, ValueError) as e:
            self._report(path, "%s, and cannot be moved aside: %s" % (text, e))
        else:
            self._report(path, "%s: it is in %s now%s" % (text, target, then), True)

    def layout(self):
        for name, kind in _KINDS:
            found = files.kind(self._root + "/" + name)
            if found and found != kind:
                self._aside(self._root + "/" + name, "it is a %s in the place of a %s" % (found, kind))

    def settings(self):
        for name in ("settings.json", "secrets.json"):
            path = self._root + "/" + name
            if files.kind(path) == "file" and config.problem(path):
                self._aside(path, "it is damaged", "; 'edgelet setup' sets its values again")
        if config.problem(self._root + "/settings.json"):
            return
        settings = config.Settings(self._root)
        if settings.problems and self._repair:
            settings.set({})  # stores those that are valid
        for text in settings.problems:
            self._report(self._root + "/settings.json", text, self._repair)

    def variables(self):
        self._values("env")

    def secrets(self):
        self._values("secrets")

    def _values(self, folder):
        known = self._releases.names()
        command = "env set" if folder == "env" else "secret put"
        for name in files.names(self._root + "/" + folder):
            path = "%s/%s/%s" % (self._root, folder, name)
            function = name[:-5]
            if files.kind(path) != "file" or name[-5:] != ".json" or not _is_valid(names.function, function):
                self._aside(path, "it is not of edgelet")
            elif config.problem(path):
                self._changed.append(function)
                self._aside(path, "it is damaged", "; 'edgelet %s' sets its values again" % command)
            elif function not in known:
                self._aside(path, "it belongs to no function")

    def stores(self):
        known = self._releases.names()
        for name in files.names(self._root + "/kv"):
            path = "%s/kv/%s" % (self._root, name)
            function, _, binding = name.partition(".")
            if not _is_valid(names.function, function) or not _is_valid(names.variable, binding):
                self._aside(path, "it is not of edgelet")
            elif files.kind(path) != "folder":
                self._aside(path, "it is a file in the place of a folder")
            elif function not in known:
                self._aside(path, "it belongs to no function")
            else:
                self._store(function, path)

    def _store(self, function, path):
        for entry in list(os.ilistdir(path)):
            name = entry[0]
            one = path + "/" + name
            if entry[1] == files.FOLDER or (kv.key_of(name) is None and not name.endswith("~")):
                self._aside(one, "it is no key")
            elif not name.endswith("~") and files.size(one) < kv.HEADER:
                self._aside(one, "it is cut off")
        if self._repair:
            self._device.bindings.forget(function)  # what was counted is not up to date

    async def functions(self):
        for name in files.names(self._root + "/releases"):
            path = self._root + "/releases/" + name
            if not _is_valid(names.function, name):
                self._aside(path, "it is not of edgelet")
            elif files.kind(path) != "folder":
                self._aside(path, "it is a file in the place of a folder")
            else:
                self._entries(path)
                await asyncio.sleep_ms(0)
                await self._function(name)
        for name in self._changed:
            if self._repair and name in self._releases.names():
                await self._start(name, self._device.deployment.reload(name))

    def _entries(self, path):
        for name in files.names(path):
            is_release_or_file = names.is_hex(name, 16) or names.is_hex(name, 64)
            if not is_release_or_file and name not in ("current", "deleted", "staging", "current~"):
                self._aside(path + "/" + name, "it is not of edgelet")

    async def _function(self, name):
        path = "%s/releases/%s" % (self._root, name)
        try:
            active, previous = self._releases.pointer(name)
        except ValueError:
            if files.kind(path + "/current") == "folder":
                self._aside(path + "/current", "it is a folder in the place of a file")
            if not await self._bring_back(name, path + "/current", "it is damaged", None):
                self._report(path + "/current", "it is damaged: deploy function %s again" % name)
            return
        if active is None:
            return
        release, damaged = await self._damage(name, active)
        if release is None:
            place = "%s/%s/manifest" % (path, active)
            if not await self._bring_back(name, place, "the active release is damaged", active):
                self._report(place, "it is damaged: deploy function %s again" % name)
        elif release.main in damaged:
            place = path + "/" + damaged[release.main]
            if not await self._bring_back(name, place, "%s of the active release is damaged" % release.main, active):
                self._remove_files(path, release, damaged)
        else:
            self._remove_files(path, release, damaged)
            await self._previous(name, path, previous, damaged)

    def _remove_files(self, path, release, damaged):
        """Reports damaged files, and makes room for what a deploy will bring."""
        for file, sha256 in damaged.items():
            text = release.damage(file, sha256)
            if self._repair:
                files.remove_tree(path + "/" + sha256)
                text += "; it was removed"
            self._report(path + "/" + sha256, text)

    async def _previous(self, name, path, previous, known):
        if previous:
            release, damaged = await self._damage(name, previous)
            if release and all(file in known.values() for file in damaged.values()):
                return
            place = "%s/%s/manifest" % (path, previous) if release is None else path
            text = "release %s, the one before, is damaged" % previous
            if self._repair:
                self._releases.forget_previous(name)
                self._report(place, text + " and was removed", True)
            else:
                self._report(place, text + ": 'edgelet doctor --repair' removes it")

    async def _damage(self, name, id):
        """(release, its damaged files: path -> SHA-256); None for a release of which nothing can be told."""
        try:
            release = self._releases.release(name, id)
        except ValueError:
            return None, {}
        damaged = {}
        for path, sha256, _ in release.files():
            if not await release.is_intact(sha256):
                damaged[path] = sha256
        return release, damaged

    async def _bring_back(self, name, path, text, damaged_id):
        """Brings the newest release into service that is whole, and forgets the others; whether there is one."""
        for release in self._releases.stored(name):
            if release.id != damaged_id and not (await self._damage(name, release.id))[1]:
                if not self._repair:
                    self._report(path, "%s: 'edgelet doctor --repair' brings release %s back" % (text, release.id))
                elif await self._start(name, self._device.deployment.activate(name, release.id)):
                    self._releases.forget_previous(name)
                    self._report(path, "%s: release %s is active now" % (text, release.id), True)
                return True
        return False

    async def _start(self, name, work):
        try:
            await work
        except Exception as e:
            self._report("%s/releases/%s" % (self._root, name), "function %s does not start: %s" % (name, e))
            return False
        return True
