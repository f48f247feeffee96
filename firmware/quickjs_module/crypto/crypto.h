// Web Cryptography (W3C, level 2) for handlers, as far as passwords and symmetric tokens need it: random numbers,
// SHA-1 and SHA-2 digests, HMAC, PBKDF2 and HKDF.
//
// Uses web/.

#ifndef EDGELET_CRYPTO_H
#define EDGELET_CRYPTO_H

#include "isolate/extension.h"

extern extension_t crypto_extension;

#endif // EDGELET_CRYPTO_H
