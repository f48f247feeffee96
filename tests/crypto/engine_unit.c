// SHA-256 of crypto_hash.c with an engine that is played: engine_unit MODE, one of "sound", "taken" (somebody else has
// it), "shared" (somebody else takes it now and then) and "unsound" (it computes something else). Prints a line for
// each hash, HMAC and key that it derives, and at last how many blocks the engine took.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base_bytes.h"
#include "crypto/crypto_hash.h"
#include "isolate/host.h"
#include "port/port_sha256.h"

// Of crypto_hash.c's hashes the one that base_sha.h has not.
#include "md5.c"

#define LONGEST (64 * 1024)
#define ITERATIONS (200)

static const char *mode;
static int masks, takes;
static long blocks;
static bool taken, begun;
static mbedtls_sha256_context engine;

static void expect(bool holds, const char *what) {
    if (!holds) {
        printf("%s\n", what);
        exit(1);
    }
}

void host_mask(void) {
    masks++;
}

void host_unmask(void) {
    masks--;
}

bool port_sha256_lock(void) {
    takes++;
    if (strcmp(mode, "taken") == 0 || (strcmp(mode, "shared") == 0 && takes % 3 == 0)) {
        return false;
    }
    expect(!taken, "taken twice");
    expect(masks == 1, "may be abandoned");
    taken = true;
    begun = false; // whoever had it has left something else in it
    return true;
}

void port_sha256_unlock(void) {
    expect(taken, "given back twice");
    taken = false;
}

void port_sha256_block(const uint32_t block[16], bool first) {
    expect(taken && masks == 1, "a block without the engine");
    expect(begun || first, "an engine cannot go on from what another left");
    if (first) {
        (void)mbedtls_sha256_starts(&engine, 0);
    }
    begun = true;
    blocks++;
    (void)mbedtls_internal_sha256_process(&engine, (const unsigned char *)block);
}

void port_sha256_digest(uint32_t digest[8]) {
    expect(taken && begun, "a digest without a block");
    for (int i = 0; i < 8; i++) {
        digest[i] = base_u32_be(engine.state[i]);
    }
    if (strcmp(mode, "unsound") == 0) {
        digest[7] ^= 1;
    }
}

static void print(const char *name, size_t len, const uint8_t *digest, size_t size) {
    printf("%s %zu ", name, len);
    for (size_t i = 0; i < size; i++) {
        printf("%02x", digest[i]);
    }
    printf("\n");
}

static char message[LONGEST + 1];

static void hash(size_t len) {
    uint8_t digest[CRYPTO_DIGEST_MAX];
    crypto_digest(CRYPTO_SHA256, (base_slice_t){message, len}, digest);
    print("sha256", len, digest, 32);
}

static void mac(size_t len) {
    uint8_t digest[CRYPTO_DIGEST_MAX];
    crypto_hmac_t key;
    crypto_hmac_key(&key, CRYPTO_SHA256, message, len);
    crypto_hmac(&key, message, len, digest);
    print("hmac", len, digest, 32);
    // The same key again, and a hash that no engine has.
    crypto_hmac(&key, message, 3, digest);
    print("hmac3", len, digest, 32);
    crypto_hmac_key(&key, CRYPTO_SHA1, message, len);
    crypto_hmac(&key, message, len, digest);
    print("hmac1", len, digest, 20);
}

static void derive(size_t len, uint32_t step) {
    uint8_t out[100];
    crypto_hmac_t key;
    crypto_pbkdf2_t derivation;
    crypto_hmac_key(&key, CRYPTO_SHA256, message, len);
    crypto_pbkdf2_start(&derivation, &key, (base_slice_t){message, len}, ITERATIONS, out, sizeof(out));
    while (!crypto_pbkdf2_step(&derivation, step)) {
        // Between two slices others have their turn.
        hash(3);
    }
    print("pbkdf2", len, out, sizeof(out));
}

int main(int argc, char **argv) {
    static const size_t lengths[] = {0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, LONGEST, LONGEST + 1};
    mode = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (char)(i * 7);
    }
    for (int i = 0; i < BASE_COUNT(lengths); i++) {
        hash(lengths[i]);
        mac(lengths[i]);
    }
    derive(8, 1);
    derive(80, 150);
    expect(!taken && masks == 0, "not given back");
    printf("blocks %ld\n", blocks);
    return 0;
}
