// SHA-256 by the chip's own engine, where it has one that can be used: RP2350 and the ESP32s. Such an engine takes one
// block after the other from the beginning of a hash. An RP2350's and an ESP32's cannot go on from a state that
// somebody kept, so that nobody else may use it until the hash is at its end.

#ifndef EDGELET_PORT_SHA256_H
#define EDGELET_PORT_SHA256_H

#include <stdbool.h>
#include <stdint.h>

#if !defined(PORT_SHA256_ENGINE)
#if PICO_RP2350 || defined(ESP_PLATFORM)
#define PORT_SHA256_ENGINE (1)
#else
#define PORT_SHA256_ENGINE (0)
#endif
#endif

#if PORT_SHA256_ENGINE
// Takes the engine. False while somebody else has it, and for good where it does not give the digest that it should
// when it is first used. Who has it must not be abandoned (host_mask).
bool port_sha256_take(void);
void port_sha256_give(void);
// Gives the engine a block, its words as they lie in memory; first: of another hash.
void port_sha256_block(const uint32_t block[16], bool first);
// The digest of the blocks that it was given, words as they lie in memory.
void port_sha256_digest(uint32_t digest[8]);

// A chip's: whether nobody else has the engine now. Who has it gives it back by port_sha256_unlock.
bool port_sha256_lock(void);
void port_sha256_unlock(void);
#endif

#endif // EDGELET_PORT_SHA256_H
