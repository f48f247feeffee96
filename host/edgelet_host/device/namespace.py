"""What a function keeps in one of its KV bindings, over the console."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgelet_host.device.console import Device, DeviceError

# Of a device's free heap, for the values that go there in one command: it holds them several times.
_SHARE = 16
_MOST_BYTES = 32 << 10


@dataclass(frozen=True)
class Entry:
    """A key with what it is set to. ttl: seconds, None for good. metadata: JSON, None for none."""

    key: str
    value: str
    ttl: int | None = None
    metadata: str | None = None

    @property
    def size(self) -> int:
        """About how many bytes go to the device."""
        return len(self.key.encode()) + len(self.value.encode()) + len(self.metadata or "") + 16

    def as_list(self) -> list[Any]:
        """Give it as the device takes it."""
        return [self.key, self.value, self.ttl, self.metadata]


class Namespace:
    """The KV binding of a function. Methods raise DeviceError."""

    def __init__(self, device: Device, function: str, binding: str) -> None:
        self._device = device
        self._names = (function, binding)

    @property
    def is_on_board(self) -> bool:
        """Whether it is on a board, and not on Linux."""
        return bool(self._device.call("status")["platform"] != "linux")

    def get(self, key: str) -> str | bytes | None:
        """Give a value, as bytes where it is no text; None for a key that is not there."""
        value = self._device.call("kv_get", *self._names, key)
        if value is None:
            return None
        text: str | None = value.get("text")
        return base64.b64decode(value["base64"]) if text is None else text

    def keys(self, prefix: str) -> list[Any]:
        """Give the keys that begin with `prefix`: [key, expiry, metadata as JSON]."""
        keys: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self._job("kv_list", prefix, cursor)
            keys += page["keys"]
            cursor = page["cursor"]
        return keys

    def put(self, entries: list[Entry], show: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Set keys, in the order given, several at once. show: told how many of how many bytes are there."""
        done, total = 0, sum(one.size for one in entries)
        at = 0
        for part in _parts(entries, self._room() if len(entries) > 1 else 0):
            failed = self._job("kv_put", [one.as_list() for one in part])
            if failed:
                key, why = failed[0]
                count = at + len(part) - len(failed)
                raise DeviceError(
                    why if len(entries) == 1 else f"{key}: {why} ({count} of {len(entries)} keys are set)"
                )
            at += len(part)
            done += sum(one.size for one in part)
            show(done, total)

    def delete(self, key: str) -> None:
        """Remove a key."""
        for _, why in self._job("kv_delete", key):
            raise DeviceError(why)

    def _job(self, function: str, *args: Any) -> Any:
        return self._device.wait_for_job(self._device.call(function, *self._names, *args))

    def _room(self) -> int:
        return min(int(self._device.call("status")["heap_free"]) // _SHARE, _MOST_BYTES)


def _parts(entries: list[Entry], room: int) -> list[list[Entry]]:
    """Divide entries so that each part has one, or has no more bytes than `room`."""
    parts: list[list[Entry]] = []
    size = 0
    for entry in entries:
        if not parts or size + entry.size > room:
            parts.append([])
            size = 0
        parts[-1].append(entry)
        size += entry.size
    return parts
