// mbedTLS' AES and its modes: see crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "aes.c"
#include "aesni.c"
#include "block_cipher.c"
#include "gcm.c"
