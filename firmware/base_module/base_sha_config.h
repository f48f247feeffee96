// The configuration of our own copy of mbedTLS' SHA functions (base_sha.h), and other names for them, so that they do
// not meet those of a port's mbedTLS. No include guard: mbedTLS includes it once.

#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C

#define mbedtls_platform_zeroize base_wipe

#define mbedtls_sha1 base_sha1
#define mbedtls_sha1_init base_sha1_init
#define mbedtls_sha1_free base_sha1_free
#define mbedtls_sha1_clone base_sha1_clone
#define mbedtls_sha1_starts base_sha1_starts
#define mbedtls_sha1_update base_sha1_update
#define mbedtls_sha1_finish base_sha1_finish
#define mbedtls_internal_sha1_process base_sha1_process

#define mbedtls_sha256 base_sha256
#define mbedtls_sha256_init base_sha256_init
#define mbedtls_sha256_free base_sha256_free
#define mbedtls_sha256_clone base_sha256_clone
#define mbedtls_sha256_starts base_sha256_starts
#define mbedtls_sha256_update base_sha256_update
#define mbedtls_sha256_finish base_sha256_finish
#define mbedtls_internal_sha256_process base_sha256_process

#define mbedtls_sha512 base_sha512
#define mbedtls_sha512_init base_sha512_init
#define mbedtls_sha512_free base_sha512_free
#define mbedtls_sha512_clone base_sha512_clone
#define mbedtls_sha512_starts base_sha512_starts
#define mbedtls_sha512_update base_sha512_update
#define mbedtls_sha512_finish base_sha512_finish
#define mbedtls_internal_sha512_process base_sha512_process
