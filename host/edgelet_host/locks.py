"""Locks on open files, held until the file is closed or its process ends, whatever ends that.

with path.open("w") as file:
    take(file)                # waits
    take(file, wait=False)    # BlockingIOError where another has it
"""

import sys
from typing import IO, Any

if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked: a byte far behind whatever is written.
    _PLACE = 1 << 30

    def take(file: IO[Any], wait: bool = True, shared: bool = False) -> None:
        """Lock an open file. shared: beside others who want no more. Raises BlockingIOError where wait is not wanted.

        On Windows nobody shares a lock, and waiting ends with an OSError after 10 s.
        """
        at = file.tell()
        file.seek(_PLACE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError as e:
            raise BlockingIOError(e.errno, e.strerror) from None
        finally:
            file.seek(at)
else:
    import fcntl

    def take(file: IO[Any], wait: bool = True, shared: bool = False) -> None:
        """Lock an open file. shared: beside others who want no more. BlockingIOError where wait is not wanted."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)
