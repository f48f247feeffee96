# Boards with an RP2350, whose Arm cores are used, and 4 MB of flash.
set(PICO_PLATFORM "rp2350-arm-s")
set(EDGELET_FLASH_BYTES 4194304)
set(EDGELET_IMAGE_SLOTS 10)
set(EDGELET_ARENA_BYTES 196608) # 192 KB

include(${CMAKE_CURRENT_LIST_DIR}/rp2.cmake)
