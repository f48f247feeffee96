// For mpconfigboard.h of boards with the radio CYW43439, as MicroPython's own boards have it.

// How the driver reaches the radio.
#define CYW43_USE_SPI (1)
#define CYW43_LWIP (1)
#define CYW43_GPIO (1)
#define CYW43_SPI_PIO (1)
// What the driver warns of, as of a radio that hangs, would come in the midst of what the console answers.
#define CYW43_WARN(...) (void)0

#define MICROPY_HW_PIN_EXT_COUNT CYW43_WL_GPIO_COUNT

// The interrupt of the radio's pin outlives a soft reset.
int mp_hal_is_pin_reserved(int n);
#define MICROPY_HW_PIN_RESERVED(i) mp_hal_is_pin_reserved(i)
