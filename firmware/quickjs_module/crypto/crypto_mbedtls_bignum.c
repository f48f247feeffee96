// mbedTLS' big numbers, and comparing in constant time: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "bignum.c"
#include "bignum_core.c"
#include "constant_time.c"
