"""The Python code that is frozen into the firmware of RP2040 and RP2350 boards."""

include("../../../device", board=True)
module("_boot.py")
module("rp2.py", base_path="$(PORT_DIR)/modules")
