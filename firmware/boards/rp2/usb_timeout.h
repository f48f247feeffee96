// Included before mp_usbd_cdc.c: a console that nobody reads must not hold the server up for the port's half a second.

#include "py/mphal.h"

// Milliseconds until output is dropped.
#undef MICROPY_HW_USB_CDC_TX_TIMEOUT
#define MICROPY_HW_USB_CDC_TX_TIMEOUT (20)
