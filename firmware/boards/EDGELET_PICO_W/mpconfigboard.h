#define MICROPY_HW_BOARD_NAME "edgelet on Raspberry Pi Pico W"

#include "wifi.h"

// As EDGELET_PICO.
#define MICROPY_PY_SSL (0)
