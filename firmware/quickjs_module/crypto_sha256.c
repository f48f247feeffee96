// See crypto_mbedtls.h.

#include "crypto_mbedtls.h"
#include "lib/mbedtls/library/sha256.c"
