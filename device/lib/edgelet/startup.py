"""What only a board has: safe mode, CPU clock, Wi-Fi or PPP, time from the network, the hardware watchdog.

boot.py calls `boot`, main.py calls `run`.
"""

import sys
import time

import machine
from edgelet import clock, log
from edgelet.board import network, ntp, safemode, watchdog
from edgelet.console import executor
from edgelet.storage import config
from micropython import const

# The folder of what the device keeps. One that is named like the package would hide the frozen one: / comes first in
# sys.path.
ROOT = "/data"

_CRASH_PAUSE_S = const(5)  # for a person to read what went wrong, before the board restarts

_TIMER = 0 if sys.platform == "esp32" else -1  # RP2 has software timers only, ESP32 has hardware timers only

_starts = safemode.Starts(ROOT + "/starts")
_safe_reason = ""


def boot():
    """Decides on safe mode and sets the CPU clock."""
    global _safe_reason
    settings = config.Settings(ROOT)
    _safe_reason = safemode.reason(_starts, _is_low(settings["safe_pin"]))
    if _safe_reason:
        print("edgelet: safe mode, the server stays off: %s" % _safe_reason)
        _starts.succeeded()
    elif settings["cpu_mhz"]:
        _set_cpu_clock(settings["cpu_mhz"])


def run():
    """Runs the server for ever; returns at once in safe mode, to MicroPython's own REPL. After a crash it resets."""
    if _safe_reason:
        return
    from edgelet import runtime  # not before boot() has counted this start: it may be what fails

    services = [_count_start, _keep_connected, _keep_time, _feed_watchdog]
    try:
        runtime.run(ROOT, services=services, region=_image_region())
    except Exception as e:
        sys.print_exception(e)
    time.sleep(_CRASH_PAUSE_S)
    machine.reset()


class _ImageRegion:
    """The flash for images, see `edgelet.storage.image_slots`."""

    def __init__(self, device, slots):
        self.ioctl = device.ioctl
        self.writeblocks = device.writeblocks
        self.memory = memoryview(device)  # read in place
        self.slots = slots


def _image_region():
    """The flash for images, None where they are in RAM."""
    try:
        import partition
    except ImportError:
        return None
    from _rp2 import Flash  # rp2 is the assembler of its PIO too, which takes RAM

    start, length = partition.IMAGES
    return _ImageRegion(Flash(start=start, len=length), partition.SLOTS)


def _is_low(pin):
    return pin >= 0 and not machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP).value()


def _set_cpu_clock(mhz):
    try:
        machine.freq(mhz * 1000000)
    except ValueError as e:
        log.warn("cpu_mhz %d: %s" % (mhz, e))


async def _count_start(_device):
    await _starts.watch()


async def _keep_connected(device):
    settings = device.config.settings
    if network.has_ppp():
        device.link = network.Link(network.Serial(settings["ppp_baud"]), log.add, network.PPP)
    elif settings["wifi_ssid"]:
        radio = network.Radio(
            settings["wifi_ssid"],
            device.config.device_secret("wifi_password"),
            settings["hostname"],
            settings["wifi_country"],
            settings["wifi_power_save"],
        )
        device.wifi_rssi = radio.signal
        device.link = network.Link(radio, log.add)
    else:
        log.warn("Wi-Fi: no network is set")
        return
    await device.link.run()


async def _keep_time(device):
    server = device.config.settings["time_server"]
    await ntp.Keeper(device.resolver, server, clock.rtc_set_second, log.add).run()


async def _feed_watchdog(device):
    if not device.config.settings["watchdog"]:
        return
    dog = watchdog.Watchdog(machine.WDT(timeout=watchdog.TIMEOUT_MS), machine.Timer(_TIMER))
    executor.hold = dog.hold
    await dog.run()
