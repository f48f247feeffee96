// A client's handshake of TLS computes in slices, and others have their turn between them.
//
// mbedTLS goes through a handshake as far as the server's messages have come, which on a board may take seconds. Here
// it is left when a slice's time is over, as if the socket took no more for the moment (MBEDTLS_ERR_SSL_WANT_WRITE),
// and whoever wants to read or write asks again. It can be left between its steps, and in TLS 1.2 within what it
// computes on elliptic curves (MBEDTLS_ECP_RESTARTABLE in mbedTLS' configuration), which is what takes seconds. What is
// kept meanwhile belongs to the connection. The linker (--wrap) puts this function around mbedTLS'.

#include "py/mphal.h"

#if MICROPY_PY_SSL && defined(TLS_IN_SLICES)

// mbedTLS 3 has its members under other names, but for itself.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "lib/mbedtls/library/ssl_misc.h"

// After that a slice ends with the part that is being computed.
#if defined(__linux__)
#define TLS_SLICE_US (1000)
#else
#define TLS_SLICE_US (20000)
#endif

// What is computed on a curve in one part, in multiplications of numbers of 256 bits. mbedTLS takes 160 at least.
#define TLS_PART (200)

int __real_mbedtls_ssl_handshake(mbedtls_ssl_context *ssl);
int __wrap_mbedtls_ssl_handshake(mbedtls_ssl_context *ssl);

// mbedTLS does so by itself only where the server's certificate is for ECDSA. With one for RSA, too, keys are exchanged
// on a curve, and the authority's signature may be by one.
static void tls_divide_curves(mbedtls_ssl_context *ssl) {
    if (ssl->state == MBEDTLS_SSL_SERVER_CERTIFICATE && ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2) {
        ssl->handshake->ecrs_enabled = 1;
    }
}

int __wrap_mbedtls_ssl_handshake(mbedtls_ssl_context *ssl) {
    if (ssl->conf->endpoint != MBEDTLS_SSL_IS_CLIENT) {
        return __real_mbedtls_ssl_handshake(ssl);
    }
    mp_uint_t began = mp_hal_ticks_us();
    mbedtls_ecp_set_max_ops(TLS_PART);
    while (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        tls_divide_curves(ssl);
        int result = mbedtls_ssl_handshake_step(ssl);
        if (result != 0 && result != MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS) {
            return result;
        }
        if (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER && mp_hal_ticks_us() - began >= TLS_SLICE_US) {
            return MBEDTLS_ERR_SSL_WANT_WRITE;
        }
    }
    return 0;
}

#endif
