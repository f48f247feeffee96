# What edgelet's RP2040 and RP2350 boards share. A board's mpconfigboard.cmake sets before it includes its chip's file,
# which includes this one:
#
# EDGELET_FIRMWARE_BYTES   of the flash, at its front, for the firmware: the linker sees no more
# EDGELET_FLASH_BYTES      of the flash chip, where not all boards with the same chip have the same
#
# The chip's file sets:
#
# EDGELET_FLASH_BYTES      of the flash chip
# EDGELET_IMAGE_SLOTS      images of up to EDGELET_SLOT_BYTES in the flash, one of them spare
# EDGELET_LARGE_SLOTS      images of up to EDGELET_LARGE_SLOT_BYTES behind them, one of them spare, or none
# EDGELET_ARENA_BYTES      of the one arena, whose address the linker fixes
# EDGELET_STACK_BYTES      of C stack for JavaScript
#
# What follows the firmware and the slots is the file system. MicroPython's rp2.Flash is both: slots, then file system.

# Of one slot, a multiple of the flash's 4096. Every image of an RP2040's arena fits, and most of an RP2350's.
set(EDGELET_SLOT_BYTES 98304) # 96 KB

set(EDGELET_RP2_DIR ${CMAKE_CURRENT_LIST_DIR})

math(EXPR EDGELET_IMAGE_BYTES
    "${EDGELET_IMAGE_SLOTS} * ${EDGELET_SLOT_BYTES} + ${EDGELET_LARGE_SLOTS} * ${EDGELET_LARGE_SLOT_BYTES}")
math(EXPR EDGELET_FILES_BYTES "${EDGELET_FLASH_BYTES} - ${EDGELET_FIRMWARE_BYTES} - ${EDGELET_IMAGE_BYTES}")
if(EDGELET_FILES_BYTES LESS 65536)
    message(FATAL_ERROR "no room for the file system behind firmware and images")
endif()

set(MICROPY_FROZEN_MANIFEST ${EDGELET_RP2_DIR}/manifest.py)
set(MBEDTLS_CONFIG_FILE ${EDGELET_RP2_DIR}/mbedtls_config_rp2.h)
set(MICROPY_PY_LWIP ON)
list(APPEND MICROPY_SOURCE_BOARD
    ${EDGELET_RP2_DIR}/characters.c
    ${EDGELET_RP2_DIR}/gmtime.c
    ${EDGELET_RP2_DIR}/../lwip/modnameservers.c
    ${EDGELET_RP2_DIR}/modpartition.c
)
list(APPEND MICROPY_DEF_BOARD
    MP_CONFIGFILE="mpconfigrp2.h"
    BARE_ARENA_SIZE=${EDGELET_ARENA_BYTES}
    BARE_STACK_SIZE=${EDGELET_STACK_BYTES}
    EDGELET_FIRMWARE_BYTES=${EDGELET_FIRMWARE_BYTES}
    EDGELET_IMAGE_BYTES=${EDGELET_IMAGE_BYTES}
    EDGELET_IMAGE_SLOTS=${EDGELET_IMAGE_SLOTS}
    EDGELET_SLOT_BYTES=${EDGELET_SLOT_BYTES}
    EDGELET_LARGE_SLOTS=${EDGELET_LARGE_SLOTS}
    EDGELET_LARGE_SLOT_BYTES=${EDGELET_LARGE_SLOT_BYTES}
    # One that sleeps, the watchdog's, and two for who is at the prompt.
    PICO_TIME_DEFAULT_ALARM_POOL_MAX_TIMERS=4
)
# Before the port's own folders: lwipopts.h.
include_directories(BEFORE ${EDGELET_RP2_DIR})
# gcc resolves the links in the path of each system header that it reads, and the SDK's are all system headers: that takes
# as long as to compile.
add_compile_options($<$<COMPILE_LANGUAGE:C>:-fno-canonical-system-headers>)

set_source_files_properties(${MICROPY_DIR}/shared/tinyusb/mp_usbd_cdc.c PROPERTIES
    COMPILE_OPTIONS "-include;${EDGELET_RP2_DIR}/usb_timeout.h")

# The SDK's double arithmetic flushes denormals and loses NaN and Infinity.
set(PICO_DEFAULT_DOUBLE_IMPL pico_double_compiler)
# The small C library: printf is the SDK's, and nothing else of the large one is needed.
add_link_options(--specs=nano.specs)
# The UF2 file is made by ./edgelet build.
set(PICO_NO_PICOTOOL 1)

# MicroPython's linker script with three changes: the firmware ends where the slots begin, it has a build id, and code
# runs from flash. The double arithmetic and the rest of the C library would take 50 KB of RAM. What is marked for RAM
# goes there, but not that of these sources, which is marked for speed only: none of it runs while the flash is written,
# with interrupts off.
set(EDGELET_FAST_SOURCES dcd_rp2040.c mutex.c rp2040_usb.c spi.c usbd.c)
function(edgelet_linker_script name)
    file(READ ${MICROPY_PORT_DIR}/${name} script)
    string(REGEX REPLACE "(FLASH\\(rx\\) : ORIGIN = 0x10000000, LENGTH = )[0-9]+k" "\\1${EDGELET_FIRMWARE_BYTES}"
        script "${script}")
    string(REGEX REPLACE "EXCLUDE_FILE\\(\\*libgcc[^)]*\\) " "" script "${script}")
    list(TRANSFORM EDGELET_FAST_SOURCES REPLACE "(.+)" "*/\\1.o*(.time_critical*)" OUTPUT_VARIABLE fast)
    list(JOIN fast " " fast)
    string(REPLACE "*(.fini)" "${fast} *(.fini)" script "${script}")
    string(REPLACE "    .rodata : {\n"
        "    .rodata : {\n        bare_build_id_note = .;\n        KEEP(*(.note.gnu.build-id))\n" script "${script}")
    if(NOT script MATCHES "LENGTH = ${EDGELET_FIRMWARE_BYTES}\n" OR NOT script MATCHES "\\*\\(\\.rodata\\*\\)"
        OR script MATCHES "EXCLUDE_FILE\\(\\*libgcc" OR NOT script MATCHES "time_critical\\*\\) \\*\\(\\.fini\\)"
        OR NOT script MATCHES "bare_build_id_note")
        message(FATAL_ERROR "${name} of this MicroPython is not as expected: rp2.cmake must learn about it")
    endif()
    file(WRITE ${CMAKE_BINARY_DIR}/edgelet.ld "${script}")
endfunction()

if(PICO_PLATFORM STREQUAL "rp2040")
    edgelet_linker_script(memmap_mp_rp2040.ld)
else()
    edgelet_linker_script(memmap_mp_rp2350.ld)
endif()
# After the port's own CMakeLists.txt, which makes the target and chooses its script.
cmake_language(DEFER CALL target_link_libraries ${MICROPY_TARGET} hardware_exception pico_rand m)
cmake_language(DEFER CALL target_link_options ${MICROPY_TARGET} PRIVATE LINKER:--build-id)
# MicroPython takes the SDK's conversion from float to double, which flushes denormals, too: Math.fround shows it.
function(edgelet_unwrap_f2d)
    get_target_property(options pico_float_micropython INTERFACE_LINK_OPTIONS)
    if(NOT options MATCHES "--wrap=__aeabi_f2d")
        message(FATAL_ERROR "pico_float_micropython is not as expected: rp2.cmake must learn about it")
    endif()
    list(FILTER options EXCLUDE REGEX "--wrap=__aeabi_f2d$")
    set_target_properties(pico_float_micropython PROPERTIES INTERFACE_LINK_OPTIONS "${options}")
endfunction()
cmake_language(DEFER CALL edgelet_unwrap_f2d)
cmake_language(DEFER CALL
    set_target_properties ${MICROPY_TARGET} PROPERTIES PICO_TARGET_LINKER_SCRIPT ${CMAKE_BINARY_DIR}/edgelet.ld)

cmake_language(DEFER CALL target_sources ${MICROPY_TARGET} PRIVATE
    ${EDGELET_RP2_DIR}/lwip_accept.c ${EDGELET_RP2_DIR}/lwip_write.c)
add_link_options(LINKER:--wrap=tcp_abort LINKER:--wrap=tcp_recv LINKER:--wrap=tcp_write
    LINKER:--wrap=mp_obj_new_str_via_qstr)

# Two of MicroPython's sources with changes, since what they write to may be a constant here.
function(edgelet_replace variable old new)
    string(REPLACE "${old}" "${new}" changed "${${variable}}")
    if(changed STREQUAL ${variable})
        message(FATAL_ERROR "${variable}.c of this MicroPython is not as expected: rp2.cmake must learn about it")
    endif()
    set(${variable} "${changed}" PARENT_SCOPE)
endfunction()
foreach(name builtinimport objtype)
    file(READ ${MICROPY_DIR}/py/${name}.c ${name})
    set_source_files_properties(${MICROPY_DIR}/py/${name}.c PROPERTIES HEADER_FILE_ONLY ON)
endforeach()
cmake_language(DEFER CALL target_sources ${MICROPY_TARGET} PRIVATE
    ${CMAKE_BINARY_DIR}/builtinimport.c ${CMAKE_BINARY_DIR}/objtype.c)
# A frozen module's context has its tables of constants.
edgelet_replace(builtinimport "module_obj->constants = frozen->constants;"
    "if (module_obj->constants.qstr_table != frozen->constants.qstr_table) { module_obj->constants = frozen->constants; }")
file(WRITE ${CMAKE_BINARY_DIR}/builtinimport.c "${builtinimport}")
# A type that is a constant has the mark of those with subclasses. What a type of instances is made of can be named.
edgelet_replace(objtype "t->flags |= MP_TYPE_FLAG_IS_SUBCLASSED;"
    "if (!(t->flags & MP_TYPE_FLAG_IS_SUBCLASSED)) { t->flags |= MP_TYPE_FLAG_IS_SUBCLASSED; }")
string(REGEX REPLACE
    "static ([a-z_]+ (mp_obj_instance_(make_new|attr)|instance_(print|unary_op|binary_op|subscr|get_buffer))\\()" "\\1"
    objtype "${objtype}")
file(WRITE ${CMAKE_BINARY_DIR}/objtype.c "#include \"objtype_instance.h\"\n${objtype}")

# frozen_functions.c takes frozen_content.c in.
set_source_files_properties(${CMAKE_BINARY_DIR}/frozen_content.c PROPERTIES HEADER_FILE_ONLY ON)
set_source_files_properties(${EDGELET_RP2_DIR}/frozen_functions.c PROPERTIES
    COMPILE_OPTIONS "-Wextra;-Wno-unused-parameter")
cmake_language(DEFER CALL target_sources ${MICROPY_TARGET} PRIVATE ${EDGELET_RP2_DIR}/frozen_functions.c)
foreach(name gc_collect_start mp_import_all mp_load_build_class mp_make_function_from_proto_fun mp_map_lookup
    mp_obj_new_module)
    add_link_options(LINKER:--wrap=${name})
endforeach()
add_custom_target(edgelet_frozen_functions
    BYPRODUCTS ${CMAKE_BINARY_DIR}/frozen_functions.h
    DEPENDS ${CMAKE_BINARY_DIR}/genhdr/moduledefs.h
    COMMAND ${Python3_EXECUTABLE} ${EDGELET_RP2_DIR}/frozen_functions.py
        ${CMAKE_BINARY_DIR}/frozen_content.c ${CMAKE_BINARY_DIR}/genhdr ${CMAKE_BINARY_DIR}/frozen_functions.h
    VERBATIM
)
cmake_language(DEFER CALL add_dependencies edgelet_frozen_functions BUILD_FROZEN_CONTENT)
cmake_language(DEFER CALL add_dependencies ${MICROPY_TARGET} edgelet_frozen_functions)

# The SDK's few lines of C++ are of no use here, and would need the C++ library.
set_source_files_properties(${PICO_SDK_PATH}/src/rp2_common/pico_cxx_options/new_delete.cpp PROPERTIES
    HEADER_FILE_ONLY ON)
cmake_language(DEFER CALL set_target_properties ${MICROPY_TARGET} PROPERTIES LINKER_LANGUAGE C)
