# Any module with an ESP32-C3 and 4 MB of flash. Wi-Fi.
set(IDF_TARGET esp32c3)

include(${CMAKE_CURRENT_LIST_DIR}/../esp32/esp32.cmake)

# What MicroPython's own board needs: an error of the chip's stack guard (ESP-IDF issue 14456) stops it otherwise.
list(APPEND SDKCONFIG_DEFAULTS boards/ESP32_GENERIC_C3/sdkconfig.c3usb)
