// JSON Web Keys of public and private keys: RSA and NIST's curves (RFC 7518, section 6), Curve25519 (RFC 8037).

#include "crypto/crypto_mbedtls.h"

#include <string.h>

#include "base_base64.h"
#include "base_secret.h"
#include "base_text.h"
#include "crypto/crypto_pkey_private.h"
#include "crypto/crypto_private.h"

static const char *const curve_names[CRYPTO_KIND_COUNT] = {
    [CRYPTO_KIND_P256] = "P-256",
    [CRYPTO_KIND_P384] = "P-384",
    [CRYPTO_KIND_P521] = "P-521",
    [CRYPTO_KIND_ED25519] = "Ed25519",
    [CRYPTO_KIND_X25519] = "X25519",
};

static const char *const rsa_names[CRYPTO_RSA_NUMBERS] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};

const char *crypto_curve_name(crypto_kind_t kind) {
    return curve_names[kind];
}

crypto_kind_t crypto_curve_named(const char *name, size_t len) {
    for (int i = CRYPTO_KIND_P256; i < CRYPTO_KIND_COUNT; i++) {
        bool missing = crypto_kind_is_curve((crypto_kind_t)i) && crypto_ec_size((crypto_kind_t)i) == 0;
        if (base_equal_text(name, len, curve_names[i]) && !missing) {
            return (crypto_kind_t)i;
        }
    }
    return CRYPTO_KIND_COUNT;
}

// ---- reading ----

int crypto_jwk_bytes(JSContext *ctx, JSValueConst jwk, const char *name, base_slice_t *bytes) {
    *bytes = (base_slice_t){0};
    JSValue value = JS_GetPropertyStr(ctx, jwk, name);
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 1;
    }
    int result = 0;
    if (JS_IsString(value)) {
        size_t len, decoded_len = 0;
        const char *text = JS_ToCStringLen(ctx, &len, value);
        char *decoded = js_malloc(ctx, len + 1);
        result = base_base64url_decode(decoded, &decoded_len, text, len) && decoded_len > 0;
        *bytes = (base_slice_t){decoded, len + 1};
        if (result == 0) {
            crypto_jwk_free(ctx, bytes, 1);
        }
        bytes->len = decoded_len;
        JS_FreeCString(ctx, text);
    }
    JS_FreeValue(ctx, value);
    return result;
}

void crypto_jwk_free(JSContext *ctx, base_slice_t *numbers, int count) {
    for (int i = 0; i < count; i++) {
        if (numbers[i].data != NULL) {
            base_wipe((char *)(uintptr_t)numbers[i].data, numbers[i].len);
            js_free(ctx, (char *)(uintptr_t)numbers[i].data);
            numbers[i] = (base_slice_t){0};
        }
    }
}

// Reads members, of which those that are not there have no bytes. 1, 0 or -1 as crypto_jwk_read; free them anyway.
static int read_members(JSContext *ctx, JSValueConst jwk, const char *const *names, base_slice_t *numbers, int count) {
    memset(numbers, 0, (size_t)count * sizeof(*numbers));
    for (int i = 0; i < count; i++) {
        int result = crypto_jwk_bytes(ctx, jwk, names[i], &numbers[i]);
        if (result <= 0) {
            return result;
        }
    }
    return 1;
}

// Whether those numbers of a private key that follow from the others are what they have to be.
static bool numbers_follow(const crypto_pkey_t *key, const base_slice_t *numbers) {
    base_slice_t right[CRYPTO_RSA_NUMBERS];
    crypto_rsa_numbers(key, right);
    bool follow = true;
    for (int i = CRYPTO_RSA_Q + 1; i < CRYPTO_RSA_NUMBERS; i++) {
        base_slice_t given = numbers[i];
        while (given.len > right[i].len && given.data[0] == 0) {
            given.data++;
            given.len--;
        }
        follow = follow && given.len == right[i].len && base_equal_secret(given.data, right[i].data, given.len);
    }
    return follow;
}

static int read_rsa(JSContext *ctx, JSValueConst jwk, crypto_jwk_t *read) {
    int result = read_members(ctx, jwk, rsa_names, read->numbers, CRYPTO_RSA_NUMBERS), present = 0;
    while (result > 0 && present < CRYPTO_RSA_NUMBERS && read->numbers[present].len > 0) {
        present++;
    }
    read->kind = CRYPTO_KIND_RSA;
    read->is_private = read->numbers[CRYPTO_RSA_D].len > 0;
    // A private key has all of them (RFC 7518, section 6.3.2, but for "oth", which nobody makes).
    int least = read->is_private ? CRYPTO_RSA_NUMBERS : 2;
    return result > 0 ? present >= least : result;
}

static bool make_rsa(JSContext *ctx, const crypto_jwk_t *read, crypto_pkey_t *key) {
    bool ok = crypto_rsa_of_numbers(ctx, read->numbers, read->is_private, key);
    if (ok && read->is_private && !numbers_follow(key, read->numbers)) {
        crypto_pkey_free(ctx, key);
        ok = false;
    }
    return ok;
}

static int read_curve(JSContext *ctx, JSValueConst jwk, crypto_kind_t *kind) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, "crv");
    if (JS_IsException(value)) {
        return -1;
    }
    *kind = CRYPTO_KIND_COUNT;
    if (JS_IsString(value)) {
        size_t len;
        const char *text = JS_ToCStringLen(ctx, &len, value);
        *kind = crypto_curve_named(text, len);
        JS_FreeCString(ctx, text);
    }
    JS_FreeValue(ctx, value);
    return *kind != CRYPTO_KIND_COUNT;
}

// The members of a curve's key: x, y and d.
enum {
    JWK_X,
    JWK_Y,
    JWK_D,
    JWK_CURVE_NUMBERS,
};

static int read_ec(JSContext *ctx, JSValueConst jwk, crypto_jwk_t *read) {
    static const char *const names[] = {"x", "y", "d"};
    int result = read_curve(ctx, jwk, &read->kind);
    if (result > 0) {
        result = crypto_kind_is_curve(read->kind) ? read_members(ctx, jwk, names, read->numbers, JWK_CURVE_NUMBERS) : 0;
    }
    read->is_private = read->numbers[JWK_D].len > 0;
    return result;
}

static bool make_ec(JSContext *ctx, const crypto_jwk_t *read, crypto_pkey_t *key) {
    const base_slice_t *numbers = read->numbers;
    size_t size = crypto_ec_size(read->kind);
    char bytes[CRYPTO_POINT_MAX] = {4};
    base_slice_t point = {bytes, 1 + 2 * size};
    if (numbers[JWK_X].len != size || numbers[JWK_Y].len != size || (read->is_private && numbers[JWK_D].len != size)) {
        return false;
    }
    memcpy(bytes + 1, numbers[JWK_X].data, size);
    memcpy(bytes + 1 + size, numbers[JWK_Y].data, size);
    return read->is_private ? crypto_ec_of_number(ctx, read->kind, numbers[JWK_D], point, key)
                            : crypto_ec_of_point(ctx, read->kind, point, key);
}

static int read_okp(JSContext *ctx, JSValueConst jwk, crypto_jwk_t *read) {
    static const char *const names[] = {"x", "d"};
    int result = read_curve(ctx, jwk, &read->kind);
    if (result > 0) {
        result = crypto_kind_is_curve(read->kind) ? 0 : read_members(ctx, jwk, names, read->numbers, 2);
    }
    read->numbers[JWK_D] = read->numbers[1];
    read->numbers[1] = (base_slice_t){0};
    read->is_private = read->numbers[JWK_D].len > 0;
    return result;
}

static bool make_okp(JSContext *ctx, const crypto_jwk_t *read, crypto_pkey_t *key) {
    base_slice_t x = read->numbers[JWK_X], d = read->numbers[JWK_D];
    if (x.len != CRYPTO_25519_SIZE || (read->is_private && d.len != CRYPTO_25519_SIZE)) {
        return false;
    }
    if (!read->is_private) {
        crypto_pkey_set(ctx, key, read->kind, false, x.data, x.len);
        return true;
    }
    crypto_25519_of_seed(ctx, read->kind, (const uint8_t *)d.data, key);
    if (!base_equal(x, crypto_pkey_public(key))) {
        crypto_pkey_free(ctx, key);
        return false;
    }
    return true;
}

static const struct {
    const char *type;
    int (*read)(JSContext *ctx, JSValueConst jwk, crypto_jwk_t *read);
    bool (*make)(JSContext *ctx, const crypto_jwk_t *read, crypto_pkey_t *key);
} key_types[] = {{"RSA", read_rsa, make_rsa}, {"EC", read_ec, make_ec}, {"OKP", read_okp, make_okp}};

int crypto_jwk_members(JSContext *ctx, JSValueConst jwk, crypto_jwk_t *read) {
    *read = (crypto_jwk_t){0};
    JSValue value = JS_GetPropertyStr(ctx, jwk, "kty");
    if (JS_IsException(value)) {
        return -1;
    }
    int found = 0;
    if (JS_IsString(value)) {
        size_t len;
        const char *text = JS_ToCStringLen(ctx, &len, value);
        while (found < BASE_COUNT(key_types) && !base_equal_text(text, len, key_types[found].type)) {
            found++;
        }
        JS_FreeCString(ctx, text);
    } else {
        found = BASE_COUNT(key_types);
    }
    JS_FreeValue(ctx, value);
    if (found == BASE_COUNT(key_types)) {
        return 0;
    }

    read->type = (uint8_t)found;
    int result = key_types[found].read(ctx, jwk, read);
    if (result <= 0) {
        crypto_jwk_free(ctx, read->numbers, CRYPTO_RSA_NUMBERS);
    }
    return result;
}

bool crypto_jwk_make(JSContext *ctx, crypto_jwk_t *read, crypto_pkey_t *key) {
    bool ok = key_types[read->type].make(ctx, read, key);
    crypto_jwk_free(ctx, read->numbers, CRYPTO_RSA_NUMBERS);
    return ok;
}

int crypto_jwk_read(JSContext *ctx, JSValueConst jwk, crypto_pkey_t *key) {
    crypto_jwk_t read;
    int result = crypto_jwk_members(ctx, jwk, &read);
    return result > 0 ? crypto_jwk_make(ctx, &read, key) : result;
}

// ---- writing ----

static void jwk_define(JSContext *ctx, JSValueConst jwk, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, jwk, name, value, JS_PROP_C_W_E);
}

static void define_bytes(JSContext *ctx, JSValueConst jwk, const char *name, const char *bytes, size_t len) {
    jwk_define(ctx, jwk, name, crypto_base64url(ctx, (base_slice_t){bytes, len}));
}

void crypto_jwk_write(JSContext *ctx, JSValueConst jwk, const crypto_pkey_t *key) {
    if (key->kind == CRYPTO_KIND_RSA) {
        base_slice_t numbers[CRYPTO_RSA_NUMBERS];
        int count = crypto_rsa_numbers(key, numbers);
        jwk_define(ctx, jwk, "kty", JS_NewString(ctx, "RSA"));
        for (int i = 0; i < count; i++) {
            define_bytes(ctx, jwk, rsa_names[i], numbers[i].data, numbers[i].len);
        }
        return;
    }

    bool curve = crypto_kind_is_curve(key->kind);
    base_slice_t public = crypto_pkey_public(key);
    jwk_define(ctx, jwk, "kty", JS_NewString(ctx, curve ? "EC" : "OKP"));
    jwk_define(ctx, jwk, "crv", JS_NewString(ctx, curve_names[key->kind]));
    if (curve) {
        size_t size = crypto_ec_size(key->kind);
        define_bytes(ctx, jwk, "x", public.data + 1, size);
        define_bytes(ctx, jwk, "y", public.data + 1 + size, size);
    } else {
        define_bytes(ctx, jwk, "x", public.data, public.len);
    }
    if (key->is_private) {
        define_bytes(ctx, jwk, "d", key->bytes, key->len - public.len);
    }
}
