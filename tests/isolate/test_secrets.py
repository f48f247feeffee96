"""A secret that an image or a parked call held is in no byte of the process once that is gone."""

import contextlib
import secrets
import subprocess

import pytest
from isolate_helpers import DEVICE, occurrences


@contextlib.contextmanager
def holder(firmware, way):
    process = subprocess.Popen(
        [firmware, "secret_holder.py", way],
        cwd=DEVICE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        yield process
        process.communicate()
    assert process.returncode == 0


def hear(process, word, answer):
    process.stdin.write(answer + b"\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line.strip() == word, line + process.stdout.read()


@pytest.mark.parametrize("way", ["erase", "close", "collect", "rebuild"])
def test_secret_is_overwritten(firmware, way):
    secret = secrets.token_hex(12).encode()
    with holder(firmware, way) as process:
        hear(process, b"holds", secret)
        assert occurrences(process, secret) > 4
        hear(process, b"gone", b"")
        assert occurrences(process, secret) == 0


@pytest.mark.parametrize("way", ["abandon", "resume", "erase_parked"])
def test_secret_of_a_parked_call_is_overwritten(firmware, way):
    secret = secrets.token_hex(12).encode()
    with holder(firmware, way) as process:
        hear(process, b"holds", secret)
        # In what the call had allocated, and in its log lines.
        assert occurrences(process, secret) > 1
        hear(process, b"gone", b"")
        assert occurrences(process, secret) == 0
