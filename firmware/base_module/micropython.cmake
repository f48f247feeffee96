# What every room of our C modules may use and what uses none of them: no MicroPython, no JavaScript, no allocation.

file(GLOB base_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
add_library(usermod_base INTERFACE)
target_sources(usermod_base INTERFACE ${base_sources})
target_include_directories(usermod_base INTERFACE ${CMAKE_CURRENT_LIST_DIR})
set_source_files_properties(${base_sources} PROPERTIES COMPILE_OPTIONS "-std=gnu11;-Wall;-Wextra;-Werror")
target_link_libraries(usermod INTERFACE usermod_base)
