// CryptoKey: a key is its bytes, and what may be done with them.

#include <string.h>

#include "base_secret.h"
#include "crypto/crypto_pkey_private.h"
#include "crypto/crypto_private.h"

// ---- the class ----

static void key_finalize(JSRuntime *rt, JSValueConst value) {
    crypto_key_t *key = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (key != NULL) {
        JS_FreeValueRT(rt, key->algorithm_object);
        base_wipe(key->secret, key->len);
        js_free_rt(rt, key);
    }
}

static void key_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    crypto_key_t *key = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (key != NULL) {
        JS_MarkValue(rt, key->algorithm_object, mark);
    }
}

static JSValue key_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)new_target, (void)argc, (void)argv;
    return JS_ThrowTypeError(ctx, "a CryptoKey is made by crypto.subtle");
}

static JSValue key_type(JSContext *ctx, JSValueConst this_val) {
    static const char *const names[] = {"secret", "public", "private"};
    const crypto_key_t *key = extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val);
    return key == NULL ? JS_EXCEPTION : JS_NewString(ctx, names[key->type]);
}

static JSValue key_extractable(JSContext *ctx, JSValueConst this_val) {
    const crypto_key_t *key = extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val);
    return key == NULL ? JS_EXCEPTION : JS_NewBool(ctx, key->extractable);
}

static JSValue key_usages(JSContext *ctx, JSValueConst this_val) {
    const crypto_key_t *key = extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val);
    return key == NULL ? JS_EXCEPTION : crypto_usages_array(ctx, key->usages);
}

static void key_define(JSContext *ctx, JSValueConst object, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_C_W_E);
}

// An object with the name.
static JSValue named_object(JSContext *ctx, const char *name) {
    JSValue object = JS_NewObject(ctx);
    key_define(ctx, object, "name", JS_NewString(ctx, name));
    return object;
}

static void define_rsa(JSContext *ctx, JSValueConst object, const crypto_key_t *key) {
    base_slice_t numbers[CRYPTO_RSA_NUMBERS];
    crypto_pkey_t pkey = crypto_key_pkey(key);
    crypto_rsa_numbers(&pkey, numbers);
    base_slice_t exponent = numbers[CRYPTO_RSA_E];
    JSValue buffer = crypto_array_buffer(ctx, exponent.data, exponent.len);
    key_define(ctx, object, "modulusLength", JS_NewInt64(ctx, (int64_t)crypto_rsa_bits(&pkey)));
    key_define(ctx, object, "publicExponent", engine_new_bytes(ctx, buffer, 0, exponent.len));
    JS_FreeValue(ctx, buffer);
}

static JSValue algorithm_object(JSContext *ctx, const crypto_key_t *key) {
    JSValue object = named_object(ctx, crypto_algorithm_name(key->algorithm));
    bool rsa = crypto_is_one_of(CRYPTO_RSA, key->algorithm);
    if (rsa) {
        define_rsa(ctx, object, key);
    }
    if (rsa || key->algorithm == CRYPTO_HMAC) {
        key_define(ctx, object, "hash", named_object(ctx, crypto_hashes[key->hash].name));
    }
    if (key->algorithm == CRYPTO_HMAC || crypto_is_one_of(CRYPTO_AES, key->algorithm)) {
        key_define(ctx, object, "length", JS_NewInt64(ctx, (int64_t)key->len * 8));
    }
    if (crypto_is_one_of(CRYPTO_EC, key->algorithm)) {
        key_define(ctx, object, "namedCurve", JS_NewString(ctx, crypto_curve_name(key->kind)));
    }
    return object;
}

static JSValue key_algorithm(JSContext *ctx, JSValueConst this_val) {
    crypto_key_t *key = extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val);
    if (key == NULL) {
        return JS_EXCEPTION;
    }
    if (JS_IsUndefined(key->algorithm_object)) {
        key->algorithm_object = algorithm_object(ctx, key);
    }
    return JS_DupValue(ctx, key->algorithm_object);
}

static const JSCFunctionListEntry key_proto[] = {
    JS_CGETSET_DEF("type", key_type, NULL),
    JS_CGETSET_DEF("extractable", key_extractable, NULL),
    JS_CGETSET_DEF("algorithm", key_algorithm, NULL),
    JS_CGETSET_DEF("usages", key_usages, NULL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "CryptoKey", JS_PROP_CONFIGURABLE),
};

const extension_class_t crypto_class_key = {
    .def = {.class_name = "CryptoKey", .finalizer = key_finalize, .gc_mark = key_mark},
    .constructor = key_construct,
    .proto = key_proto,
    .proto_len = BASE_COUNT(key_proto),
};

// ---- making and using keys ----

static int read_rsa_params(JSContext *ctx, JSValueConst algorithm, crypto_key_params_t *params) {
    JSValue exponent;
    base_slice_t bytes;
    int given = crypto_u32_parameter(ctx, algorithm, "modulusLength", &params->modulus);
    if (given <= 0 || crypto_parameter(ctx, algorithm, "publicExponent", &exponent) < 0) {
        if (given == 0) {
            JS_ThrowTypeError(ctx, "the algorithm needs the parameter 'modulusLength'");
        }
        return -1;
    }
    int failed = crypto_bytes(ctx, exponent, "publicExponent", &bytes);
    for (size_t i = 0; failed == 0 && i < bytes.len; i++) {
        params->exponent =
            params->exponent > UINT32_MAX >> 8 ? UINT32_MAX : params->exponent << 8 | (uint8_t)bytes.data[i];
    }
    JS_FreeValue(ctx, exponent);
    return failed;
}

// The parameters that belong to the algorithm, once its name is known.
static int read_algorithm_params(
    JSContext *ctx, JSValueConst algorithm, crypto_purpose_t purpose, crypto_key_params_t *params) {
    bool rsa = crypto_is_one_of(CRYPTO_RSA, params->algorithm), aes = crypto_is_one_of(CRYPTO_AES, params->algorithm);
    if (rsa && purpose == CRYPTO_TO_GENERATE && read_rsa_params(ctx, algorithm, params) < 0) {
        return -1;
    }
    if (rsa || params->algorithm == CRYPTO_HMAC) {
        int hash = crypto_hash_parameter(ctx, algorithm);
        if (hash < 0) {
            return -1;
        }
        params->hash = (crypto_hash_t)hash;
    }
    if (params->algorithm == CRYPTO_HMAC || (aes && purpose != CRYPTO_TO_IMPORT)) {
        int given = crypto_u32_parameter(ctx, algorithm, "length", &params->length);
        if (given == 0 && aes) {
            JS_ThrowTypeError(ctx, "the algorithm needs the parameter 'length'");
        }
        if (given < 0 || (given == 0 && aes)) {
            return -1;
        }
        params->has_length = given > 0;
    }
    params->kind = CRYPTO_KIND_RSA;
    if (crypto_is_one_of(CRYPTO_25519, params->algorithm)) {
        params->kind = params->algorithm == CRYPTO_X25519 ? CRYPTO_KIND_X25519 : CRYPTO_KIND_ED25519;
    }
    return crypto_is_one_of(CRYPTO_EC, params->algorithm) ? crypto_curve_parameter(ctx, algorithm, &params->kind) : 0;
}

int crypto_key_params(JSContext *ctx, JSValueConst *argv, crypto_purpose_t purpose, crypto_key_params_t *params) {
    *params = (crypto_key_params_t){0};
    unsigned supported = purpose == CRYPTO_TO_GENERATE ? CRYPTO_KEYS & ~CRYPTO_DERIVATIONS : CRYPTO_KEYS;
    int algorithm = crypto_algorithm(ctx, argv[0], supported);
    if (algorithm < 0) {
        return -1;
    }
    params->algorithm = (crypto_algorithm_t)algorithm;
    if (read_algorithm_params(ctx, argv[0], purpose, params) < 0) {
        return -1;
    }
    int extractable = JS_ToBool(ctx, argv[1]);
    params->extractable = extractable > 0;
    return extractable < 0 ? -1 : crypto_usages(ctx, argv[2], &params->usages);
}

uint8_t crypto_usages_of(crypto_algorithm_t algorithm, crypto_key_type_t type) {
    switch (algorithm) {
        case CRYPTO_HMAC:
            return CRYPTO_SIGN | CRYPTO_VERIFY;
        case CRYPTO_PBKDF2:
        case CRYPTO_HKDF:
            return CRYPTO_DERIVE_KEY | CRYPTO_DERIVE_BITS;
        case CRYPTO_AES_KW:
            return CRYPTO_WRAP_KEY | CRYPTO_UNWRAP_KEY;
        case CRYPTO_AES_CBC:
        case CRYPTO_AES_CTR:
        case CRYPTO_AES_GCM:
            return CRYPTO_ENCRYPT | CRYPTO_DECRYPT | CRYPTO_WRAP_KEY | CRYPTO_UNWRAP_KEY;
        case CRYPTO_RSA_OAEP:
            return type == CRYPTO_PUBLIC ? CRYPTO_ENCRYPT | CRYPTO_WRAP_KEY : CRYPTO_DECRYPT | CRYPTO_UNWRAP_KEY;
        case CRYPTO_ECDH:
        case CRYPTO_X25519:
            return type == CRYPTO_PUBLIC ? 0 : CRYPTO_DERIVE_KEY | CRYPTO_DERIVE_BITS;
        default:
            return type == CRYPTO_PUBLIC ? CRYPTO_VERIFY : CRYPTO_SIGN;
    }
}

static int check_usages(JSContext *ctx, const crypto_key_params_t *params, crypto_key_type_t type) {
    if ((params->usages & ~crypto_usages_of(params->algorithm, type)) != 0) {
        return crypto_refuse(ctx, "SyntaxError", "a key of this algorithm and type has no such usage");
    }
    if (params->usages == 0 && type != CRYPTO_PUBLIC) {
        return crypto_refuse(ctx, "SyntaxError", "a secret or private key needs at least one usage");
    }
    return 0;
}

static int check_secret(JSContext *ctx, const crypto_key_params_t *params, size_t len) {
    bool hmac = params->algorithm == CRYPTO_HMAC;
    if (crypto_is_one_of(CRYPTO_DERIVATIONS, params->algorithm) && params->extractable) {
        return crypto_refuse(ctx, "SyntaxError", "a key to derive from cannot be extractable");
    }
    if (hmac && len == 0) {
        return crypto_refuse(ctx, "DataError", "an HMAC key cannot be empty");
    }
    if (hmac && params->has_length && (len > UINT32_MAX / 8 || params->length != len * 8)) {
        return crypto_refuse(ctx, "DataError", "the length of an HMAC key must be that of its bytes, in bits");
    }
    if (crypto_is_one_of(CRYPTO_AES, params->algorithm) && len != 16 && len != 24 && len != 32) {
        return crypto_refuse(ctx, "DataError", "an AES key has 16, 24 or 32 bytes");
    }
    return 0;
}

JSValue crypto_key_object(
    JSContext *ctx, const crypto_key_params_t *params, crypto_key_type_t type, base_slice_t bytes) {
    if (check_usages(ctx, params, type) < 0 || (type == CRYPTO_SECRET && check_secret(ctx, params, bytes.len) < 0)) {
        return JS_EXCEPTION;
    }

    JSValue object = extension_class_new(ctx, &crypto_extension, CRYPTO_KEY, JS_UNDEFINED);
    crypto_key_t *key = js_malloc(ctx, sizeof(*key) + bytes.len);
    *key = (crypto_key_t){
        .algorithm = params->algorithm,
        .hash = params->hash,
        .type = type,
        .kind = params->kind,
        .extractable = params->extractable,
        .usages = params->usages,
        .algorithm_object = JS_UNDEFINED,
        .len = bytes.len,
    };
    if (bytes.len > 0) {
        memcpy(key->secret, bytes.data, bytes.len);
    }
    JS_SetOpaque(object, key);
    return object;
}

const crypto_key_t *crypto_expect_key(JSContext *ctx, JSValueConst value) {
    const crypto_key_t *key = extension_class_get(&crypto_extension, CRYPTO_KEY, value);
    if (key == NULL) {
        JS_ThrowTypeError(ctx, "the key must be a CryptoKey");
    }
    return key;
}

const crypto_key_t *crypto_key(JSContext *ctx, JSValueConst value, crypto_algorithm_t algorithm, crypto_usage_t usage) {
    const crypto_key_t *key = crypto_expect_key(ctx, value);
    if (key == NULL) {
        return NULL;
    }
    if (key->algorithm != algorithm) {
        crypto_refuse(ctx, "InvalidAccessError", "the key is one for another algorithm");
        return NULL;
    }
    if ((key->usages & usage) == 0) {
        crypto_refuse(ctx, "InvalidAccessError", "the key's usages do not include this operation");
        return NULL;
    }
    return key;
}

crypto_pkey_t crypto_key_pkey(const crypto_key_t *key) {
    return (crypto_pkey_t){key->kind, key->type == CRYPTO_PRIVATE, (char *)(uintptr_t)key->secret, key->len};
}

size_t crypto_key_memory(const crypto_pkey_t *pkey) {
    return crypto_pkey_memory(pkey->kind, pkey->kind == CRYPTO_KIND_RSA ? crypto_rsa_bits(pkey) : 0);
}

int crypto_signing_key(
    JSValueConst value, crypto_signer_t signer, crypto_hash_t hash, bool to_sign, crypto_pkey_t *pkey) {
    static const uint8_t algorithms[] = {
        [CRYPTO_SIGNS_HMAC] = CRYPTO_HMAC,
        [CRYPTO_SIGNS_RSA] = CRYPTO_RSASSA,
        [CRYPTO_SIGNS_PSS] = CRYPTO_RSA_PSS,
        [CRYPTO_SIGNS_ECDSA] = CRYPTO_ECDSA,
        [CRYPTO_SIGNS_ED25519] = CRYPTO_ED25519,
    };
    const crypto_key_t *key = extension_class_get(&crypto_extension, CRYPTO_KEY, value);
    if (key == NULL) {
        return 0;
    }
    bool has_hash = key->algorithm == CRYPTO_HMAC || crypto_is_one_of(CRYPTO_RSA, key->algorithm);
    if (key->algorithm != algorithms[signer] || (has_hash && key->hash != hash) ||
        (key->usages & (to_sign ? CRYPTO_SIGN : CRYPTO_VERIFY)) == 0) {
        return -1;
    }
    *pkey = crypto_key_pkey(key);
    if (key->type == CRYPTO_SECRET) {
        pkey->kind = CRYPTO_KIND_COUNT;
    }
    return 1;
}

// ---- new keys ----

static JSValue generate_secret(JSContext *ctx, crypto_key_params_t *params) {
    if (params->algorithm == CRYPTO_HMAC && !params->has_length) {
        params->length = crypto_hashes[params->hash].block * 8u;
    }
    uint32_t len = params->length / 8;
    bool aes = crypto_is_one_of(CRYPTO_AES, params->algorithm);
    if (params->length % 8 != 0 || len == 0 || (aes && len != 16 && len != 24 && len != 32)) {
        crypto_refuse(ctx, "OperationError",
            aes ? "an AES key has 128, 192 or 256 bits" : "the length must be a multiple of 8 bits");
        return JS_EXCEPTION;
    }
    if (check_usages(ctx, params, CRYPTO_SECRET) < 0) {
        return JS_EXCEPTION;
    }
    params->has_length = false;
    char *bytes = js_malloc(ctx, len);
    host_random(bytes, len);
    JSValue key = crypto_key_object(ctx, params, CRYPTO_SECRET, (base_slice_t){bytes, len});
    base_wipe(bytes, len);
    js_free(ctx, bytes);
    return key;
}

// A pair of keys that is made.
typedef struct _pair_work_t {
    crypto_key_params_t params;
    crypto_pkey_t pkey;
    bool ok;
} pair_work_t;

static void compute_pair(JSContext *ctx, void *data) {
    pair_work_t *work = data;
    const crypto_key_params_t *params = &work->params;
    work->ok = true;
    if (crypto_is_one_of(CRYPTO_25519, params->algorithm)) {
        crypto_25519_generate(ctx, params->kind, &work->pkey);
    } else if (params->kind != CRYPTO_KIND_RSA) {
        crypto_ec_generate(ctx, params->kind, &work->pkey);
    } else {
        uint32_t bits = params->modulus, exponent = params->exponent;
        work->ok = bits >= CRYPTO_RSA_BITS_MIN && bits <= CRYPTO_RSA_BITS_MAX && bits % 8 == 0 &&
                   (exponent == 3 || exponent == 65537) && crypto_rsa_generate(ctx, bits, (int)exponent, &work->pkey);
    }
}

static JSValue make_pair(JSContext *ctx, const crypto_key_params_t *params, crypto_pkey_t *pkey) {
    JSValue pair = JS_NewObject(ctx);
    crypto_key_params_t private_params = *params, public_params = *params;
    uint8_t public_usages = crypto_usages_of(params->algorithm, CRYPTO_PUBLIC);
    private_params.usages &= (uint8_t)~public_usages;
    public_params.usages &= public_usages;
    public_params.extractable = true;
    crypto_pkey_t public;
    crypto_pkey_publish(ctx, pkey, &public);
    key_define(ctx, pair, "publicKey",
        crypto_key_object(ctx, &public_params, CRYPTO_PUBLIC, (base_slice_t){public.bytes, public.len}));
    key_define(ctx, pair, "privateKey",
        crypto_key_object(ctx, &private_params, CRYPTO_PRIVATE, (base_slice_t){pkey->bytes, pkey->len}));
    crypto_pkey_free(ctx, &public);
    crypto_pkey_free(ctx, pkey);
    return pair;
}

static JSValue finish_pair(JSContext *ctx, void *data) {
    pair_work_t *work = data;
    JSValue pair = JS_EXCEPTION;
    if (work->ok) {
        pair = make_pair(ctx, &work->params, &work->pkey);
    } else {
        crypto_refuse(
            ctx, "OperationError", "an RSA key has 1024 to 4096 bits, a multiple of 8, and the exponent 3 or 65537");
    }
    js_free(ctx, work);
    return pair;
}

static JSValue generate_pair(JSContext *ctx, const crypto_key_params_t *params) {
    crypto_key_params_t private_params = *params;
    private_params.usages &= (uint8_t)~crypto_usages_of(params->algorithm, CRYPTO_PUBLIC);
    if (check_usages(ctx, &private_params, CRYPTO_PRIVATE) < 0) {
        return JS_EXCEPTION;
    }
    pair_work_t *work = js_malloc(ctx, sizeof(*work));
    work->params = *params;
    return host_compute(ctx, compute_pair, finish_pair, work, crypto_pkey_memory(params->kind, params->modulus));
}

// generateKey(algorithm, extractable, keyUsages)
JSValue crypto_generate_key(JSContext *ctx, JSValueConst *argv) {
    crypto_key_params_t params;
    if (crypto_key_params(ctx, argv, CRYPTO_TO_GENERATE, &params) < 0) {
        return JS_EXCEPTION;
    }
    bool secret = params.algorithm == CRYPTO_HMAC || crypto_is_one_of(CRYPTO_AES, params.algorithm);
    return secret ? generate_secret(ctx, &params) : generate_pair(ctx, &params);
}
