# The isolates as a MicroPython user C module for the ports that build with CMake (rp2, esp32):
# -DUSER_C_MODULES=.../firmware/micropython.cmake -DQUICKJS_DIR=<quickjs-ng's C sources>

if(NOT EXISTS "${QUICKJS_DIR}/quickjs.c")
    message(FATAL_ERROR "QUICKJS_DIR must name the folder of quickjs-ng's C sources (./edgelet build does so)")
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/engine_id.py
        ${QUICKJS_DIR} ${CMAKE_BINARY_DIR}/quickjs_module/engine_id.h
    RESULT_VARIABLE engine_id_result
)
if(NOT engine_id_result EQUAL 0)
    message(FATAL_ERROR "engine_id.py failed")
endif()

file(GLOB quickjs_module_sources ${CMAKE_CURRENT_LIST_DIR}/*.c)
add_library(usermod_quickjs INTERFACE)
target_sources(usermod_quickjs INTERFACE ${quickjs_module_sources})
target_include_directories(usermod_quickjs INTERFACE ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_BINARY_DIR}/quickjs_module)
target_include_directories(usermod_quickjs SYSTEM INTERFACE ${QUICKJS_DIR} ${MICROPY_DIR}/lib/mbedtls/include)
# Ports that build with CMake are microcontrollers: no parser. See engine.c and micropython.mk for the flags of its
# object.
target_compile_definitions(usermod_quickjs INTERFACE QJS_DISABLE_PARSER=1)
set_source_files_properties(${quickjs_module_sources} PROPERTIES COMPILE_OPTIONS "-std=gnu11;-D_GNU_SOURCE")
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/engine.c PROPERTIES
    COMPILE_OPTIONS "-std=gnu11;-D_GNU_SOURCE;-D__SANITIZE_ADDRESS__=1;-D__DJGPP;-DNDEBUG;-fno-strict-aliasing"
)

target_link_libraries(usermod INTERFACE usermod_quickjs)
