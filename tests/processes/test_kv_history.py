"""KV over workers is linearizable: each operation takes effect at one moment between its request and its answer."""

import json
import threading
import time
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CLIENTS = 4
KEYS = ("a", "b")


@dataclass(frozen=True)
class Operation:
    """What a client has asked, and when; value: what it has written, or was answered."""

    began: float
    ended: float
    kind: str
    value: str | None


def is_linearizable(history: list[Operation]) -> bool:
    """Look for an order of the operations on one key that their times allow and their values agree with.

    After J. Wing and C. Gong, Testing and Verifying Concurrent Objects (1993).
    """

    @cache
    def search(left: frozenset[Operation], value: str | None) -> bool:
        if not left:
            return True
        first_end = min(one.ended for one in left)
        for one in left:
            # Nothing that has begun after another one's end comes before that.
            if one.began <= first_end and (one.kind != "get" or one.value == value):
                after = {"put": one.value, "delete": None, "get": value}[one.kind]
                if search(left - {one}, after):
                    return True
        return False

    return search(frozenset(history), None)


def test_the_search_finds_what_is_wrong():
    put, stale = Operation(0, 1, "put", "x"), Operation(2, 3, "get", None)
    assert not is_linearizable([put, stale])
    assert is_linearizable([put, Operation(0.5, 3, "get", None)])
    assert is_linearizable([put, Operation(2, 3, "get", "x")])
    assert not is_linearizable([put, Operation(2, 3, "delete", None), Operation(4, 5, "get", "x")])
    # What was read once does not go back to what it was before.
    assert not is_linearizable([Operation(0, 9, "put", "x"), Operation(1, 2, "get", "x"), Operation(3, 4, "get", None)])


STEPS = st.lists(st.tuples(st.sampled_from(["put", "get", "get", "delete"]), st.sampled_from(KEYS)), max_size=6)
_runs = iter(range(1 << 30))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=2, max_size=CLIENTS))
def test_what_clients_see_has_an_order(box, plans):
    run = next(_runs)
    histories: dict[str, list[Operation]] = {key: [] for key in KEYS}
    failures: list[str] = []

    def client(number: int, steps: list[tuple[str, str]]) -> None:
        for i, (kind, key) in enumerate(steps):
            value = f"{number}.{i}"
            began = time.monotonic()
            # A connection of its own, with whichever worker the kernel chooses.
            answer = box.get(f"/app/{kind}?k={quote(f'{run}/{key}')}&v={value}")
            ended = time.monotonic()
            if answer.status != 200:
                failures.append(answer.text)
            given_value = value if kind == "put" else json.loads(answer.text)
            histories[key].append(Operation(began, ended, kind, given_value))

    threads = [threading.Thread(target=client, args=one) for one in enumerate(plans)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []
    for history in histories.values():
        assert is_linearizable(history), history
