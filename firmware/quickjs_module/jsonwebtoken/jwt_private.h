// What the files of jsonwebtoken share. Not for others.
//
// Options and claims are the handler's objects: reading a property may run its code, which may change anything that it
// can reach. So each option is read once, and what was checked is what is used.

#ifndef EDGELET_JWT_PRIVATE_H
#define EDGELET_JWT_PRIVATE_H

#include "base_text.h"
#include "crypto/crypto_hash.h"
#include "crypto/crypto_pkey.h"
#include "web/web_tools.h"

// ---- errors (jwt.c) ----

// The classes that verify throws.
typedef enum {
    JWT_ERROR_INVALID,    // JsonWebTokenError
    JWT_ERROR_NOT_BEFORE, // NotBeforeError
    JWT_ERROR_EXPIRED,    // TokenExpiredError
    JWT_ERROR_COUNT,
} jwt_error_t;

// Throws an error of that class, a plain Error where it is undefined. The message is put together from strings, of
// which the last is followed by NULL. Always -1.
int jwt_refuse(JSContext *ctx, JSValueConst class, ...) __attribute__((sentinel));

// ---- algorithms and keys (jwt_key.c) ----

// RFC 7518, section 3.1, and RFC 8037, section 3.1.
typedef struct _jwt_algorithm_t {
    const char *name;
    uint8_t signer; // crypto_signer_t
    uint8_t hash;   // crypto_hash_t
    uint8_t kind;   // crypto_kind_t of its keys; CRYPTO_KIND_COUNT for a secret
} jwt_algorithm_t;

// The algorithm that a value names, NULL where it names none of them.
const jwt_algorithm_t *jwt_algorithm(JSContext *ctx, JSValueConst value);
// HS256, where the caller names none.
extern const jwt_algorithm_t *const jwt_default_algorithm;

// A key for an algorithm, as it is used.
typedef struct _jwt_key_t {
    const jwt_algorithm_t *algorithm;
    crypto_pkey_t pkey;  // of a secret, too: its bytes are valid until any JavaScript runs
    const char *cstring; // to be freed, or NULL
    bool owned;          // pkey.bytes are to be freed
} jwt_key_t;

// Fills `key` from a value that is one for the algorithm: text, bytes, a JSON Web Key or a CryptoKey. 0, or -1 with an
// error of that class and nothing to free.
int jwt_take_key(JSContext *ctx, JSValueConst class, JSValueConst value, const jwt_algorithm_t *algorithm, bool to_sign,
    jwt_key_t *key);
void jwt_free_key(JSContext *ctx, jwt_key_t *key);

// The signature's bytes.
size_t jwt_make_signature(
    JSContext *ctx, const jwt_key_t *key, base_slice_t text, uint8_t signature[CRYPTO_SIGNATURE_MAX]);
bool jwt_is_signature(JSContext *ctx, const jwt_key_t *key, base_slice_t text, base_slice_t signature);

// ---- options (jwt_options.c); results of -1 go with a pending exception ----

typedef enum {
    JWT_ALGORITHM,
    JWT_ALGORITHMS,
    JWT_ALLOW_INSECURE_KEY_SIZES,
    JWT_ALLOW_INVALID_KEY_TYPES,
    JWT_AUDIENCE,
    JWT_CLOCK_TIMESTAMP,
    JWT_CLOCK_TOLERANCE,
    JWT_COMPLETE,
    JWT_ENCODING,
    JWT_EXPIRES_IN,
    JWT_HEADER,
    JWT_IGNORE_EXPIRATION,
    JWT_IGNORE_NOT_BEFORE,
    JWT_ISSUER,
    JWT_JWTID,
    JWT_KEYID,
    JWT_MAX_AGE,
    JWT_MUTATE_PAYLOAD,
    JWT_NONCE,
    JWT_NO_TIMESTAMP,
    JWT_NOT_BEFORE,
    JWT_SUBJECT,
    JWT_OPTION_COUNT,
} jwt_option_t;

// The function that the options are for.
typedef enum {
    JWT_SIGN,
    JWT_VERIFY,
    JWT_USE_COUNT,
} jwt_use_t;

// Reads and checks the options: undefined where one is not given. Free them after a failure too. 0 or -1.
int jwt_read_options(JSContext *ctx, JSValueConst object, jwt_use_t use, JSValue options[JWT_OPTION_COUNT]);
void jwt_free_options(JSContext *ctx, JSValue options[JWT_OPTION_COUNT]);
const char *jwt_option_name(jwt_option_t option);

// Whether Array.isArray says so. A revoked Proxy is none.
bool jwt_is_array(JSContext *ctx, JSValueConst value);
// Whether it is an object that is neither an array nor a function.
bool jwt_is_object(JSContext *ctx, JSValueConst value);

// Called for an item. 0 goes on, other results stop.
typedef int jwt_each_t(JSContext *ctx, void *opaque, JSValueConst item);
// Calls `each` for every item of an array, or for a value that is no array; its last result.
int jwt_each(JSContext *ctx, JSValueConst value, jwt_each_t *each, void *opaque);

// The time, in seconds, that lies a span after `from`: a number of seconds, or text such as "2 days" or "10h" with the
// units of the npm package "ms", where none means milliseconds. `option` is the one that the span was given as.
// 0 or -1.
int jwt_time_after(JSContext *ctx, double from, JSValueConst span, jwt_option_t option, double *time);

// ---- claims (jwt_claims.c) ----

// Defines the enumerable properties of `from` on `to`, as { ...from } does. 0 or -1.
int jwt_spread(JSContext *ctx, JSValueConst to, JSValueConst from);

// The payload that sign makes of claims, or of text, and options.
JSValue jwt_make_payload(JSContext *ctx, JSValueConst claims, const JSValue *options);

// Checks the payload of a token whose signature is right: 0, or -1 with an error of the given classes.
int jwt_check_times(JSContext *ctx, const JSValueConst *classes, JSValueConst payload, const JSValue *options);
int jwt_check_names(JSContext *ctx, const JSValueConst *classes, JSValueConst payload, const JSValue *options);

#endif // EDGELET_JWT_PRIVATE_H
