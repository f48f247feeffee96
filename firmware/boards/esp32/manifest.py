"""The Python code that is frozen into the firmware of ESP32 boards."""

include("../../../device", board=True)
for name in ("_boot.py", "flashbdev.py", "inisetup.py"):
    module(name, base_path="$(PORT_DIR)/modules")
