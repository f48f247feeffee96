// What the port's configuration of mbedTLS says otherwise (MBEDTLS_USER_CONFIG_FILE), for its sha256.c: see base_sha.h.

#undef MBEDTLS_SHA256_SMALLER

#if defined(__ARM_ARCH_6M__)
// See base_sha256.c.
#define MBEDTLS_SHA256_PROCESS_ALT
#endif
