// importKey and exportKey: raw, JSON Web Keys, PKCS #8 and SubjectPublicKeyInfo.

#include <stdio.h>

#include "base_secret.h"
#include "base_text.h"
#include "crypto/crypto_pkey_private.h"
#include "crypto/crypto_private.h"
#include "isolate/host.h"

int crypto_format(JSContext *ctx, JSValueConst value) {
    static const char *const names[] = {"raw", "jwk", "pkcs8", "spki"};
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, value);
    if (text == NULL) {
        return -1;
    }

    int found = 0;
    while (found < BASE_COUNT(names) && !base_equal_text(text, len, names[found])) {
        found++;
    }
    JS_FreeCString(ctx, text);

    if (found == BASE_COUNT(names)) {
        JS_ThrowTypeError(ctx, "the key format must be \"raw\", \"jwk\", \"pkcs8\" or \"spki\"");
        return -1;
    }
    return found;
}

static bool format_is_secret(crypto_algorithm_t algorithm) {
    return crypto_is_one_of(CRYPTO_BIT(CRYPTO_HMAC) | CRYPTO_DERIVATIONS | CRYPTO_AES, algorithm);
}

// ---- JSON Web Keys ----

// The JSON Web Algorithm (RFC 7518, RFC 8037) of such a key; "" where it has none, or several.
static void jwk_algorithm(const crypto_key_params_t *params, size_t len, char name[16]) {
    static const char *const suffixes[] = {"1", "256", "384", "512"};
    const char *suffix = suffixes[params->hash];
    switch (params->algorithm) {
        case CRYPTO_HMAC:
            snprintf(name, 16, "HS%s", suffix);
            break;
        case CRYPTO_RSASSA:
            snprintf(name, 16, "RS%s", suffix);
            break;
        case CRYPTO_RSA_PSS:
            snprintf(name, 16, "PS%s", suffix);
            break;
        case CRYPTO_RSA_OAEP:
            snprintf(name, 16, "RSA-OAEP%s%s", params->hash == CRYPTO_SHA1 ? "" : "-",
                params->hash == CRYPTO_SHA1 ? "" : suffix);
            break;
        case CRYPTO_AES_CBC:
        case CRYPTO_AES_CTR:
        case CRYPTO_AES_GCM:
        case CRYPTO_AES_KW:
            snprintf(name, 16, "A%u%s", (unsigned)len * 8, crypto_algorithm_name(params->algorithm) + 4);
            break;
        default:
            name[0] = '\0';
            break;
    }
}

// A member of a JSON Web Key. 1 where it is absent or the string `expected`, 0 where it is not, -1.
static int jwk_matches(JSContext *ctx, JSValueConst jwk, const char *name, const char *expected, bool required) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, name);
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : !required;
    }
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, value);
    int result = text == NULL ? -1 : base_equal_text(text, len, expected);
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, value);
    return result;
}

// Whether key_ops, if there, allows all usages. 1, 0 or -1.
static int jwk_allows(JSContext *ctx, JSValueConst jwk, uint8_t usages) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, "key_ops");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 1;
    }
    uint8_t allowed;
    int result = crypto_usages(ctx, value, &allowed);
    JS_FreeValue(ctx, value);
    return result < 0 ? -1 : (usages & ~allowed) == 0;
}

// Whether ext, if there, allows the key to be extractable. 1, 0 or -1.
static int jwk_extractable(JSContext *ctx, JSValueConst jwk, bool extractable) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, "ext");
    if (JS_IsException(value)) {
        return -1;
    }
    int result = JS_IsUndefined(value) ? 1 : JS_ToBool(ctx, value);
    JS_FreeValue(ctx, value);
    return extractable ? result : 1;
}

// What "use" says, where it is there, of a key that may have these usages.
static const char *jwk_use(crypto_algorithm_t algorithm) {
    return crypto_is_one_of(CRYPTO_BIT(CRYPTO_HMAC) | CRYPTO_SIGNATURES, algorithm) ? "sig" : "enc";
}

// Whether "alg", if there, is that of such a key: of curves' keys it is not written, but read. 1, 0 or -1.
static int jwk_algorithm_matches(JSContext *ctx, JSValueConst jwk, const crypto_key_params_t *params, size_t len) {
    static const char *const curve_algorithms[CRYPTO_KIND_COUNT] = {
        [CRYPTO_KIND_P256] = "ES256",
        [CRYPTO_KIND_P384] = "ES384",
        [CRYPTO_KIND_P521] = "ES512",
    };
    char algorithm[16];
    if (params->algorithm == CRYPTO_ECDSA) {
        return jwk_matches(ctx, jwk, "alg", curve_algorithms[params->kind], false);
    }
    if (params->algorithm == CRYPTO_ED25519) { // RFC 8037, and RFC 9864
        int matches = jwk_matches(ctx, jwk, "alg", "EdDSA", false);
        return matches != 0 ? matches : jwk_matches(ctx, jwk, "alg", "Ed25519", false);
    }
    jwk_algorithm(params, len, algorithm);
    return algorithm[0] == '\0' ? 1 : jwk_matches(ctx, jwk, "alg", algorithm, false);
}

static int check_jwk(JSContext *ctx, JSValueConst jwk, const crypto_key_params_t *params, size_t len) {
    int ok = jwk_algorithm_matches(ctx, jwk, params, len);
    if (ok > 0 && params->usages != 0) {
        ok = jwk_matches(ctx, jwk, "use", jwk_use(params->algorithm), false);
    }
    if (ok > 0) {
        ok = jwk_allows(ctx, jwk, params->usages);
    }
    if (ok > 0) {
        ok = jwk_extractable(ctx, jwk, params->extractable);
    }
    return ok == 0 ? crypto_refuse(ctx, "DataError", "the JSON Web Key does not go with algorithm and usages") : ok;
}

static JSValue refuse_key(JSContext *ctx) {
    crypto_refuse(ctx, "DataError", "the key is no valid key of this algorithm and format");
    return JS_EXCEPTION;
}

static JSValue import_secret_jwk(JSContext *ctx, JSValueConst jwk, const crypto_key_params_t *params) {
    base_slice_t bytes;
    int ok = jwk_matches(ctx, jwk, "kty", "oct", true);
    if (ok > 0) {
        ok = crypto_jwk_bytes(ctx, jwk, "k", &bytes);
    }
    if (ok <= 0) {
        return ok < 0 ? JS_EXCEPTION : refuse_key(ctx);
    }
    JSValue key = JS_EXCEPTION;
    if (bytes.len == 0) {
        refuse_key(ctx);
    } else if (check_jwk(ctx, jwk, params, bytes.len) == 1) {
        key = crypto_key_object(ctx, params, CRYPTO_SECRET, bytes);
    }
    crypto_jwk_free(ctx, &bytes, 1);
    return key;
}

// ---- importing ----

// A CryptoKey of a key, which it frees.
static JSValue format_keep(JSContext *ctx, const crypto_key_params_t *params, crypto_pkey_t *pkey) {
    base_slice_t bytes = {pkey->bytes, pkey->len};
    crypto_key_type_t type = pkey->is_private ? CRYPTO_PRIVATE : CRYPTO_PUBLIC;
    JSValue key = pkey->kind == params->kind ? crypto_key_object(ctx, params, type, bytes) : refuse_key(ctx);
    crypto_pkey_free(ctx, pkey);
    return key;
}

// A private key that is read: to find its public one takes as long as a signature.
typedef struct _import_work_t {
    crypto_key_params_t params;
    crypto_jwk_t jwk;
    base_slice_t pkcs8; // a copy; none for a JSON Web Key
    crypto_pkey_t pkey;
    bool ok;
} import_work_t;

static void compute_import(JSContext *ctx, void *data) {
    import_work_t *work = data;
    work->ok = work->pkcs8.data != NULL ? crypto_pkcs8_read(ctx, work->pkcs8, &work->pkey)
                                        : crypto_jwk_make(ctx, &work->jwk, &work->pkey);
}

static JSValue finish_import(JSContext *ctx, void *data) {
    import_work_t *work = data;
    JSValue key = work->ok ? format_keep(ctx, &work->params, &work->pkey) : refuse_key(ctx);
    crypto_jwk_free(ctx, &work->pkcs8, 1);
    js_free(ctx, work);
    return key;
}

static JSValue import_private(
    JSContext *ctx, const crypto_key_params_t *params, const crypto_jwk_t *jwk, base_slice_t pkcs8) {
    import_work_t *work = js_mallocz(ctx, sizeof(*work));
    work->params = *params;
    if (jwk != NULL) {
        work->jwk = *jwk;
    } else {
        work->pkcs8 = crypto_copy_slice(ctx, pkcs8);
    }
    // An RSA key of all numbers has 9 / 2 times the modulus' bytes.
    size_t len = jwk != NULL ? jwk->numbers[CRYPTO_RSA_N].len : pkcs8.len * 2 / 9;
    return host_compute(ctx, compute_import, finish_import, work, crypto_pkey_memory(params->kind, len * 8));
}

static JSValue import_jwk(JSContext *ctx, JSValueConst jwk, const crypto_key_params_t *params) {
    if (!JS_IsObject(jwk)) {
        return JS_ThrowTypeError(ctx, "a JSON Web Key must be an object");
    }
    if (format_is_secret(params->algorithm)) {
        return import_secret_jwk(ctx, jwk, params);
    }
    if (check_jwk(ctx, jwk, params, 0) < 0) {
        return JS_EXCEPTION;
    }
    crypto_jwk_t members;
    int read = crypto_jwk_members(ctx, jwk, &members);
    if (read > 0 && members.is_private) {
        return import_private(ctx, params, &members, (base_slice_t){0});
    }
    crypto_pkey_t pkey;
    if (read > 0 && crypto_jwk_make(ctx, &members, &pkey)) {
        return format_keep(ctx, params, &pkey);
    }
    return read < 0 ? JS_EXCEPTION : refuse_key(ctx);
}

// The raw form of a public key, which RSA has not.
static bool read_raw(JSContext *ctx, crypto_kind_t kind, base_slice_t bytes, crypto_pkey_t *pkey) {
    if (crypto_kind_is_curve(kind)) {
        return crypto_ec_of_point(ctx, kind, bytes, pkey);
    }
    if (bytes.len == CRYPTO_25519_SIZE) {
        crypto_pkey_set(ctx, pkey, kind, false, bytes.data, bytes.len);
    }
    return bytes.len == CRYPTO_25519_SIZE;
}

JSValue crypto_import(JSContext *ctx, crypto_format_t format, JSValueConst data, const crypto_key_params_t *params) {
    bool secret = format_is_secret(params->algorithm);
    if ((secret && (format == CRYPTO_PKCS8 || format == CRYPTO_SPKI)) ||
        (format == CRYPTO_RAW && crypto_is_one_of(CRYPTO_RSA, params->algorithm)) ||
        (format == CRYPTO_JWK && crypto_is_one_of(CRYPTO_DERIVATIONS, params->algorithm))) {
        crypto_refuse(ctx, "NotSupportedError", "the key format is not supported for this algorithm");
        return JS_EXCEPTION;
    }
    if (format == CRYPTO_JWK) {
        return import_jwk(ctx, data, params);
    }

    base_slice_t bytes;
    if (crypto_bytes(ctx, data, "keyData", &bytes) < 0) {
        return JS_EXCEPTION;
    }
    if (secret) {
        return crypto_key_object(ctx, params, CRYPTO_SECRET, bytes);
    }
    if (format == CRYPTO_PKCS8) {
        return import_private(ctx, params, NULL, bytes);
    }
    crypto_pkey_t pkey;
    bool ok = format == CRYPTO_RAW ? read_raw(ctx, params->kind, bytes, &pkey) : crypto_spki_read(ctx, bytes, &pkey);
    return ok ? format_keep(ctx, params, &pkey) : refuse_key(ctx);
}

// importKey(format, keyData, algorithm, extractable, keyUsages)
JSValue crypto_import_key(JSContext *ctx, JSValueConst *argv) {
    crypto_key_params_t params;
    int format = crypto_format(ctx, argv[0]);
    if (format < 0 || crypto_key_params(ctx, argv + 2, CRYPTO_TO_IMPORT, &params) < 0) {
        return JS_EXCEPTION;
    }
    return crypto_import(ctx, (crypto_format_t)format, argv[1], &params);
}

// ---- exporting ----

static void format_define(JSContext *ctx, JSValueConst jwk, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, jwk, name, value, JS_PROP_C_W_E);
}

static JSValue export_jwk(JSContext *ctx, const crypto_key_t *key) {
    char algorithm[16];
    crypto_key_params_t params = {.algorithm = key->algorithm, .hash = key->hash};
    jwk_algorithm(&params, key->len, algorithm);
    JSValue jwk = JS_NewObject(ctx);
    if (key->type == CRYPTO_SECRET) {
        format_define(ctx, jwk, "kty", JS_NewString(ctx, "oct"));
        format_define(ctx, jwk, "k", crypto_base64url(ctx, (base_slice_t){(const char *)key->secret, key->len}));
    } else {
        crypto_pkey_t pkey = crypto_key_pkey(key);
        crypto_jwk_write(ctx, jwk, &pkey);
    }
    if (algorithm[0] != '\0') {
        format_define(ctx, jwk, "alg", JS_NewString(ctx, algorithm));
    }
    format_define(ctx, jwk, "key_ops", crypto_usages_array(ctx, key->usages));
    format_define(ctx, jwk, "ext", JS_NewBool(ctx, key->extractable));
    return jwk;
}

// Whether a key has that format at all: PKCS #8 is for private keys, SubjectPublicKeyInfo for public ones, raw for what
// is one number or point.
static bool has_format(const crypto_key_t *key, crypto_format_t format) {
    switch (format) {
        case CRYPTO_RAW:
            return key->type == CRYPTO_SECRET || (key->type == CRYPTO_PUBLIC && key->kind != CRYPTO_KIND_RSA);
        case CRYPTO_PKCS8:
            return key->type == CRYPTO_PRIVATE;
        case CRYPTO_SPKI:
            return key->type == CRYPTO_PUBLIC;
        default:
            return true;
    }
}

JSValue crypto_export(JSContext *ctx, crypto_format_t format, const crypto_key_t *key) {
    bool secret = key->type == CRYPTO_SECRET;
    if (crypto_is_one_of(CRYPTO_DERIVATIONS, key->algorithm) ||
        (secret && (format == CRYPTO_PKCS8 || format == CRYPTO_SPKI))) {
        crypto_refuse(ctx, "NotSupportedError", "the key cannot be exported in this format");
        return JS_EXCEPTION;
    }
    if (!key->extractable) {
        crypto_refuse(ctx, "InvalidAccessError", "the key is not extractable");
        return JS_EXCEPTION;
    }
    if (!has_format(key, format)) {
        crypto_refuse(ctx,
            key->kind == CRYPTO_KIND_RSA && format == CRYPTO_RAW ? "NotSupportedError" : "InvalidAccessError",
            "a key of this type has no such format");
        return JS_EXCEPTION;
    }
    if (format == CRYPTO_JWK) {
        return export_jwk(ctx, key);
    }
    if (format == CRYPTO_RAW) {
        return crypto_array_buffer(ctx, key->secret, key->len);
    }
    crypto_pkey_t pkey = crypto_key_pkey(key);
    return crypto_adopt_buffer(
        ctx, format == CRYPTO_SPKI ? crypto_spki_write(ctx, &pkey) : crypto_pkcs8_write(ctx, &pkey));
}

// exportKey(format, key)
JSValue crypto_export_key(JSContext *ctx, JSValueConst *argv) {
    int format = crypto_format(ctx, argv[0]);
    const crypto_key_t *key = format < 0 ? NULL : crypto_expect_key(ctx, argv[1]);
    return key == NULL ? JS_EXCEPTION : crypto_export(ctx, (crypto_format_t)format, key);
}
