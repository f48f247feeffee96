#define MICROPY_HW_BOARD_NAME "edgelet on Pimoroni Pico Plus 2"
