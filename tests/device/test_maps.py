"""Look-ups of names in dictionaries and objects, which go their own way on Linux (variants/edgelet/maps.c).

The oracle is CPython, which runs the same program.
"""

import json
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

# Few names and many dictionaries, so that each name is at many places, also beyond those that a byte can tell.
PROGRAM = """
import gc, json, sys
from collections import OrderedDict

class Base:
    n0 = "base"
    n1 = property(lambda self: "property")
    def n2(self): return "method"

class Derived(Base):
    n3 = "derived"

NAMES = ["n%d" % i for i in range(12)]
kinds = (dict, OrderedDict)
maps = [kinds[i % 2]() for i in range(8)] + [{"m%d" % i: i for i in range(600)} for _ in range(2)]
objects = [Base() for _ in range(3)] + [Derived() for _ in range(3)]
seen = []

def act(step):
    what, where, name, value = step
    name = NAMES[name]
    one = maps[where % len(maps)]
    thing = objects[where % len(objects)]
    if what == 0:
        one[name] = value
    elif what == 1:
        seen.append(one.pop(name, None))
    elif what == 2:
        seen.append([one.get(n, -1) for n in NAMES] + [n in one for n in NAMES])
    elif what == 3:
        try:
            setattr(thing, name, value)
        except AttributeError:
            seen.append("no")
    elif what == 4:
        try:
            delattr(thing, name)
        except (AttributeError, KeyError):
            seen.append("no")
    elif what == 5:
        found = [getattr(thing, n, None) for n in NAMES]
        seen.append([v() if callable(v) else v for v in found])
    elif what == 6:
        setattr(type(thing), "n%d" % (4 + value % 8), value)
    elif what == 7:
        globals()[name] = value
        seen.append(eval(name))
    elif what == 8:
        seen.append((lambda **n: sorted(n.items()))(**{name: value, "m1": 2}))
    elif what == 9:
        one[value] = name
    elif what == 10:
        try:
            delattr(type(thing), "n%d" % (4 + value % 8))
        except (AttributeError, KeyError):
            seen.append("no")
    elif what == 11:
        globals().pop(name, None)
        try:
            seen.append(eval(name))
        except NameError:
            seen.append("no")
    elif what == 12:
        # Others come where it was.
        maps[where % 8] = None
        gc.collect()
        maps[where % 8] = {n: value for n in NAMES[value:]}
        one.clear()
    else:
        maps[where % 8] = kinds[value % 2]((n, i) for i, n in enumerate(NAMES[: value + 1]))

for step in json.loads(sys.stdin.readline()):
    act(step)
print(json.dumps(seen))
"""
steps = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 9), st.integers(0, 11), st.integers(0, 11)), max_size=120)


@settings(max_examples=20)
@given(steps)
def test_names_are_found_as_cpython_finds_them(firmware, all_steps):
    argument = json.dumps(all_steps) + "\n"

    def run(interpreter):
        done = subprocess.run([interpreter, "-c", PROGRAM], input=argument, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.replace(" ", "")

    assert run(firmware) == run(sys.executable)
