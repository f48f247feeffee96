"""The emulated Pico W's radio at its pins: words that programmable I/O sends and fetches, frames of its network."""

import pytest
from edgelet_host.emulator import ACCESS_POINT, ensure_processor, pio
from edgelet_host.emulator.processor import Processor
from edgelet_host.emulator.radio import Radio
from rp2040py.boards import BoardSpec, build_rp2040_from_spec
from rp2040py.external.cyw43 import bus
from rp2040py.simulator import Simulator
from rp2040py.utils.logging import ConsoleLogger, LogLevel

CODE, FOR_EVER = 0x20000000, 0xE7FE  # b .
PIO0, PIN_CTRL, SIO = 0x50200000, 0x40014004, 0xD0000000
CTRL, FDEBUG, TXF0, RXF0, INSTRUCTIONS = 0x000, 0x008, 0x010, 0x020, 0x048
CLKDIV, EXECCTRL, SHIFTCTRL, INSTRUCTION, PINCTRL = 0x0C8, 0x0CC, 0x0D0, 0x0D8, 0x0DC
TX_STALLED = 1 << 24
OUT_SET, OUT_CLEAR, ENABLE_SET = 0x014, 0x018, 0x024
POWER, DATA, SELECT, CLOCK = 23, 24, 25, 29
# As pico-sdk's driver has it: out pins, 1 side 0; jmp x-- 0 side 1; set pindirs, 0 side 0; nop side 1;
# in pins, 1 side 0; jmp y-- 4 side 1.
PROGRAM = (0x6001, 0x1040, 0xE080, 0xB042, 0x4001, 0x1084)
OUT_X, OUT_Y, JUMP = 0x6020, 0x6040, 0x0000
TEST_REGISTER = 0x4000A004  # the command to read it: make_cmd(False, True, 0, 0x14, 4)
WRITE, STATION = 0xE0000000, 0


class Board:
    """A chip with the radio on its pins. sent: frames that left by the access point."""

    def __init__(self):
        self.radio = Radio()
        self.chip = Simulator(rp2040=build_rp2040_from_spec(BoardSpec(extras=(lambda: self.radio,)))).rp2040
        self.chip.logger = ConsoleLogger(LogLevel.ERROR)
        self.processor = Processor(self.chip, ensure_processor())
        pio.install(self.chip)
        self.sent = []
        self.sequence = 0
        self.credits = []
        self.radio.send = self.sent.append
        self.chip.write_uint16(CODE, FOR_EVER)
        self.processor.core.pc = CODE
        for pin in (POWER, SELECT):
            self.write(PIN_CTRL + 8 * pin, 5)
            self.write(SIO + ENABLE_SET, 1 << pin)
        for pin in (DATA, CLOCK):
            self.write(PIN_CTRL + 8 * pin, 6)
        self.write(SIO + OUT_SET, 1 << POWER | 1 << SELECT)
        for number, code in enumerate(PROGRAM):
            self.write(PIO0 + INSTRUCTIONS + 4 * number, code)
        self.write(PIO0 + CLKDIV, 2 << 16)
        self.write(PIO0 + SHIFTCTRL, 1 << 16 | 1 << 17)
        self.write(PIO0 + PINCTRL, 1 << 29 | 1 << 26 | 1 << 20 | DATA << 15 | CLOCK << 10 | DATA << 5 | DATA)

    def write(self, address, value):
        self.chip.write_uint32(address, value)

    def transfer(self, words, wanted=0):
        """Send words to the radio and fetch some, as the driver does."""
        self.write(SIO + OUT_CLEAR, 1 << SELECT)
        self.write(PIO0 + CTRL, 1 << 4 | 1 << 8)  # restarts
        self.write(PIO0 + EXECCTRL, (5 if wanted else 1) << 12)
        for count, instruction in ((32 * len(words) - 1, OUT_X), (32 * wanted - 1 & 0xFFFFFFFF, OUT_Y), (None, JUMP)):
            if count is not None:
                self.write(PIO0 + TXF0, count)
            self.write(PIO0 + INSTRUCTION, instruction)
        self.write(PIO0 + FDEBUG, TX_STALLED)
        self.write(PIO0 + CTRL, 1)
        fetched = []
        for word in words:
            self.write(PIO0 + TXF0, word)
            self.run()
        for _ in range(wanted):
            fetched.append(self.chip.read_uint32(PIO0 + RXF0))
            self.run()
        stalled = self.chip.read_uint32(PIO0 + FDEBUG) & TX_STALLED
        self.write(PIO0 + CTRL, 0)
        self.write(SIO + OUT_SET, 1 << SELECT)
        assert wanted or stalled
        return fetched

    def run(self):
        """Execute for longer than a word takes."""
        until = self.processor.core.cycles + 300
        while self.processor.core.cycles < until:
            self.processor.run()

    def ask(self, kind, command, content):
        """Have the driver's message sent; what the radio answers."""
        header = b"".join(value.to_bytes(4, "little") for value in (command, len(content), 1 << 16, 0))
        self.tell(kind, header + content)
        return self.heard()

    def tell(self, kind, content):
        size = bus.SDPCM_HEADER_LEN + len(content)
        head = (
            size.to_bytes(2, "little")
            + (size ^ 0xFFFF).to_bytes(2, "little")
            + bytes([self.sequence, kind, 0, 12, 0, 0, 0, 0])
        )
        self.radio.write_register(bus.WLAN_FUNCTION, 0, size, int.from_bytes(head + content, "little"))

    def heard(self):
        """Fetch what the radio has to say, as (channel, content) without the header."""
        found = []
        while length := self.radio.read_register(bus.BUS_FUNCTION, bus.SPI_STATUS_REGISTER, 4) >> 9 & 0x7FF:
            data = self.radio.read_register(bus.WLAN_FUNCTION, 0, length).to_bytes(length, "little")
            found.append((data[5], data[data[7] :]))
            self.credits.append(data[9])
        return found

    def join(self, name):
        """Ask for a network; the types of events that come of it."""
        answers = self.ask(bus.CONTROL_HEADER, bus.WLC_SET_SSID, len(name).to_bytes(4, "little") + name.encode())
        return [event_of(content)[0] for kind, content in answers if kind == bus.ASYNCEVENT_HEADER]


def event_of(content):
    """The (type, status, flags) of an event, in what follows a header."""
    event = content[4 + 24 :]
    return tuple(int.from_bytes(event[start:end], "big") for start, end in ((4, 8), (8, 12), (2, 4)))


@pytest.fixture
def board():
    return Board()


def halves(word):
    return word << 16 & 0xFFFF0000 | word >> 16


def test_words_reach_the_radio_and_its_own_come_back(board):
    # The radio has words of 16 bits at first.
    assert board.transfer([halves(TEST_REGISTER)], 1) == [halves(0xFEEDBEAD)]
    board.transfer([halves(0xC0000004), halves(0x000204B3)])
    swapped = int.from_bytes(TEST_REGISTER.to_bytes(4, "little"), "big")
    assert board.transfer([swapped], 1) == [0xADBEEDFE]


def test_a_word_takes_as_long_as_its_bits(board):
    before = board.chip.pio[0].machines[0].next_due_fp
    board.transfer([halves(TEST_REGISTER)], 1)
    # Two instructions a bit, of two cycles each, two words, and what is between them.
    passed = (board.chip.pio[0].machines[0].next_due_fp - before) / 256
    assert 2 * 32 * 2 * 2 <= passed < 2 * 32 * 2 * 2 + 700


def test_nobody_hears_words_while_the_radio_is_not_selected(board):
    board.radio.put = None
    board.write(PIO0 + TXF0, 31)
    board.write(PIO0 + INSTRUCTION, OUT_X)
    board.write(PIO0 + TXF0, 0)
    board.write(PIO0 + CTRL, 1)
    board.run()


def test_it_joins_the_network_that_there_is_and_no_other(board):
    assert board.join("another") == [bus.CYW43_EV_SET_SSID]
    assert bus.CYW43_EV_LINK in board.join(ACCESS_POINT)


def test_frames_pass_while_it_has_joined(board):
    frame = bytes(range(60))
    data = bytes(2) + bytes([0x20, 0, STATION, 0]) + frame
    board.tell(bus.DATA_HEADER, data)
    board.radio.receive(frame)
    assert (board.sent, [kind for kind, _ in board.heard()]) == ([], [bus.CONTROL_HEADER])
    board.join(ACCESS_POINT)
    board.tell(bus.DATA_HEADER, data)
    board.radio.receive(frame)
    assert board.sent == [frame]
    assert [content[4:] for kind, content in board.heard() if kind == bus.DATA_HEADER] == [frame]


OWN = 1
OPENS = b"bss\0" + OWN.to_bytes(4, "little")


def test_its_own_access_point_has_a_guest_while_it_is_open(board):
    heard = []
    board.radio.send_to_guest = heard.append
    frame = bytes(range(60))
    data = bytes(2) + bytes([0x20, 0, OWN, 0]) + frame
    links = []
    for is_open in (1, 0):
        answers = board.ask(bus.CONTROL_HEADER, bus.WLC_SET_VAR, OPENS + is_open.to_bytes(4, "little"))
        [event] = [content for kind, content in answers if kind == bus.ASYNCEVENT_HEADER]
        links.append(event_of(event))
        board.tell(bus.DATA_HEADER, data)
        board.radio.receive_from_guest(frame)
        arrived = [content for kind, content in board.heard() if kind == bus.DATA_HEADER]
        assert [(content[2], content[4:]) for content in arrived] == [(OWN, frame)] * is_open
    assert links == [(bus.CYW43_EV_LINK, 0, 1), (bus.CYW43_EV_LINK, 0, 0)]
    assert (heard, board.sent) == ([frame, b""], [])


def test_the_driver_may_always_send_more_than_it_has(board):
    board.join(ACCESS_POINT)
    for sequence in [*range(256), *range(3)]:
        for _ in range(3):
            board.radio.receive(bytes(60))
        board.sequence = sequence
        board.tell(bus.DATA_HEADER, bytes(2) + bytes([0x20, 0, STATION, 0]) + bytes(60))
        board.heard()
        assert {credit - sequence & 0xFF for credit in board.credits[-1:]} == {9}


def test_an_access_point_that_goes_is_noticed(board):
    board.join(ACCESS_POINT)
    board.radio.switch_access_point()
    assert (bus.CYW43_EV_LINK, 0, 0) in [event_of(content) for _, content in board.heard()]
    assert board.join(ACCESS_POINT) == [bus.CYW43_EV_SET_SSID]
    board.radio.switch_access_point()
    assert bus.CYW43_EV_LINK in board.join(ACCESS_POINT)


def test_without_power_it_forgets(board):
    board.join(ACCESS_POINT)
    board.write(SIO + OUT_CLEAR, 1 << POWER)
    board.radio.receive(bytes(60))
    assert board.heard() == []
