#define MICROPY_HW_BOARD_NAME "edgelet on Raspberry Pi Pico"

// A handshake's buffers take half of its heap, and the code 110 KB of flash: it speaks plain HTTP, in and out.
#define MICROPY_PY_SSL (0)
