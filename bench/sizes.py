"""Bodies of all sizes through ten functions, with deploys in between, then ten bodies of 1 MiB at a time.

python bench/sizes.py [REQUESTS] [DEPLOYS]: by default 20,000 and 20; an evening's run has 1,000,000 and 200. Prints
what was answered, and the device's memory before and after.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from device_helpers import Box, running  # noqa: E402
from edgelet_host.firmware.builds import ensure_unix  # noqa: E402

FUNCTIONS = 10
MIB = 2**20
SOURCE = """export default { async fetch(request) {
  const how = new URL(request.url).pathname.split("/")[2];
  if (how === "throw") throw new Error("on purpose");
  if (how === "wait") await new Promise((resolve) => setTimeout(resolve, 1));
  return new Response(await request.arrayBuffer());
} };"""
HOW = ("", "", "", "", "throw", "wait")
EXPECTED = {"": 200, "wait": 200, "throw": 500}


def memory(box: Box) -> str:
    """The device's resident memory and used heap."""
    status = Path(f"/proc/{box.local.process.pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    used = int(box.device.execute("import gc; gc.collect(); print(gc.mem_alloc())"))
    return f"RSS {resident} KB, heap used {used // 1024} KB"


def mixed(box: Box, requests: int, deploys: int) -> Counter[str]:
    """One keep-alive connection of mixed requests."""
    answers: Counter[str] = Counter()
    chance = random.Random(1)
    connection = box.connection()
    step = requests // deploys
    for i in range(requests):
        if i % step == 0:
            number = i // step % FUNCTIONS
            box.deploy(f"echo{number}", f"{SOURCE} // {i}", route=f"/{number}")
        how = chance.choice(HOW)
        body = bytes(int(MIB ** chance.random()))
        connection.request("POST", f"/{i % FUNCTIONS}/{how}", body)
        response = connection.getresponse()
        text = response.read()
        right = response.status == EXPECTED[how] and (how == "throw" or text == body)
        answers["right" if right else f"{how or 'echo'} got {response.status}"] += 1
    connection.close()
    return answers


def together(box: Box, rounds: int) -> Counter[str]:
    """Bodies of 1 MiB through all functions at the same time."""
    answers: Counter[str] = Counter()
    barrier = threading.Barrier(FUNCTIONS)

    def client(function: int) -> None:
        for _ in range(rounds):
            barrier.wait()
            response = box.request("POST", f"/{function}/", bytes(MIB))
            answers["right" if response.body == bytes(MIB) else f"got {response.status}"] += 1

    clients = [threading.Thread(target=client, args=(i,)) for i in range(FUNCTIONS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return answers


def main(requests: int = 20000, deploys: int = 20) -> None:
    """Print what was answered, and memory before and after."""
    with tempfile.TemporaryDirectory() as folder, running(ensure_unix(), Path(folder)) as box:
        for i in range(FUNCTIONS):
            box.deploy(f"echo{i}", SOURCE, route=f"/{i}")
        print("before:", memory(box))
        began = time.monotonic()
        print(f"{requests} mixed requests, {deploys} deploys:", dict(mixed(box, requests, deploys)))
        print(f"after {time.monotonic() - began:.0f} s:", memory(box))
        print("ten bodies of 1 MiB at a time, 20 times:", dict(together(box, 20)))
        print("after them:", memory(box))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
