// What the built-in JavaScript modules (js/*.js) need of C: they import it from "edgelet:builtin".
//
// What web.h says of memory holds here too.

#ifndef EDGELET_BUILTIN_H
#define EDGELET_BUILTIN_H

#include "quickjs.h"

// The module of that name; NULL without an exception for names other than "edgelet:builtin", NULL with one when memory
// ran out. Its functions are synchronous:
//
//   encode(text)                        base64url (RFC 4648, section 5, no padding) of the text's UTF-8
//   decode(base64url)                   the text; undefined where that is no base64url or no UTF-8
//   sign(hash, secret, text)            HMAC in base64url; hash is "SHA-256", ...
//   verify(hash, secret, text, mac)     whether `mac` is that; compares in constant time
//   byteLength(secret)                  of a string's UTF-8 or of a buffer; undefined for other values
//   contains(secret, text)              whether the text's bytes occur among those of the secret
//   now()                               whole seconds since 1970
//   date(seconds)                       a Date
//
// A secret is a string, an ArrayBuffer or a view of one.
JSModuleDef *builtin_module(JSContext *ctx, const char *name);

#endif // EDGELET_BUILTIN_H
