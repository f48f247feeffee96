# Raspberry Pi Pico W: RP2040, 264 KB of RAM, 2 MB of flash, Wi-Fi.
set(PICO_BOARD "pico_w")
set(EDGELET_FIRMWARE_BYTES 1572864) # 1536 KB, of which the radio's own firmware is 230

include(${CMAKE_CURRENT_LIST_DIR}/../rp2/rp2040.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../rp2/wifi.cmake)
