// KvNamespace: env.NAME of a binding of type "kv", with the methods and errors of Workers' class of that name. What it
// keeps is Python's: an operation for each key that is read or changed.

#include "workers/workers_private.h"

#include <string.h>

#include "streams/stream.h"

#define KV_KEYS_MAX (100) // of one get, as in Workers

// How a value is wanted. With KV_METADATA in one number, the subject of its operation.
typedef enum {
    KV_TEXT,
    KV_JSON,
    KV_ARRAY_BUFFER,
    KV_STREAM,
    KV_TYPE_COUNT,
} kv_type_t;

#define KV_METADATA (8)

static const char *const kv_type_names[KV_TYPE_COUNT] = {"text", "json", "arrayBuffer", "stream"};

// ---- arguments ----

// A member of options, which may be undefined or null as its absence may be: undefined then.
static JSValue kv_option(JSContext *ctx, JSValueConst options, const char *name) {
    if (JS_IsUndefined(options) || JS_IsNull(options)) {
        return JS_UNDEFINED;
    }
    if (!JS_IsObject(options)) {
        return JS_ThrowTypeError(ctx, "options must be an object");
    }
    JSValue value = JS_GetPropertyStr(ctx, options, name);
    return JS_IsNull(value) ? JS_UNDEFINED : value;
}

static JSValue kv_text_option(JSContext *ctx, JSValueConst options, const char *name) {
    JSValue value = kv_option(ctx, options, name);
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return value;
    }
    JSValue text = JS_ToString(ctx, value);
    JS_FreeValue(ctx, value);
    return text;
}

static JSValue kv_number_option(JSContext *ctx, JSValueConst options, const char *name) {
    JSValue value = kv_option(ctx, options, name);
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return value;
    }
    double number = 0;
    int failed = JS_ToFloat64(ctx, &number, value);
    JS_FreeValue(ctx, value);
    return failed ? JS_EXCEPTION : JS_NewFloat64(ctx, number);
}

// The option as JSON text.
static JSValue kv_json_option(JSContext *ctx, JSValueConst options, const char *name) {
    JSValue value = kv_option(ctx, options, name);
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return value;
    }
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    JS_FreeValue(ctx, value);
    return json;
}

// A key as a string.
static JSValue kv_key(JSContext *ctx, JSValueConst given) {
    JSValue key = JS_ToString(ctx, given);
    int64_t length = 0;
    if (!JS_IsException(key) && JS_GetLength(ctx, key, &length) == 0 && length == 0) {
        JS_FreeValue(ctx, key);
        return JS_ThrowTypeError(ctx, "Key name cannot be empty.");
    }
    return key;
}

// The type that the second argument of a get is, or has as its option. 0 or -1.
static int kv_type(JSContext *ctx, JSValueConst given, kv_type_t *type) {
    JSValue value = JS_IsString(given) ? JS_DupValue(ctx, given) : kv_option(ctx, given, "type");
    *type = KV_TEXT;
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    const char *name = JS_ToCString(ctx, value);
    JS_FreeValue(ctx, value);
    if (name == NULL) {
        return -1;
    }
    while (*type < KV_TYPE_COUNT && strcmp(kv_type_names[*type], name) != 0) {
        (*type)++;
    }
    JS_FreeCString(ctx, name);
    if (*type == KV_TYPE_COUNT) {
        JS_ThrowTypeError(ctx, "Unknown response type. Possible types are \"text\", \"arrayBuffer\", \"json\", and "
                               "\"stream\".");
        return -1;
    }
    return 0;
}

// ---- what is found ----

static JSValue kv_parse(JSContext *ctx, JSValueConst text) {
    size_t len;
    const char *utf8 = JS_ToCStringLen(ctx, &len, text);
    JSValue value = JS_ParseJSON(ctx, utf8, len, "<KV>");
    JS_FreeCString(ctx, utf8);
    return value;
}

// The text of a value that came as text, or as bytes since it is not well-formed.
static JSValue kv_text(JSContext *ctx, JSValueConst value) {
    base_slice_t bytes;
    if (JS_IsString(value)) {
        return JS_DupValue(ctx, value);
    }
    engine_buffer_source(ctx, value, &bytes);
    return web_utf8_string(ctx, bytes.data, bytes.len, false);
}

static JSValue kv_convert(JSContext *ctx, JSValueConst value, kv_type_t type) {
    base_slice_t bytes;
    if (type == KV_ARRAY_BUFFER) {
        return JS_GetTypedArrayBuffer(ctx, value, NULL, NULL, NULL);
    }
    if (type == KV_STREAM) {
        engine_buffer_source(ctx, value, &bytes);
        return web_stream_of_bytes(ctx, bytes);
    }
    JSValue text = kv_text(ctx, value);
    if (type == KV_TEXT) {
        return text;
    }
    JSValue parsed = kv_parse(ctx, text);
    JS_FreeValue(ctx, text);
    return parsed;
}

// The metadata of an entry, from its JSON text.
static JSValue kv_metadata(JSContext *ctx, JSValueConst text) {
    return JS_IsString(text) ? kv_parse(ctx, text) : JS_NULL;
}

static void kv_define(JSContext *ctx, JSValueConst object, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_C_W_E);
}

// { value, metadata } of what the operation gave.
static JSValue kv_pair(JSContext *ctx, JSValue value, JSValueConst found) {
    JSValue text = JS_IsNull(found) ? JS_NULL : JS_GetPropertyUint32(ctx, found, 1);
    JSValue metadata = kv_metadata(ctx, text);
    JS_FreeValue(ctx, text);
    if (JS_IsException(metadata)) {
        JS_FreeValue(ctx, value);
        return metadata;
    }
    JSValue pair = JS_NewObject(ctx);
    kv_define(ctx, pair, "value", value);
    kv_define(ctx, pair, "metadata", metadata);
    return pair;
}

// What the operation gave, [value, metadata] or null, as `how` says.
static JSValue kv_entry(JSContext *ctx, JSValueConst found, int how) {
    JSValue value = JS_NULL;
    if (!JS_IsNull(found)) {
        JSValue raw = JS_GetPropertyUint32(ctx, found, 0);
        value = kv_convert(ctx, raw, how & (KV_METADATA - 1));
        JS_FreeValue(ctx, raw);
    }
    return (how & KV_METADATA) == 0 || JS_IsException(value) ? value : kv_pair(ctx, value, found);
}

// ---- get ----

// Asks for a key.
static JSValue kv_ask(
    JSContext *ctx, JSValueConst name, JSValueConst key, int how, host_step_t *step, JSValueConst subject) {
    int type = how & (KV_METADATA - 1);
    JSValueConst args[] = {name, key, JS_NewBool(ctx, type == KV_TEXT || type == KV_JSON)};
    return host_op_with(ctx, "kv.get", BASE_COUNT(args), args, step, subject);
}

static JSValue kv_got(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst found) {
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, found));
    }
    int how = JS_VALUE_GET_INT(subject);
    JSValue entry = kv_entry(ctx, found, how);
    if ((how & KV_METADATA) != 0 && !JS_IsException(entry)) {
        kv_define(ctx, entry, "cacheStatus", JS_NULL);
    }
    return entry;
}

static JSValue kv_get_one(JSContext *ctx, JSValueConst name, JSValueConst given, int how) {
    JSValue key = kv_key(ctx, given);
    if (JS_IsException(key)) {
        return key;
    }
    JSValue promise = kv_ask(ctx, name, key, how, kv_got, JS_NewInt32(ctx, how));
    JS_FreeValue(ctx, key);
    return promise;
}

// ---- get of many keys: one after the other, so that only what the handler gets takes memory ----

// The subject: an array of these.
enum { MANY_NAME, MANY_KEYS, MANY_HOW, MANY_AT, MANY_MAP, MANY_ANSWER, MANY_COUNT };

static JSValue many_slot(JSContext *ctx, JSValueConst many, uint32_t slot) {
    return JS_GetPropertyUint32(ctx, many, slot);
}

static int many_number(JSContext *ctx, JSValueConst many, uint32_t slot) {
    JSValue value = many_slot(ctx, many, slot);
    return JS_VALUE_GET_INT(value);
}

// The key whose turn it is; undefined behind the last one.
static JSValue many_key(JSContext *ctx, JSValueConst many) {
    JSValue keys = many_slot(ctx, many, MANY_KEYS);
    int at = many_number(ctx, many, MANY_AT);
    int64_t count = 0;
    JS_GetLength(ctx, keys, &count);
    JSValue key = at < count ? JS_GetPropertyUint32(ctx, keys, (uint32_t)at) : JS_UNDEFINED;
    JS_FreeValue(ctx, keys);
    return key;
}

// With the pending exception.
static void many_fail(JSContext *ctx, JSValueConst many) {
    JSValue answer = many_slot(ctx, many, MANY_ANSWER), error = JS_GetException(ctx);
    engine_promise_reject(ctx, answer, error);
    JS_FreeValue(ctx, error);
    JS_FreeValue(ctx, answer);
}

static void many_end(JSContext *ctx, JSValueConst many) {
    JSValue answer = many_slot(ctx, many, MANY_ANSWER), map = many_slot(ctx, many, MANY_MAP);
    engine_promise_resolve(ctx, answer, map);
    JS_FreeValue(ctx, map);
    JS_FreeValue(ctx, answer);
}

static JSValue many_got(JSContext *ctx, JSValueConst many, bool rejected, JSValueConst found);

static void many_next(JSContext *ctx, JSValueConst many) {
    JSValue key = many_key(ctx, many);
    if (JS_IsUndefined(key)) {
        many_end(ctx, many);
        return;
    }
    JSValue name = many_slot(ctx, many, MANY_NAME);
    JSValue promise = kv_ask(ctx, name, key, many_number(ctx, many, MANY_HOW), many_got, many);
    if (JS_IsException(promise)) {
        many_fail(ctx, many);
    }
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, name);
    JS_FreeValue(ctx, key);
}

static JSValue many_got(JSContext *ctx, JSValueConst many, bool rejected, JSValueConst found) {
    int how = many_number(ctx, many, MANY_HOW);
    if (rejected) {
        JS_Throw(ctx, JS_DupValue(ctx, found));
        many_fail(ctx, many);
        return JS_UNDEFINED;
    }
    // As in Workers, a key that is not there is null with metadata too.
    JSValue entry = kv_entry(ctx, found, JS_IsNull(found) ? KV_TEXT : how);
    if (JS_IsException(entry)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        JS_ThrowPlainError(
            ctx, "KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value");
        many_fail(ctx, many);
        return JS_UNDEFINED;
    }
    JSValue map = many_slot(ctx, many, MANY_MAP), key = many_key(ctx, many);
    engine_map_set(ctx, map, key, entry);
    JS_FreeValue(ctx, key);
    JS_FreeValue(ctx, map);
    JS_FreeValue(ctx, entry);
    JS_DefinePropertyValueUint32(
        ctx, many, MANY_AT, JS_NewInt32(ctx, many_number(ctx, many, MANY_AT) + 1), JS_PROP_C_W_E);
    many_next(ctx, many);
    return JS_UNDEFINED;
}

// The keys of an array as an array of strings, or an exception.
static JSValue many_keys(JSContext *ctx, JSValueConst given) {
    int64_t count;
    if (JS_GetLength(ctx, given, &count) < 0) {
        return JS_EXCEPTION;
    }
    if (count < 1) {
        return JS_ThrowPlainError(ctx, "KV GET_BULK failed: 400 You must request a minimum of 1 key");
    }
    if (count > KV_KEYS_MAX) {
        return JS_ThrowPlainError(ctx, "KV GET_BULK failed: 400 You can request a maximum of %d keys", KV_KEYS_MAX);
    }
    JSValue keys = JS_NewArray(ctx);
    for (uint32_t i = 0; i < (uint32_t)count; i++) {
        JSValue item = JS_GetPropertyUint32(ctx, given, i);
        JSValue key = JS_IsException(item) ? item : JS_ToString(ctx, item);
        if (JS_IsException(key)) {
            JS_FreeValue(ctx, item);
            JS_FreeValue(ctx, keys);
            return JS_EXCEPTION;
        }
        JS_FreeValue(ctx, item);
        JS_DefinePropertyValueUint32(ctx, keys, i, key, JS_PROP_C_W_E);
    }
    return keys;
}

static JSValue kv_get_many(JSContext *ctx, JSValueConst name, JSValueConst given, int how) {
    int type = how & (KV_METADATA - 1);
    if (type != KV_TEXT && type != KV_JSON) {
        return JS_ThrowPlainError(
            ctx, "KV GET_BULK failed: 400 \"%s\" is not a valid type. Use \"json\" or \"text\"", kv_type_names[type]);
    }
    JSValue keys = many_keys(ctx, given);
    if (JS_IsException(keys) || host_at_top_level(ctx, "kv.get")) {
        JS_FreeValue(ctx, keys);
        return JS_EXCEPTION;
    }
    JSValue answer = engine_promise_new(ctx);
    JSValue slots[MANY_COUNT] = {
        [MANY_NAME] = JS_DupValue(ctx, name),
        [MANY_KEYS] = keys,
        [MANY_HOW] = JS_NewInt32(ctx, how),
        [MANY_AT] = JS_NewInt32(ctx, 0),
        [MANY_MAP] = engine_map_new(ctx),
        [MANY_ANSWER] = JS_DupValue(ctx, answer),
    };
    JSValue many = JS_NewArray(ctx);
    for (uint32_t i = 0; i < MANY_COUNT; i++) {
        JS_DefinePropertyValueUint32(ctx, many, i, slots[i], JS_PROP_C_W_E);
    }
    many_next(ctx, many);
    JS_FreeValue(ctx, many);
    return answer;
}

// get(key or keys, type or options), and with the magic number KV_METADATA getWithMetadata.
static JSValue kv_get(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    JSValueConst name = workers_name(ctx, WORKERS_KV, this_val);
    kv_type_t type;
    if (JS_IsException(name) || web_check_args(ctx, argc, 1) < 0 ||
        kv_type(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, &type) < 0) {
        return web_reject_pending(ctx);
    }
    int how = (int)type | magic;
    JSValue promise = JS_IsArray(argv[0]) ? kv_get_many(ctx, name, argv[0], how) : kv_get_one(ctx, name, argv[0], how);
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

// ---- put and delete ----

static JSValue kv_changed(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value) {
    (void)subject;
    return rejected ? JS_Throw(ctx, JS_DupValue(ctx, value)) : JS_UNDEFINED;
}

enum { PUT_NAME, PUT_KEY, PUT_VALUE, PUT_EXPIRATION, PUT_TTL, PUT_METADATA, PUT_COUNT };

static JSValue put_op(JSContext *ctx, JSValueConst *args) {
    return host_op_with(ctx, "kv.put", PUT_COUNT, args, kv_changed, JS_UNDEFINED);
}

// The value has been read from its stream; the subject is an array of the arguments.
static JSValue put_read(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst bytes) {
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, bytes));
    }
    JSValue args[PUT_COUNT];
    for (uint32_t i = 0; i < PUT_COUNT; i++) {
        args[i] = i == PUT_VALUE ? JS_DupValue(ctx, bytes) : JS_GetPropertyUint32(ctx, subject, i);
    }
    JSValue promise = put_op(ctx, (JSValueConst *)args);
    for (int i = 0; i < PUT_COUNT; i++) {
        JS_FreeValue(ctx, args[i]);
    }
    return promise;
}

static JSValue put_stream(JSContext *ctx, JSValueConst *args) {
    JSValueConst stream = args[PUT_VALUE];
    if (stream_is_locked(stream) || stream_is_disturbed(stream)) {
        return JS_ThrowTypeError(ctx, "the stream given as value is locked or has been read already");
    }
    if (host_at_top_level(ctx, "kv.put")) {
        return JS_EXCEPTION;
    }
    JSValue subject = JS_NewArray(ctx);
    for (uint32_t i = 0; i < PUT_COUNT; i++) {
        JS_DefinePropertyValueUint32(ctx, subject, i, JS_DupValue(ctx, args[i]), JS_PROP_C_W_E);
    }
    JSValue bytes = stream_read_all(ctx, stream);
    JSValue promise = stream_then(ctx, bytes, put_read, subject);
    JS_FreeValue(ctx, bytes);
    JS_FreeValue(ctx, subject);
    return promise;
}

// What is given as a value: a stream or bytes as they are, else a string.
static JSValue put_value(JSContext *ctx, JSValueConst value) {
    if (!JS_IsObject(value)) {
        return JS_ToString(ctx, value);
    }
    base_slice_t bytes;
    int is_bytes = stream_is(value) ? 1 : engine_buffer_source(ctx, value, &bytes);
    if (is_bytes == 0) {
        JS_ThrowTypeError(ctx, "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as "
                               "values.");
    }
    return is_bytes > 0 ? JS_DupValue(ctx, value) : JS_EXCEPTION;
}

static JSValue put_argument(JSContext *ctx, int which, JSValueConst *argv, JSValueConst options) {
    switch (which) {
        case PUT_KEY:
            return kv_key(ctx, argv[0]);
        case PUT_VALUE:
            return put_value(ctx, argv[1]);
        case PUT_EXPIRATION:
            return kv_number_option(ctx, options, "expiration");
        case PUT_TTL:
            return kv_number_option(ctx, options, "expirationTtl");
        default:
            return kv_json_option(ctx, options, "metadata");
    }
}

// put(key, value, { expiration, expirationTtl, metadata })
static JSValue kv_put(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValueConst name = workers_name(ctx, WORKERS_KV, this_val);
    if (JS_IsException(name) || web_check_args(ctx, argc, 2) < 0) {
        return web_reject_pending(ctx);
    }
    JSValue args[PUT_COUNT] = {JS_DupValue(ctx, name)};
    int count = PUT_KEY;
    while (count < PUT_COUNT) {
        args[count] = put_argument(ctx, count, argv, argc > 2 ? argv[2] : JS_UNDEFINED);
        if (JS_IsException(args[count])) {
            break;
        }
        count++;
    }

    JSValue promise = JS_EXCEPTION;
    if (count == PUT_COUNT) {
        JSValueConst *given = (JSValueConst *)args;
        promise = stream_is(args[PUT_VALUE]) ? put_stream(ctx, given) : put_op(ctx, given);
    }
    while (count > 0) {
        JS_FreeValue(ctx, args[--count]);
    }
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

static JSValue kv_delete(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValueConst name = workers_name(ctx, WORKERS_KV, this_val);
    JSValue key = JS_IsException(name) || web_check_args(ctx, argc, 1) < 0 ? JS_EXCEPTION : kv_key(ctx, argv[0]);
    if (JS_IsException(key)) {
        return web_reject_pending(ctx);
    }
    JSValueConst args[] = {name, key};
    JSValue promise = host_op_with(ctx, "kv.delete", BASE_COUNT(args), args, kv_changed, JS_UNDEFINED);
    JS_FreeValue(ctx, key);
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

// ---- list ----

// { name, expiration, metadata } of what the operation gave of a key, which it takes over.
static JSValue list_key(JSContext *ctx, JSValue found) {
    JSValue text = JS_GetPropertyUint32(ctx, found, 2);
    JSValue metadata = kv_metadata(ctx, text);
    JS_FreeValue(ctx, text);
    if (JS_IsException(metadata)) {
        JS_FreeValue(ctx, found);
        return metadata;
    }
    JSValue key = JS_NewObject(ctx), expiration = JS_GetPropertyUint32(ctx, found, 1);
    kv_define(ctx, key, "name", JS_GetPropertyUint32(ctx, found, 0));
    if (!JS_IsNull(expiration)) {
        kv_define(ctx, key, "expiration", expiration);
    }
    if (!JS_IsNull(metadata)) {
        kv_define(ctx, key, "metadata", metadata);
    }
    JS_FreeValue(ctx, found);
    return key;
}

static JSValue list_keys(JSContext *ctx, JSValueConst found) {
    JSValue keys = JS_NewArray(ctx);
    int64_t count = 0;
    JS_GetLength(ctx, found, &count);
    for (uint32_t i = 0; i < (uint32_t)count; i++) {
        JSValue key = list_key(ctx, JS_GetPropertyUint32(ctx, found, i));
        if (JS_IsException(key)) {
            JS_FreeValue(ctx, keys);
            return key;
        }
        JS_DefinePropertyValueUint32(ctx, keys, i, key, JS_PROP_C_W_E);
    }
    return keys;
}

// The operation gives [[[name, expiration, metadata], ...], cursor].
static JSValue list_done(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst page) {
    (void)subject;
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, page));
    }
    JSValue found = JS_GetPropertyUint32(ctx, page, 0);
    JSValue keys = list_keys(ctx, found);
    JS_FreeValue(ctx, found);
    if (JS_IsException(keys)) {
        return keys;
    }
    JSValue result = JS_NewObject(ctx), cursor = JS_GetPropertyUint32(ctx, page, 1);
    kv_define(ctx, result, "keys", keys);
    kv_define(ctx, result, "list_complete", JS_NewBool(ctx, JS_IsNull(cursor)));
    if (!JS_IsNull(cursor)) {
        kv_define(ctx, result, "cursor", cursor);
    }
    kv_define(ctx, result, "cacheStatus", JS_NULL);
    return result;
}

// list({ prefix, limit, cursor })
static JSValue kv_list(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValueConst name = workers_name(ctx, WORKERS_KV, this_val);
    if (JS_IsException(name)) {
        return web_reject_pending(ctx);
    }
    JSValueConst options = argc > 0 ? argv[0] : JS_UNDEFINED;
    JSValue prefix = kv_text_option(ctx, options, "prefix");
    JSValue limit = JS_IsException(prefix) ? JS_UNDEFINED : kv_number_option(ctx, options, "limit");
    JSValue cursor =
        JS_IsException(prefix) || JS_IsException(limit) ? JS_UNDEFINED : kv_text_option(ctx, options, "cursor");
    JSValue promise = JS_EXCEPTION;
    if (!JS_IsException(prefix) && !JS_IsException(limit) && !JS_IsException(cursor)) {
        JSValueConst args[] = {name, prefix, limit, cursor};
        promise = host_op_with(ctx, "kv.list", BASE_COUNT(args), args, list_done, JS_UNDEFINED);
    }
    JS_FreeValue(ctx, prefix);
    JS_FreeValue(ctx, limit);
    JS_FreeValue(ctx, cursor);
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

static const JSCFunctionListEntry kv_proto[] = {
    JS_CFUNC_MAGIC_DEF("get", 2, kv_get, 0),
    JS_CFUNC_MAGIC_DEF("getWithMetadata", 2, kv_get, KV_METADATA),
    JS_CFUNC_DEF("put", 3, kv_put),
    JS_CFUNC_DEF("delete", 1, kv_delete),
    JS_CFUNC_DEF("list", 1, kv_list),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "KvNamespace", JS_PROP_CONFIGURABLE),
};

const extension_class_t workers_class_kv = {
    .def = {.class_name = "KvNamespace", .finalizer = workers_finalize},
    .proto = kv_proto,
    .proto_len = BASE_COUNT(kv_proto),
    .rare = true,
};
