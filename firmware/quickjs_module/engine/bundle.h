// A function's compiled modules in one piece of bytes.
//
// All integers little endian:
//   0  "EJSB"            magic
//   4  u8 version        BUNDLE_VERSION
//   5  u8 flags          BUNDLE_STRIPPED, BUNDLE_EVENT_2
//   6  u16 modules       1 to BUNDLE_MODULES_MAX; the first is the main one
//   8  engine id         16 ASCII hex digits
//  24  source hash       SHA-256 over the sources, 32 bytes
//  56  u32 length        of what follows up to the digest
//  60  modules           each u16 name length, name, u32 bytecode length, bytecode
//  ..  digest            SHA-256 over everything before it, 32 bytes
//
// The digest finds damage; it is no signature. Who may bring a bundle is for the caller to decide.

#ifndef EDGELET_BUNDLE_H
#define EDGELET_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_VERSION (1)
#define BUNDLE_STRIPPED (1)
// Its handler expects events of AWS in version 2.0.
#define BUNDLE_EVENT_2 (2)
#define BUNDLE_MODULES_MAX (1024)
#define BUNDLE_HEADER_SIZE (60)
#define BUNDLE_DIGEST_SIZE (32)

typedef struct _bundle_t {
    const uint8_t *data; // the whole
    size_t len;
    uint16_t modules;
    uint8_t flags;
    char engine[17];            // NUL terminated
    const uint8_t *source_hash; // 32 bytes
} bundle_t;

typedef struct _bundle_module_t {
    const char *name; // not NUL terminated
    size_t name_len;
    const uint8_t *code;
    size_t code_len;
} bundle_module_t;

// Checks everything but the engine id. NULL when sound, else what is wrong ("truncated", ...), a constant.
const char *bundle_open(bundle_t *bundle, const uint8_t *data, size_t len);

// Steps through the modules: *at starts at 0. False at the end.
bool bundle_next(const bundle_t *bundle, size_t *at, bundle_module_t *module);

// SHA-256 (FIPS 180-4) over several pieces.
typedef struct _bundle_piece_t {
    const void *data;
    size_t len;
} bundle_piece_t;
void bundle_sha256(uint8_t digest[32], const bundle_piece_t *pieces, size_t count);

#endif // EDGELET_BUNDLE_H
