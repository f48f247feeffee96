// What the port's configuration of mbedTLS says otherwise (MBEDTLS_USER_CONFIG_FILE), for its sha256.c: see base_sha.h.

#undef MBEDTLS_SHA256_SMALLER

#if defined(__ARM_ARCH_6M__) || defined(__x86_64__)
// See base_sha256.c and base_sha256_x86.c.
#define MBEDTLS_SHA256_PROCESS_ALT
#elif defined(__aarch64__)
// As those of base_sha256_x86.c, of mbedTLS' own. A Raspberry Pi 5 has these instructions, a Pi 4 has not.
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT
#endif
