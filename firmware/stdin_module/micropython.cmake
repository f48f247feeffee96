add_library(usermod_stdin INTERFACE)
target_sources(usermod_stdin INTERFACE ${CMAKE_CURRENT_LIST_DIR}/modstdin.c)
target_link_libraries(usermod INTERFACE usermod_stdin)
