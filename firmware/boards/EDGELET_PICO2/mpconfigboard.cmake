# Raspberry Pi Pico 2: RP2350 (its Arm cores), 520 KB of RAM, 4 MB of flash. The network comes by PPP over UART 0.
set(PICO_BOARD "pico2")
set(PICO_PLATFORM "rp2350-arm-s")

set(EDGELET_FLASH_BYTES 4194304)
set(EDGELET_FIRMWARE_BYTES 1179648) # 1152 KB
set(EDGELET_IMAGE_SLOTS 10)
set(EDGELET_SLOT_BYTES 98304) # 96 KB
set(EDGELET_ARENA_BYTES 196608) # 192 KB

include(${CMAKE_CURRENT_LIST_DIR}/../rp2/rp2.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../rp2/ppp.cmake)
