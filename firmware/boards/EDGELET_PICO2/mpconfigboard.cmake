# Raspberry Pi Pico 2: RP2350 (its Arm cores), 520 KB of RAM, 4 MB of flash. The network comes by PPP over UART 0.
set(PICO_BOARD "pico2")
set(EDGELET_FLASH_BYTES 4194304)
set(EDGELET_FIRMWARE_BYTES 1441792) # 1408 KB

include(${CMAKE_CURRENT_LIST_DIR}/../rp2/rp2350.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../rp2/ppp.cmake)
