#define MICROPY_HW_BOARD_NAME "edgelet on ESP32-C3"
#define MICROPY_HW_MCU_NAME "ESP32C3"

// For modules whose USB goes to a UART, beside the chip's own USB.
#define MICROPY_HW_ENABLE_UART_REPL (1)
