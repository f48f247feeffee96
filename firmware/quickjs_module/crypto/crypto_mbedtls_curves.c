// The constants of mbedTLS' elliptic curves: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "lib/mbedtls/library/ecp_curves.c"
