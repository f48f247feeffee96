"""The runtime as on a board with Wi-Fi: `wifi_board.py DATA --host ADDRESS --port PORT`."""

import sys

import network
from edgelet import runtime, startup
from edgelet.board import radio

radio.socket = network
_, data, _, host, _, port = sys.argv
runtime.run(data, host, int(port), services=[startup._keep_connected])
