// structuredClone (HTML standard, section 2.7) for everything but platform objects; of these, Blobs, Files and
// DOMExceptions are cloned, and as in Workers Headers, and Requests without a body; and ArrayBuffers transferred.
//
// The engine's own serializer is not used: it calls getters while it walks an object's properties by address. Clones
// are made empty and filled one after the other from a list, so that depth costs no stack.

#include <string.h>
#include "web/web_private.h"

typedef struct _cloned_t {
    JSValue source;
    JSValue copy;
} cloned_t;

// The objects met so far, in order, and a hash table of their places.
typedef struct _clones_t {
    cloned_t *list;
    uint32_t count;
    uint32_t cap;    // of list; the table has twice as many slots
    uint32_t *slots; // place in list plus 1; 0 for none
} clones_t;

static JSValue refuse(JSContext *ctx, const char *what) {
    engine_need(ctx, ENGINE_DOM_EXCEPTION);
    return JS_ThrowDOMException(ctx, "DataCloneError", "%s could not be cloned", what);
}

// ---- the list ----

static uint32_t *find_slot(const clones_t *clones, JSValueConst object) {
    void *address = JS_VALUE_GET_PTR(object);
    uint32_t mask = clones->cap * 2 - 1;
    uint32_t at = (uint32_t)((uintptr_t)address >> 3) * 2654435769u; // Knuth, The Art of Computer Programming, 6.4
    for (at ^= at >> 16;; at++) {
        uint32_t *slot = &clones->slots[at & mask];
        if (*slot == 0 || JS_VALUE_GET_PTR(clones->list[*slot - 1].source) == address) {
            return slot;
        }
    }
}

static void clones_grow(JSContext *ctx, clones_t *clones) {
    clones->cap = clones->cap == 0 ? 8 : clones->cap * 2;
    clones->list = js_realloc(ctx, clones->list, clones->cap * sizeof(*clones->list));
    js_free(ctx, clones->slots);
    clones->slots = js_mallocz(ctx, clones->cap * 2 * sizeof(*clones->slots));
    for (uint32_t i = 0; i < clones->count; i++) {
        *find_slot(clones, clones->list[i].source) = i + 1;
    }
}

// Notes the copy of an object and returns it. Takes `copy`.
static JSValue note(JSContext *ctx, clones_t *clones, JSValueConst source, JSValue copy) {
    if (JS_IsException(copy)) {
        return copy;
    }
    if (clones->count == clones->cap) {
        clones_grow(ctx, clones);
    }
    uint32_t *slot = find_slot(clones, source);
    clones->list[clones->count++] = (cloned_t){JS_DupValue(ctx, source), JS_DupValue(ctx, copy)};
    *slot = clones->count;
    return copy;
}

static void free_clones(JSContext *ctx, clones_t *clones) {
    for (uint32_t i = 0; i < clones->count; i++) {
        JS_FreeValue(ctx, clones->list[i].source);
        JS_FreeValue(ctx, clones->list[i].copy);
    }
    js_free(ctx, clones->list);
    js_free(ctx, clones->slots);
}

// ---- making copies ----

static JSValue construct(JSContext *ctx, const char *name, int argc, JSValueConst *argv) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue constructor = JS_GetPropertyStr(ctx, global, name);
    JS_FreeValue(ctx, global);
    JSValue object = JS_IsException(constructor) ? JS_EXCEPTION : JS_CallConstructor(ctx, constructor, argc, argv);
    JS_FreeValue(ctx, constructor);
    return object;
}

static JSValue copy_date(JSContext *ctx, JSValueConst source) {
    double time;
    return JS_ToFloat64(ctx, &time, source) < 0 ? JS_EXCEPTION : JS_NewDate(ctx, time);
}

static JSValue copy_regexp(JSContext *ctx, JSValueConst source) {
    JSValue args[2] = {JS_GetPropertyStr(ctx, source, "source"), JS_GetPropertyStr(ctx, source, "flags")};
    JSValue copy =
        JS_IsException(args[0]) || JS_IsException(args[1]) ? JS_EXCEPTION : construct(ctx, "RegExp", 2, args);
    JS_FreeValues(ctx, args[0], args[1]);
    return copy;
}

static JSValue copy_buffer(JSContext *ctx, JSValueConst source) {
    size_t len;
    const uint8_t *data = JS_GetArrayBuffer(ctx, &len, source);
    if (data == NULL && JS_HasException(ctx)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return refuse(ctx, "a detached ArrayBuffer");
    }
    return JS_NewArrayBufferCopy(ctx, data, len);
}

static JSValue clone_value(JSContext *ctx, clones_t *clones, JSValueConst value);

static JSValue copy_typed_array(JSContext *ctx, clones_t *clones, JSValueConst source, JSTypedArrayEnum type) {
    size_t offset, length, size;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, source, &offset, &length, &size);
    JSValue copy = JS_IsException(buffer) ? JS_EXCEPTION : clone_value(ctx, clones, buffer);
    JSValue args[3] = {copy, JS_NewInt64(ctx, (int64_t)offset), JS_NewInt64(ctx, (int64_t)(length / size))};
    JSValue array = JS_IsException(copy) ? JS_EXCEPTION : JS_NewTypedArray(ctx, 3, args, type);
    JS_FreeValues(ctx, copy, buffer);
    return array;
}

static JSValue copy_data_view(JSContext *ctx, clones_t *clones, JSValueConst source) {
    JSValue buffer = JS_GetPropertyStr(ctx, source, "buffer");
    JSValue args[3] = {
        JS_IsException(buffer) ? JS_EXCEPTION : clone_value(ctx, clones, buffer),
        JS_GetPropertyStr(ctx, source, "byteOffset"),
        JS_GetPropertyStr(ctx, source, "byteLength"),
    };
    bool failed = JS_IsException(args[0]) || JS_IsException(args[1]) || JS_IsException(args[2]);
    JSValue view = failed ? JS_EXCEPTION : construct(ctx, "DataView", 3, args);
    JS_FreeValues(ctx, args[0], args[1], args[2], buffer);
    return view;
}

// The constructor that an error's name stands for; NULL with a pending exception.
static const char *error_constructor(JSContext *ctx, JSValueConst source) {
    static const char *const names[] = {
        "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"};
    JSValue name = JS_GetPropertyStr(ctx, source, "name");
    const char *text = JS_IsException(name) ? NULL : JS_ToCString(ctx, name);
    JS_FreeValue(ctx, name);
    if (text == NULL) {
        return NULL;
    }
    const char *found = "Error";
    for (int i = 0; i < BASE_COUNT(names); i++) {
        found = strcmp(text, names[i]) == 0 ? names[i] : found;
    }
    JS_FreeCString(ctx, text);
    return found;
}

static int copy_hidden(JSContext *ctx, JSValueConst source, JSValueConst copy, const char *name) {
    JSValue value = JS_GetPropertyStr(ctx, source, name);
    if (JS_IsString(value)) {
        return JS_DefinePropertyValueStr(ctx, copy, name, value, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    }
    JS_FreeValue(ctx, value);
    return JS_IsException(value) ? -1 : 0;
}

static JSValue copy_error(JSContext *ctx, JSValueConst source) {
    const char *constructor = error_constructor(ctx, source);
    JSValue copy = constructor == NULL ? JS_EXCEPTION : construct(ctx, constructor, 0, NULL);
    if (!JS_IsException(copy) &&
        (copy_hidden(ctx, source, copy, "message") < 0 || copy_hidden(ctx, source, copy, "stack") < 0)) {
        JS_FreeValue(ctx, copy);
        return JS_EXCEPTION;
    }
    return copy;
}

static JSValue copy_blob(JSContext *ctx, const web_blob_t *source) {
    JSValue name = JS_DupValue(ctx, source->name);
    base_slice_t data = {source->data, source->len};
    JSValue type = JS_DupValue(ctx, source->type);
    JSValue copy = web_blob_new(ctx, source->bytes, data, type, JS_IsUndefined(name) ? NULL : &name);
    web_blob_of(copy)->last_modified = source->last_modified;
    return copy;
}

// A DOMException's copy. Any other object is refused, with one.
static JSValue copy_exception(JSContext *ctx, JSValueConst source) {
    refuse(ctx, "the object");
    JSValue error = JS_GetException(ctx);
    if (JS_GetClassID(error) != JS_GetClassID(source)) {
        return JS_Throw(ctx, error);
    }
    JS_FreeValue(ctx, error);
    JSValue args[2] = {JS_GetPropertyStr(ctx, source, "message"), JS_GetPropertyStr(ctx, source, "name")};
    bool failed = JS_IsException(args[0]) || JS_IsException(args[1]);
    JSValue copy = failed ? JS_EXCEPTION : construct(ctx, "DOMException", 2, args);
    JS_FreeValues(ctx, args[0], args[1]);
    if (!JS_IsException(copy) && copy_hidden(ctx, source, copy, "stack") < 0) {
        JS_FreeValue(ctx, copy);
        return JS_EXCEPTION;
    }
    return copy;
}

static JSValue copy_headers(JSContext *ctx, const web_headers_t *source) {
    web_headers_t *headers = web_headers_copy(ctx, source);
    JSValue copy = web_headers_object(ctx, headers);
    web_headers_free(JS_GetRuntime(ctx), headers);
    return copy;
}

static JSValue copy_request(JSContext *ctx, const web_request_t *request, JSValueConst source) {
    bool has_body = web_body_present(&request->message.body);
    return has_body ? refuse(ctx, "a Request with a body") : web_request_from(ctx, source, JS_UNDEFINED);
}

// Whether the object is of the class that `sample` is of. Frees the sample.
static bool same_class(JSContext *ctx, JSValueConst object, JSValue sample) {
    bool same = JS_GetClassID(object) == JS_GetClassID(sample);
    JS_FreeValue(ctx, sample);
    return same;
}

static bool is_boxed(JSContext *ctx, JSValueConst object) {
    const JSValue primitives[] = {JS_TRUE, JS_NewInt32(ctx, 0), JS_NewString(ctx, ""), JS_NewBigInt64(ctx, 0)};
    bool boxed = false;
    for (int i = 0; i < BASE_COUNT(primitives) && !boxed; i++) {
        boxed = same_class(ctx, object, JS_ToObject(ctx, primitives[i]));
    }
    JS_FreeValue(ctx, primitives[2]);
    return boxed;
}

static JSValue copy_boxed(JSContext *ctx, JSValueConst source) {
    JSValue method = JS_GetPropertyStr(ctx, source, "valueOf");
    JSValue value = JS_IsException(method) ? JS_EXCEPTION : JS_Call(ctx, method, source, 0, NULL);
    JSValue copy = JS_EXCEPTION;
    if (JS_IsObject(value)) {
        refuse(ctx, "the object");
    } else if (!JS_IsException(value)) {
        copy = JS_ToObject(ctx, value);
    }
    JS_FreeValues(ctx, value, method);
    return copy;
}

// The copy of an object of one of the engine's classes.
static JSValue copy_of_class(JSContext *ctx, clones_t *clones, JSValueConst source) {
    if (JS_IsDate(source)) {
        return copy_date(ctx, source);
    }
    if (JS_IsRegExp(source)) {
        return copy_regexp(ctx, source);
    }
    if (JS_IsMap(source) || JS_IsSet(source)) {
        return construct(ctx, JS_IsMap(source) ? "Map" : "Set", 0, NULL);
    }
    if (JS_IsArrayBuffer(source)) {
        return copy_buffer(ctx, source);
    }
    if (JS_IsDataView(source)) {
        return copy_data_view(ctx, clones, source);
    }
    if (JS_IsError(source)) {
        return copy_error(ctx, source);
    }
    if (web_blob_of(source) != NULL) {
        return copy_blob(ctx, web_blob_of(source));
    }
    if (is_boxed(ctx, source)) {
        return copy_boxed(ctx, source);
    }
    const web_request_t *request = web_class_get(WEB_REQUEST, source);
    if (request != NULL) {
        return copy_request(ctx, request, source);
    }
    const web_headers_t *headers = web_class_get(WEB_HEADERS, source);
    if (headers != NULL) {
        return copy_headers(ctx, headers);
    }
    return same_class(ctx, source, JS_NewObject(ctx)) ? JS_NewObject(ctx) : copy_exception(ctx, source);
}

// The copy of an object, with nothing in it yet that could refer to others.
static JSValue make_copy(JSContext *ctx, clones_t *clones, JSValueConst source) {
    int type = JS_GetTypedArrayType(source);
    if (JS_IsFunction(ctx, source)) {
        return refuse(ctx, "a function");
    }
    if (type >= 0) {
        return copy_typed_array(ctx, clones, source, (JSTypedArrayEnum)type);
    }
    if (JS_IsArray(source) && !JS_IsProxy(source)) {
        return JS_NewArray(ctx);
    }
    return copy_of_class(ctx, clones, source);
}

// The clone of a value; objects are noted, to be filled later.
static JSValue clone_value(JSContext *ctx, clones_t *clones, JSValueConst value) {
    if (JS_IsSymbol(value)) {
        return refuse(ctx, "a symbol");
    }
    if (!JS_IsObject(value)) {
        return JS_DupValue(ctx, value);
    }
    if (clones->count > 0) {
        uint32_t place = *find_slot(clones, value);
        if (place > 0) {
            return JS_DupValue(ctx, clones->list[place - 1].copy);
        }
    }
    return note(ctx, clones, value, make_copy(ctx, clones, value));
}

// ---- filling them ----

static int fill_properties(JSContext *ctx, clones_t *clones, JSValueConst source, JSValueConst copy) {
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, source, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) {
        return -1;
    }

    int result = 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        JSPropertyDescriptor property;
        int has = JS_GetOwnProperty(ctx, &property, source, names[i].atom);
        result = has < 0 ? -1 : 0;

        if (has > 0) {
            JS_FreeValues(ctx, property.value, property.getter, property.setter);
            JSValue value = JS_GetProperty(ctx, source, names[i].atom);
            JSValue cloned = JS_IsException(value) ? JS_EXCEPTION : clone_value(ctx, clones, value);
            JS_FreeValue(ctx, value);
            // A handler's Map.prototype.set may have frozen the copy.
            if (JS_IsException(cloned) || JS_DefinePropertyValue(ctx, copy, names[i].atom, cloned, JS_PROP_C_W_E) < 0) {
                result = -1;
            }
        }
    }
    JS_FreePropertyEnum(ctx, names, count);
    return result;
}

static int fill_array(JSContext *ctx, clones_t *clones, JSValueConst source, JSValueConst copy) {
    int64_t length;
    if (JS_GetLength(ctx, source, &length) < 0 || JS_SetLength(ctx, copy, length) < 0) {
        return -1;
    }
    return fill_properties(ctx, clones, source, copy);
}

static int collect(JSContext *ctx, void *opaque, JSValueConst item) {
    JSValueConst list = *(JSValue *)opaque;
    int64_t length = 0;
    JS_GetLength(ctx, list, &length);
    JS_DefinePropertyValueUint32(ctx, list, (uint32_t)length, JS_DupValue(ctx, item), JS_PROP_C_W_E);
    return 0;
}

// The items that a Map or Set has now, as an array.
static JSValue items_of(JSContext *ctx, JSValueConst source) {
    JSValue list = JS_NewArray(ctx);
    JSValue method = web_iterator_method(ctx, source);
    if (JS_IsException(method) || web_iterate(ctx, source, method, collect, &list) < 0) {
        JS_FreeValue(ctx, list);
        list = JS_EXCEPTION;
    }
    JS_FreeValue(ctx, method);
    return list;
}

static JSValue clone_element(JSContext *ctx, clones_t *clones, JSValueConst array, uint32_t index) {
    JSValue element = JS_GetPropertyUint32(ctx, array, index);
    JSValue cloned = JS_IsException(element) ? JS_EXCEPTION : clone_value(ctx, clones, element);
    JS_FreeValue(ctx, element);
    return cloned;
}

static int add_item(JSContext *ctx, clones_t *clones, JSValueConst copy, JSValueConst items, uint32_t i, bool map) {
    JSValue args[2] = {JS_UNDEFINED, JS_UNDEFINED};
    if (map) {
        JSValue pair = JS_GetPropertyUint32(ctx, items, i);
        args[0] = JS_IsException(pair) ? JS_EXCEPTION : clone_element(ctx, clones, pair, 0);
        args[1] = JS_IsException(args[0]) ? JS_EXCEPTION : clone_element(ctx, clones, pair, 1);
        JS_FreeValue(ctx, pair);
    } else {
        args[0] = clone_element(ctx, clones, items, i);
    }

    JSValue result = JS_EXCEPTION;
    if (!JS_IsException(args[0]) && !JS_IsException(args[1])) {
        JSAtom name = JS_NewAtom(ctx, map ? "set" : "add");
        result = JS_Invoke(ctx, copy, name, map ? 2 : 1, args);
        JS_FreeAtom(ctx, name);
    }
    JS_FreeValues(ctx, result, args[1], args[0]);
    return JS_IsException(result) ? -1 : 0;
}

static int fill_collection(JSContext *ctx, clones_t *clones, JSValueConst source, JSValueConst copy) {
    JSValue items = items_of(ctx, source);
    if (JS_IsException(items)) {
        return -1;
    }
    int64_t count = 0;
    int result = 0;
    JS_GetLength(ctx, items, &count);
    for (int64_t i = 0; i < count && result == 0; i++) {
        result = add_item(ctx, clones, copy, items, (uint32_t)i, JS_IsMap(source));
    }
    JS_FreeValue(ctx, items);
    return result;
}

static int fill_error(JSContext *ctx, clones_t *clones, JSValueConst source, JSValueConst copy) {
    JSPropertyDescriptor property;
    JSAtom atom = JS_NewAtom(ctx, "cause");
    int result = JS_GetOwnProperty(ctx, &property, source, atom);
    if (result > 0) {
        JS_FreeValues(ctx, property.getter, property.setter);
        JSValue cause = clone_value(ctx, clones, property.value);
        JS_FreeValue(ctx, property.value);
        result = JS_IsException(cause)
                     ? -1
                     : JS_DefinePropertyValue(ctx, copy, atom, cause, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    }
    JS_FreeAtom(ctx, atom);
    return result < 0 ? -1 : 0;
}

static int fill_copy(JSContext *ctx, clones_t *clones, cloned_t entry) {
    if (JS_IsError(entry.source)) {
        return fill_error(ctx, clones, entry.source, entry.copy);
    }
    if (JS_IsMap(entry.source) || JS_IsSet(entry.source)) {
        return fill_collection(ctx, clones, entry.source, entry.copy);
    }
    if (JS_IsArray(entry.copy)) {
        return fill_array(ctx, clones, entry.source, entry.copy);
    }
    return same_class(ctx, entry.source, JS_NewObject(ctx)) ? fill_properties(ctx, clones, entry.source, entry.copy)
                                                            : 0;
}

// ---- transfer ----

static bool is_detached(JSContext *ctx, JSValueConst buffer) {
    base_slice_t bytes;
    bool detached = engine_buffer_source(ctx, buffer, &bytes) < 0;
    if (detached) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    return detached;
}

// Notes the copy of a buffer that is to be transferred. 0 or -1.
static int note_transferred(JSContext *ctx, clones_t *clones, JSValueConst buffer) {
    if (!JS_IsArrayBuffer(buffer) || JS_IsImmutableArrayBuffer(buffer) > 0) {
        refuse(ctx, "only an ArrayBuffer can be transferred: the object");
        return -1;
    }
    if (clones->count > 0 && *find_slot(clones, buffer) > 0) {
        refuse(ctx, "what is listed twice to be transferred");
        return -1;
    }
    if (!is_detached(ctx, buffer)) {
        JS_FreeValue(ctx, note(ctx, clones, buffer, copy_buffer(ctx, buffer)));
    }
    return 0;
}

// Notes the items of the option transfer of the second argument, if it is there: `*list` is an array of these, or
// undefined. 0 or -1.
static int read_transfer(JSContext *ctx, clones_t *clones, JSValueConst options, JSValue *list) {
    JSValue transfer = JS_IsObject(options) ? JS_GetPropertyStr(ctx, options, "transfer") : JS_UNDEFINED;
    *list = JS_UNDEFINED;
    if (!JS_IsUndefined(transfer)) {
        *list = JS_IsException(transfer) ? JS_EXCEPTION : engine_list_of(ctx, transfer);
        JS_FreeValue(ctx, transfer);
    }
    if (JS_IsException(*list)) {
        *list = JS_UNDEFINED;
        return -1;
    }
    int64_t count = 0;
    int result = 0;
    if (!JS_IsUndefined(*list)) {
        JS_GetLength(ctx, *list, &count);
    }
    for (int64_t i = 0; i < count && result == 0; i++) {
        JSValue item = JS_GetPropertyInt64(ctx, *list, i);
        result = note_transferred(ctx, clones, item);
        JS_FreeValue(ctx, item);
    }
    return result;
}

static void detach(JSContext *ctx, JSValueConst list) {
    int64_t count = 0;
    if (!JS_IsUndefined(list)) {
        JS_GetLength(ctx, list, &count);
    }
    for (int64_t i = 0; i < count; i++) {
        JSValue buffer = JS_GetPropertyInt64(ctx, list, i);
        JS_DetachArrayBuffer(ctx, buffer);
        JS_FreeValue(ctx, buffer);
    }
}

JSValue web_structured_clone(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (web_check_args(ctx, argc, 1) < 0) {
        return JS_EXCEPTION;
    }
    clones_t clones = {0};
    JSValue list, result = JS_EXCEPTION;
    if (read_transfer(ctx, &clones, argc > 1 ? argv[1] : JS_UNDEFINED, &list) == 0) {
        result = clone_value(ctx, &clones, argv[0]);
    }
    for (uint32_t i = 0; !JS_IsException(result) && i < clones.count; i++) {
        if (fill_copy(ctx, &clones, clones.list[i]) < 0) {
            JS_FreeValue(ctx, result);
            result = JS_EXCEPTION;
        }
    }
    if (!JS_IsException(result)) {
        detach(ctx, list);
    }
    JS_FreeValue(ctx, list);
    free_clones(ctx, &clones);
    return result;
}
