// AES (FIPS 197) and its modes over bytes: CBC and CTR (SP 800-38A), GCM (SP 800-38D), key wrap (RFC 3394).

#include "crypto/crypto_mbedtls.h"

#include <string.h>

#include "mbedtls/aes.h"
#include "mbedtls/gcm.h"

#include "base_bytes.h"
#include "base_secret.h"
#include "crypto/crypto_private.h"

#define BLOCK (16)

static void aes_start(mbedtls_aes_context *context, const crypto_aes_t *aes, bool encrypting) {
    const unsigned char *key = (const unsigned char *)aes->key.data;
    unsigned bits = (unsigned)aes->key.len * 8;
    mbedtls_aes_init(context);
    (void)(encrypting ? mbedtls_aes_setkey_enc(context, key, bits) : mbedtls_aes_setkey_dec(context, key, bits));
}

static const uint8_t *bytes_of(base_slice_t slice) {
    return (const uint8_t *)slice.data;
}

// ---- CBC ----

// The padding's length (RFC 5652, section 6.3), or 0 where it is none, in a time that does not depend on it.
static size_t padding_of(const uint8_t last[BLOCK]) {
    unsigned count = last[BLOCK - 1], bad = (count == 0) | (count > BLOCK);
    for (unsigned i = 0; i < BLOCK; i++) {
        unsigned inside = 0u - (unsigned)(i < count);
        bad |= inside & (unsigned)(last[BLOCK - 1 - i] ^ count);
    }
    return bad != 0 ? 0 : count;
}

bool crypto_aes_cbc(const crypto_aes_t *aes, bool encrypting, base_slice_t data, uint8_t *out, size_t *len) {
    uint8_t iv[BLOCK], last[BLOCK];
    size_t whole = data.len / BLOCK * BLOCK, rest = data.len - whole;
    if (aes->iv.len != BLOCK || (!encrypting && (rest != 0 || whole == 0))) {
        return false;
    }

    mbedtls_aes_context context;
    aes_start(&context, aes, encrypting);
    memcpy(iv, aes->iv.data, BLOCK);
    int mode = encrypting ? MBEDTLS_AES_ENCRYPT : MBEDTLS_AES_DECRYPT;
    if (whole > 0) {
        (void)mbedtls_aes_crypt_cbc(&context, mode, whole, iv, bytes_of(data), out);
    }
    size_t padding = BLOCK - rest;
    if (encrypting) {
        memset(last, (int)padding, BLOCK);
        if (rest > 0) {
            memcpy(last, data.data + whole, rest);
        }
        (void)mbedtls_aes_crypt_cbc(&context, mode, BLOCK, iv, last, out + whole);
        *len = whole + BLOCK;
    } else {
        padding = padding_of(out + whole - BLOCK);
        *len = whole - padding;
    }
    mbedtls_aes_free(&context);
    base_wipe(last, sizeof(last));
    return padding > 0;
}

// ---- CTR ----

// How many blocks there are until the counter, the last bits of the block, begins again at 0; UINT32_MAX for more.
static uint32_t blocks_left(const uint8_t counter[BLOCK], uint32_t bits) {
    uint32_t low = 0;
    for (int i = BLOCK - 4; i < BLOCK; i++) {
        low = low << 8 | counter[i];
    }
    if (bits < 32) {
        return (1u << bits) - (low & ((1u << bits) - 1));
    }
    for (uint32_t i = 32; i < bits; i++) {
        if ((counter[BLOCK - 1 - i / 8] >> i % 8 & 1) == 0) {
            return UINT32_MAX;
        }
    }
    return low == 0 ? UINT32_MAX : 0u - low;
}

static void clear_counter(uint8_t counter[BLOCK], uint32_t bits) {
    for (uint32_t i = 0; i < bits; i++) {
        counter[BLOCK - 1 - i / 8] &= (uint8_t)~(1u << i % 8);
    }
}

static void ctr_part(
    mbedtls_aes_context *context, const uint8_t counter[BLOCK], const uint8_t *data, size_t len, uint8_t *out) {
    uint8_t block[BLOCK], stream[BLOCK];
    size_t offset = 0;
    memcpy(block, counter, BLOCK);
    (void)mbedtls_aes_crypt_ctr(context, len, &offset, block, stream, data, out);
    base_wipe(stream, sizeof(stream));
}

bool crypto_aes_ctr(const crypto_aes_t *aes, base_slice_t data, uint8_t *out, size_t *len) {
    size_t blocks = data.len / BLOCK + (data.len % BLOCK != 0);
    uint32_t bits = aes->counter_bits;
    // A counter that comes twice would show the difference of two texts.
    if (aes->iv.len != BLOCK || bits < 1 || bits > BLOCK * 8 || (bits < 32 && blocks > 1u << bits)) {
        return false;
    }

    uint8_t counter[BLOCK];
    memcpy(counter, aes->iv.data, BLOCK);
    size_t left = blocks_left(counter, bits), first = blocks <= left ? data.len : left * BLOCK;
    mbedtls_aes_context context;
    aes_start(&context, aes, true);
    if (first > 0) {
        ctr_part(&context, counter, bytes_of(data), first, out);
    }
    if (first < data.len) {
        clear_counter(counter, bits);
        ctr_part(&context, counter, bytes_of(data) + first, data.len - first, out + first);
    }
    mbedtls_aes_free(&context);
    *len = data.len;
    return true;
}

// ---- GCM ----

bool crypto_aes_gcm(const crypto_aes_t *aes, bool encrypting, base_slice_t data, uint8_t *out, size_t *len) {
    if (aes->iv.len == 0 || (!encrypting && data.len < aes->tag)) {
        return false;
    }
    mbedtls_gcm_context context;
    mbedtls_gcm_init(&context);
    (void)mbedtls_gcm_setkey(&context, MBEDTLS_CIPHER_ID_AES, bytes_of(aes->key), (unsigned)aes->key.len * 8);

    int failed;
    const uint8_t *iv = bytes_of(aes->iv), *extra = bytes_of(aes->extra), *input = bytes_of(data);
    if (encrypting) {
        failed = mbedtls_gcm_crypt_and_tag(&context, MBEDTLS_GCM_ENCRYPT, data.len, iv, aes->iv.len, extra,
            aes->extra.len, input, out, aes->tag, out + data.len);
        *len = data.len + aes->tag;
    } else {
        *len = data.len - aes->tag;
        failed = mbedtls_gcm_auth_decrypt(
            &context, *len, iv, aes->iv.len, extra, aes->extra.len, input + *len, aes->tag, input, out);
    }
    mbedtls_gcm_free(&context);
    return failed == 0;
}

// ---- key wrap ----

#define WRAP_HALF (8)

// One step of RFC 3394, section 2.2: `check` is its A, `half` its R[i].
static void wrap_step(
    mbedtls_aes_context *context, bool encrypting, uint8_t check[WRAP_HALF], uint8_t *half, uint32_t step) {
    uint8_t block[BLOCK], count[4];
    base_put_u32_be(count, step);
    for (int i = 0; i < 4 && !encrypting; i++) {
        check[4 + i] ^= count[i];
    }
    memcpy(block, check, WRAP_HALF);
    memcpy(block + WRAP_HALF, half, WRAP_HALF);
    (void)mbedtls_aes_crypt_ecb(context, encrypting ? MBEDTLS_AES_ENCRYPT : MBEDTLS_AES_DECRYPT, block, block);
    memcpy(check, block, WRAP_HALF);
    memcpy(half, block + WRAP_HALF, WRAP_HALF);
    for (int i = 0; i < 4 && encrypting; i++) {
        check[4 + i] ^= count[i];
    }
    base_wipe(block, sizeof(block));
}

bool crypto_aes_kw(const crypto_aes_t *aes, bool encrypting, base_slice_t data, uint8_t *out, size_t *len) {
    static const uint8_t initial[WRAP_HALF] = {0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};
    size_t halves = data.len / WRAP_HALF - (encrypting ? 0 : 1);
    if (data.len % WRAP_HALF != 0 || data.len < (encrypting ? 2 : 3) * WRAP_HALF || halves > UINT32_MAX / 6) {
        return false;
    }

    mbedtls_aes_context context;
    aes_start(&context, aes, encrypting);
    uint8_t check[WRAP_HALF], *body = encrypting ? out + WRAP_HALF : out;
    memcpy(check, encrypting ? initial : bytes_of(data), WRAP_HALF);
    memcpy(body, data.data + (encrypting ? 0 : WRAP_HALF), halves * WRAP_HALF);
    for (uint32_t i = 0; i < 6 * (uint32_t)halves; i++) {
        uint32_t step = encrypting ? i : 6 * (uint32_t)halves - 1 - i;
        wrap_step(&context, encrypting, check, body + step % halves * WRAP_HALF, step + 1);
    }
    mbedtls_aes_free(&context);

    *len = data.len - WRAP_HALF;
    if (encrypting) {
        memcpy(out, check, WRAP_HALF);
        *len = data.len + WRAP_HALF;
    }
    return encrypting || base_equal_secret(check, initial, WRAP_HALF);
}
