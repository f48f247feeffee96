add_library(usermod_httpparse INTERFACE)
target_sources(usermod_httpparse INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/http_head.c
    ${CMAKE_CURRENT_LIST_DIR}/http_chunked.c
    ${CMAKE_CURRENT_LIST_DIR}/http_response.c
    ${CMAKE_CURRENT_LIST_DIR}/modhttpparse.c
)
target_include_directories(usermod_httpparse INTERFACE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(usermod INTERFACE usermod_httpparse)
