add_library(usermod_asyncio INTERFACE)
target_sources(usermod_asyncio INTERFACE ${CMAKE_CURRENT_LIST_DIR}/modpollset.c ${CMAKE_CURRENT_LIST_DIR}/pairheap.c)
target_link_options(usermod_asyncio INTERFACE -Wl,--wrap=mp_pairheap_delete,--wrap=mp_pairheap_pairing)
target_link_libraries(usermod INTERFACE usermod_asyncio)
