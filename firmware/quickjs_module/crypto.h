// Web Cryptography (W3C, level 2) for handlers, as far as passwords and symmetric tokens need it: random numbers,
// SHA-1 and SHA-2 digests, HMAC, PBKDF2 and HKDF; and a module for the built-in JavaScript modules.
//
// What web.h says of memory holds here too.

#ifndef EDGELET_CRYPTO_H
#define EDGELET_CRYPTO_H

#include "quickjs.h"

// Defines the global `crypto`, after web_install. 0, or -1 with a pending exception.
int crypto_install(JSContext *ctx);

// The module that imports of "edgelet:crypto" get, which are built-in modules' own (js/*.js): synchronous functions.
// NULL without an exception for other names, NULL with one when memory ran out.
//
//   encode(text)                        base64url (RFC 4648, section 5, no padding) of the text's UTF-8
//   decode(base64url)                   the text; undefined where that is no base64url or no UTF-8
//   sign(hash, secret, text)            HMAC in base64url; hash is "SHA-256", ...
//   verify(hash, secret, text, mac)     whether `mac` is that; compares in constant time
//   byteLength(secret)                  of a string's UTF-8 or of a buffer; undefined for other values
//   beginsWith(secret, text)            whether the bytes of a secret begin with that text's
//
// A secret is a string, an ArrayBuffer or a view of one.
JSModuleDef *crypto_module(JSContext *ctx, const char *name);

#endif // EDGELET_CRYPTO_H
