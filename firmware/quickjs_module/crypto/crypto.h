// Web Cryptography (W3C, level 2) for handlers: random numbers; digests by SHA-1, SHA-2 and MD5; HMAC, PBKDF2, HKDF,
// AES, RSA, ECDSA and ECDH on NIST's curves, Ed25519 and X25519.
//
// What is difficult is mbedTLS' and Monocypher's. Keys lie in the arena as all of a call does, those that the module's
// top level makes in its image.
//
// Uses web/.

#ifndef EDGELET_CRYPTO_H
#define EDGELET_CRYPTO_H

#include "isolate/extension.h"

extern extension_t crypto_extension;

// (method, ...arguments): what that method of crypto.subtle gives a promise of, or its error, computed at once; of a
// derivation by PBKDF2 that takes long, the promise (host_work). `argv` has room for all arguments of the method, those
// that are missing as undefined.
JSValue crypto_subtle(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

#endif // EDGELET_CRYPTO_H
