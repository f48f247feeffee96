"""The account of what connections hold of the heap, against one that is kept by hand."""

import json
import subprocess

from http_helpers import device_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

# Requests of three functions and of nobody hold more or less, in steps of a sixteenth of all there is.
SCRIPT = """
import json, sys
from edgelet.http.memory import Full, Memory, Share
from edgelet.limits import ServerLimits
memory = Memory(ServerLimits())
unit = memory.most // 16
functions = [None, "a", "b", "c"]
shares = [Share(memory) for _ in range(6)]
taken = []
for who, function, size in json.load(sys.stdin):
    shares[who].belong(functions[function])
    try:
        shares[who].hold(size * unit)
        taken.append(True)
    except Full:
        taken.append(False)
print(json.dumps([memory.most, memory._most_of_one, unit, taken, memory.held]))
"""


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 17)), max_size=40))
@example([(0, 1, 13)])
@example([(0, 0, 0)] * 37 + [(0, 0, 10)] * 3)
@example([(0, 1, 12), (1, 1, 1), (2, 2, 4), (0, 1, 0), (1, 0, 12), (1, 0, 13)])
def test_no_function_holds_more_than_its_share(firmware, tmp_path_factory, steps):
    script = tmp_path_factory.mktemp("memory") / "memory.py"
    script.write_text(SCRIPT)
    command, environment = device_command(firmware, script)
    # An argument of MicroPython's has 255 bytes at most.
    told = json.dumps(steps)
    done = subprocess.run(command, env=environment, input=told, capture_output=True, text=True, check=True)
    most, most_of_one, unit, taken, held = json.loads(done.stdout)
    assert most * 3 // 4 == most_of_one
    shares: dict[int, tuple[int, int]] = {}
    for (who, function, size), was_taken in zip(steps, taken, strict=True):
        before = shares.get(who, (function, 0))[1]
        others = sum(has for one, (_, has) in shares.items() if one != who)
        of_function = sum(has for one, (whose, has) in shares.items() if one != who and whose == function)
        fits = others + size * unit <= most and (not function or of_function + size * unit <= most_of_one)
        assert was_taken == (fits or size * unit <= before)
        shares[who] = (function, size * unit if was_taken else before)
    assert held == sum(has for _, has in shares.values())
