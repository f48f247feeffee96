"""The Python code that is frozen into the firmware of ESP32 boards."""

include("$(MPY_DIR)/extmod/asyncio")
package(
    "microdot",
    files=("__init__.py", "helpers.py", "microdot.py", "websocket.py"),
    base_path="$(MICRODOT_DIR)",
)
package("edgelet", base_path="../../../device/lib")
module("boot.py", base_path="../../../device")
module("main.py", base_path="../../../device")
for name in ("_boot.py", "flashbdev.py", "inisetup.py"):
    module(name, base_path="$(PORT_DIR)/modules")
