# The isolates as a MicroPython user C module for the ports that build with CMake (rp2, esp32):
# -DUSER_C_MODULES=.../firmware/micropython.cmake -DQUICKJS_DIR=<quickjs-ng's C sources> -DZLIB_DIR=<zlib's>
# -DMONOCYPHER_DIR=<Monocypher's> -DSCRYPT_DIR=<Tarsnap's scrypt>

if(NOT EXISTS "${QUICKJS_DIR}/quickjs.c")
    message(FATAL_ERROR "QUICKJS_DIR must name the folder of quickjs-ng's C sources (./edgelet build does so)")
endif()

if(NOT EXISTS "${ZLIB_DIR}/zlib.h")
    message(FATAL_ERROR "ZLIB_DIR must name the folder of zlib's C sources (./edgelet build does so)")
endif()

if(NOT EXISTS "${MONOCYPHER_DIR}/monocypher.h")
    message(FATAL_ERROR "MONOCYPHER_DIR must name the folder of Monocypher's C sources (./edgelet build does so)")
endif()

if(NOT EXISTS "${SCRYPT_DIR}/lib/crypto/crypto_scrypt_smix.c")
    message(FATAL_ERROR "SCRYPT_DIR must name the folder of scrypt's C sources (./edgelet build does so)")
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/engine/engine_id.py
        ${QUICKJS_DIR} ${CMAKE_BINARY_DIR}/quickjs_module/engine_id.h
    RESULT_VARIABLE engine_id_result
)
if(NOT engine_id_result EQUAL 0)
    message(FATAL_ERROR "engine_id.py failed")
endif()
execute_process(
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/crypto/crypto_mbedtls_names.py
        ${MICROPY_DIR}/lib/mbedtls ${CMAKE_BINARY_DIR}/quickjs_module/crypto_mbedtls_names.h
    RESULT_VARIABLE mbedtls_names_result
)
if(NOT mbedtls_names_result EQUAL 0)
    message(FATAL_ERROR "crypto_mbedtls_names.py failed")
endif()

set(quickjs_binding ${CMAKE_CURRENT_LIST_DIR}/modquickjs.c)
file(GLOB quickjs_library_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*/*.c)

# The binding alone has MicroPython's names (qstrs) in it, for which MicroPython preprocesses every source that it finds.
# It does not find what is behind a generator expression.
add_library(usermod_quickjs INTERFACE)
target_sources(usermod_quickjs INTERFACE ${quickjs_binding})
target_include_directories(usermod_quickjs INTERFACE ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_BINARY_DIR}/quickjs_module)
add_library(usermod_quickjs_library INTERFACE)
target_sources(usermod_quickjs_library INTERFACE ${quickjs_library_sources})
target_include_directories(usermod_quickjs SYSTEM INTERFACE ${QUICKJS_DIR})
# Ports that build with CMake are microcontrollers: no parser, and little room for what stays outside the arena. See
# engine.c and micropython.mk for the flags of its object.
target_compile_definitions(usermod_quickjs_library INTERFACE QJS_DISABLE_PARSER=1
    ISOLATE_LOG_SIZE=1536 ISOLATE_MESSAGE_SIZE=512 ISOLATE_STACK_SIZE=1024)
set(quickjs_options -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror)
# ESP-IDF's build compiles the sources twice: for its component, in this directory, and for the program, in the project's.
set(quickjs_directories DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_SOURCE_DIR})
# The headers that belong to our copy of mbedTLS' SHA functions come before those of a port's own mbedTLS (ESP-IDF's).
set_source_files_properties(${quickjs_library_sources} ${quickjs_directories} PROPERTIES
    COMPILE_OPTIONS "${quickjs_options}"
    INCLUDE_DIRECTORIES ${MICROPY_DIR}/lib/mbedtls/include
)
# MicroPython's and the chips' headers have parameters that they do not use.
set_source_files_properties(${quickjs_binding} ${CMAKE_CURRENT_LIST_DIR}/port/port_esp32.c
    ${CMAKE_CURRENT_LIST_DIR}/port/port_rp2.c ${CMAKE_CURRENT_LIST_DIR}/port/port_sha256_esp32.c
    ${quickjs_directories} PROPERTIES
    COMPILE_OPTIONS "${quickjs_options};-Wno-unused-parameter"
)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/engine/engine.c ${quickjs_directories} PROPERTIES
    COMPILE_OPTIONS "${quickjs_options};-D__SANITIZE_ADDRESS__=1;-D__DJGPP;-DNDEBUG;-fno-strict-aliasing"
)
file(GLOB quickjs_compression ${CMAKE_CURRENT_LIST_DIR}/compression/*.c)
set_source_files_properties(${quickjs_compression} ${quickjs_directories} PROPERTIES
    COMPILE_OPTIONS "${quickjs_options};-isystem;${ZLIB_DIR}"
)
# They include mbedTLS' sources by their paths in MicroPython: ESP-IDF has others by the same names among the folders that
# come before any -isystem. As a system's they may warn.
file(GLOB quickjs_crypto ${CMAKE_CURRENT_LIST_DIR}/crypto/*.c)
set_source_files_properties(${quickjs_crypto} ${quickjs_directories} PROPERTIES COMPILE_OPTIONS
    "${quickjs_options};-isystem;${MICROPY_DIR};-isystem;${MONOCYPHER_DIR};-isystem;${SCRYPT_DIR}/lib/crypto;-isystem;${SCRYPT_DIR}/libcperciva/util")

target_link_libraries(usermod_quickjs INTERFACE $<1:usermod_quickjs_library>)
target_link_libraries(usermod INTERFACE usermod_quickjs)
