"""Waits for what must come; what does not come ends with the test's limit (hangs.py)."""

import time
from collections.abc import Callable

# Often enough that no test gets slower, seldom enough that the processor is left to what is waited for.
PAUSE_S = 0.01


def wait_until(condition: Callable[[], bool]) -> None:
    """Look until the condition holds."""
    while not condition():
        time.sleep(PAUSE_S)


NOBODY = """
from edgelet.device import running
server = running().server
print(not server.connections and server._ticking is None)
"""


def wait_until_nobody(execute: Callable[[str], str]) -> None:
    """Look until a device has nobody connected, and has back what connections had, which is some time later.

    execute: runs Python on it, and gives what that prints.
    """
    wait_until(lambda: execute(NOBODY).strip() == "True")
