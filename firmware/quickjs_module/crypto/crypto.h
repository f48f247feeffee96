// Web Cryptography (W3C, level 2) for handlers, as far as passwords and symmetric tokens need it: random numbers,
// SHA-1 and SHA-2 digests, HMAC, PBKDF2 and HKDF.
//
// What web.h says of memory holds here too.

#ifndef EDGELET_CRYPTO_H
#define EDGELET_CRYPTO_H

#include "quickjs.h"

// Defines the global `crypto`, after web_install. 0, or -1 with a pending exception.
int crypto_install(JSContext *ctx);

#endif // EDGELET_CRYPTO_H
