// mbedTLS' elliptic curves: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "ecdh.c"
#include "ecdsa.c"
#include "ecp.c"
