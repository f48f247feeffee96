# Raspberry Pi Pico: RP2040, 264 KB of RAM, 2 MB of flash. The network comes by PPP over UART 0.
set(PICO_BOARD "pico")
set(EDGELET_FIRMWARE_BYTES 1343488) # 1312 KB

include(${CMAKE_CURRENT_LIST_DIR}/../rp2/rp2040.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../rp2/ppp.cmake)
