// What the files of this folder share.
#ifndef EDGELET_TLS_PRIVATE_H
#define EDGELET_TLS_PRIVATE_H

#include <stdbool.h>

// mbedTLS 3 has its members under other names, but for itself.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#if defined(ESP_PLATFORM)
#include "bignum_core.h" // ESP-IDF's, with its configuration
#include "pk_wrap.h"
#include "ssl_misc.h"
#else
#include "lib/mbedtls/library/bignum_core.h"
#include "lib/mbedtls/library/pk_wrap.h"
#include "lib/mbedtls/library/ssl_misc.h"
#endif

// Whether the handshake that computes has had its time.
bool tls_slice_is_over(void);

// Whether an RSA key is one that a signature may be verified with, as OpenSSL has it: exponents of up to 64 bits where
// the key has more than 3,072 (OPENSSL_RSA_MAX_PUBEXP_BITS, OPENSSL_RSA_SMALL_MODULUS_BITS). Else whoever sends a
// certificate has others compute for a minute on a board. is_divided: whether others have their turn meanwhile; else no
// exponent may be longer.
bool tls_rsa_is_allowed(const mbedtls_rsa_context *key, bool is_divided);

// Between these two a verification by RSA ends with MBEDTLS_ERR_ECP_IN_PROGRESS when the slice is over. What it has
// computed is in `kept`, where the same one goes on; any other begins anew. mbedTLS frees it with the handshake.
void tls_rsa_begin(mbedtls_pk_restart_ctx *kept);

// result: of mbedTLS' verification. Returns that of this part of it.
int tls_rsa_end(int result);

#endif // EDGELET_TLS_PRIVATE_H
