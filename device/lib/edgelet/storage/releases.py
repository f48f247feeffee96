"""The releases of each function on flash.

    releases/login/current          the pointer: active and previous release
    releases/login/<id>/manifest    an immutable release; its id is the first 16 hex digits of its manifest's SHA-256
    releases/login/<sha256>         the files of all its releases, each once, named by content
    releases/login/staging/         a deploy in progress: its manifest, and the files that are new
    releases/login/deleted          the pointer of a function whose deletion has begun: the last file that it loses

A deploy is: begin(), write `manifest` into the folder that it returns, missing(), write each file that it names
(mpremote's own file transfer does both), commit(), activate(). A file comes to its place by a rename, after its SHA-256
was read back from flash; the release by one rename of the staging folder; the pointer by one rename too. So a power cut
at any write leaves the old or the new release.

There are few folders because each costs two blocks, 8 KB, on littlefs.
"""

import asyncio
import gc
import hashlib
import json
import os
import sys
import time
from binascii import hexlify

from edgelet import names
from edgelet.event_loop import at_once
from edgelet.storage import files, manifest
from micropython import const

_LINUX = sys.platform == "linux"
_CHUNK = const(1024)  # bytes read at a time
READ_AT_ONCE = (64 if _LINUX else 4) * _CHUNK  # bytes of a file that are read before others have their turn
_LINE = const(256)  # bytes that most lines of a manifest fit into
_ID_DIGITS = const(16)
_SHA256_DIGITS = const(64)
_BESIDE = const(8 * _CHUNK)  # bytes of memory that building takes beside the bundle, at most
_MARGIN = const(8)  # blocks of the file system that a deploy leaves free, for folders and the pointer


def sha256_of(path):
    """Gives, in steps, the SHA-256 of a file as hex digits; what was read is durable by then."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        file.flush()
        for chunk in _chunks(file):
            digest.update(chunk)
            yield
    return _hex(digest)


def _chunks(file):
    chunk = memoryview(bytearray(_CHUNK))
    while True:
        n = file.readinto(chunk)
        if not n:
            return
        yield chunk[:n]


def _line(stream):
    """What readline() gives, which asks the system for each byte by itself."""
    line = b""
    while True:
        part = stream.read(_LINE)
        end = part.find(b"\n") + 1
        if end or not part:
            return line + part[:end]
        line += part


def _check_memory(size):
    """Raises ValueError where a bundle of so many bytes finds no memory: it is read into one piece."""
    if _is_free(size + _BESIDE):
        return
    room = _room(0, size)
    raise ValueError(
        "no memory: the bundle has %d bytes, this device has room for about %d in one piece. Import less, or "
        "'edgelet delete' another function" % (size, room)
    )


def _room(room, too_much):
    """For how large a bundle there is memory, to a kilobyte: at least `room`, less than `too_much`."""
    most = too_much
    while too_much - room > _CHUNK:
        middle = (room + too_much) // 2
        if _is_free(middle + _BESIDE):
            room = middle
        else:
            too_much = middle
    # What was free a moment ago may look as if it were still used, where its address is left on the stack.
    if too_much < most and _is_free(too_much + _BESIDE):
        return _room(too_much, most)
    return room


def _is_free(size):
    """Whether there are so many bytes of memory in one piece."""
    gc.collect()
    try:
        bytearray(size)
    except MemoryError:
        return False
    return True


def _hex(digest):
    return hexlify(digest.digest()).decode()


def _key(sha256):
    return int(sha256[:7], 16)  # a small integer, which takes no memory of its own


class Release:
    """One release of a function, as its manifest tells it.

    function, id, main, hosts, routes, limits, vars, bindings, static, fetch, client_header, engine, created_by: see
    `edgelet.storage.manifest`.
    """

    def __init__(self, folder, id, path, pins):
        self.id = id
        self._folder = folder
        self._manifest = path
        self._pins = pins
        self._index = None
        self._intact = {}  # of the files that were read for it: what _stamp() was then, negative of a damaged one
        with open(path, "rb") as stream:
            header = manifest.parse_header(stream.readline())
        for name, value in header.items():
            setattr(self, name, value)

    def files(self):
        """Yields (path, sha256, size) of each file. ValueError where the manifest is not valid.

        The manifest is open until the last one, or until close() of this generator.
        """
        with open(self._manifest, "rb") as stream:
            stream.readline()
            for _, path, sha256, size in manifest.files(stream):
                yield path, sha256, size

    def bundle(self):
        """The compiled handler as bytes, or None where the function has static files only."""
        return self._read(self.main) if self.main else None

    def roots(self):
        """The certificates that the function trusts over https, DER one after the other."""
        return self._read(self.fetch["roots"])

    def _read(self, path):
        found = [(sha256, size) for listed, sha256, size in self.files() if listed == path]
        if not found:
            raise ValueError("the manifest lists no file %s" % path)
        sha256, size = found[0]
        try:
            with open(self._path(sha256), "rb") as file:
                data = file.read(size)  # in one piece of memory; without the size its reading looks for larger ones
        except OSError:
            data = b""
        if _hex(hashlib.sha256(data)) != sha256:
            raise ValueError(self.damage(path, sha256))
        return data

    def damage(self, path, sha256):
        """What to say of the file at `path` where it is damaged."""
        return "%s, file %s of function %s, is damaged: deploy it again" % (self._path(sha256), path, self.function)

    def known(self, sha256):
        """Whether a file is intact, None where it has not been read for that since it was written."""
        stamp = self._intact.get(_key(sha256))
        if stamp is None or (_LINUX and abs(stamp) != self._stamp(sha256)):
            return None
        return stamp > 0

    def is_intact_now(self, sha256):
        """Reads a file, at most READ_AT_ONCE bytes: whether it is what it was."""
        return list(self._check(sha256))[-1]

    async def is_intact(self, sha256):
        """Reads a file of any size, giving way between its pieces: whether it is what it was."""
        for answer in self._check(sha256):
            if answer is None:
                await asyncio.sleep_ms(0)
        return answer

    def _check(self, sha256):
        """Yields None between the pieces of a file, and then the answer."""
        stamp = self._stamp(sha256)
        digest = hashlib.sha256()
        try:
            file = self.open(sha256)
            try:
                for chunk in _chunks(file):
                    digest.update(chunk)
                    if not file.tell() % READ_AT_ONCE:
                        yield None
            finally:
                self.close(sha256, file)
            is_intact = _hex(digest) == sha256
        except OSError:
            is_intact = False
        if not _LINUX or stamp < time.time() - 1:  # else another change may get the same time
            self._intact[_key(sha256)] = stamp if is_intact else -stamp
        yield is_intact

    def _stamp(self, sha256):
        """When a file was changed: a small positive number. A board's files are changed by deploys only."""
        try:
            return max(1, os.stat(self._path(sha256))[8]) if _LINUX else 1
        except OSError:
            return 1

    def find(self, path):
        """(sha256, size) of the static file at `path`, relative to the static folder, or None."""
        if self._index is None:
            self._index = self._static_index()
        offset = self._index.get(path)
        if offset is None:
            return None
        with open(self._manifest, "rb") as stream:
            stream.seek(offset)
            return manifest.parse_file(_line(stream))[1:]

    def _static_index(self):
        # Paths and offsets are all that stays in RAM: 40 to 60 bytes a file.
        index = {}
        if self.static:
            folder = self.static["folder"] + "/"
            with open(self._manifest, "rb") as stream:
                stream.readline()
                for offset, path, _, _ in manifest.files(stream):
                    if path.startswith(folder):
                        index[path[len(folder) :]] = offset
        return index

    def open(self, sha256):
        """Opens a file of this release for reading. It stays on flash until as many close()."""
        file = open(self._path(sha256), "rb")  # noqa: SIM115 - close() closes it
        self._pins[sha256] = self._pins.get(sha256, 0) + 1
        return file

    def close(self, sha256, file):
        """Closes what open() opened."""
        file.close()
        left = self._pins.pop(sha256) - 1
        if left:
            self._pins[sha256] = left

    def _path(self, sha256):
        return self._folder + "/" + sha256


class Releases:
    """The functions below the folder `root`.

    settings: `release_files`, `release_file_bytes` and `release_bytes` bound a release
    (`edgelet.storage.config`). engine: `quickjs.ENGINE_ID`; bundles of another engine are refused. forget(name) removes
    what else the device keeps for a function that is deleted, durably, as a generator of steps.
    check_bindings(bindings), where it is set, raises ValueError for what the device cannot offer.
    All methods raise ValueError with one line that says what is wrong with what was asked, or which file is damaged.
    """

    def __init__(self, root, settings, engine, forget=None):
        self.check_bindings = None
        self._forget = forget
        self._committing = []  # functions of which a deploy is being verified
        self._root = root + "/releases"
        self._settings = settings
        self._engine = engine
        # Files that are being sent. littlefs would give the blocks of a removed file to others.
        self._pins = {}

    def boot(self):
        """Removes what a power cut left half done.

        That is: what is left of functions whose deletion had begun, staging folders, releases that were never activated
        or are superseded, files that nothing refers to.
        Returns (name, message) of each function whose files are damaged; it is left as it is.
        """
        damaged = []
        try:
            files.make_folder(self._root)
        except ValueError as error:
            damaged.append(("", str(error)))
        for name in files.names(self._root):
            try:
                self._tidy(name)
            except (OSError, ValueError) as error:
                damaged.append((name, self._told(name, error)))
        return damaged

    def _tidy(self, name):
        self._check_name(name)
        if self._is_deleted(name):
            at_once(self.delete_steps(name))
            return
        files.remove_tree(self._folder(name) + "/staging")
        files.remove_temporary(self._folder(name))
        self.sweep(name)

    def _check_name(self, name):
        """ValueError for what lies among the functions and is none, such as lost+found."""
        try:
            names.function(name)
        except ValueError:
            raise ValueError("%s is not of a function: %s" % (self._folder(name), files.REPAIR)) from None
        files.make_folder(self._folder(name))

    def _told(self, name, error):
        if isinstance(error, OSError):
            return "%s cannot be read (%s): deploy the function again" % (self._folder(name), error)
        return str(error)

    def names(self):
        """The functions that have an active release, be it damaged, sorted."""
        return sorted(name for name in files.names(self._root) if self._has_pointer(name))

    def release(self, name, id=None):
        """The release `id` of a function, by default the active one. ValueError too where its manifest is damaged."""
        names.function(name)
        active = None if id else self.pointer(name)[0]
        id = id or active
        if not id:
            raise ValueError("there is no function %s: 'edgelet list' shows those there are" % name)
        path = self._manifest(name, id)
        try:
            if id != active and (len(id) != _ID_DIGITS or files.kind(path) is None):
                raise ValueError("function %s has no release %s: 'edgelet releases' shows those there are" % (name, id))
            if at_once(sha256_of(path))[:_ID_DIGITS] == id:
                release = Release(self._folder(name), id, path, self._pins)
                if release.function == name:
                    return release
        except OSError:
            pass
        raise ValueError(
            "%s is damaged: deploy function %s again; 'edgelet doctor --repair' brings back the release before"
            % (path, name)
        )

    def list(self, name):
        """The releases of a function, a dict each, newest first.

        id, active, previous, created_by, files, bytes, and time (of the commit, as `time.time()` counted on this
        device).
        """
        active, previous = self.pointer(names.function(name))
        found = []
        for id in self._stored(name, _ID_DIGITS):
            try:
                release = self.release(name, id)
            except ValueError:
                continue  # damaged
            sizes = [size for _, _, size in release.files()]
            found.append(
                {
                    "id": id,
                    "active": id == active,
                    "previous": id == previous,
                    "created_by": release.created_by,
                    "files": len(sizes),
                    "bytes": sum(sizes),
                    "time": os.stat(self._manifest(name, id))[8],
                }
            )
        if active and not found:
            self.release(name)  # says what is damaged
        found.sort(key=lambda one: (one["time"], one["active"]), reverse=True)
        return found

    def stored(self, name):
        """The releases of a function that have a whole manifest, newest first."""
        found = []
        for id in self._stored(name, _ID_DIGITS):
            try:
                found.append((os.stat(self._manifest(name, id))[8], self.release(name, id)))
            except (OSError, ValueError):
                pass
        found.sort(key=lambda one: one[0], reverse=True)
        return [release for _, release in found]

    def forget_previous(self, name):
        """Removes the release that was active before, so that there is none to go back to."""
        active, _ = self.pointer(name)
        files.replace(self._current(name), json.dumps({"active": active, "previous": None}))
        self.sweep(name)

    def begin(self, name):
        """Prepares a deploy of a function; returns the folder to write `manifest` into.

        Whole files of a deploy that was interrupted are kept for this one; a release that was not activated is removed.
        """
        names.function(name)
        if self._is_deleted(name):
            raise ValueError("function %s is being deleted: deploy it when that is done" % name)
        if name in self._committing:
            raise ValueError("another deploy of function %s is being verified: deploy when that is done" % name)
        try:
            self.sweep(name)
        except (OSError, ValueError):
            pass  # damaged: the deploy is the cure
        staging = self._folder(name) + "/staging"
        if files.kind(staging) == "file":
            os.remove(staging)
        files.make_folder(staging)
        files.remove_tree(staging + "/manifest")
        return staging

    def missing(self, name):
        """Checks the manifest that was written after begin().

        Returns the (sha256, size) of each file that must now be written into the staging folder, under its sha256.
        """
        return at_once(self.missing_steps(name))

    def missing_steps(self, name):
        """As missing(), in steps."""
        release = self.staged(name)
        yield
        yield from self._check(release)
        yield
        staging = self._folder(name) + "/staging"
        wanted = {}
        for path, sha256, size in release.files():
            wanted[sha256] = size
            if path == release.main:
                _check_memory(size)
        for sha256 in os.listdir(staging):
            if sha256 != "manifest" and not self._is_whole(staging, sha256, wanted.get(sha256)):
                os.remove(staging + "/" + sha256)
        yield
        for sha256 in self._stored(name, _SHA256_DIGITS):
            if files.kind(self._folder(name) + "/" + sha256) == "folder":
                files.remove_tree(self._folder(name) + "/" + sha256)
        have = set(self._stored(name, _SHA256_DIGITS) + os.listdir(staging))
        missing = [(sha256, size) for sha256, size in wanted.items() if sha256 not in have]
        yield
        self._check_space(sum(size for _, size in missing), len(missing))
        return missing

    def commit(self, name):
        """Verifies every file of the deploy and makes it a release, in steps; returns its id.

        It is not active yet, and a restart of the device or begin() removes it unless activate() came before.
        """
        release = self.staged(name)
        folder = self._folder(name)
        listed = release.files()
        self._committing.append(name)
        try:
            yield
            yield from self._check(release)
            for path, sha256, size in listed:
                yield from self._take(folder, path, sha256, size)
        finally:
            self._committing.remove(name)
            listed.close()
        # Before the release, what it refers to.
        files.sync_folder(folder)
        if self._is_stored(name, release.id):
            files.remove_tree(folder + "/staging")
        else:
            files.remove_tree(folder + "/" + release.id)
            files.sync_folder(folder + "/staging")
            files.rename(folder + "/staging", folder + "/" + release.id)
        return release.id

    def _is_stored(self, name, id):
        """Whether a release is there, with a manifest that is whole."""
        try:
            return at_once(sha256_of(self._manifest(name, id)))[:_ID_DIGITS] == id
        except OSError:
            return False

    def activate(self, name, id):
        """Makes the release `id` the active one, keeps the one that was active as previous(), removes those before."""
        self.switch(name, id, at_once(self.verify_steps(name, id)))
        self.sweep(name)

    def verify_steps(self, name, id):
        """The first part of activate(), which changes nothing, in steps; what switch() wants to know."""
        release = self.release(name, id)
        self._check_engine(release)
        yield
        yield from self._check_routes(release)
        try:
            active, previous = self.pointer(name)
            if active and active != id:
                self.release(name, active)
            elif previous:
                self.release(name, previous)
        except ValueError:
            active = None  # what is damaged must not outlive a deploy
        yield
        return active

    def switch(self, name, id, active):
        """The second part, after which `id` is the active release. The third is sweep()."""
        if id != active:
            files.replace(self._current(name), json.dumps({"active": id, "previous": active}))

    def previous(self, name):
        """The id of the release that was active before, to activate() it again."""
        id = self.pointer(names.function(name))[1]
        if not id:
            raise ValueError(
                "function %s has no previous release: 'edgelet releases %s' shows what it has" % (name, name)
            )
        return id

    def retire(self, name):
        """Takes a function out of service for good; what a power cut leaves of it, boot() deletes."""
        names.function(name)
        if not self._has_pointer(name):
            raise ValueError("there is no function %s: 'edgelet list' shows those there are" % name)
        files.rename(self._current(name), self._deleted(name))

    def delete_steps(self, name):
        """Removes a function with all its releases, staging included, and all else that is kept for it, in steps."""
        names.function(name)
        if not self._is_deleted(name):
            self.retire(name)
        if self._forget:
            yield from self._forget(name)
        files.remove_tree(self._folder(name) + "/staging")
        self.sweep(name)
        files.sync_folder(self._folder(name))
        files.remove_tree(self._deleted(name))
        self._remove_empty(name)

    def _folder(self, name):
        return self._root + "/" + name

    def _current(self, name):
        return self._folder(name) + "/current"

    def _deleted(self, name):
        return self._folder(name) + "/deleted"

    def _has_pointer(self, name):
        try:
            return files.kind(self._current(name)) is not None
        except OSError:
            return True  # it cannot be read

    def _is_deleted(self, name):
        return not self._has_pointer(name) and files.kind(self._deleted(name)) is not None

    def _manifest(self, name, id):
        return self._folder(name) + "/" + id + "/manifest"

    def _stored(self, name, digits):
        """The names in a function's folder that have so many digits: releases, or files."""
        return [stored for stored in files.names(self._folder(name)) if len(stored) == digits]

    def pointer(self, name):
        """(active, previous), each None where there is none."""
        if not self._has_pointer(name):
            return None, None
        try:
            with open(self._current(name)) as file:
                pointer = json.load(file)
            active, previous = pointer["active"], pointer["previous"]
            if names.is_hex(active, _ID_DIGITS) and (previous is None or names.is_hex(previous, _ID_DIGITS)):
                return active, previous
        except (KeyError, OSError, TypeError, ValueError):
            pass
        raise ValueError(
            "%s is damaged: deploy function %s again; 'edgelet doctor --repair' brings back its last release"
            % (self._current(name), name)
        )

    def staged(self, name):
        """The release whose manifest was written after begin(). It has no other file yet."""
        names.function(name)
        folder = self._folder(name)
        path = folder + "/staging/manifest"
        if files.kind(path) != "file":
            raise ValueError("no deploy of %s is under way" % name)
        release = Release(folder, at_once(sha256_of(path))[:_ID_DIGITS], path, self._pins)
        if release.function != name:
            raise ValueError("the manifest is of function %s, not %s" % (release.function, name))
        return release

    def _check(self, release):
        """Raises ValueError where the device does not take the release, in steps."""
        total = 0
        wanted = {release.main, release.fetch.get("roots", "")} - {""}
        listed = release.files()
        try:
            for count, (path, _, size) in enumerate(listed):
                total += size
                wanted.discard(path)
                self._check_limit("file %s" % path, size, "release_file_bytes", "bytes")
                self._check_limit("the release", count + 1, "release_files", "files")
        finally:
            listed.close()
        self._check_limit("the release", total, "release_bytes", "bytes")
        for path in wanted:
            raise ValueError("the manifest lists no file %s" % path)
        yield
        self._check_engine(release)
        yield
        yield from self._check_routes(release)
        if self.check_bindings:
            self.check_bindings(release.bindings)

    def _check_limit(self, what, value, setting, unit):
        limit = self._settings[setting]
        if value > limit:
            raise ValueError("%s has %d %s, this device takes %d" % (what, value, unit, limit))

    def _check_engine(self, release):
        if release.main and release.engine != self._engine:
            raise ValueError(
                "release %s was compiled for engine %s, this device has %s: deploy it again, or flash the firmware "
                "that belongs to the command line" % (release.id, release.engine or "?", self._engine)
            )

    def _check_routes(self, release):
        """Raises ValueError where another function has the release's routes, in steps."""
        own_hosts = names.own_hosts(self._settings["hostname"])
        for route in release.routes:
            if route in names.OWN_PATHS and _common(release.hosts or own_hosts, own_hosts):
                raise ValueError("route %s is the device's own: choose another one in edgelet.toml" % route)
        for name in self.names():
            if name != release.function:
                hosts, routes = self._places(name)
                host = _common(release.hosts or [""], hosts)
                route = _common(release.routes, routes)
                if host is not None and route:
                    raise ValueError(
                        "route %s%s belongs to function %s: choose another one in edgelet.toml" % (host, route, name)
                    )
            yield

    def _places(self, name):
        """The hosts, [""] for any, and routes of a function, none where it is damaged, and so out of service.

        Its manifest was checked when it came; not again here, for which a board has not enough of C stack.
        """
        try:
            id = self.pointer(name)[0]
            path = self._manifest(name, id)
            if at_once(sha256_of(path))[:_ID_DIGITS] == id:
                with open(path, "rb") as stream:
                    header = json.loads(stream.readline())
                if header["function"] == name:
                    return header.get("hosts") or [""], header.get("routes", ["/"])
        except (KeyError, OSError, ValueError):
            pass
        return [""], []

    def _check_space(self, size, count):
        _, free, block = files.space(files.folder_of(self._root))
        # A file may waste most of its last block.
        needed = size + (count + _MARGIN) * block
        if needed > free:
            raise ValueError(
                "no space: the deploy needs %d bytes, the device has %d free. 'edgelet delete' or 'edgelet kv delete' "
                "makes room" % (needed, free)
            )

    def _is_whole(self, folder, sha256, size):
        path = folder + "/" + sha256
        return size == files.size(path) and sha256 == at_once(sha256_of(path))

    def _take(self, folder, path, sha256, size):
        """Verifies one file of a deploy, wherever it is, in steps, and puts it in its place."""
        place = folder + "/" + sha256
        staged = folder + "/staging/" + sha256
        new = files.kind(staged) == "file"
        if not new and files.kind(place) != "file":
            raise ValueError("file %s has not arrived: deploy again" % path)
        digest = None
        if size == files.size(staged if new else place):
            digest = yield from sha256_of(staged if new else place)
        if digest != sha256:
            # The next deploy sends it again; releases that use it are damaged already.
            os.remove(staged if new else place)
            raise ValueError("file %s is damaged on the device: deploy again" % path)
        if new:
            os.rename(staged, place)  # is_whole() has made it durable, and commit() does so with its name

    def sweep(self, name):
        """Removes what neither the active nor the previous release needs, unless a deploy's files are being verified.

        The function's folder too, where nothing is left. ValueError, and files are left, where one of them is damaged.
        """
        if name in self._committing:
            return
        folder = self._folder(name)
        kept = [id for id in self.pointer(name) if id]
        for id in self._stored(name, _ID_DIGITS):
            if id not in kept:
                files.remove_tree(folder + "/" + id)
        wanted = set()
        for id in kept:
            # A part of the digest is enough: a wrong match would only keep a file too long.
            wanted.update(sha256[:12] for _, sha256, _ in self.release(name, id).files())
        for sha256 in self._stored(name, _SHA256_DIGITS):
            if sha256[:12] not in wanted and sha256 not in self._pins:
                files.remove_tree(folder + "/" + sha256)
        self._remove_empty(name)

    def _remove_empty(self, name):
        if not files.names(self._folder(name)):
            files.remove_tree(self._folder(name))


def _common(these, those):
    for one in these:
        if one in those:
            return one
    return None
