"""The runtime with its files on littlefs in 64 blocks of flash: `small_flash.py DATA --host ADDRESS --port PORT`."""

import sys

import flash
from edgelet import runtime

_, _, _, host, _, port = sys.argv
flash.mount(flash.Flash(flash.blank(64)))
runtime.run(flash.MOUNT + "/edgelet", host, int(port))
