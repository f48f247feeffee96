# Boards with an RP2350, whose Arm cores are used, and at least 4 MB of flash.
set(PICO_PLATFORM "rp2350-arm-s")
set(EDGELET_IMAGE_SLOTS 8)
# Every image of the arena fits.
set(EDGELET_LARGE_SLOTS 3)
set(EDGELET_LARGE_SLOT_BYTES 262144) # 256 KB
# An application on hono: an image of 215 to 235 KB, 250 KB with a request, 20 to 24 KB of stack (docs/packages.md).
set(EDGELET_ARENA_BYTES 262144) # 256 KB
set(EDGELET_STACK_BYTES 24576) # 24 KB

include(${CMAKE_CURRENT_LIST_DIR}/rp2.cmake)

cmake_language(DEFER CALL target_sources ${MICROPY_TARGET} PRIVATE ${EDGELET_RP2_DIR}/psram.c)
set_source_files_properties(${EDGELET_RP2_DIR}/psram.c PROPERTIES COMPILE_OPTIONS "-Wextra;-Wno-unused-parameter")
add_link_options(LINKER:--wrap=psram_init)
