# Raspberry Pi Pico 2 W: RP2350 (its Arm cores), 520 KB of RAM, 4 MB of flash, Wi-Fi.
set(PICO_BOARD "pico2_w")
set(EDGELET_FLASH_BYTES 4194304)
set(EDGELET_FIRMWARE_BYTES 1703936) # 1664 KB, of which the radio's own firmware is 230

include(${CMAKE_CURRENT_LIST_DIR}/../rp2/rp2350.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../rp2/wifi.cmake)
