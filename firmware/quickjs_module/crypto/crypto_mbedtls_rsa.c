// mbedTLS' RSA: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "rsa.c"
#include "rsa_alt_helpers.c"
