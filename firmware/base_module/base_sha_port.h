// What the port's configuration of mbedTLS says otherwise (MBEDTLS_USER_CONFIG_FILE), for its sha256.c: see base_sha.h.

#undef MBEDTLS_SHA256_SMALLER
