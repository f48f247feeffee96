// See base_sha.h.

#include "base_sha.h"

#if !BASE_SHA_OF_PORT
#include "lib/mbedtls/library/sha256.c"
#endif
