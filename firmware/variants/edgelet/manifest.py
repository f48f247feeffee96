"""The Python code that is frozen into the Linux firmware."""

include("$(MPY_DIR)/extmod/asyncio")
package(
    "microdot",
    files=("__init__.py", "helpers.py", "microdot.py", "websocket.py"),
    base_path="$(MICRODOT_DIR)",
)
package("edgelet", base_path="../../../device/lib")
