// What the files of the bindings share. Not for others.

#ifndef EDGELET_WORKERS_PRIVATE_H
#define EDGELET_WORKERS_PRIVATE_H

#include "base_chars.h"
#include "web/web_tools.h"
#include "workers/workers.h"

// Indexes of workers_extension.classes. The class' name is the binding's kind.
typedef enum {
    WORKERS_KV,
    WORKERS_FETCHER,
    WORKERS_JWKS,
    WORKERS_CLASS_COUNT,
} workers_class_id_t;

extern const extension_class_t workers_class_kv;
extern const extension_class_t workers_class_fetcher;
extern const extension_class_t workers_class_jwks;

// What lies behind each of their objects.
typedef struct _workers_binding_t {
    JSValue name; // a string
} workers_binding_t;

// The name of the binding whose object it is, not counted; a TypeError for anything else.
JSValueConst workers_name(JSContext *ctx, workers_class_id_t id, JSValueConst value);
void workers_finalize(JSRuntime *rt, JSValueConst value);

#endif // EDGELET_WORKERS_PRIVATE_H
