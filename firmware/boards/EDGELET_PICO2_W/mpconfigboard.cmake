# Raspberry Pi Pico 2 W: RP2350 (its Arm cores), 520 KB of RAM, 4 MB of flash, Wi-Fi.
set(PICO_BOARD "pico2_w")
set(PICO_PLATFORM "rp2350-arm-s")
set(MICROPY_PY_NETWORK_CYW43 ON)

set(EDGELET_FLASH_BYTES 4194304)
set(EDGELET_FIRMWARE_BYTES 1441792) # 1408 KB, of which the radio's own firmware is 230
set(EDGELET_IMAGE_SLOTS 10)
set(EDGELET_SLOT_BYTES 98304) # 96 KB
set(EDGELET_ARENA_BYTES 196608) # 192 KB

include(${CMAKE_CURRENT_LIST_DIR}/../rp2/rp2.cmake)
