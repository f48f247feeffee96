// scrypt (RFC 7914). Its core is Tarsnap's, unmodified; PBKDF2 is ours.

#include "crypto/crypto_hash.h"

#include "crypto_scrypt_smix.c"

size_t crypto_scrypt_memory(const crypto_scrypt_t *params) {
    // Neither 128 * n * r nor 128 * p * r may be beyond what is addressed, in which the sum has room then.
    uint64_t block = 128 * (uint64_t)params->r, most = SIZE_MAX / 4 / block;
    if (params->n > most || params->p > most) {
        return SIZE_MAX / 2;
    }
    return (size_t)(block * params->n + block * params->p + 2 * block + 64);
}

static void scrypt_pbkdf2(const crypto_hmac_t *password, base_slice_t salt, uint8_t *out, size_t len) {
    crypto_pbkdf2_t derivation;
    crypto_pbkdf2_start(&derivation, password, salt, 1, out, len);
    while (!crypto_pbkdf2_step(&derivation, UINT32_MAX)) {
    }
}

void crypto_scrypt(
    const crypto_scrypt_t *params, const crypto_hmac_t *password, void *memory, uint8_t *out, size_t len) {
    size_t block = (size_t)128 * params->r, size = block * params->p;
    uint8_t *table = memory, *scratch = table + block * params->n, *blocks = scratch + 2 * block + 64;
    scrypt_pbkdf2(password, params->salt, blocks, size);
    for (uint32_t i = 0; i < params->p; i++) {
        crypto_scrypt_smix(blocks + i * block, params->r, params->n, table, scratch);
    }
    scrypt_pbkdf2(password, (base_slice_t){(char *)blocks, size}, out, len);
}
