"""How a small flash is divided, for the Linux firmware: what firmware/boards/rp2/modpartition.c tells on a board."""

FIRMWARE = 1408 << 10  # bytes before the two, which rp2.Flash does not see
IMAGES = (0, 8 * 4096)
SLOTS = ((1, 8 * 4096),)
FILES = (8 * 4096, 64 * 4096)
