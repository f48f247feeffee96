"""The key/value store that a function reaches as a binding of type "kv".

A namespace is a folder and a key a file in it, named by the key in base64url (RFC 4648, section 5);
the file holds the expiry, 4 bytes of little-endian seconds since 1970 or 0, and then the value. Where the value has
metadata, the file begins with 0xFFFFFFFF instead, which is no expiry; then come the expiry, two bytes of the metadata's
length, the metadata as JSON, and the value.
After a power cut a key has its old value or the new one.

Wear: littlefs keeps a small file beside its name, and to overwrite one is a single commit of 256 bytes or a few, so
that about ten of them share one erase of a 4 KB block (measured with values of 100 bytes: 0.09 erases each), and
littlefs spreads the erases. What would not change is not written; reading writes nothing; what has expired is removed
only when its room is needed.
"""

import errno
import os
import struct
import sys
from binascii import a2b_base64, b2a_base64

from edgelet import log, names
from edgelet.storage import files, kv_cache

KEY_BYTES = 180  # in base64 240 characters, which leaves room for "~" in a name of at most 255
METADATA_BYTES = 1024  # of JSON, as in Workers
LIST_LIMIT = 1000  # keys that may be asked for in one page, as in Workers
_LINUX = sys.platform == "linux"
_PAGE = 1000 if _LINUX else 100  # keys of one page at most
_PAGE_METADATA = 262144 if _LINUX else 4096  # bytes of their metadata, unless that of the first has more

HEADER = struct.calcsize("<I")  # bytes of a file before the value, or of what says that there is metadata
_WITH_METADATA = 0xFFFFFFFF
_METADATA_AT = HEADER + struct.calcsize("<IH")


def folder(root, function, binding):
    """Where the namespace of a function's binding lies."""
    return "%s/kv/%s.%s" % (root, names.function(function), names.variable(binding))


def forget(root, function):
    """Removes all namespaces of a function that is no more, durably, as a generator of steps."""
    for name in files.names(root + "/kv"):
        if name.startswith(names.function(function) + "."):
            namespace = "%s/kv/%s" % (root, name)
            for key in files.names(namespace):
                files.remove_tree(namespace + "/" + key)
                yield
            files.remove_tree(namespace)
            files.sync_folder(root + "/kv")


def _encode(key):
    if not isinstance(key, str):
        raise ValueError("a KV key must be text")
    raw = key.encode()
    if not 1 <= len(raw) <= KEY_BYTES:
        raise ValueError("a KV key must have 1 to %d bytes" % KEY_BYTES)
    name = b2a_base64(raw).decode().rstrip("=\n")
    return name.replace("+", "-").replace("/", "_")


def key_of(name):
    """The key that a file of this name holds, or None where it is not of a namespace."""
    try:
        text = name.replace("-", "+").replace("_", "/")
        key = a2b_base64(text + "=" * (-len(text) % 4)).decode()
        return key if _encode(key) == name else None
    except ValueError:  # UnicodeError too
        return None


def _split(record):
    """Of a record or what a file begins with: (expiry or 0, metadata or None, where the value begins)."""
    expiry = struct.unpack_from("<I", record)[0]
    if expiry != _WITH_METADATA or len(record) < _METADATA_AT:
        return expiry, None, HEADER
    expiry, size = struct.unpack_from("<IH", record, HEADER)
    end = _METADATA_AT + size
    return expiry, record[_METADATA_AT:end], end


class KV:
    """A namespace in `folder`, which no other object may have open.

    settings: `kv_keys`, `kv_bytes`, `kv_value_bytes` and `kv_cache_bytes` bound it
    (`edgelet.storage.config`). clock() gives seconds since 1970, or None while the time is not known: then
    nothing expires. cache: a part of an `edgelet.storage.kv_cache.Cache`, by default all of its own. Methods raise
    ValueError with a message that the handler may see.
    """

    def __init__(self, folder, settings, clock, cache=None):
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._keys = None  # count of files; None: not counted yet
        self._bytes = 0
        self._next_expiry = 0  # nothing expires earlier; 0: not known
        self._measuring = None  # the steps of a count that is not done
        self._sweeping = None  # the same of a sweep
        self._is_reported = False  # what else lies in the folder, in the log
        self._cache = cache or kv_cache.Cache(settings["kv_cache_bytes"])

    def get(self, key):
        """The value, bytes, or None where there is none or it has expired."""
        found = self.get_with_metadata(key)
        return found and found[0]

    def get_with_metadata(self, key):
        """(value, metadata), bytes each and the latter None where there is none; None as `get`."""
        record = self._record(_encode(key), key)
        if record is None:
            return None
        expiry, metadata, start = _split(record)
        return None if self._expired(expiry) else (record[start:], metadata)

    def put(self, key, value, ttl=None, expiration=None, metadata=None):
        """Sets a value: see `record`."""
        self._change_now(key, self.record(value, ttl, expiration, metadata))

    def delete(self, key):
        """Removes a key, if it is there."""
        self._change_now(key, None)

    def _change_now(self, key, record):
        _finish(self.prepare(key, record))
        for error in self.change([(key, record)]):
            if error:
                raise error

    def record(self, value, ttl=None, expiration=None, metadata=None):
        """What `change` takes for a value, bytes or str.

        It is kept for `ttl` seconds, or up to `expiration` in seconds since 1970, or for good. metadata: JSON as str.
        """
        if isinstance(value, str):
            value = value.encode()
        limit = self._settings["kv_value_bytes"]
        if not isinstance(value, bytes) or len(value) > limit:
            raise ValueError("a KV value must be text or bytes, at most %d bytes" % limit)
        expiry = self._expiry(ttl, expiration)
        if metadata is None:
            return struct.pack("<I", expiry) + value
        metadata = metadata.encode()
        if len(metadata) > METADATA_BYTES:
            text = "the metadata of a KV value has %d bytes of JSON: at most %d"
            raise ValueError(text % (len(metadata), METADATA_BYTES))
        return struct.pack("<IIH", _WITH_METADATA, expiry, len(metadata)) + metadata + value

    def prepare(self, key, record):
        """What is to be done before a change, as a generator of steps: it may have to look at every file.

        Where the namespace is half full, or would be full with the change, what has expired is removed.
        """
        yield from self._measure()
        if (
            self._keys > self._settings["kv_keys"] // 2
            or self._bytes > self._settings["kv_bytes"] // 2
            or (record is not None and not self._fits(key, None, record))
        ):
            yield from self._have_swept()

    def change(self, changes):
        """Carries out changes, (key, record) or (key, None) to remove it, which share what makes them durable.

        Of several changes of a key the last one holds. Gives for each None, or the exception with which it failed. All
        in one go, so what has expired since `prepare` still takes its room.
        """
        try:
            _finish(self._measure())
            before, after = {}, {}  # key -> record
            outcomes = [self._account(key, record, before, after) for key, record in changes]
            failed = self._write([key for key in after if after[key] != before[key]], after)
            for key in failed:
                self._count(key, after[key], -1)
                self._count(key, before[key], 1)
            return [outcome or failed.get(changes[i][0]) for i, outcome in enumerate(outcomes)]
        except BaseException:
            self._keys = None  # What is there is to be found out anew.
            raise

    def _account(self, key, record, before, after):
        """Counts a change that is to come. None, or the exception where it cannot be."""
        try:
            name = _encode(key)
            if key not in after:
                before[key] = after[key] = self._record(name, key)
            if record is not None and record != after[key] and not self._fits(key, after[key], record):
                raise ValueError(
                    "the KV namespace is full: at most %d keys and %d bytes"
                    % (self._settings["kv_keys"], self._settings["kv_bytes"])
                )
            self._count(key, after[key], -1)
            self._count(key, record, 1)
            after[key] = record
        except (OSError, ValueError) as error:
            return error

    def list(self, prefix="", limit=LIST_LIMIT, cursor=""):
        """As `list_steps`, at once."""
        return _finish(self.list_steps(prefix, limit, cursor))

    def list_steps(self, prefix="", limit=LIST_LIMIT, cursor=""):
        """A page of the keys that begin with `prefix` and come after `cursor`, as a generator of steps.

        It returns (entries, cursor). Entries: at most `limit` (key, expiry in seconds since 1970 or None, metadata as
        JSON or None), sorted by key, without what has expired, so that a page may be shorter, as one with much metadata
        is. cursor: for the next page, or None.
        """
        if not isinstance(prefix, str) or not isinstance(cursor, str):
            raise ValueError("prefix and cursor of a KV list must be text")
        if type(limit) is not int or not 1 <= limit <= LIST_LIMIT:
            raise ValueError("limit of a KV list must be a whole number from 1 to %d" % LIST_LIMIT)
        limit = min(limit, _PAGE)
        keys = yield from self._first_keys(prefix, limit + 1, cursor)
        next_cursor = keys[limit - 1] if len(keys) > limit else None
        entries = []
        room = _PAGE_METADATA
        for i, key in enumerate(keys[:limit]):
            yield
            header = self._header(_encode(key))
            if not header:
                continue
            expiry, metadata, _ = _split(header)
            if self._expired(expiry):
                continue
            room -= len(metadata or b"")
            if room < 0 and entries:
                return entries, keys[i - 1]
            entries.append((key, expiry or None, metadata and metadata.decode()))
        return entries, next_cursor

    def _first_keys(self, prefix, count, cursor):
        keys = []
        for _, key, _ in self._files():
            yield
            if key > cursor and key.startswith(prefix):
                keys.append(key)
                if len(keys) >= 2 * count:
                    keys.sort()
                    del keys[count:]
        keys.sort()
        return keys[:count]

    def _files(self):
        """Yields (name, key, bytes of the file) of each key. What is none is counted, and left alone."""
        foreign = 0
        if files.kind(self._folder) is not None:
            files.make_folder(self._folder)  # refuses a file in its place
            for entry in os.ilistdir(self._folder):
                name = entry[0]
                key = None if entry[1] == files.FOLDER else key_of(name)
                size = 0
                if key is not None:
                    # Only littlefs tells the size along with the name.
                    size = entry[3] if len(entry) > 3 else self._size(name)
                if size is None:
                    continue
                if size >= HEADER:
                    yield name, key, size
                elif not name.endswith("~"):
                    foreign += 1
                    example = name
        if foreign and not self._is_reported:
            self._is_reported = True
            text = "%s: %d files are no keys, such as %s: %s"
            log.error(text % (self._folder, foreign, example, files.REPAIR))

    def _size(self, name):
        """Bytes of a file, None where it has gone: between two steps others remove some."""
        try:
            return files.size(self._path(name))
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def _path(self, name):
        return self._folder + "/" + name

    def _expiry(self, ttl, expiration):
        if ttl is None and expiration is None:
            return 0
        if ttl is not None and (type(ttl) is not int or not 1 <= ttl <= 0x7FFFFFFF):
            raise ValueError("expirationTtl of a KV value must be a whole number of seconds, from 1")
        now = self._clock()
        if now is None:
            raise ValueError("the clock is not set yet, so no KV value can expire")
        expiry = expiration if ttl is None else now + ttl
        if type(expiry) is not int or not now < expiry < _WITH_METADATA:
            raise ValueError("expiration of a KV value must be a time to come, in whole seconds since 1970")
        return expiry

    def _expired(self, expiry):
        now = self._clock()
        return bool(expiry) and now is not None and expiry <= now

    def _record(self, name, key):
        """What is stored for a key, expired or not, or None."""
        record = self._cache.get(key)
        if record is not None or files.kind(self._path(name)) is None:
            return record
        try:
            with open(self._path(name), "rb") as file:
                record = file.read()
        except OSError as error:
            log.error("%s cannot be read (%s): %s" % (self._path(name), error, files.REPAIR))
            raise ValueError("the value of this key is damaged: the device's log says more") from None
        if len(record) < HEADER:
            return None
        self._cache.put(key, record)
        return record

    def _header(self, name):
        """What a file begins with, up to the value; None where it has gone."""
        try:
            with open(self._path(name), "rb") as file:
                header = file.read(HEADER)
                if header == b"\xff\xff\xff\xff":
                    header += file.read(_METADATA_AT - HEADER + METADATA_BYTES)
                return header
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def _measure(self):
        """Counts keys and bytes, and removes what a power cut left half written, in steps: as `_have_swept`."""
        while self._keys is None:
            if self._measuring is None:
                self._measuring = self._count_files()
            try:
                next(self._measuring)
            except BaseException as e:
                self._measuring = None
                if not isinstance(e, StopIteration):
                    raise
            yield

    def _count_files(self):
        files.make_folder(self._folder)
        files.remove_temporary(self._folder)
        count = total = 0
        for _, key, size in self._files():
            yield
            count += 1
            total += len(key.encode()) + size - HEADER
        self._keys, self._bytes = count, total

    def _count(self, key, record, sign):
        if record is not None:
            self._keys += sign
            self._bytes += sign * (len(key.encode()) + len(record) - HEADER)

    def _fits(self, key, old, new):
        more_keys, more_bytes = 0, len(new)
        if old is None:
            more_keys, more_bytes = 1, len(new) - HEADER + len(key.encode())
        else:
            more_bytes -= len(old)
        return (
            self._keys + more_keys <= self._settings["kv_keys"]
            and self._bytes + more_bytes <= self._settings["kv_bytes"]
        )

    def _have_swept(self):
        """Removes what has expired, in steps. Takes a pass over all files only when one of them can have.

        All who want that at a time carry out the same steps, since who begins may end before.
        """
        now = self._clock()
        if self._sweeping is None and now is not None and now >= self._next_expiry:
            self._sweeping = self._sweep(now)
        while self._sweeping is not None:
            try:
                next(self._sweeping)
            except BaseException as e:
                self._sweeping = None
                if not isinstance(e, StopIteration):
                    raise
            yield

    def _sweep(self, now):
        earliest, self._next_expiry = self._next_expiry, 0xFFFFFFFF
        try:
            for name, key, size in self._files():
                yield
                header = self._header(name)
                expiry = _split(header)[0] if header else 0
                if expiry and expiry <= now:
                    os.remove(self._path(name))
                    self._cache.drop(key)
                    self._keys -= 1
                    self._bytes -= len(key.encode()) + size - HEADER
                elif expiry:
                    self._next_expiry = min(self._next_expiry, expiry)
            earliest = self._next_expiry
        finally:
            self._next_expiry = min(self._next_expiry, earliest)
            files.sync_folder(self._folder)

    def _write(self, keys, records):
        """Writes or removes the records of some keys. Gives key -> exception of those where that failed."""
        for key in keys:
            self._cache.drop(key)
        together = len(keys) > 1 and files.opens_folders(self._folder)
        if together:
            try:
                files.change(self._folder, {_encode(key): records[key] for key in keys})
            except OSError:
                together = False  # Some may still have room.
        failed = {}
        for key in keys:
            try:
                if not together:
                    self._write_one(_encode(key), records[key])
                self._have_written(key, records[key])
            except (OSError, ValueError) as error:
                failed[key] = error
        return failed

    def _have_written(self, key, record):
        if record is not None:
            expiry = _split(record)[0]
            if expiry:
                self._next_expiry = min(self._next_expiry, expiry)
            self._cache.put(key, record)

    def _write_one(self, name, record):
        path = self._path(name)
        try:
            if record is None:
                if files.kind(path):
                    os.remove(path)
                files.sync_folder(self._folder)
            elif files.kind(path) and not files.opens_folders(self._folder):
                # littlefs keeps the old content until the file is closed: one commit, not three.
                with open(path, "wb") as file:
                    file.write(record)
            else:
                files.replace(path, record)
        except OSError as error:
            if error.errno == files.ENOSPC:
                raise ValueError("no space left for a KV value: 'edgelet kv delete' makes room") from None
            raise


def _finish(steps):
    """Does all steps of a generator; what it returns."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value
