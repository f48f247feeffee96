add_library(usermod_logring INTERFACE)
target_sources(usermod_logring INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/log_ring.c
    ${CMAKE_CURRENT_LIST_DIR}/modlogring.c
)
target_include_directories(usermod_logring INTERFACE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(usermod INTERFACE usermod_logring)
