"""Waits for what must come; what does not come ends with the test's limit (hangs.py)."""

import time
from collections.abc import Callable

# Often enough that no test gets slower, seldom enough that the processor is left to what is waited for.
PAUSE_S = 0.01


def wait_until(condition: Callable[[], bool]) -> None:
    """Look until the condition holds."""
    while not condition():
        time.sleep(PAUSE_S)
