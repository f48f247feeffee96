// mbedTLS' big numbers, and comparing in constant time: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include <string.h>

#include "lib/mbedtls/library/common.h"
#include "lib/mbedtls/library/bignum_core.h"
#include "lib/mbedtls/library/constant_time_internal.h"

// What takes long is made of these: a multiplication that RSA does in Montgomery's form and ends with a copy in
// constant time, one that curves do, and the steps of an inversion, which copy their numbers.

static inline void bignum_mul(
    mbedtls_mpi_uint *X, const mbedtls_mpi_uint *A, size_t A_limbs, const mbedtls_mpi_uint *B, size_t B_limbs) {
    mbedtls_mpi_core_mul(X, A, A_limbs, B, B_limbs);
    crypto_worked(200 + (unsigned)(A_limbs * B_limbs));
}

static inline void bignum_copy_if(mbedtls_ct_condition_t condition, unsigned char *to, const unsigned char *src1,
    const unsigned char *src2, size_t len) {
    size_t limbs = len / sizeof(mbedtls_mpi_uint);
    mbedtls_ct_memcpy_if(condition, to, src1, src2, len);
    crypto_worked(200 + 2 * (unsigned)(limbs * limbs));
}

static inline void *bignum_copy(void *to, const void *from, size_t len) {
    crypto_worked((unsigned)len / 8);
    return memcpy(to, from, len);
}

#pragma push_macro("mbedtls_mpi_core_mul")
#undef mbedtls_mpi_core_mul
#define mbedtls_mpi_core_mul bignum_mul
#include "lib/mbedtls/library/bignum.c"
#pragma pop_macro("mbedtls_mpi_core_mul")

#pragma push_macro("mbedtls_ct_memcpy_if")
#undef mbedtls_ct_memcpy_if
#define mbedtls_ct_memcpy_if bignum_copy_if
#define memcpy bignum_copy
#include "lib/mbedtls/library/bignum_core.c"
#undef memcpy
#pragma pop_macro("mbedtls_ct_memcpy_if")

#include "lib/mbedtls/library/constant_time.c"
