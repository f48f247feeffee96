add_library(usermod_tls INTERFACE)
target_sources(usermod_tls INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/tls_handshake.c
    ${CMAKE_CURRENT_LIST_DIR}/tls_rsa.c
)
# The first is MicroPython's, where its build has an mbedTLS; the second that of ESP-IDF's configuration, which has its own.
if(MICROPY_SSL_MBEDTLS OR CONFIG_MBEDTLS_ECP_RESTARTABLE)
    target_compile_definitions(usermod_tls INTERFACE TLS_IN_SLICES=1)
    target_link_options(usermod_tls INTERFACE
        -Wl,--wrap=mbedtls_ssl_handshake,--wrap=mbedtls_pk_verify_ext,--wrap=mbedtls_pk_verify_restartable
        -Wl,--wrap=mbedtls_mpi_exp_mod,--wrap=mbedtls_mpi_exp_mod_unsafe
    )
endif()
target_link_libraries(usermod INTERFACE usermod_tls)
