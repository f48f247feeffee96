// SHA-1 and SHA-2 (FIPS 180-4): mbedTLS' functions, which compute in software. Structures that may be copied, pure
// functions: a call that uses them may be abandoned at any instruction. They fail for wrong arguments only.
//
// Where MicroPython is built with its own mbedTLS (Linux, RP2: BASE_SHA_OF_PORT), these are that library's, which
// MicroPython's hashlib and tls use too, with one change: SHA-256 without MBEDTLS_SHA256_SMALLER, which would save 2 KB
// and take 25 % (x86-64) longer, with each of PBKDF2's iterations; on RP2040 its compression is ours, which takes 52 %
// of the time (base_sha256_armv6m.S), and on Linux that of the processor's instructions, where it has them
// (base_sha256_x86.c, base_sha_port.h).
//
// Elsewhere a firmware has two, and this one has other names (base_sha_config.h). ESP-IDF's mbedTLS takes the chip's
// hashing engine, and with it a lock: a call that is killed while it holds that never gives it back, and whoever hashes
// next waits for ever, the TLS of the port included. MicroPython without mbedTLS (the boards of our tests) keeps a
// SHA-256 for itself inside its hashlib.

#ifndef EDGELET_BASE_SHA_H
#define EDGELET_BASE_SHA_H

#if !BASE_SHA_OF_PORT
#undef MBEDTLS_CONFIG_FILE
#define MBEDTLS_CONFIG_FILE "base_sha_config.h"
#endif
#define MBEDTLS_ALLOW_PRIVATE_ACCESS // PBKDF2 starts from a state of its own

#include "mbedtls/sha1.h"
#include "mbedtls/sha256.h"
#include "mbedtls/sha512.h"

#endif // EDGELET_BASE_SHA_H
