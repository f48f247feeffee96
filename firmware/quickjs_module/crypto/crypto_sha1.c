// See crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"
#include "lib/mbedtls/library/sha1.c"
