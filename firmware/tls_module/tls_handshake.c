// A client's handshake of TLS computes in slices, and others have their turn between them.
//
// mbedTLS goes through a handshake as far as the server's messages have come, which on a board may take seconds. Here
// it is left when a slice's time is over, as if the socket took no more for the moment (MBEDTLS_ERR_SSL_WANT_WRITE),
// and whoever wants to read or write asks again. It can be left between its steps, and in TLS 1.2 within what it
// computes on elliptic curves (MBEDTLS_ECP_RESTARTABLE in mbedTLS' configuration), which is what takes seconds, between
// two signatures, and within one by RSA (tls_rsa.c). What is kept meanwhile belongs to the connection. The linker
// (--wrap) puts these functions around mbedTLS'.

#include "py/mphal.h"

#if MICROPY_PY_SSL && defined(TLS_IN_SLICES)

#include "tls_private.h"

// After that a slice ends with the part that is being computed.
#if defined(__linux__)
#define TLS_SLICE_US (1000)
#else
#define TLS_SLICE_US (20000)
#endif

// What is computed on a curve in one part, in multiplications of numbers of 256 bits. mbedTLS takes 160 at least.
#define TLS_PART (200)

typedef struct _tls_slice_t {
    mp_uint_t began_us;
    mbedtls_pk_restart_ctx *kept; // of a step that may be left while it verifies; else NULL
    bool has_verified;            // a signature
} tls_slice_t;

// The one that computes.
static tls_slice_t tls_slice;

int __real_mbedtls_ssl_handshake(mbedtls_ssl_context *ssl);
int __wrap_mbedtls_ssl_handshake(mbedtls_ssl_context *ssl);
int __real_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
    mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len, const unsigned char *sig, size_t sig_len);
int __wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
    mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len, const unsigned char *sig, size_t sig_len);
int __real_mbedtls_pk_verify_restartable(mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg, const unsigned char *hash,
    size_t hash_len, const unsigned char *sig, size_t sig_len, mbedtls_pk_restart_ctx *rs_ctx);
int __wrap_mbedtls_pk_verify_restartable(mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg, const unsigned char *hash,
    size_t hash_len, const unsigned char *sig, size_t sig_len, mbedtls_pk_restart_ctx *rs_ctx);

bool tls_slice_is_over(void) {
    return mp_hal_ticks_us() - tls_slice.began_us >= TLS_SLICE_US;
}

// mbedTLS does so by itself only where the server's certificate is for ECDSA. With one for RSA, too, keys are exchanged
// on a curve, and any of the signatures may be by one.
static void tls_divide_verification(mbedtls_ssl_context *ssl) {
    bool verifies = ssl->state == MBEDTLS_SSL_SERVER_CERTIFICATE || ssl->state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE;
    if (verifies && ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2) {
        ssl->handshake->ecrs_enabled = 1;
        tls_slice.kept = &ssl->handshake->ecrs_ctx.pk;
    }
}

// Returns 0 when a verification may begin, or go on. mbedTLS takes IN_PROGRESS as it does for a curve, and begins with
// the same signature when it is asked again.
static int tls_begin_verification(const mbedtls_pk_context *key) {
    if (mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA &&
        !tls_rsa_is_allowed(mbedtls_pk_rsa(*key), tls_slice.kept != NULL)) {
        return MBEDTLS_ERR_RSA_KEY_CHECK_FAILED;
    }
    if (tls_slice.kept == NULL) {
        return 0;
    }
    if (tls_slice.has_verified && tls_slice_is_over()) {
        return MBEDTLS_ERR_ECP_IN_PROGRESS;
    }
    tls_slice.has_verified = true;
    tls_rsa_begin(tls_slice.kept);
    return 0;
}

int __wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
    mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len, const unsigned char *sig, size_t sig_len) {
    int result = tls_begin_verification(ctx);
    if (result != 0) {
        return result;
    }
    return tls_rsa_end(__real_mbedtls_pk_verify_ext(type, options, ctx, md_alg, hash, hash_len, sig, sig_len));
}

int __wrap_mbedtls_pk_verify_restartable(mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg, const unsigned char *hash,
    size_t hash_len, const unsigned char *sig, size_t sig_len, mbedtls_pk_restart_ctx *rs_ctx) {
    int result = tls_begin_verification(ctx);
    if (result != 0) {
        return result;
    }
    return tls_rsa_end(__real_mbedtls_pk_verify_restartable(ctx, md_alg, hash, hash_len, sig, sig_len, rs_ctx));
}

static int tls_step(mbedtls_ssl_context *ssl) {
    tls_divide_verification(ssl);
    int result = mbedtls_ssl_handshake_step(ssl);
    tls_slice.kept = NULL;
    return result == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS ? 0 : result;
}

static int tls_compute_slice(mbedtls_ssl_context *ssl) {
    tls_slice = (tls_slice_t){.began_us = mp_hal_ticks_us()};
    while (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        int result = tls_step(ssl);
        if (result != 0) {
            return result;
        }
        if (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER && tls_slice_is_over()) {
            return MBEDTLS_ERR_SSL_WANT_WRITE;
        }
    }
    return 0;
}

int __wrap_mbedtls_ssl_handshake(mbedtls_ssl_context *ssl) {
    if (ssl->conf->endpoint != MBEDTLS_SSL_IS_CLIENT) {
        return __real_mbedtls_ssl_handshake(ssl);
    }
    // For this time only: ESP-IDF's Wi-Fi computes on curves, too, and asks once.
    mbedtls_ecp_set_max_ops(TLS_PART);
    int result = tls_compute_slice(ssl);
    mbedtls_ecp_set_max_ops(0);
    return result;
}

#endif
