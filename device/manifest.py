"""The Python code that is frozen into a firmware: the runtime and what it stands on.

With `board` also what a board runs by itself when it starts, and without what is of Linux's processes.
"""

from pathlib import Path

options.defaults(board=False)

include("$(MPY_DIR)/extmod/asyncio")
package(
    "microdot",
    files=("__init__.py", "helpers.py", "microdot.py", "websocket.py"),
    base_path="$(MICRODOT_DIR)",
)
package(
    "edgelet",
    files=[
        str(path.relative_to("lib/edgelet"))
        for path in sorted(Path("lib/edgelet").rglob("*.py"))
        if not (options.board and "processes" in path.parts)
    ],
    base_path="lib",
)
module("edgelet_version.py", base_path="$(VERSION_DIR)")
if options.board:
    module("main.py")
