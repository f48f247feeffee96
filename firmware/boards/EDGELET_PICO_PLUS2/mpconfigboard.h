#define MICROPY_HW_BOARD_NAME "edgelet on Pimoroni Pico Plus 2"

// MicroPython's heap is what RAM there is beside the arena, and the PSRAM.
#define MICROPY_HW_ENABLE_PSRAM (1)
#define MICROPY_HW_PSRAM_CS_PIN PIMORONI_PICO_PLUS2_PSRAM_CS_PIN
