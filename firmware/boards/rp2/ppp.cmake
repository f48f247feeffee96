# For boards without a radio: the network comes by PPP over a UART.

set_source_files_properties(${EDGELET_RP2_DIR}/lwip_thread.c PROPERTIES COMPILE_OPTIONS "-Wextra;-Wno-unused-parameter")
cmake_language(DEFER CALL target_sources ${MICROPY_TARGET} PRIVATE ${EDGELET_RP2_DIR}/lwip_thread.c)
list(APPEND MICROPY_DEF_BOARD MICROPY_PY_NETWORK_PPP_LWIP=1)
foreach(name lwip_lock_acquire lwip_lock_release mp_event_wait_ms ppp_close ppp_connect ppp_free pppos_input
    sys_check_timeouts tcp_output)
    add_link_options(LINKER:--wrap=${name})
endforeach()
