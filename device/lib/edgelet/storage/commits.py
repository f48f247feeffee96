"""Group commit: changes of a store that arrive together share what makes them durable."""

import asyncio
import sys
import time

from micropython import const

# Changes of one commit, and bytes unless one alone has more, for which the event loop stands still. On littlefs each is
# a commit of its own.
_MOST = 64 if sys.platform == "linux" else 1
_MOST_BYTES = const(256 << 10)
# How long a commit waits for more to come along: a part of what Linux takes for it, but long enough for the turns of
# some dozen calls.
_GATHER_MS = 1 if sys.platform == "linux" else 0


class Change:
    """A change of a store that waits for its commit. key, record: as the store's `change` takes them.

    done: called when the change is durable or has failed, with the exception or None, and with the microseconds of the
    commit that fall to this change; set by who wants to know.
    """

    def __init__(self, key, record):
        self.key = key
        self.record = record
        self.done = None
        self.value = None  # what a handler that awaits it is given
        self.is_wanted = True

    def cancel(self):
        """Nobody wants it any more: it is left out, unless it is done."""
        self.is_wanted = False


class Commits:
    """The changes of all stores (`edgelet.storage.kv.KV`) that wait: some of each store in turn."""

    def __init__(self):
        self._waiting = []  # (store, its changes), whose turn is next first
        self._task = None

    def add(self, store, key, record):
        """A Change of a store that will be carried out soon."""
        change = Change(key, record)
        for other, changes in self._waiting:
            if other is store:
                changes.append(change)
                break
        else:
            self._waiting.append((store, [change]))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return change

    async def _run(self):
        try:
            while self._waiting:
                await asyncio.sleep_ms(_GATHER_MS)
                self._commit()
        finally:
            self._task = None

    def _commit(self):
        store, changes = self._waiting.pop(0)
        changes = [change for change in changes if change.is_wanted]
        count = _fitting(changes)
        batch = changes[:count]
        if len(changes) > count:
            self._waiting.append((store, changes[count:]))
        began = time.ticks_us()
        try:
            errors = store.change([(change.key, change.record) for change in batch])
        except Exception as e:
            errors = [e] * len(batch)
        part_us = time.ticks_diff(time.ticks_us(), began) // max(len(batch), 1)
        for i, change in enumerate(batch):
            change.done(errors[i], part_us)


def _fitting(changes):
    """How many of these changes make up a commit."""
    size = 0
    for i, change in enumerate(changes[:_MOST]):
        size += len(change.record or b"")
        if i and size > _MOST_BYTES:
            return i
    return min(len(changes), _MOST)
