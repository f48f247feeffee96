# What every room of our C modules may use and what uses none of them: no MicroPython, no JavaScript, no allocation.

file(GLOB base_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
add_library(usermod_base INTERFACE)
target_sources(usermod_base INTERFACE ${base_sources})
target_include_directories(usermod_base INTERFACE ${CMAKE_CURRENT_LIST_DIR})
# The headers of our own copy of mbedTLS come before those of a port's (ESP-IDF's). For the directory of the project, too,
# where ESP-IDF's build compiles these sources once more, for the program, with what is known there.
set_source_files_properties(${base_sources} DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_SOURCE_DIR} PROPERTIES
    COMPILE_OPTIONS "-std=gnu11;-Wall;-Wextra;-Werror"
    INCLUDE_DIRECTORIES ${MICROPY_DIR}/lib/mbedtls/include
)
# See base_sha.h.
if(MICROPY_SSL_MBEDTLS)
    target_compile_definitions(usermod_base INTERFACE BASE_SHA_OF_PORT=1)
    set_source_files_properties(${MICROPY_DIR}/lib/mbedtls/library/sha256.c PROPERTIES
        COMPILE_DEFINITIONS MBEDTLS_USER_CONFIG_FILE="base_sha_port.h"
    )
    # Empty where the processor is another.
    target_sources(usermod_base INTERFACE ${CMAKE_CURRENT_LIST_DIR}/base_sha256_armv6m.S)
endif()
target_link_libraries(usermod INTERFACE usermod_base)
