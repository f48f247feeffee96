"""The emulated Pico W's radio, a CYW43439, and the access point that it finds, which takes any password.

rp2040py has the chip: its registers, what its own firmware answers, and the bus between, bit by bit. Here whole words
cross the bus, which is a hundred times as fast, and the radio's Ethernet frames leave by a line, those of the board's
own access point, too. Whoever is at the line has joined that, with the right password.
"""

from collections.abc import Callable
from typing import Any

from rp2040py.external.cyw43 import bus
from rp2040py.gpio_pin import GPIOPinState
from rp2040py.peripherals._pio import RPPIO
from rp2040py.peripherals._state_machine import StateMachine
from rp2040py.peripherals.pio_registers import FDEBUG_TXSTALL, WaitType
from rp2040py.rp2040 import RP2040

from edgelet_host.emulator import ACCESS_POINT

# Pins of a Pico W (pico-sdk, src/boards/include/boards/pico_w.h). The clock has one, too.
_POWER, _DATA, _SELECT = 23, 24, 25

_WORD = 32
_MASK = 0xFFFFFFFF
# The loops of pico-sdk's cyw43_bus_pio_spi.pio, without the bit that is the clock and where they jump.
_OUT, _IN = (0x6001, 0x0040), (0x4001, 0x0080)  # out pins, 1; jmp x--   in pins, 1; jmp y--
_SIDE = 0x1000
_TARGET = 0x1F
_LOOP_CYCLES = 2

_INTERFACE = bus.SDPCM_HEADER_LEN + 4  # where a frame says which of the radio's two interfaces sends it
_STATION, _OWN = 0, 1
# What the driver sets to open or close the board's own access point, an `iovar` with the interface's number and whether
# it is up (cyw43-driver, src/cyw43_ll.c, cyw43_ll_wifi_ap_set_up).
_OPENS = b"bss\0" + _OWN.to_bytes(4, "little")
_PAD = bytes(2)
_SEQUENCE = 4  # where a message has its number
_CREDIT = 8  # so many messages may follow one that the radio has taken
_NO_NETWORKS = 3  # a status of the event SET_SSID (cyw43-driver, src/cyw43_ll.h)
_NAME = 31  # where a network's name is in what a scan finds, behind its length
_IOCTL = bus.SDPCM_HEADER_LEN + bus.IOCTL_HEADER_LEN
_SET = bus.WLC_SET_VAR.to_bytes(4, "little")


class Radio(bus.GSPIBus):
    """The chip. An `ExternalDevice`, and its own `nat_bridge`, which is whom rp2040py gives frames to.

    send: takes an Ethernet frame that the board sends over the access point that it has joined. send_to_guest: the same
    of the board's own access point; an empty one when that is closed.
    """

    def __init__(self) -> None:
        self._sequence = -1
        super().__init__()
        self.send: Callable[[bytes], None] = lambda frame: None
        self.send_to_guest: Callable[[bytes], None] = lambda frame: None
        self.nat_bridge = self  # type: ignore[assignment]
        self._is_in_reach = True
        self._has_joined = False
        self._is_open = False
        self._sender = _STATION
        self._asked_for = b""
        self._hangs = False

    def attach(self, rp2040: RP2040) -> None:
        """Solder it to its pins."""
        self._data_pin = rp2040.gpio[_DATA]
        rp2040.gpio[_SELECT].add_listener(lambda value, _: self._on_cs_change(value != GPIOPinState.HIGH))
        rp2040.gpio[_POWER].add_listener(self._switched)
        for block in rp2040.pio:
            block.machines = [Machine(rp2040, block, index, self) for index in range(len(block.machines))]

    @property
    def is_selected(self) -> bool:
        """Whether what is on the bus is for it."""
        return self._selected

    @property
    def is_busy(self) -> bool:
        """Whether frames wait for the driver."""
        return bool(self._rx_queue)

    def receive(self, frame: bytes) -> None:
        """Bring the board an Ethernet frame, where it has joined."""
        if self._has_joined and not self._hangs:
            self.queue_rx_ethernet_frame(frame)

    def receive_from_guest(self, frame: bytes) -> None:
        """Bring the board an Ethernet frame of whoever has joined its own access point, where that is open."""
        if self._is_open and not self._hangs:
            self.queue_rx_ethernet_frame(frame, interface=_OWN)

    def switch_access_point(self) -> None:
        """Switch it off, which the radio notices at once, or on again."""
        self._is_in_reach = not self._is_in_reach
        if self._has_joined and not self._is_in_reach and not self._hangs:
            self._has_joined = False
            self._queue_disassoc_events()

    def hang(self) -> None:
        """Hear and say nothing any more, until it is switched off, or called again."""
        self._hangs = not self._hangs
        self._rx_queue.clear()
        if not self._hangs:
            # With how many messages it has room for, which the driver may wait for. This event it leaves alone.
            self.queue_rx_packet(self._build_async_event(bus.CYW43_EV_ASSOC, bus.CYW43_STATUS_SUCCESS))

    def put(self, word: int) -> None:
        """Take a word from the bus."""
        self._shift_reg, self._bits_in_word = word >> 1, _WORD - 1
        self._on_clock_rising(bool(word & 1))

    def get(self) -> int:
        """Give the bus a word, 0 where the radio has nothing to say."""
        place = self._response_bit_index // 8
        word = self._response_bytes[place : place + 4]
        self._response_bit_index += _WORD
        if self._response_bit_index >= len(self._response_bytes) * 8:
            self._response_bytes, self._response_bit_index = b"", 0
        return int.from_bytes(word, "big")

    def handle_outbound_ethernet_frame(self, frame: bytes) -> None:
        """Take a frame from the driver."""
        if self._sender == _OWN and self._is_open:
            self.send_to_guest(frame)
        elif self._sender == _STATION and self._has_joined:
            self.send(frame)

    def reset(self) -> None:
        """The driver has left the network."""
        self._has_joined = False

    def power_off(self) -> None:
        """Forget everything."""
        super().power_off()
        self._sequence = -1
        self._has_joined = self._hangs = False
        self._close()

    def _switched(self, _value: GPIOPinState, _before: GPIOPinState) -> None:
        # When it is switched on, too: a reset of the board lets go of the pin, and tells nobody.
        self.power_off()

    @property
    def _bus_data_credit(self) -> int:
        """The last message that the driver may send. Where that is sent, it waits, for up to a second."""
        return self._sequence + 1 + _CREDIT & 0xFF

    @_bus_data_credit.setter
    def _bus_data_credit(self, value: int) -> None:
        """Leave it: that of rp2040py grows with what the radio sends, too, and meets the driver's own number."""

    def _write_wlan(self, data: bytes) -> None:
        self._sequence = data[_SEQUENCE]
        if self._hangs:
            return
        self._sender = data[_INTERFACE] if len(data) > _INTERFACE else _STATION
        name = data[_IOCTL + 4 : _IOCTL + 4 + 32]
        self._asked_for = name[: data[_IOCTL]] if len(data) > _IOCTL else b""
        super()._write_wlan(data)
        content = data[_IOCTL:]
        if data[_IOCTL - bus.IOCTL_HEADER_LEN : _IOCTL - bus.IOCTL_HEADER_LEN + 4] == _SET and content.startswith(
            _OPENS
        ):
            self._open_or_close(content[len(_OPENS)] != 0)

    def _open_or_close(self, is_open: bool) -> None:
        if is_open:
            self._is_open = True
        else:
            self._close()
        self.queue_rx_packet(
            self._build_async_event(bus.CYW43_EV_LINK, bus.CYW43_STATUS_SUCCESS, interface=_OWN, flags=int(is_open))
        )

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            self.send_to_guest(b"")

    def _build_async_event(self, *what: Any, **more: Any) -> bytes:
        # The driver moves an event by two bytes, since the real radio's begin between two words.
        event = super()._build_async_event(*what, **more)
        size = len(event) + len(_PAD)
        header = size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + event[4:7]
        header += bytes([bus.SDPCM_HEADER_LEN + len(_PAD)]) + event[8 : bus.SDPCM_HEADER_LEN]
        return header + _PAD + event[bus.SDPCM_HEADER_LEN :]

    def _build_scan_result_bytes(self) -> bytes:
        found = bytearray(super()._build_scan_result_bytes())
        name = ACCESS_POINT.encode().ljust(32, b"\0")
        found[_NAME - 1 : _NAME + 32] = bytes([len(ACCESS_POINT)]) + name
        return bytes(found)

    def _queue_scan_events(self) -> None:
        if self._is_in_reach:
            super()._queue_scan_events()
        else:
            self.queue_rx_packet(self._build_async_event(bus.CYW43_EV_ESCAN_RESULT, bus.CYW43_STATUS_SUCCESS))

    def _queue_join_events(self) -> None:
        if self._is_in_reach and self._asked_for == ACCESS_POINT.encode():
            self._has_joined = True
            super()._queue_join_events()
        else:
            self.queue_rx_packet(self._build_async_event(bus.CYW43_EV_SET_SSID, _NO_NETWORKS))


class Machine(StateMachine):
    """A state machine of programmable I/O, by which words reach the radio whole and take as long as their bits."""

    def __init__(self, rp2040: RP2040, block: RPPIO, index: int, radio: Radio) -> None:
        super().__init__(rp2040, block, index)
        self._radio = radio

    def step(self) -> None:
        """Execute an instruction, or a loop that is at its beginning as often as a word has bits."""
        if self.waiting or not self._radio.is_selected:
            super().step()
        elif self._is_at(_OUT) and self.output_shift_count == _WORD and self.x % _WORD == _WORD - 1:
            self._send_word()
        elif self._is_at(_IN) and self.y % _WORD == _WORD - 1 and not self.rx_fifo.full:
            self.rx_fifo.push(self._radio.get())
            self._update_dma_rx()
            self.y = self._loop(self.y)
        else:
            super().step()

    def check_wait(self) -> None:
        """Look whether what it waits for is there; without a type that is a word."""
        if not self.waiting or self.wait_type != WaitType.NONE:
            super().check_wait()
        elif not self.tx_fifo.empty:
            self.waiting = False
            self.next_due_fp = self.pio.cycle_fp + self.div_fp
            self.pio.notify_due(self.next_due_fp)

    def _is_at(self, loop: tuple[int, int]) -> bool:
        code, place = self.pio.instructions, self.pc
        return place < _TARGET and (code[place] & ~_SIDE, code[place + 1] & ~_SIDE) == (loop[0], loop[1] | place)

    def _send_word(self) -> None:
        if self.tx_fifo.empty:
            self.waiting, self.wait_type = True, WaitType.NONE
            self.pio.tx_stall |= FDEBUG_TXSTALL << self.index
            self.pio.fdebug |= self.pio.tx_stall
            return
        self._radio.put(self.tx_fifo.pull())
        self._update_dma_tx()
        self.x = self._loop(self.x)

    def _loop(self, counter: int) -> int:
        """Let the time of a word pass, and go on behind the loop where it was the last; give the counter's value."""
        self.pio.check_interrupts()
        self.next_due_fp += _WORD * _LOOP_CYCLES * self.div_fp
        if counter == _WORD - 1:
            self.pc += 1
            self.next_pc()
        return counter - _WORD & _MASK
