"""What only a board has: safe mode, CPU clock, Wi-Fi or PPP, time from the network, the hardware watchdog.

main.py calls `run`.
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


def run():
    """Runs the server for ever; when it ends, resets the board. In safe mode returns at once, to MicroPython's REPL."""
    try:
        if _is_safe_mode():
            return
        from edgelet import runtime  # not before this start was counted: it may be what fails

        services = [_count_start, _keep_connected, _keep_time, _feed_watchdog]
        runtime.run(ROOT, services=services, region=_image_region())
    except BaseException as e:
        sys.print_exception(e)
    time.sleep(_CRASH_PAUSE_S)
    machine.reset()


def _is_safe_mode():
    """Decides on safe mode and sets the CPU clock."""
    safemode.active = safemode.reason(_starts, lambda: _is_low(config.Settings(ROOT)["safe_pin"]))
    if safemode.active:
        print("edgelet: safe mode, the server stays off: %s" % safemode.active)
        _starts.succeeded()
        return True
    mhz = config.Settings(ROOT)["cpu_mhz"]
    if mhz:
        _set_cpu_clock(mhz)
    return False


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
    if pin < 0:
        return False
    try:
        return not machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP).value()
    except ValueError as e:
        log.warn("safe_pin %d: %s" % (pin, e))
        return False


def _set_cpu_clock(mhz):
    from edgelet import cpu

    try:
        cpu.set_clock(mhz, machine, cpu.chip())
    except ValueError as e:
        log.warn("cpu_mhz %d: %s" % (mhz, e))


async def _count_start(_device):
    await _starts.watch()


async def _keep_connected(device):
    settings = device.config.settings
    if network.has_ppp():
        device.link = network.Link(network.Serial(settings["ppp_baud"]), log.add, network.PPP, device.server.cut)
    else:
        await _keep_wifi(device)
        return
    await device.link.run()


async def _keep_wifi(device):
    from edgelet.board import radio  # here: who has no radio has the RAM for something else

    settings = device.config.settings
    known = radio.known_of(device.config)
    has_access_point = settings["wifi_access_point"]
    if not known:
        log.warn("Wi-Fi: no network is set")
        if not has_access_point:
            return
    station = radio.Radio(
        known,
        settings["hostname"],
        settings["wifi_country"],
        settings["wifi_power_save"],
        settings["wifi_address"],
    )
    device.wifi_rssi = station.signal
    restarts = radio.Restarts(safemode.Starts(ROOT + "/radio_restarts"), machine.reset)
    link = network.Link(station, log.add, network.WIFI, device.server.cut, restarts, len(known))
    device.link = link
    if has_access_point:
        from edgelet.board.access_point import AccessPoint

        device.access_point = AccessPoint(device.config, device.server, link, station)
    await station.start()
    if has_access_point:
        await device.access_point.run()
    else:
        await link.run()


async def _keep_time(device):
    server = device.config.settings["time_server"]
    await ntp.Keeper(device.resolver, server, clock.rtc_set_second, log.add).run()


async def _feed_watchdog(device):
    if not device.config.settings["watchdog"]:
        return
    dog = watchdog.Watchdog(machine.WDT(timeout=watchdog.TIMEOUT_MS), machine.Timer(_TIMER))
    executor.hold = dog.hold
    await dog.run()
