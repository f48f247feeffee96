// scrypt (RFC 7914). What mixes a block is Tarsnap's, unmodified; PBKDF2 is ours, and so is the loop over the blocks,
// which can be left and gone on with.

#include "crypto/crypto_hash.h"

#include "base_secret.h"

#include "crypto_scrypt_smix.c"

// Of PBKDF2, in a step.
#define SCRYPT_ITERATIONS (4)
// Salsa20/8 cores at least that a step computes.
#define SCRYPT_CORES (16)

size_t crypto_scrypt_memory(const crypto_scrypt_params_t *params) {
    // Neither 128 * n * r nor 128 * p * r may be beyond what is addressed, in which the sum has room then.
    uint64_t block = 128 * (uint64_t)params->r, most = SIZE_MAX / 4 / block;
    if (params->n > most || params->p > most) {
        return SIZE_MAX / 2;
    }
    return (size_t)(block * params->n + block * params->p + 2 * block + 64);
}

void crypto_scrypt_start(crypto_scrypt_t *derivation, const crypto_scrypt_params_t *params,
    const crypto_hmac_t *password, void *memory, uint8_t *out, size_t len) {
    size_t block = (size_t)128 * params->r;
    *derivation = (crypto_scrypt_t){.password = *password, .n = params->n, .r = params->r, .p = params->p};
    derivation->table = memory;
    derivation->scratch = derivation->table + block * params->n;
    derivation->blocks = derivation->scratch + 2 * block + 64;
    derivation->out = out;
    derivation->len = len;
    crypto_pbkdf2_start(&derivation->pbkdf2, password, params->salt, 1, derivation->blocks, block * params->p);
}

// Two of ROMix's 2 * n steps (section 5): the first n fill the table, the others mix what is looked up there in.
static void scrypt_mix(crypto_scrypt_t *derivation) {
    size_t r = derivation->r, words = 32 * r;
    uint32_t *x = (uint32_t *)derivation->scratch, *y = x + words, *z = y + words;
    uint32_t *table = (uint32_t *)derivation->table;
    uint8_t *block = derivation->blocks + derivation->lane * 4 * words;
    uint32_t step = derivation->steps;
    for (size_t i = 0; step == 0 && i < words; i++) {
        x[i] = le32dec(block + 4 * i);
    }

    if (step < derivation->n) {
        blkcpy(table + step * words, x, 4 * words);
        blockmix_salsa8(x, y, z, r);
        blkcpy(table + (step + 1) * words, y, 4 * words);
        blockmix_salsa8(y, x, z, r);
    } else {
        uint64_t mask = derivation->n - 1;
        blkxor(x, table + (size_t)(integerify(x, r) & mask) * words, 4 * words);
        blockmix_salsa8(x, y, z, r);
        blkxor(y, table + (size_t)(integerify(y, r) & mask) * words, 4 * words);
        blockmix_salsa8(y, x, z, r);
    }

    derivation->steps += 2;
    if (derivation->steps / 2 < derivation->n) {
        return;
    }
    for (size_t i = 0; i < words; i++) {
        le32enc(block + 4 * i, x[i]);
    }
    derivation->steps = 0;
    derivation->lane++;
}

static void scrypt_finish(crypto_scrypt_t *derivation) {
    base_slice_t blocks = {(const char *)derivation->blocks, (size_t)128 * derivation->r * derivation->p};
    derivation->is_mixed = true;
    crypto_pbkdf2_start(&derivation->pbkdf2, &derivation->password, blocks, 1, derivation->out, derivation->len);
}

bool crypto_scrypt_step(crypto_scrypt_t *derivation) {
    if (derivation->pbkdf2.len > 0 && !crypto_pbkdf2_step(&derivation->pbkdf2, SCRYPT_ITERATIONS)) {
        return false;
    }
    if (derivation->is_mixed) {
        base_wipe(derivation, sizeof(*derivation));
        return true;
    }
    for (uint32_t cores = 0; cores < SCRYPT_CORES && derivation->lane < derivation->p; cores += 4 * derivation->r) {
        scrypt_mix(derivation);
    }
    if (derivation->lane == derivation->p) {
        scrypt_finish(derivation);
    }
    return false;
}
