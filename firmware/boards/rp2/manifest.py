"""The Python code that is frozen into the firmware of RP2040 and RP2350 boards."""

include("$(MPY_DIR)/extmod/asyncio")
package(
    "microdot",
    files=("__init__.py", "helpers.py", "microdot.py", "websocket.py"),
    base_path="$(MICRODOT_DIR)",
)
package("edgelet", base_path="../../../device/lib")
module("boot.py", base_path="../../../device")
module("main.py", base_path="../../../device")
module("_boot.py")
module("rp2.py", base_path="$(PORT_DIR)/modules")
