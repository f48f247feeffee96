// Algorithms of tokens, their keys, and signatures. A key is bound to its kind of algorithm (RFC 8725, section 3.1): a
// secret is no public key, and neither is taken for the other.

#include <stdio.h>

#include "base_base64.h"
#include "base_secret.h"
#include "jsonwebtoken/jwt_private.h"

// Bits of an RSA key at least (RFC 7518, sections 3.3 and 3.5).
#define RSA_BITS_MIN (2048)

static const jwt_algorithm_t algorithms[] = {
    {"HS256", CRYPTO_SIGNS_HMAC, CRYPTO_SHA256, CRYPTO_KIND_COUNT},
    {"HS384", CRYPTO_SIGNS_HMAC, CRYPTO_SHA384, CRYPTO_KIND_COUNT},
    {"HS512", CRYPTO_SIGNS_HMAC, CRYPTO_SHA512, CRYPTO_KIND_COUNT},
    {"RS256", CRYPTO_SIGNS_RSA, CRYPTO_SHA256, CRYPTO_KIND_RSA},
    {"RS384", CRYPTO_SIGNS_RSA, CRYPTO_SHA384, CRYPTO_KIND_RSA},
    {"RS512", CRYPTO_SIGNS_RSA, CRYPTO_SHA512, CRYPTO_KIND_RSA},
    {"PS256", CRYPTO_SIGNS_PSS, CRYPTO_SHA256, CRYPTO_KIND_RSA},
    {"PS384", CRYPTO_SIGNS_PSS, CRYPTO_SHA384, CRYPTO_KIND_RSA},
    {"PS512", CRYPTO_SIGNS_PSS, CRYPTO_SHA512, CRYPTO_KIND_RSA},
    {"ES256", CRYPTO_SIGNS_ECDSA, CRYPTO_SHA256, CRYPTO_KIND_P256},
    {"ES384", CRYPTO_SIGNS_ECDSA, CRYPTO_SHA384, CRYPTO_KIND_P384},
#ifdef __linux__
    {"ES512", CRYPTO_SIGNS_ECDSA, CRYPTO_SHA512, CRYPTO_KIND_P521}, // where that curve is: crypto_mbedtls_config.h
#endif
    {"EdDSA", CRYPTO_SIGNS_ED25519, CRYPTO_SHA512, CRYPTO_KIND_ED25519},
};
const jwt_algorithm_t *const jwt_default_algorithm = &algorithms[0];

const jwt_algorithm_t *jwt_algorithm(JSContext *ctx, JSValueConst value) {
    size_t len;
    const char *name = JS_IsString(value) ? JS_ToCStringLen(ctx, &len, value) : NULL;
    const jwt_algorithm_t *found = NULL;
    for (int i = 0; i < BASE_COUNT(algorithms) && name != NULL; i++) {
        if (base_equal_text(name, len, algorithms[i].name)) {
            found = &algorithms[i];
        }
    }
    JS_FreeCString(ctx, name);
    return found;
}

static bool jwt_is_secret(const jwt_algorithm_t *algorithm) {
    return algorithm->kind == CRYPTO_KIND_COUNT;
}

// ---- what keys come as: 1, 0 where it is none, or -1 with a pending exception ----

// A public key that is taken for a secret would let everybody sign (RFC 8725, section 2.1).
static bool is_pem(base_slice_t bytes) {
    static const char begin[] = "-----BEGIN";
    for (size_t at = 0; at + sizeof(begin) - 1 <= bytes.len; at++) {
        if (memcmp(bytes.data + at, begin, sizeof(begin) - 1) == 0) {
            return true;
        }
    }
    return false;
}

static void set_secret(jwt_key_t *key, base_slice_t bytes) {
    key->pkey = (crypto_pkey_t){CRYPTO_KIND_COUNT, false, (char *)(uintptr_t)bytes.data, bytes.len};
}

// Text or bytes: a secret, or a key in PEM.
static int jwt_take_bytes(JSContext *ctx, JSValueConst value, jwt_key_t *key) {
    base_slice_t bytes;
    int found = 1;
    if (JS_IsString(value)) {
        key->cstring = bytes.data = engine_usv_string(ctx, &bytes.len, value);
    } else {
        found = JS_IsObject(value) ? engine_buffer_source(ctx, value, &bytes) : 0;
    }
    if (found <= 0) {
        return found;
    }
    if (!jwt_is_secret(key->algorithm)) {
        key->owned = crypto_pem_read(ctx, bytes, &key->pkey);
        return key->owned;
    }
    set_secret(key, bytes);
    return !is_pem(bytes);
}

// Whether a member of a JSON Web Key is absent or that string.
static int member_is(JSContext *ctx, JSValueConst jwk, const char *name, const char *expected, bool required) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, name);
    int result = JS_IsException(value) ? -1 : JS_IsUndefined(value) && !required;
    if (JS_IsString(value)) {
        size_t len;
        const char *text = JS_ToCStringLen(ctx, &len, value);
        result = base_equal_text(text, len, expected);
        JS_FreeCString(ctx, text);
    }
    JS_FreeValue(ctx, value);
    return result;
}

// The bytes of a secret's member "k".
static int take_octets(JSContext *ctx, JSValueConst jwk, jwt_key_t *key) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, "k");
    if (!JS_IsString(value)) {
        JS_FreeValue(ctx, value);
        return JS_IsException(value) ? -1 : 0;
    }
    size_t len, decoded;
    const char *text = JS_ToCStringLen(ctx, &len, value);
    char *bytes = js_malloc(ctx, len + 1);
    key->owned = base_base64url_decode(bytes, &decoded, text, len);
    if (key->owned) {
        set_secret(key, (base_slice_t){bytes, decoded});
    } else {
        js_free(ctx, bytes);
    }
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, value);
    return key->owned;
}

// A JSON Web Key that says nothing else of its algorithm and use.
static int take_jwk(JSContext *ctx, JSValueConst jwk, jwt_key_t *key) {
    int result = member_is(ctx, jwk, "alg", key->algorithm->name, false);
    if (result > 0) {
        result = member_is(ctx, jwk, "use", "sig", false);
    }
    if (result > 0 && jwt_is_secret(key->algorithm)) {
        result = member_is(ctx, jwk, "kty", "oct", true);
        return result > 0 ? take_octets(ctx, jwk, key) : result;
    }
    if (result > 0) {
        result = crypto_jwk_read(ctx, jwk, &key->pkey);
        key->owned = result > 0;
    }
    return result;
}

// A KeyObject of node:crypto, which is JavaScript's: what it says of itself as a JSON Web Key.
static int take_key_object(JSContext *ctx, JSValueConst value, jwt_key_t *key) {
    JSAtom method = JS_NewAtom(ctx, "export");
    JSValue options = JS_NewObject(ctx);
    JS_DefinePropertyValueStr(ctx, options, "format", JS_NewString(ctx, "jwk"), JS_PROP_C_W_E);
    JSValue jwk = JS_Invoke(ctx, value, method, 1, (JSValueConst[]){options});
    JS_FreeValue(ctx, options);
    JS_FreeAtom(ctx, method);
    int found = JS_IsException(jwk) ? -1 : 0;
    if (found == 0 && jwt_is_object(ctx, jwk)) {
        found = take_jwk(ctx, jwk, key);
    }
    JS_FreeValue(ctx, jwk);
    return found;
}

static int take_any(JSContext *ctx, JSValueConst value, bool to_sign, jwt_key_t *key) {
    const jwt_algorithm_t *algorithm = key->algorithm;
    int found = crypto_signing_key(
        value, (crypto_signer_t)algorithm->signer, (crypto_hash_t)algorithm->hash, to_sign, &key->pkey);
    if (found != 0) {
        return found > 0;
    }
    found = jwt_take_bytes(ctx, value, key);
    if (found != 0 || !jwt_is_object(ctx, value) || JS_IsProxy(value)) {
        return found;
    }
    if (engine_has_tag(ctx, value, "KeyObject")) {
        return take_key_object(ctx, value, key);
    }
    JSValue inner = JS_GetPropertyStr(ctx, value, "key");
    if (JS_IsUndefined(inner)) {
        return take_jwk(ctx, value, key);
    }
    // { key: ... }, as Node's createPrivateKey takes it.
    found = JS_IsException(inner) ? -1 : 0;
    if (JS_IsString(inner)) {
        found = jwt_take_bytes(ctx, inner, key);
    }
    JS_FreeValue(ctx, inner);
    return found;
}

// ---- whether they are for the algorithm ----

static int refuse_secret(JSContext *ctx, JSValueConst class, const jwt_key_t *key, bool found) {
    const char *name = key->algorithm->name;
    if (found) {
        char bytes[12];
        snprintf(bytes, sizeof(bytes), "%u", (unsigned)crypto_hashes[key->algorithm->hash].digest);
        return jwt_refuse(ctx, class, "the secret for ", name, " must have at least ", bytes, " bytes", NULL);
    }
    if (key->pkey.bytes != NULL && is_pem((base_slice_t){key->pkey.bytes, key->pkey.len})) {
        return jwt_refuse(ctx, class, name, " needs a secret, not a PEM key", NULL);
    }
    return jwt_refuse(ctx, class, "the secret must be a string, an ArrayBuffer or a view of one", NULL);
}

static int refuse_pkey(JSContext *ctx, JSValueConst class, const jwt_key_t *key, bool found, bool to_sign) {
    static const char *const kinds[CRYPTO_KIND_COUNT] = {
        [CRYPTO_KIND_RSA] = "of RSA",
        [CRYPTO_KIND_P256] = "of the curve P-256",
        [CRYPTO_KIND_P384] = "of the curve P-384",
        [CRYPTO_KIND_P521] = "of the curve P-521",
        [CRYPTO_KIND_ED25519] = "of Ed25519",
    };
    const jwt_algorithm_t *algorithm = key->algorithm;
    if (found && key->pkey.kind == algorithm->kind && to_sign && !key->pkey.is_private) {
        return jwt_refuse(ctx, class, algorithm->name, " signs with a private key", NULL);
    }
    if (found && key->pkey.kind == algorithm->kind) {
        return jwt_refuse(ctx, class, "an RSA key for ", algorithm->name, " must have at least 2048 bits", NULL);
    }
    return jwt_refuse(ctx, class, algorithm->name, " needs a key ", kinds[algorithm->kind],
        ": PEM, a JSON Web Key or a CryptoKey for it", NULL);
}

static bool is_right(const jwt_key_t *key, bool to_sign) {
    if (jwt_is_secret(key->algorithm)) {
        return key->pkey.len >= crypto_hashes[key->algorithm->hash].digest;
    }
    return key->pkey.kind == key->algorithm->kind && (!to_sign || key->pkey.is_private) &&
           (key->pkey.kind != CRYPTO_KIND_RSA || crypto_rsa_bits(&key->pkey) >= RSA_BITS_MIN);
}

int jwt_take_key(JSContext *ctx, JSValueConst class, JSValueConst value, const jwt_algorithm_t *algorithm, bool to_sign,
    jwt_key_t *key) {
    *key = (jwt_key_t){.algorithm = algorithm};
    int found = take_any(ctx, value, to_sign, key);
    if (found > 0 && is_right(key, to_sign)) {
        return 0;
    }
    if (found >= 0) {
        jwt_is_secret(algorithm) ? refuse_secret(ctx, class, key, found > 0)
                                 : refuse_pkey(ctx, class, key, found > 0, to_sign);
    }
    jwt_free_key(ctx, key);
    return -1;
}

void jwt_free_key(JSContext *ctx, jwt_key_t *key) {
    if (key->owned) {
        crypto_pkey_free(ctx, &key->pkey);
    }
    JS_FreeCString(ctx, key->cstring);
    *key = (jwt_key_t){0};
}

// ---- signatures ----

// The salt of PS256 and its kin is as long as the hash (RFC 7518, section 3.5).
static crypto_scheme_t jwt_scheme_of(const jwt_algorithm_t *algorithm) {
    crypto_hash_t hash = (crypto_hash_t)algorithm->hash;
    return (crypto_scheme_t){hash, algorithm->signer == CRYPTO_SIGNS_PSS, crypto_hashes[hash].digest};
}

static size_t make_mac(const jwt_key_t *key, base_slice_t text, uint8_t *mac) {
    crypto_hmac_t hmac;
    crypto_hmac_key(&hmac, (crypto_hash_t)key->algorithm->hash, key->pkey.bytes, key->pkey.len);
    crypto_hmac(&hmac, text.data, text.len, mac);
    base_wipe(&hmac, sizeof(hmac));
    return crypto_hashes[key->algorithm->hash].digest;
}

size_t jwt_make_signature(
    JSContext *ctx, const jwt_key_t *key, base_slice_t text, uint8_t signature[CRYPTO_SIGNATURE_MAX]) {
    if (jwt_is_secret(key->algorithm)) {
        return make_mac(key, text, signature);
    }
    crypto_scheme_t scheme = jwt_scheme_of(key->algorithm);
    return crypto_pkey_sign(ctx, &key->pkey, &scheme, text, signature);
}

bool jwt_is_signature(JSContext *ctx, const jwt_key_t *key, base_slice_t text, base_slice_t signature) {
    if (!jwt_is_secret(key->algorithm)) {
        crypto_scheme_t scheme = jwt_scheme_of(key->algorithm);
        return crypto_pkey_verify(ctx, &key->pkey, &scheme, signature, text);
    }
    uint8_t mac[CRYPTO_DIGEST_MAX];
    size_t len = make_mac(key, text, mac);
    return signature.len == len && base_equal_secret(signature.data, mac, len);
}
