// mbedTLS' SHA functions, of which the module compiles its own copy (crypto_sha1.c, crypto_sha256.c, crypto_sha512.c):
// a port's mbedTLS may use a hardware engine behind a lock, which a call that is abandoned would never release, and
// some ports have none. These are plain structures and pure functions.

#ifndef EDGELET_CRYPTO_MBEDTLS_H
#define EDGELET_CRYPTO_MBEDTLS_H

#undef MBEDTLS_CONFIG_FILE
#define MBEDTLS_CONFIG_FILE "crypto/crypto_mbedtls_config.h"
#define MBEDTLS_ALLOW_PRIVATE_ACCESS // PBKDF2 starts from a state of its own

#include "mbedtls/sha1.h"
#include "mbedtls/sha256.h"
#include "mbedtls/sha512.h"

#endif // EDGELET_CRYPTO_MBEDTLS_H
