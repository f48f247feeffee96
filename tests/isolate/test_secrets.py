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


# Of a call that is parked, the secret is in what it had allocated and in its log lines; of an image, in more.
@pytest.mark.parametrize(
    ("way", "least"),
    [("erase", 6), ("close", 6), ("collect", 6), ("rebuild", 6), ("abandon", 2), ("resume", 2), ("erase_parked", 2)],
)
def test_secret_is_overwritten(firmware, way, least):
    secret = secrets.token_hex(12).encode()
    with holder(firmware, way) as process:
        hear(process, b"holds", secret)
        assert occurrences(process, secret) >= least
        hear(process, b"gone", b"")
        assert occurrences(process, secret) == 0
