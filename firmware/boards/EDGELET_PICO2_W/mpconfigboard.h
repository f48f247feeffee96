#define MICROPY_HW_BOARD_NAME "edgelet on Raspberry Pi Pico 2 W"

#include "wifi.h"
