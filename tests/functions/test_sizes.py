"""Sizes that hold with the settings that a user has: bodies, connections, memory of functions."""

import contextlib
import http.client
import random
import threading
from pathlib import Path

import pytest
from device_helpers import Box, running
from edgelet_host.device.console import DeviceError

ECHO = "export default { async fetch(request) { return new Response(await request.arrayBuffer()); } };"
FUNCTIONS = 10
MIB = 2**20


def echo(box: Box, function: int, body: bytes) -> bool:
    """Whether a function gives a body back."""
    response = box.request("POST", f"/{function}", body)
    return response.status == 200 and response.body == body


def together(box: Box, rounds: int) -> list[bool]:
    """Send bodies of 1 MiB to all functions at the same time."""
    results = []
    barrier = threading.Barrier(FUNCTIONS)

    def client(function: int) -> None:
        for i in range(rounds):
            barrier.wait()
            results.append(echo(box, function, bytes([function, i]) * (MIB // 2)))

    clients = [threading.Thread(target=client, args=(i,)) for i in range(FUNCTIONS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return results


@pytest.mark.slow
def test_ten_bodies_of_1_mib_at_a_time_pass_through_ten_functions_after_mixed_load(
    firmware: Path, tmp_path: Path
) -> None:
    sizes = random.Random(1)
    with running(firmware, tmp_path) as box:
        for i in range(FUNCTIONS):
            box.deploy(f"echo{i}", ECHO, route=f"/{i}")
        for i in range(1000):
            assert echo(box, i % FUNCTIONS, bytes(int(MIB ** sizes.random())))
            if i % 200 == 0:
                box.deploy(f"echo{i % FUNCTIONS}", f"{ECHO} // {i}", route=f"/{i % FUNCTIONS}")
        assert together(box, 3) == [True] * 3 * FUNCTIONS


def test_a_body_that_can_never_fit_is_refused_as_too_large(firmware: Path, tmp_path: Path) -> None:
    with running(firmware, tmp_path) as box:
        box.deploy("small", ECHO, route="/", limits={"memory": 128 * 1024})
        assert box.request("POST", "/", bytes(128 * 1024)).status == 413
        assert box.request("POST", "/", bytes(1024)).status == 200
        assert box.request("POST", "/", bytes(MIB + 1)).status == 413


def test_memory_above_the_arena_is_refused_when_it_is_set(firmware: Path, tmp_path: Path) -> None:
    with running(firmware, tmp_path, arena_bytes=256 * 1024) as box:
        with pytest.raises(
            DeviceError, match=r"limits\.memory is 300000 bytes, but the arena of this device has 262144"
        ):
            box.deploy("large", ECHO, route="/", limits={"memory": 300000})
        box.deploy("large", ECHO, route="/", limits={"memory": 262144})


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("body", 100 * MIB, "at most 33.*: the heap of this device has 13"),
        ("arena_bytes", 2**30, "at most 536870912, the memory of this machine"),
    ],
)
def test_what_the_device_has_no_memory_for_is_refused_when_it_is_set(
    firmware: Path, tmp_path: Path, name: str, value: int, reason: str
) -> None:
    with running(firmware, tmp_path) as box:
        (tmp_path / "meminfo").write_text("MemTotal:         524288 kB\nMemFree:          100000 kB\n")
        box.device.execute(f"from edgelet.storage import config; config._MEMINFO = {str(tmp_path / 'meminfo')!r}")
        with pytest.raises(DeviceError, match=f"setting {name} must be {reason}"):
            box.device.call("set_settings", {name: value})
        assert name not in box.device.call("settings")["set"]


def test_a_package_of_megabytes_fits(firmware: Path, tmp_path: Path) -> None:
    """As zod 4 takes 2.4 MB of an arena."""
    source = "const kept = new Uint8Array(3 * 2 ** 20).fill(1);" + ECHO
    with running(firmware, tmp_path) as box:
        box.deploy("package", source, route="/")
        assert box.request("POST", "/", bytes(MIB)).body == bytes(MIB)


def resident(box: Box) -> int:
    """Bytes of memory that the device has."""
    status = Path(f"/proc/{box.local.process.pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS:"))


def test_memory_that_a_request_used_goes_back_when_another_function_runs(firmware: Path, tmp_path: Path) -> None:
    large = "export default { fetch() { return new Response(String(new Uint8Array(30 * 2 ** 20).fill(1).length)); } };"
    with running(firmware, tmp_path) as box:
        box.deploy("small", ECHO, route="/small")
        box.deploy("large", large, route="/large", limits={"memory": 40 * MIB, "cpu_ms": 1000})
        before = resident(box)
        assert box.get("/large").text == str(30 * MIB)
        assert resident(box) > before + 25 * MIB
        assert box.request("POST", "/small", b"x").body == b"x"
        assert resident(box) < before + 10 * MIB


def test_an_idle_connection_holds_nothing_of_its_last_request(firmware: Path, tmp_path: Path) -> None:
    measure = "import gc; gc.collect(); print(gc.mem_alloc())"
    with running(firmware, tmp_path) as box, contextlib.ExitStack() as stack:
        box.deploy("echo", ECHO, route="/")
        before = int(box.device.execute(measure))
        for _ in range(20):
            connection = stack.enter_context(contextlib.closing(http.client.HTTPConnection(*box.local.address)))
            connection.request("POST", "/", bytes(MIB))
            assert len(connection.getresponse().read()) == MIB
        assert int(box.device.execute(measure)) < before + 4 * MIB
