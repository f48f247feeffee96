"""The runtime as on a board with Wi-Fi: `wifi_board.py DATA --host ADDRESS --port PORT`.

$DNS_PORT: where it tells the names that its access point has, in place of a port for which one has to be root.
"""

import os
import sys

import network
from edgelet import runtime, startup
from edgelet.board import radio

radio.socket = network
if os.getenv("DNS_PORT"):
    from edgelet.board import access_point

    access_point.DNS_PORT = int(os.getenv("DNS_PORT"))
_, data, _, host, _, port = sys.argv
runtime.run(data, host, int(port), services=[startup._keep_connected])
