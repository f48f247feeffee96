// Comes before mbedTLS' ssl_tls12_client.c.
//
// Who speaks TLS 1.3 offers RSASSA-PSS, and must take a server's signature by it in TLS 1.2, too (RFC 8446, section
// 4.2.3): OpenSSL's servers sign so. mbedTLS 3.6.6 checks such a signature and refuses it before that, as 4.1.0 did
// until its pull request 10672. What was not offered is refused after this, as before.
#ifndef EDGELET_TLS_PSS_H
#define EDGELET_TLS_PSS_H

#include "lib/mbedtls/library/common.h"
#include "lib/mbedtls/library/ssl_misc.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

static inline int tls_is_supported(const mbedtls_ssl_context *ssl, uint16_t signature) {
    return signature == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256 || signature == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384 ||
           signature == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512 || mbedtls_ssl_sig_alg_is_supported(ssl, signature);
}
#define mbedtls_ssl_sig_alg_is_supported tls_is_supported

#endif

#endif
