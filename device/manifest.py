"""The Python code that is frozen into a firmware: the runtime and what it stands on.

With `board` also what a board runs by itself when it starts.
"""

options.defaults(board=False)

include("$(MPY_DIR)/extmod/asyncio")
package(
    "microdot",
    files=("__init__.py", "helpers.py", "microdot.py", "websocket.py"),
    base_path="$(MICRODOT_DIR)",
)
package("edgelet", base_path="lib")
module("edgelet_version.py", base_path="$(VERSION_DIR)")
if options.board:
    module("main.py")
