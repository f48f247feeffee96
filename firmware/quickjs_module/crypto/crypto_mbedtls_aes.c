// mbedTLS' AES and its modes: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "lib/mbedtls/library/aes.c"
#include "lib/mbedtls/library/aesni.c"
#include "lib/mbedtls/library/block_cipher.c"
#include "lib/mbedtls/library/gcm.c"
