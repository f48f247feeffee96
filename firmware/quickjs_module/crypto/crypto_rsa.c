// RSA: see crypto_pkey_private.h.

#include "crypto/crypto_mbedtls.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/rsa.h"
#include "lib/mbedtls/library/rsa_internal.h"

#include "base_secret.h"
#include "crypto/crypto_pkey_private.h"

static mbedtls_md_type_t md_type(crypto_hash_t hash) {
    static const uint8_t types[CRYPTO_HASH_COUNT] = {
        [CRYPTO_SHA1] = MBEDTLS_MD_SHA1,
        [CRYPTO_SHA256] = MBEDTLS_MD_SHA256,
        [CRYPTO_SHA384] = MBEDTLS_MD_SHA384,
        [CRYPTO_SHA512] = MBEDTLS_MD_SHA512,
    };
    return (mbedtls_md_type_t)types[hash];
}

static void rsa_start(JSContext *ctx, mbedtls_rsa_context *rsa) {
    crypto_mbedtls_use(ctx);
    mbedtls_rsa_init(rsa);
}

// The key is one that was checked when it was read.
static void rsa_load(JSContext *ctx, mbedtls_rsa_context *rsa, const crypto_pkey_t *key) {
    rsa_start(ctx, rsa);
    const unsigned char *der = (const unsigned char *)key->bytes;
    (void)(key->is_private ? mbedtls_rsa_parse_key(rsa, der, key->len) : mbedtls_rsa_parse_pubkey(rsa, der, key->len));
}

// ---- formats ----

// Makes a key of what has been read, in the one form that DER has for it.
static void rsa_keep(JSContext *ctx, const mbedtls_rsa_context *rsa, bool is_private, crypto_pkey_t *key) {
    // A private key has two numbers of the modulus' length and five of half of that, the exponent, and their headers.
    size_t room = mbedtls_rsa_get_len(rsa) * 6 + 64;
    unsigned char *der = js_malloc(ctx, room), *at = der + room;
    int len = is_private ? mbedtls_rsa_write_key(rsa, der, &at) : mbedtls_rsa_write_pubkey(rsa, der, &at);
    crypto_pkey_set(ctx, key, CRYPTO_KIND_RSA, is_private, at, (size_t)len);
    base_wipe(der, room);
    js_free(ctx, der);
}

static bool rsa_check(const mbedtls_rsa_context *rsa, bool is_private) {
    size_t bits = mbedtls_rsa_get_bitlen(rsa);
    return bits >= CRYPTO_RSA_BITS_MIN && bits <= CRYPTO_RSA_BITS_MAX &&
           (is_private ? mbedtls_rsa_check_privkey(rsa) : mbedtls_rsa_check_pubkey(rsa)) == 0;
}

bool crypto_rsa_read(JSContext *ctx, base_slice_t der, bool is_private, crypto_pkey_t *key) {
    mbedtls_rsa_context rsa;
    rsa_start(ctx, &rsa);
    const unsigned char *bytes = (const unsigned char *)der.data;
    int failed =
        is_private ? mbedtls_rsa_parse_key(&rsa, bytes, der.len) : mbedtls_rsa_parse_pubkey(&rsa, bytes, der.len);
    bool ok = failed == 0 && rsa_check(&rsa, is_private);
    if (ok) {
        rsa_keep(ctx, &rsa, is_private, key);
    }
    mbedtls_rsa_free(&rsa);
    return ok;
}

bool crypto_rsa_of_numbers(JSContext *ctx, const base_slice_t *numbers, bool is_private, crypto_pkey_t *key) {
    const unsigned char *data[5] = {0};
    size_t len[5] = {0};
    for (int i = 0; i < (is_private ? 5 : 2); i++) {
        data[i] = (const unsigned char *)numbers[i].data;
        len[i] = numbers[i].len;
        if (len[i] > CRYPTO_NUMBER_MAX) {
            return false;
        }
    }

    mbedtls_rsa_context rsa;
    rsa_start(ctx, &rsa);
    bool ok = mbedtls_rsa_import_raw(&rsa, data[CRYPTO_RSA_N], len[CRYPTO_RSA_N], data[CRYPTO_RSA_P], len[CRYPTO_RSA_P],
                  data[CRYPTO_RSA_Q], len[CRYPTO_RSA_Q], data[CRYPTO_RSA_D], len[CRYPTO_RSA_D], data[CRYPTO_RSA_E],
                  len[CRYPTO_RSA_E]) == 0 &&
              mbedtls_rsa_complete(&rsa) == 0 && rsa_check(&rsa, is_private);
    if (ok) {
        rsa_keep(ctx, &rsa, is_private, key);
    }
    mbedtls_rsa_free(&rsa);
    return ok;
}

int crypto_rsa_numbers(const crypto_pkey_t *key, base_slice_t numbers[CRYPTO_RSA_NUMBERS]) {
    unsigned char *at = (unsigned char *)key->bytes;
    const unsigned char *end = at + key->len;
    size_t len;
    int count = 0;
    (void)mbedtls_asn1_get_tag(&at, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
    if (key->is_private) {
        (void)mbedtls_asn1_get_tag(&at, end, &len, MBEDTLS_ASN1_INTEGER); // the version
        at += len;
    }
    while (count < CRYPTO_RSA_NUMBERS && mbedtls_asn1_get_tag(&at, end, &len, MBEDTLS_ASN1_INTEGER) == 0) {
        size_t zero = len > 1 && at[0] == 0;
        numbers[count++] = (base_slice_t){(const char *)at + zero, len - zero};
        at += len;
    }
    return count;
}

size_t crypto_rsa_bits(const crypto_pkey_t *key) {
    base_slice_t numbers[CRYPTO_RSA_NUMBERS];
    crypto_rsa_numbers(key, numbers);
    size_t bits = numbers[CRYPTO_RSA_N].len * 8;
    for (uint8_t first = (uint8_t)numbers[CRYPTO_RSA_N].data[0]; (first & 0x80) == 0; first <<= 1) {
        bits--;
    }
    return bits;
}

bool crypto_rsa_generate(JSContext *ctx, unsigned bits, int exponent, crypto_pkey_t *key) {
    mbedtls_rsa_context rsa;
    rsa_start(ctx, &rsa);
    bool ok = mbedtls_rsa_gen_key(&rsa, crypto_mbedtls_random, NULL, bits, exponent) == 0;
    if (ok) {
        rsa_keep(ctx, &rsa, true, key);
    }
    mbedtls_rsa_free(&rsa);
    return ok;
}

// ---- signatures ----

size_t crypto_rsa_sign(
    JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t data, uint8_t *signature) {
    uint8_t digest[CRYPTO_DIGEST_MAX];
    unsigned len = (unsigned)crypto_digest(scheme->hash, data, digest);
    mbedtls_md_type_t md = md_type(scheme->hash);
    mbedtls_rsa_context rsa;
    rsa_load(ctx, &rsa, key);

    int failed = -1;
    if (!scheme->pss) {
        failed = mbedtls_rsa_rsassa_pkcs1_v15_sign(&rsa, crypto_mbedtls_random, NULL, md, len, digest, signature);
    } else if (scheme->salt <= CRYPTO_NUMBER_MAX) {
        (void)mbedtls_rsa_set_padding(&rsa, MBEDTLS_RSA_PKCS_V21, md);
        failed = mbedtls_rsa_rsassa_pss_sign_ext(
            &rsa, crypto_mbedtls_random, NULL, md, len, digest, (int)scheme->salt, signature);
    }
    size_t size = failed != 0 ? 0 : mbedtls_rsa_get_len(&rsa);
    mbedtls_rsa_free(&rsa);
    return size;
}

bool crypto_rsa_verify(JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t signature,
    base_slice_t data) {
    uint8_t digest[CRYPTO_DIGEST_MAX];
    unsigned len = (unsigned)crypto_digest(scheme->hash, data, digest);
    mbedtls_md_type_t md = md_type(scheme->hash);
    const unsigned char *bytes = (const unsigned char *)signature.data;
    mbedtls_rsa_context rsa;
    rsa_load(ctx, &rsa, key);

    int failed = -1;
    if (signature.len == mbedtls_rsa_get_len(&rsa) && !scheme->pss) {
        failed = mbedtls_rsa_rsassa_pkcs1_v15_verify(&rsa, md, len, digest, bytes);
    } else if (signature.len == mbedtls_rsa_get_len(&rsa) && scheme->salt <= CRYPTO_NUMBER_MAX) {
        (void)mbedtls_rsa_set_padding(&rsa, MBEDTLS_RSA_PKCS_V21, md);
        failed = mbedtls_rsa_rsassa_pss_verify_ext(&rsa, md, len, digest, md, (int)scheme->salt, bytes);
    }
    mbedtls_rsa_free(&rsa);
    return failed == 0;
}

// ---- encryption ----

bool crypto_rsa_encrypt(JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t label,
    base_slice_t data, uint8_t *out, size_t *len) {
    mbedtls_rsa_context rsa;
    rsa_load(ctx, &rsa, key);
    (void)mbedtls_rsa_set_padding(&rsa, MBEDTLS_RSA_PKCS_V21, md_type(hash));
    int failed = mbedtls_rsa_rsaes_oaep_encrypt(&rsa, crypto_mbedtls_random, NULL, (const unsigned char *)label.data,
        label.len, data.len, (const unsigned char *)data.data, out);
    *len = mbedtls_rsa_get_len(&rsa);
    mbedtls_rsa_free(&rsa);
    return failed == 0;
}

bool crypto_rsa_decrypt(JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t label,
    base_slice_t data, uint8_t *out, size_t *len) {
    mbedtls_rsa_context rsa;
    rsa_load(ctx, &rsa, key);
    (void)mbedtls_rsa_set_padding(&rsa, MBEDTLS_RSA_PKCS_V21, md_type(hash));
    bool ok = data.len == mbedtls_rsa_get_len(&rsa) &&
              mbedtls_rsa_rsaes_oaep_decrypt(&rsa, crypto_mbedtls_random, NULL, (const unsigned char *)label.data,
                  label.len, len, (const unsigned char *)data.data, out, CRYPTO_NUMBER_MAX) == 0;
    mbedtls_rsa_free(&rsa);
    return ok;
}
