// deriveBits and deriveKey: PBKDF2, HKDF, ECDH and X25519.

#include <string.h>

#include "base_secret.h"
#include "crypto/crypto_pkey_private.h"
#include "crypto/crypto_private.h"
#include "port/port.h"

typedef struct _derive_t {
    crypto_algorithm_t algorithm;
    crypto_hash_t hash;
    JSValue salt, info;
    JSValue peer; // whose public key it is that a secret is agreed on with
    uint32_t iterations;
} derive_t;

static int read_params(JSContext *ctx, JSValueConst params, derive_t *derive) {
    *derive = (derive_t){.salt = JS_UNDEFINED, .info = JS_UNDEFINED, .peer = JS_UNDEFINED};
    int algorithm = crypto_algorithm(ctx, params, CRYPTO_DERIVATIONS | CRYPTO_AGREEMENTS);
    if (algorithm >= 0 && (CRYPTO_AGREEMENTS & CRYPTO_BIT(algorithm)) != 0) {
        derive->algorithm = (crypto_algorithm_t)algorithm;
        return crypto_parameter(ctx, params, "public", &derive->peer);
    }
    int hash = algorithm < 0 ? -1 : crypto_hash_parameter(ctx, params);
    if (hash < 0 || crypto_parameter(ctx, params, "salt", &derive->salt) < 0) {
        return -1;
    }

    derive->algorithm = (crypto_algorithm_t)algorithm;
    derive->hash = (crypto_hash_t)hash;
    if (algorithm == CRYPTO_HKDF) {
        return crypto_parameter(ctx, params, "info", &derive->info);
    }

    JSValue iterations;
    if (crypto_parameter(ctx, params, "iterations", &iterations) < 0) {
        return -1;
    }
    int result = crypto_u32(ctx, iterations, "iterations", &derive->iterations);
    JS_FreeValue(ctx, iterations);
    return result;
}

static void free_params(JSContext *ctx, derive_t *derive) {
    JS_FreeValues(ctx, derive->salt, derive->info);
    JS_FreeValue(ctx, derive->peer);
}

static int check_derivation(JSContext *ctx, const derive_t *derive, size_t len) {
    if (derive->algorithm == CRYPTO_PBKDF2 && derive->iterations == 0) {
        return crypto_refuse(ctx, "OperationError", "PBKDF2 needs at least one iteration");
    }
    // RFC 5869, section 2.3.
    if (derive->algorithm == CRYPTO_HKDF && len > 255u * crypto_hashes[derive->hash].digest) {
        return crypto_refuse(ctx, "OperationError", "HKDF gives at most 255 digests");
    }
    return 0;
}

// As a length: all bytes that there are.
#define ALL (SIZE_MAX)

static char *hkdf_bytes(
    JSContext *ctx, const derive_t *derive, const crypto_key_t *key, base_slice_t salt, size_t len) {
    base_slice_t info;
    if (crypto_bytes(ctx, derive->info, "info", &info) < 0) {
        return NULL;
    }
    crypto_hkdf_t params = {
        .hash = derive->hash,
        .secret = key->secret,
        .secret_len = key->len,
        .salt = salt.data,
        .salt_len = salt.len,
        .info = info.data,
        .info_len = info.len,
    };
    char *out = js_malloc(ctx, len + 1);
    crypto_hkdf(&params, (uint8_t *)out, len);
    return out;
}

// What bytes are derived for.
typedef struct _goal_t {
    bool is_key; // else an ArrayBuffer
    crypto_key_params_t key;
} goal_t;

// What is made of `len` derived bytes, which are wiped and freed. An exception where they are NULL.
static JSValue reach_goal(JSContext *ctx, const goal_t *goal, char *bytes, size_t len) {
    if (bytes == NULL) {
        return JS_EXCEPTION;
    }
    JSValue result = goal->is_key ? crypto_key_object(ctx, &goal->key, CRYPTO_SECRET, (base_slice_t){bytes, len})
                                  : crypto_array_buffer(ctx, bytes, len);
    base_wipe(bytes, len);
    js_free(ctx, bytes);
    return result;
}

typedef struct _pbkdf2_work_t {
    crypto_pbkdf2_t derivation;
    goal_t goal;
    char *bytes;
    size_t len;
} pbkdf2_work_t;

// So many take 2 ms on an RP2040; to read the clock as often costs nothing elsewhere.
#define ITERATIONS_BY_CLOCK (16)

static bool pbkdf2_slice(JSContext *ctx, void *data, uint64_t until_us, JSValue *result) {
    pbkdf2_work_t *work = data;
    while (result != NULL && !crypto_pbkdf2_step(&work->derivation, ITERATIONS_BY_CLOCK)) {
        if (port_ticks_us() >= until_us) {
            return false;
        }
    }
    if (result == NULL) {
        base_wipe(work->bytes, work->len);
        js_free(ctx, work->bytes);
    } else {
        *result = reach_goal(ctx, &work->goal, work->bytes, work->len);
    }
    base_wipe(work, sizeof(*work));
    js_free(ctx, work);
    return true;
}

// What two keys agree on.
typedef struct _agree_work_t {
    JSValue objects[2];
    crypto_pkey_t own, other;
    goal_t goal;
    size_t len;
    bool ok;
    uint8_t secret[CRYPTO_POINT_MAX];
} agree_work_t;

static void compute_agreement(JSContext *ctx, void *data) {
    agree_work_t *work = data;
    work->ok = crypto_kind_is_curve(work->own.kind) ? crypto_ec_agree(ctx, &work->own, &work->other, work->secret)
                                                    : crypto_25519_agree(&work->own, &work->other, work->secret);
}

static JSValue finish_agreement(JSContext *ctx, void *data) {
    agree_work_t *work = data;
    char *bytes = NULL;
    if (work->ok) {
        bytes = js_malloc(ctx, work->len + 1);
        memcpy(bytes, work->secret, work->len);
    } else {
        crypto_refuse(ctx, "OperationError", "the keys come to no secret");
    }
    JSValue result = reach_goal(ctx, &work->goal, bytes, work->len);
    JS_FreeValues(ctx, work->objects[0], work->objects[1]);
    base_wipe(work, sizeof(*work));
    js_free(ctx, work);
    return result;
}

// `len` bytes of the secret that both keys' owners have, or ALL.
static JSValue agree(JSContext *ctx, const derive_t *derive, JSValueConst key_object, const goal_t *goal, size_t len) {
    const crypto_key_t *key = crypto_expect_key(ctx, key_object), *peer = crypto_expect_key(ctx, derive->peer);
    if (peer == NULL) {
        return JS_EXCEPTION;
    }
    if (peer->type != CRYPTO_PUBLIC || peer->algorithm != key->algorithm || peer->kind != key->kind ||
        key->type != CRYPTO_PRIVATE) {
        crypto_refuse(ctx, "InvalidAccessError", "'public' must be a public key of the same algorithm and curve");
        return JS_EXCEPTION;
    }
    size_t size = key->algorithm == CRYPTO_ECDH ? crypto_ec_size(key->kind) : CRYPTO_25519_SIZE;
    if (len != ALL && len > size) {
        crypto_refuse(ctx, "OperationError", "the secret has fewer bits than were asked for");
        return JS_EXCEPTION;
    }

    agree_work_t *work = js_malloc(ctx, sizeof(*work));
    work->objects[0] = JS_DupValue(ctx, key_object);
    work->objects[1] = JS_DupValue(ctx, derive->peer);
    work->own = crypto_key_pkey(key);
    work->other = crypto_key_pkey(peer);
    work->goal = *goal;
    work->len = len == ALL ? size : len;
    return host_compute(ctx, compute_agreement, finish_agreement, work, crypto_key_memory(&work->own));
}

// What PBKDF2 gives, or a promise of it.
static JSValue pbkdf2(JSContext *ctx, const derive_t *derive, const crypto_key_t *key, const goal_t *goal, size_t len) {
    base_slice_t salt;
    if (crypto_bytes(ctx, derive->salt, "salt", &salt) < 0) {
        return JS_EXCEPTION;
    }
    crypto_hmac_t hmac;
    pbkdf2_work_t *work = js_malloc(ctx, sizeof(*work));
    work->goal = *goal;
    work->bytes = js_malloc(ctx, len + 1);
    work->len = len;
    crypto_hmac_key(&hmac, derive->hash, key->secret, key->len);
    crypto_pbkdf2_start(&work->derivation, &hmac, salt, derive->iterations, (uint8_t *)work->bytes, len);
    base_wipe(&hmac, sizeof(hmac));
    return host_work(ctx, pbkdf2_slice, work);
}

// Derives `len` bytes, or ALL of an agreement.
static JSValue derive_goal(
    JSContext *ctx, const derive_t *derive, JSValueConst key_object, const goal_t *goal, size_t len) {
    if (crypto_is_one_of(CRYPTO_AGREEMENTS, derive->algorithm)) {
        return agree(ctx, derive, key_object, goal, len);
    }
    const crypto_key_t *key = crypto_expect_key(ctx, key_object);
    if (check_derivation(ctx, derive, len) < 0) {
        return JS_EXCEPTION;
    }
    if (derive->algorithm == CRYPTO_PBKDF2) {
        return pbkdf2(ctx, derive, key, goal, len);
    }
    base_slice_t salt;
    if (crypto_copy_bytes(ctx, derive->salt, "salt", &salt) < 0) {
        return JS_EXCEPTION;
    }
    char *bytes = hkdf_bytes(ctx, derive, key, salt, len);
    js_free(ctx, (char *)salt.data);
    return reach_goal(ctx, goal, bytes, len);
}

// A length in bits as bytes. 0 or -1.
static int bytes_of_bits(JSContext *ctx, uint32_t bits, size_t *len) {
    *len = bits / 8;
    return bits % 8 == 0 ? 0 : crypto_refuse(ctx, "OperationError", "the length must be a multiple of 8 bits");
}

// deriveBits(algorithm, baseKey, length)
JSValue crypto_derive_bits(JSContext *ctx, JSValueConst *argv) {
    derive_t derive;
    uint32_t bits = 0;
    size_t len;
    JSValue result = JS_EXCEPTION;
    bool has_length = !JS_IsUndefined(argv[2]) && !JS_IsNull(argv[2]);

    if (read_params(ctx, argv[0], &derive) == 0 && (!has_length || JS_ToUint32(ctx, &bits, argv[2]) == 0)) {
        const crypto_key_t *key = crypto_key(ctx, argv[1], derive.algorithm, CRYPTO_DERIVE_BITS);
        bool agreement = crypto_is_one_of(CRYPTO_AGREEMENTS, derive.algorithm);
        if (key != NULL && !has_length && !agreement) {
            crypto_refuse(ctx, "OperationError", "deriveBits needs a length");
        } else if (key != NULL && bytes_of_bits(ctx, bits, &len) == 0) {
            result = derive_goal(ctx, &derive, argv[1], &(goal_t){.is_key = false}, has_length ? len : ALL);
        }
    }
    free_params(ctx, &derive);
    return result;
}

// The bytes that a key derived with these parameters has: of an HMAC key as many as the hash takes at once. ALL for
// an agreement.
static int key_length(JSContext *ctx, const derive_t *derive, crypto_key_params_t *params, size_t *len) {
    if (crypto_is_one_of(CRYPTO_AES, params->algorithm)) {
        *len = params->length / 8;
        bool known = params->length == 128 || params->length == 192 || params->length == 256;
        return known ? 0 : crypto_refuse(ctx, "OperationError", "an AES key has 128, 192 or 256 bits");
    }
    if (params->algorithm != CRYPTO_HMAC) {
        *len = ALL;
        return crypto_is_one_of(CRYPTO_AGREEMENTS, derive->algorithm) &&
                       crypto_is_one_of(CRYPTO_DERIVATIONS, params->algorithm)
                   ? 0
                   : crypto_refuse(ctx, "OperationError", "such a key has no length to derive it by");
    }
    if (!params->has_length) {
        params->length = crypto_hashes[params->hash].block * 8u;
        params->has_length = true;
    }
    if (params->length == 0) {
        JS_ThrowTypeError(ctx, "the length of an HMAC key cannot be 0");
        return -1;
    }
    return bytes_of_bits(ctx, params->length, len);
}

// deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages)
JSValue crypto_derive_key(JSContext *ctx, JSValueConst *argv) {
    derive_t derive;
    goal_t goal = {.is_key = true};
    size_t len = 0;
    JSValue result = JS_EXCEPTION;

    if (read_params(ctx, argv[0], &derive) == 0 && crypto_key_params(ctx, argv + 2, CRYPTO_TO_DERIVE, &goal.key) == 0) {
        const crypto_key_t *key = crypto_key(ctx, argv[1], derive.algorithm, CRYPTO_DERIVE_KEY);
        if (key != NULL && key_length(ctx, &derive, &goal.key, &len) == 0) {
            result = derive_goal(ctx, &derive, argv[1], &goal, len);
        }
    }
    free_params(ctx, &derive);
    return result;
}
