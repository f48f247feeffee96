// SHA-256 of crypto_hash.c by the chip's engine, where there is one (port_sha256.h) that nobody else has taken. Each
// returns whether it has done so; false, with nothing changed, where software has to.
//
// An engine cannot go on from the state of a hash that has taken an HMAC key. It takes the key's block again, which
// costs less than software takes for any block: on an RP2350 a block costs 57 clock cycles and the 16 words' way.

#ifndef EDGELET_CRYPTO_ENGINE_H
#define EDGELET_CRYPTO_ENGINE_H

#include "crypto/crypto_hash.h"
#include "port/port_sha256.h"

#if PORT_SHA256_ENGINE
bool crypto_engine_digest(crypto_hash_t hash, base_slice_t message, uint8_t digest[CRYPTO_DIGEST_MAX]);
bool crypto_engine_hmac(const crypto_hmac_t *key, base_slice_t message, uint8_t *mac);
// At most `count` iterations of a block of PBKDF2, as crypto_hash.c's pbkdf2_iterate; how many it has done.
uint32_t crypto_engine_pbkdf2(const crypto_hmac_t *key, uint32_t block[16], uint32_t sum[8], uint32_t count);
#else
#define crypto_engine_digest(hash, message, digest) (false)
#define crypto_engine_hmac(key, message, mac) (false)
#define crypto_engine_pbkdf2(key, block, sum, count) (0)
#endif

#endif // EDGELET_CRYPTO_ENGINE_H
