// mbedTLS' elliptic curves: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "lib/mbedtls/library/ecdh.c"
#include "lib/mbedtls/library/ecdsa.c"
#include "lib/mbedtls/library/ecp.c"
