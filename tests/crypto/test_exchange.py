"""What Node makes by Web Cryptography, a device takes, and the other way round; both refuse the same damage."""

import json
import subprocess

import pytest
from crypto_helpers import SCRIPT, on_device, stricter

# Cases in one request.
BATCH = 300


def in_node(function, value):
    """What the function of the script returns in Node."""
    program = f"""
        import {{ {function} }} from {json.dumps(SCRIPT.as_uri())};
        let input = "";
        for await (const chunk of process.stdin) input += chunk;
        process.stdout.write(JSON.stringify(await {function}(JSON.parse(input))));
    """
    command = ["node", "--no-warnings", "--input-type=module", "--eval", program]
    done = subprocess.run(command, input=json.dumps(value), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def exchange(firmware, count):
    """Compare what becomes of `count` cases that each of the two makes; how they ended."""
    seen = set()
    for make in (lambda: in_node("make", count), lambda: on_device(firmware, "make", count)):
        cases = make()
        assert len(cases) == count
        ours, theirs = on_device(firmware, "check", cases), in_node("check", cases)
        differences = [one for one in zip(cases, ours, theirs, strict=True) if one[1] != one[2] and not stricter(*one)]
        assert differences == []
        seen |= {result.partition(" ")[0] for result in ours}
    return seen


@pytest.mark.slow
def test_node_and_device_take_what_the_other_makes(firmware):
    assert {"true", "false", "refused"} <= exchange(firmware, BATCH)


@pytest.mark.slow
def test_thousands_of_cases(firmware):
    for _ in range(2):
        exchange(firmware, 1000)


@pytest.mark.slow
def test_exchange_under_sanitizers(firmware_asan):
    exchange(firmware_asan, 100)
