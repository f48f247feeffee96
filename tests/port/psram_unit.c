// Whether an RP2350 looks for PSRAM: psram_unit PACKAGE BYTES, of the chip and of what is at its pin. Calls psram_init
// three times and prints what it gave, how often it looked, and how often it let the pin go.

#include <stdio.h>
#include <stdlib.h>

#include "hardware/gpio.h"
#include "hardware/structs/sysinfo.h"

size_t __real_psram_init(uint cs_pin);
size_t __wrap_psram_init(uint cs_pin);

static sysinfo_hw_t sysinfo;
sysinfo_hw_t *sysinfo_hw = &sysinfo;
static size_t bytes;
static int looked, let_go;

void gpio_deinit(uint gpio) {
    let_go += gpio == 47;
}

size_t __real_psram_init(uint cs_pin) {
    looked += cs_pin == 47;
    return bytes;
}

int main(int argc, char **argv) {
    sysinfo.package_sel = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    bytes = argc > 2 ? (size_t)atoi(argv[2]) : 0;
    for (int i = 0; i < 3; i++) {
        printf("%zu ", __wrap_psram_init(47));
    }
    printf("%d %d\n", looked, let_go);
    return 0;
}
