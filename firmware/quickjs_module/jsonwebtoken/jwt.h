// The module "jsonwebtoken": the API of npm's package of that name for secrets (HS256, HS384, HS512), after RFC 7515
// (signatures), RFC 7518 (algorithms), RFC 7519 (claims) and RFC 8725 (best practices).
//
// Stricter than npm's: a secret has at least the digest's length (RFC 7518, section 3.2) and is no PEM key, the payload
// is a JSON object, base64url has one form, "crit" and "b64" are refused, and so are options that are unknown or
// undefined (an issuer from a variable that is not set is no issuer that may be anything). A name that occurs twice in
// a JSON text has its last value (RFC 7519, section 4).
//
// In C, since the same in JavaScript took 26.5 KB of a 32-bit arena, a quarter of a Pico's, where this takes 2.5 KB and
// signs and verifies in half the time; and since options whose getters are the handler's code can be read once here.
//
// Uses web/ and crypto/.

#ifndef EDGELET_JWT_H
#define EDGELET_JWT_H

#include "isolate/extension.h"

// The module:
//
//   sign(payload, secret[, options][, callback])    the token. Throws Error
//   verify(token, secret[, options][, callback])    the payload. Throws JsonWebTokenError and its kin for tokens and
//                                                   secrets, Error for options
//   decode(token[, { complete }])                   what the token says, which may be anybody's words; null where it
//                                                   is no token
//   JsonWebTokenError, NotBeforeError, TokenExpiredError
//
// A secret is a string, an ArrayBuffer or a view of one.
extern extension_t jwt_extension;

#endif // EDGELET_JWT_H
