"""Hours of an emulated board that are skipped, and a network that names servers to it."""

import socket
import time

import pytest
from device_helpers import free_port
from edgelet_host import emulator
from edgelet_host.device.console import connect
from edgelet_host.device.local import make_private
from edgelet_host.device.running import LocalDevice, announce
from edgelet_host.emulator.hours import Hours
from waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pico_hours")]

SERVERS = ["192.0.2.1", "192.0.2.2"]
TOLD = "from edgelet.device import running\nprint(running().link.name_servers())"


def test_a_minute_in_which_nothing_happens_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    data, log, path, port = tmp_path / "pico", tmp_path / "log", tmp_path / "hours", free_port()
    make_private(data, log)
    hours = Hours(path)
    near, far = socket.socketpair()
    with (
        near,
        far,
        emulator.power(emulator.PICO, data, near, log, path) as (machine, console),
        emulator.network(emulator.PICO, "127.0.0.1", port, far, log, SERVERS, path) as network,
    ):
        emulator.wait_until_it_answers([machine, network], "127.0.0.1", port, log)
        local = LocalDevice(machine, console, ("127.0.0.1", port), emulated=True)
        with announce(local, "test"), connect(console) as device:
            wait_until(lambda: device.execute(TOLD).strip() == str(SERVERS))

            # Without permission, no more passes than on the wall.
            began_s, began_ns = time.monotonic(), hours.now_ns
            wait_until(lambda: hours.now_ns > began_ns + 1e9)
            assert time.monotonic() - began_s > 0.9

            began_s, end_ns = time.monotonic(), hours.now_ns + 60e9

            def is_over():
                hours.permit(end_ns, hours.traffic)
                return hours.now_ns >= end_ns

            wait_until(is_over)
            assert time.monotonic() - began_s < 30
            # It has not run on, and the board is as late.
            assert hours.now_ns < end_ns + 5e9
            assert device.call("status")["uptime_ms"] > 60000
            device.send("import machine\nmachine.reset()")
            wait_until(lambda: hours.resets == 1)
