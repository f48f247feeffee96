#define MICROPY_HW_BOARD_NAME "edgelet on Raspberry Pi Pico"

// TLS' record buffers alone would be 20 KB of its heap, and the code is 104 KB of flash: it speaks plain HTTP.
#define MICROPY_PY_SSL (0)
