// What the files of this room share. Not for others.

#ifndef EDGELET_NODE_PRIVATE_H
#define EDGELET_NODE_PRIVATE_H

#include "node/node.h"

// Indexes of node_extension.classes.
enum {
    NODE_HASH,
};

extern const extension_class_t node_class_hash;

// The bytes of a buffer or a view of one, valid until any JavaScript runs. 0, or -1 with a pending TypeError.
int node_bytes(JSContext *ctx, JSValueConst value, base_slice_t *bytes);

// What the module exports.

// hash(name, key): a Hash, or an HMAC where there is a key; undefined for a hash that is not there.
JSValue node_hash(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
// pbkdf2(name, password, salt, iterations, length), hkdf(name, key, salt, info, length): a Uint8Array.
JSValue node_pbkdf2(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue node_hkdf(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
// scrypt(password, salt, n, r, p, length): a Uint8Array, or undefined for parameters that are not scrypt's.
JSValue node_scrypt(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

#endif // EDGELET_NODE_PRIVATE_H
