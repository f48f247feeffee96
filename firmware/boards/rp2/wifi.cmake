# For boards with the radio CYW43439.
set(MICROPY_PY_NETWORK_CYW43 ON)
list(APPEND MICROPY_SOURCE_BOARD ${CMAKE_CURRENT_LIST_DIR}/modwifiscan.c ${CMAKE_CURRENT_LIST_DIR}/modwifistart.c
    ${CMAKE_CURRENT_LIST_DIR}/wifi_mdns.c ${CMAKE_CURRENT_LIST_DIR}/wifi_patience.c)
foreach(name best_effort_wfe_or_timeout cyw43_cb_process_async_event cyw43_cb_process_ethernet cyw43_cb_tcpip_init
    cyw43_ll_bus_init cyw43_wifi_update_multicast_filter lwip_lock_acquire lwip_lock_release mdns_resp_remove_netif
    mp_event_handle_nowait pendsv_is_pending sleep_ms)
    add_link_options(LINKER:--wrap=${name})
endforeach()
set_source_files_properties(${MICROPY_DIR}/lib/cyw43-driver/src/cyw43_ll.c PROPERTIES
    COMPILE_OPTIONS "-include;${CMAKE_CURRENT_LIST_DIR}/wifi_patience.h")

# The SDK gives these headers to those who use its Bluetooth too. The port has one of the same name, which goes first.
cmake_language(DEFER CALL target_include_directories ${MICROPY_TARGET} SYSTEM PRIVATE
    ${PICO_SDK_PATH}/src/rp2_common/pico_cyw43_driver/include)
