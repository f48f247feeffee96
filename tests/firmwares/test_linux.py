"""What the Linux firmware itself promises."""

import resource
import signal
import subprocess

import pytest


def run(firmware, code, *options, **more):
    done = subprocess.run([firmware, *options, "-c", code], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


HEAP = "import gc; gc.collect(); print(gc.mem_free() + gc.mem_alloc())"


def test_the_heap_has_128_megabytes_of_addresses(firmware):
    (size,) = run(firmware, HEAP)
    assert 126 * 2**20 < int(size) <= 128 * 2**20


def test_the_heap_size_can_be_chosen(firmware):
    (size,) = run(firmware, HEAP, "-X", "heapsize=1M")
    assert 900_000 < int(size) <= 1024 * 1024


ENDED_TASK = """
import asyncio, gc
async def wait_for(event):
    await event.wait()
async def end():
    kept = bytearray(100000)
async def main():
    waits = asyncio.create_task(wait_for(asyncio.Event()))
    asyncio.create_task(end())  # behind the first one in the queue
    gc.collect()
    before = gc.mem_alloc()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    print(gc.mem_alloc() - before)
asyncio.run(main())
"""


def test_a_task_that_has_ended_is_not_kept_by_one_that_waits(firmware):
    (kept,) = run(firmware, ENDED_TASK)
    assert int(kept) < 50000


MEASURE = """
import gc, time
def memory():
    with open("/proc/self/status") as file:
        return [int(line.split()[1]) for line in file if line.startswith("VmRSS")][0]
"""
FILL_AND_FREE = """
print(memory())
blocks = [bytearray(2**20) for _ in range(60)]
print(memory())
blocks = None
gc.collect()
print(memory())
"""


def test_only_what_is_used_of_the_heap_is_memory_and_it_goes_back(firmware):
    before, full, after = map(int, run(firmware, MEASURE + FILL_AND_FREE))
    assert before < 8 * 1024
    assert full > 60 * 1024
    assert after < before + 10 * 1024


# CPU time in us, of 100 times; the clock tells ms.
MEASURE_WALKS = """
def cost(work):
    began = time.clock()
    for _ in range(100):
        work()
    return int((time.clock() - began) * 10000)
print(cost(gc.mem_free), cost(gc.collect))
"""


def test_unused_heap_costs_the_collector_no_time(firmware):
    small = list(map(int, run(firmware, MEASURE + MEASURE_WALKS, "-X", "heapsize=1M")))
    large = list(map(int, run(firmware, MEASURE + MEASURE_WALKS)))
    # A walk through the tables of 128 MB takes 10 ms and more.
    assert max(large) < max(small) + 1000


MEASURE_ALLOCATION = """
gc.threshold(-1)
beside = []
for _ in range(ROUNDS):
    # What is freed in between leaves holes of one block, which are too small.
    kept, dropped = [], []
    for i in range(1000):
        kept.append(bytearray(20))
        dropped.append([])
        kept.append(bytes(200))
    beside.append(kept)
    kept = dropped = None
gc.collect()
def allocate():
    for _ in range(1000):
        bytes(40)
        bytes(100)
print(cost(allocate))
"""


def test_memory_in_use_costs_the_allocator_no_time(firmware):
    code = MEASURE + MEASURE_WALKS + MEASURE_ALLOCATION
    small, large = (int(run(firmware, f"ROUNDS = {rounds}{code}")[-1]) for rounds in (1, 60))
    # Looking for each through the tables of 20 MB takes 20 times as long.
    assert large < 3 * small


# A frame with so many variables is on the heap; what the function keeps is a block beside it.
MEASURE_FRAMES = """
from collections import deque
gc.threshold(-1)
kept = deque((), 40)
def keep(a, b, c, d, e, f, g, h, i, j, k, l):
    kept.append(bytes(80))
def call(times):
    for _ in range(times):
        keep(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
gc.collect()
print(cost(lambda: call(500)), cost(lambda: call(5000)))
"""


def test_a_frame_that_is_given_back_costs_the_allocator_no_time(firmware):
    few, many = map(int, run(firmware, MEASURE + MEASURE_WALKS + MEASURE_FRAMES)[-2:])
    # Looking for each block from where the frame was, past all that the calls before have left, takes 40 times as long.
    assert many < 20 * few


def test_what_is_given_back_is_taken_again(firmware):
    code = """
import gc
gc.disable()
blocks = [bytearray(100) for _ in range(1000)]
used = gc.mem_alloc()
for _ in range(20):
    for block in blocks:
        for size in (300, 900, 200):
            block.extend(bytes(size - len(block) % size))
    blocks = [bytearray(100) for _ in range(1000)]
gc.enable()
gc.collect()
print(gc.mem_alloc() < used + 100000)
"""
    assert run(firmware, code) == ["True"]


DEPTH = """
def dive(depth):
    global deepest
    deepest = depth
    dive(depth + 1)
try:
    dive(0)
except RuntimeError as error:
    print(deepest, error)
"""


@pytest.mark.parametrize("stack", [2 * 2**20, 8 * 2**20, 16 * 2**20])
def test_python_may_use_half_of_the_stack_but_4_megabytes_at_most(firmware, stack):
    def limit():
        resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))

    used = "import micropython\n" + DEPTH.replace("deepest = depth", "deepest = micropython.stack_use()")
    deepest, *message = run(firmware, used, preexec_fn=limit)
    assert " ".join(message) == "maximum recursion depth exceeded"
    allowed = min(stack // 2, 4 * 2**20)
    assert abs(int(deepest) - allowed) < 4096


def test_as_many_descriptors_as_the_system_allows(firmware):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 2000))

    code = "files = [open('/dev/null') for _ in range(1900)]\nprint(len(files))"
    assert run(firmware, code, preexec_fn=limit) == ["1900"]


def test_ctrl_c_is_an_exception_that_python_can_catch(firmware):
    code = """
try:
    print("ready")
    while True:
        pass
except KeyboardInterrupt:
    print("interrupted")
"""
    running = subprocess.Popen([firmware, "-c", code], stdout=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGINT)
    assert running.communicate()[0] == "interrupted\n"
    assert running.returncode == 0


def test_what_the_server_needs_is_there(firmware):
    code = """
import asyncio, httpparse, microdot, quickjs, tls, vfs
print(microdot.__file__, hasattr(vfs, "VfsLfs2"))
try:
    import _thread
except ImportError:
    print("single-threaded")
"""
    assert run(firmware, code) == ["microdot/__init__.py", "True", "single-threaded"]
