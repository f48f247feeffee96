// PSRAM is found by who has the firmware of any RP2350 board: its chip select is GPIO 47 on the boards with an RP2350B
// that have PSRAM, such as Pimoroni's Pico Plus 2 and SparkFun's XRP controller. An RP2350A, as on a Pico 2, has no
// such pin. Its boards with PSRAM have it at GPIO 0, 8 or 19, which are anybody's on others: these are not tried, since
// that switches whatever is wired to them.
//
// MicroPython's psram_init (ports/rp2) looks for it and sets it up, at the start and after each write to the flash. The
// linker (--wrap, see rp2350.cmake) has this called in its place.

#include <stdbool.h>
#include <stddef.h>

#include "hardware/gpio.h"
#include "hardware/structs/sysinfo.h"

size_t __real_psram_init(uint cs_pin);
size_t __wrap_psram_init(uint cs_pin);

// The number of bytes of PSRAM, 0 where there is none. The pin is let go then, for good.
size_t __wrap_psram_init(uint cs_pin) {
    static bool absent;
    // 0 is QFN-80, an RP2350B, and 1 is QFN-60 (RP2350's datasheet, section 12.15.1).
    bool has_pin = (sysinfo_hw->package_sel & SYSINFO_PACKAGE_SEL_BITS) == 0;
    if (absent || !has_pin) {
        return 0;
    }
    size_t size = __real_psram_init(cs_pin);
    if (size == 0) {
        absent = true;
        gpio_deinit(cs_pin);
    }
    return size;
}
