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


def test_the_heap_has_4_megabytes(firmware):
    (size,) = run(firmware, HEAP)
    assert 4_000_000 < int(size) <= 4 * 1024 * 1024


def test_the_heap_size_can_be_chosen(firmware):
    (size,) = run(firmware, HEAP, "-X", "heapsize=1M")
    assert 900_000 < int(size) <= 1024 * 1024


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
