"""Values of KV that are kept in RAM, as they are in their files. On a board all namespaces share the room for them."""

import struct
import sys
from collections import OrderedDict

_LINUX = sys.platform == "linux"
_OVERHEAD = 64  # bytes of RAM that an entry of a `Recent` takes beside key and record
_HEADER = "<BI"  # of an entry of a `Packed`: bytes of its key and of its record, which follow
_HEADER_BYTES = struct.calcsize(_HEADER)


class Recent:
    """Records by their keys, those asked for last, in `size` bytes."""

    def __init__(self, size):
        self._size = size
        self._used = 0
        self._records = OrderedDict()  # least recently used first

    def part(self):
        """What a namespace has: as much for itself."""
        return Recent(self._size)

    def get(self, key):
        """A key's record, or None."""
        record = self._records.pop(key, None)
        if record is not None:
            self._records[key] = record
        return record

    def put(self, key, record):
        """Keeps a record, and drops others for it; one that is too large is not kept."""
        self.drop(key)
        size = len(key) + len(record) + _OVERHEAD
        if size <= self._size:
            self._records[key] = record
            self._used += size
            while self._used > self._size:
                self.drop(next(iter(self._records)))

    def drop(self, key):
        """Forgets a key's record, if it is here."""
        record = self._records.pop(key, None)
        if record is not None:
            self._used -= len(key) + len(record) + _OVERHEAD


class Packed:
    """The same in one piece of memory, for a board: records that come and go one by one would tear its heap."""

    def __init__(self, size):
        try:
            self._entries = bytearray(size)  # least recently used first
        except MemoryError:
            from edgelet import log  # here: tests run this module elsewhere

            log.warn("kv_cache_bytes %d: there is no such piece of memory, so KV goes without" % size)
            self._entries = bytearray(0)
        self._used = 0
        self._parts = 0

    def part(self):
        """What a namespace has: a share of the same."""
        self._parts += 1
        return _Part(self, "%d/" % self._parts)

    def get(self, key):
        """A key's record, or None."""
        found = self._find(key.encode())
        if found is None:
            return None
        at, start, end = found
        record = bytes(self._entries[start:end])
        if end < self._used:
            entry = self._entries[at:end]
            self._close(at, end)
            self._append(entry)
        return record

    def put(self, key, record):
        """Keeps a record, and drops others for it; one that is too large is not kept."""
        self.drop(key)
        key = key.encode()
        size = _HEADER_BYTES + len(key) + len(record)
        if size <= len(self._entries):
            while self._used + size > len(self._entries):
                self._close(0, self._end(0))
            self._append(struct.pack(_HEADER, len(key), len(record)))
            self._append(key)
            self._append(record)

    def drop(self, key):
        """Forgets a key's record, if it is here."""
        found = self._find(key.encode())
        if found is not None:
            self._close(found[0], found[2])

    def _find(self, key):
        """(where an entry begins, where its record begins, where that ends), None where there is none."""
        at = 0
        while at < self._used:
            end = self._end(at)
            key_at = at + _HEADER_BYTES
            start = key_at + self._entries[at]
            if self._entries[at] == len(key) and self._entries[key_at:start] == key:
                return at, start, end
            at = end
        return None

    def _end(self, at):
        key_size, size = struct.unpack_from(_HEADER, self._entries, at)
        return at + _HEADER_BYTES + key_size + size

    def _append(self, data):
        self._entries[self._used : self._used + len(data)] = data
        self._used += len(data)

    def _close(self, start, end):
        """Takes bytes out of the entries."""
        self._entries[start : start + self._used - end] = self._entries[end : self._used]
        self._used -= end - start


class _Part:
    """A `Packed` for the keys of one namespace, which no other one has: its number is not given again."""

    def __init__(self, whole, prefix):
        self._whole = whole
        self._prefix = prefix

    def get(self, key):
        return self._whole.get(self._prefix + key)

    def put(self, key, record):
        self._whole.put(self._prefix + key, record)

    def drop(self, key):
        self._whole.drop(self._prefix + key)


#: What this device has.
Cache = Recent if _LINUX else Packed
