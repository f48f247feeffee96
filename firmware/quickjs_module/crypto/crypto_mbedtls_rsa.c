// mbedTLS' RSA: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "lib/mbedtls/library/rsa.c"
#include "lib/mbedtls/library/rsa_alt_helpers.c"
