#define MICROPY_HW_BOARD_NAME "edgelet on Raspberry Pi Pico"
