// What TLS can do on Linux beyond MicroPython's own configuration: version 1.3 (RFC 8446) for clients, without
// resumption. Boards keep to 1.2: mbedTLS does 1.3 through its PSA interface, whose code and key slots they have no
// room for.
#ifndef EDGELET_MBEDTLS_CONFIG_VARIANT_H
#define EDGELET_MBEDTLS_CONFIG_VARIANT_H

#include "mbedtls/mbedtls_config_port.h"

// Certificates come in PEM, and only that holds a chain.
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_BASE64_C

// A handshake of 1.2 computes in slices: see tls_handshake.c.
#define MBEDTLS_ECP_RESTARTABLE

// Keys that RSA encrypts have no forward secrecy (RFC 9325, section 4.1), and boards would encrypt them in one piece.
#undef MBEDTLS_KEY_EXCHANGE_RSA_ENABLED

#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_HKDF_C
// Servers with RSA keys sign a handshake of 1.3 with PSS (RFC 8446, section 4.2.3).
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
// The group and the cipher that servers without hardware for AES and P-256 prefer.
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C

#endif
