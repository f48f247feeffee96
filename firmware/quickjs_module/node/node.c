// The module edgelet:node. See node.h.

#include "node/node_private.h"

#include <string.h>

#include "compression/compression.h"
#include "crypto/crypto.h"
#include "isolate/host.h"

int node_bytes(JSContext *ctx, JSValueConst value, base_slice_t *bytes) {
    int found = JS_IsObject(value) ? engine_buffer_source(ctx, value, bytes) : 0;
    if (found == 0) {
        JS_ThrowTypeError(ctx, "the data must be a buffer or a view of one");
    }
    return found > 0 ? 0 : -1;
}

// asyncContext(): the context of what runs.
static JSValue get_context(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return JS_DupValue(ctx, engine_async_context(ctx));
}

// setAsyncContext(context): gives the one before.
static JSValue set_context(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    return engine_swap_async_context(ctx, JS_DupValue(ctx, argv[0]));
}

// nextTick(function)
static JSValue next_tick(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    if (!JS_IsFunction(ctx, argv[0])) {
        return JS_ThrowTypeError(ctx, "nextTick takes a function");
    }
    engine_next_tick(ctx, argv[0]);
    return JS_UNDEFINED;
}

// memory(): [bytes that the call may use, bytes that it does not use yet]
static JSValue memory(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    JSValue sizes = JS_NewArray(ctx);
    JS_SetPropertyUint32(ctx, sizes, 0, JS_NewInt64(ctx, (int64_t)host_memory_limit(ctx)));
    JS_SetPropertyUint32(ctx, sizes, 1, JS_NewInt64(ctx, (int64_t)host_memory_left(ctx)));
    return sizes;
}

// compress(format, level, data): a Uint8Array.
static JSValue node_compress(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    base_slice_t data;
    int32_t level;
    int format = JS_ToInt32(ctx, &level, argv[1]) < 0 ? -1 : compression_format(ctx, argv[0]);
    if (format < 0 || node_bytes(ctx, argv[2], &data) < 0) {
        return JS_EXCEPTION;
    }
    if (level < -1 || level > 9) {
        return JS_ThrowRangeError(ctx, "the level of compression must be -1 to 9");
    }
    return compression_compress(ctx, format, level, data);
}

// decompress(format, data, most): a Uint8Array, or a text that says what is wrong with the data.
static JSValue node_decompress(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    base_slice_t data;
    int64_t most;
    int format = JS_ToInt64(ctx, &most, argv[2]) < 0 ? -1 : compression_format(ctx, argv[0]);
    if (format < 0 || node_bytes(ctx, argv[1], &data) < 0) {
        return JS_EXCEPTION;
    }
    return compression_decompress(ctx, format, data, most < 0 ? 0 : (uint64_t)most);
}

// crc32(data, before)
static JSValue crc32_of(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    uint32_t before;
    base_slice_t data;
    if (JS_ToUint32(ctx, &before, argv[1]) < 0 || node_bytes(ctx, argv[0], &data) < 0) {
        return JS_EXCEPTION;
    }
    return JS_NewUint32(ctx, compression_crc32(before, data));
}

static const JSCFunctionListEntry node_functions[] = {
    JS_CFUNC_DEF("asyncContext", 0, get_context),
    JS_CFUNC_DEF("setAsyncContext", 1, set_context),
    JS_CFUNC_DEF("nextTick", 1, next_tick),
    JS_CFUNC_DEF("memory", 0, memory),
    JS_CFUNC_DEF("hash", 2, node_hash),
    JS_CFUNC_DEF("pbkdf2", 5, node_pbkdf2),
    JS_CFUNC_DEF("hkdf", 5, node_hkdf),
    JS_CFUNC_DEF("scrypt", 7, node_scrypt),
    JS_CFUNC_DEF("compress", 3, node_compress),
    JS_CFUNC_DEF("decompress", 3, node_decompress),
    JS_CFUNC_DEF("crc32", 2, crc32_of),
    JS_CFUNC_DEF("subtle", 8, crypto_subtle),
};

static int node_set_exports(JSContext *ctx, JSModuleDef *module) {
    return JS_SetModuleExportList(ctx, module, node_functions, BASE_COUNT(node_functions));
}

static JSModuleDef *node_module(JSContext *ctx, const char *name) {
    if (strcmp(name, "edgelet:node") != 0) {
        return NULL;
    }
    JSModuleDef *module = JS_NewCModule(ctx, name, node_set_exports);
    JS_AddModuleExportList(ctx, module, node_functions, BASE_COUNT(node_functions));
    return module;
}

static const extension_class_t *const node_classes[] = {
    [NODE_HASH] = &node_class_hash,
};

extension_t node_extension = {
    .classes = node_classes,
    .class_count = BASE_COUNT(node_classes),
    .rare = true,
    .module = node_module,
};
