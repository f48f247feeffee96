"""What a device keeps while it runs bears that memory runs out."""

import contextlib
import subprocess
from pathlib import Path

from device_helpers import running

# Finds the sets in what the device's modules and its `Device` refer to.
FIND_SETS = """
import sys
from edgelet.device import running
seen, todo, sets = {}, [(name, module) for name, module in sys.modules.items() if name.startswith("edgelet")], []
todo.append(("device", running()))
while todo:
    path, value = todo.pop()
    if id(value) in seen:
        continue
    seen[id(value)] = value
    if isinstance(value, set):
        sets.append(path)
    elif isinstance(value, dict):
        todo.extend(("%s[%r]" % (path, key), part) for key, part in list(value.items()))
        todo.extend(("%s key" % path, key) for key in list(value))
    elif isinstance(value, (list, tuple)):
        todo.extend(("%s[]" % path, part) for part in value)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        todo.append((path, value.__dict__))
print(len(seen), sets)
"""

# A set that is full grows with the next key.
BREAK_A_SET = """
import micropython
keys = {1, 2, 3}
before = sorted(keys)
micropython.heap_lock()
try:
    keys.add(4)
    keys.add(5)
    keys.add(6)
except MemoryError:
    refused = True
micropython.heap_unlock()
print(refused, len(keys) == len(before))
"""


def test_a_set_breaks_without_memory(firmware: Path) -> None:
    """Why the device keeps none: once it does not, dictionaries with values of True are sets again."""
    done = subprocess.run([firmware, "-c", BREAK_A_SET], capture_output=True, text=True, check=False)
    assert done.stdout != "True True\n", "MicroPython's sets bear MemoryError: keep sets again"


def test_no_set_is_kept(firmware: Path, tmp_path: Path) -> None:
    with running(firmware, tmp_path) as box:
        source = """export default { async fetch(request, env, ctx) {
            await env.KV.put("key", "value");
            ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 100000)));
            return Response.json(await env.RATE.limit({ key: "k" }));
        } };"""
        bindings = {"KV": {"type": "kv"}, "RATE": {"type": "ratelimit", "limit": 9, "period": 60}}
        box.deploy("keeps", source, bindings=bindings)
        with contextlib.closing(box.connection()) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            visited, sets = box.device.execute(FIND_SETS).split(" ", 1)
        assert int(visited) > 300
        assert sets.strip() == "[]"
