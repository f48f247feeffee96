# Pimoroni Pico Plus 2: RP2350B (its Arm cores), 520 KB of RAM, 8 MB of PSRAM, 16 MB of flash. The network comes by
# PPP over UART 0.
# CI does not build it: it is in no release.
set(EDGELET_BY_HAND ON)
set(PICO_BOARD "pimoroni_pico_plus2_rp2350")
set(PICO_NUM_GPIOS 48)
set(EDGELET_FLASH_BYTES 16777216)
set(EDGELET_FIRMWARE_BYTES 1441792) # 1408 KB

include(${CMAKE_CURRENT_LIST_DIR}/../rp2/rp2350.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../rp2/ppp.cmake)
