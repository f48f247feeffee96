"""The port of this computer that is forwarded to an emulated board."""

import socket
import subprocess

import pytest
from device_helpers import get
from edgelet_host import emulator


@pytest.mark.slow
def test_the_port_of_a_board_is_given_to_nobody_else_when_it_does_not_listen(tmp_path):
    with emulator.start(emulator.PICO, tmp_path / "pico", "127.0.0.1", 0, tmp_path / "log") as local:
        assert get(local.address, "/").status == 404
        host, port = local.address
        subprocess.run(["pkill", "--signal", "KILL", "--full", f"peer ppp {host} {port}"], check=True)
        with pytest.raises(OSError):
            while True:
                get(local.address, "/")
        with pytest.raises(OSError), socket.socket() as other:
            other.bind(local.address)
