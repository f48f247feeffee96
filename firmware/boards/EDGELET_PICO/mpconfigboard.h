#define MICROPY_HW_BOARD_NAME "edgelet on Raspberry Pi Pico"

// A handshake would compute for seconds and take 27 KB of the heap, its code 104 KB of flash (docs/boards.md).
#define MICROPY_PY_SSL (0)
