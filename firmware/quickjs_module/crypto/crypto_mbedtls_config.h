// The configuration of our own copy of mbedTLS (crypto_mbedtls.h). No include guard: mbedTLS includes it once.

#include "crypto_mbedtls_names.h"

// Memory is the engine's, so that what is abandoned is gone with the arena.
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO crypto_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO crypto_free
void *crypto_calloc(size_t count, size_t size);
void crypto_free(void *block);

// The hashes are those of base_sha.h, under the names that it gives them.
#if BASE_SHA_OF_PORT
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA224_C // as the ports' configurations: it is part of the structure
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define mbedtls_platform_zeroize base_wipe
#else
#include "base_sha_config.h"
#endif
void base_wipe(void *p, size_t len);
#define MBEDTLS_MD_C
#define MBEDTLS_MD5_C

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES // the others are written to when they are first needed
#define MBEDTLS_CIPHER_MODE_CBC
#define MBEDTLS_CIPHER_MODE_CTR
#define MBEDTLS_GCM_C

#define MBEDTLS_HAVE_ASM
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_OID_C
#define MBEDTLS_GENPRIME
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21

#define MBEDTLS_ECP_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED

// Bytes of the largest number: RSA's with 4096 bits.
#define MBEDTLS_MPI_MAX_SIZE 512

#ifdef __linux__
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED
#if defined(__x86_64__)
#define MBEDTLS_AESNI_C
#endif
#else
// A microcontroller has little room for tables, in RAM and in flash.
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_MPI_WINDOW_SIZE 3
#define MBEDTLS_ECP_WINDOW_SIZE 4
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#endif
