// The iteration protocol and Web IDL's pair lists, from C.

#include "web/web_private.h"

// Calls iterator.return() and keeps the exception that is pending.
static void close_iterator(JSContext *ctx, JSValueConst iterator) {
    JSValue pending = JS_GetException(ctx);
    if (!JS_IsUncatchableError(pending)) {
        JSValue method = JS_GetPropertyStr(ctx, iterator, "return");
        if (JS_IsFunction(ctx, method)) {
            JS_FreeValue(ctx, JS_Call(ctx, method, iterator, 0, NULL));
        }
        JS_FreeValue(ctx, method);
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    JS_Throw(ctx, pending);
}

// The next item. 1, 0 at the end, -1 with a pending exception.
static int next_item(JSContext *ctx, JSValueConst iterator, JSValueConst next, JSValue *item) {
    JSValue result = JS_Call(ctx, next, iterator, 0, NULL);
    if (JS_IsException(result)) {
        return -1;
    }

    int more = -1;
    JSValue done = JS_UNDEFINED;
    if (!JS_IsObject(result)) {
        JS_ThrowTypeError(ctx, "iterator result is not an object");
    } else {
        done = JS_GetPropertyStr(ctx, result, "done");
        int is_done = JS_ToBool(ctx, done);
        if (is_done > 0) {
            more = 0;
        } else if (is_done == 0) {
            *item = JS_GetPropertyStr(ctx, result, "value");
            more = JS_IsException(*item) ? -1 : 1;
        }
    }
    JS_FreeValue(ctx, done);
    JS_FreeValue(ctx, result);
    return more;
}

JSValue web_iterator_method(JSContext *ctx, JSValueConst value) {
    return JS_IsObject(value) ? JS_GetProperty(ctx, value, web_of(ctx)->symbol_iterator) : JS_UNDEFINED;
}

int web_iterate(JSContext *ctx, JSValueConst iterable, JSValueConst method, web_each_t *each, void *opaque) {
    JSValue iterator = JS_Call(ctx, method, iterable, 0, NULL);
    if (JS_IsException(iterator)) {
        return -1;
    }

    JSValue next = JS_GetPropertyStr(ctx, iterator, "next");
    int more = JS_IsException(next) ? -1 : 1;
    while (more > 0) {
        JSValue item = JS_UNDEFINED;
        more = next_item(ctx, iterator, next, &item);
        if (more > 0 && each(ctx, opaque, item) < 0) {
            more = -1;
            close_iterator(ctx, iterator);
        }
        JS_FreeValue(ctx, item);
    }
    JS_FreeValue(ctx, next);
    JS_FreeValue(ctx, iterator);
    return more;
}

typedef struct _pair_reader_t {
    web_pair_t *pair;
    void *opaque;
    JSValue items[2];
    int count;
} pair_reader_t;

static int keep_item(JSContext *ctx, void *opaque, JSValueConst item) {
    pair_reader_t *reader = opaque;
    if (reader->count < 2) {
        reader->items[reader->count] = JS_DupValue(ctx, item);
    }
    reader->count++;
    return 0;
}

static int read_pair(JSContext *ctx, void *opaque, JSValueConst item) {
    pair_reader_t *reader = opaque;
    JSValue method = web_iterator_method(ctx, item);
    if (JS_IsException(method)) {
        return -1;
    }
    if (!JS_IsFunction(ctx, method)) {
        JS_FreeValue(ctx, method);
        JS_ThrowTypeError(ctx, "each item must be a pair [name, value]");
        return -1;
    }

    reader->count = 0;
    int result = web_iterate(ctx, item, method, keep_item, reader);
    JS_FreeValue(ctx, method);
    if (result == 0 && reader->count == 2) {
        result = reader->pair(ctx, reader->opaque, reader->items[0], reader->items[1]);
    } else if (result == 0) {
        JS_ThrowTypeError(ctx, "each item must be a pair [name, value]");
        result = -1;
    }
    for (int i = 0; i < reader->count && i < 2; i++) {
        JS_FreeValue(ctx, reader->items[i]);
    }
    return result;
}

static int read_record(JSContext *ctx, JSValueConst record, web_pair_t *pair, void *opaque) {
    JSPropertyEnum *names;
    uint32_t count;
    int flags = JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK | JS_GPN_ENUM_ONLY | JS_GPN_SET_ENUM;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, record, flags) < 0) {
        return -1;
    }

    int result = 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        JSValue name = JS_AtomToValue(ctx, names[i].atom);
        JSValue value = JS_GetProperty(ctx, record, names[i].atom);
        // A symbol fails to convert to a string, as Web IDL asks.
        result = JS_IsException(value) ? -1 : pair(ctx, opaque, name, value);
        JS_FreeValue(ctx, value);
        JS_FreeValue(ctx, name);
    }
    JS_FreePropertyEnum(ctx, names, count);
    return result;
}

int web_pairs(JSContext *ctx, JSValueConst init, web_pair_t *pair, void *opaque) {
    if (!JS_IsObject(init)) {
        JS_ThrowTypeError(ctx, "expected an object or a list of pairs");
        return -1;
    }

    JSValue method = web_iterator_method(ctx, init);
    if (JS_IsException(method)) {
        return -1;
    }
    if (JS_IsUndefined(method) || JS_IsNull(method)) {
        return read_record(ctx, init, pair, opaque);
    }

    pair_reader_t reader = {.pair = pair, .opaque = opaque};
    int result = web_iterate(ctx, init, method, read_pair, &reader);
    JS_FreeValue(ctx, method);
    return result;
}

// ---- lists of pairs ----

// Shell sort, which is made stable by comparing places; the C library's qsort may allocate.
void web_sort_pairs(web_pair_slices_t *pairs, size_t count, web_compare_t *compare) {
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            web_pair_slices_t pair = pairs[i];
            size_t at = i;
            for (; at >= gap; at -= gap) {
                int order = compare(&pairs[at - gap], &pair);
                if (order < 0 || (order == 0 && pairs[at - gap].name.data < pair.name.data)) {
                    break;
                }
                pairs[at] = pairs[at - gap];
            }
            pairs[at] = pair;
        }
    }
}

typedef struct _list_iterator_t {
    JSValue target;
    uint32_t index;
    web_class_id_t list;
    web_kind_t kind;
} list_iterator_t;

static bool pair_at(JSContext *ctx, web_class_id_t id, void *list, uint32_t index, JSValue pair[2]) {
    return id == WEB_HEADERS ? web_headers_at(ctx, list, index, pair) : web_list_at(ctx, list, index, pair);
}

JSValue web_list_iterator(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    (void)argc, (void)argv;
    web_class_id_t id = (web_class_id_t)(magic >> 2);
    if (web_class_expect(ctx, id, this_val) == NULL) {
        return JS_EXCEPTION;
    }
    JSValue object = web_class_new(ctx, WEB_ITERATOR, JS_UNDEFINED);
    list_iterator_t *iterator = js_malloc(ctx, sizeof(*iterator));
    *iterator = (list_iterator_t){JS_DupValue(ctx, this_val), 0, id, (web_kind_t)(magic & 3)};
    JS_SetOpaque(object, iterator);
    return object;
}

static JSValue iterator_next(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int *done, int magic) {
    (void)argc, (void)argv, (void)magic;
    *done = 0;
    list_iterator_t *iterator = web_class_expect(ctx, WEB_ITERATOR, this_val);
    if (iterator == NULL) {
        return JS_EXCEPTION;
    }

    JSValue pair[2];
    void *list = web_class_get(iterator->list, iterator->target);
    if (!pair_at(ctx, iterator->list, list, iterator->index, pair)) {
        *done = 1;
        return JS_UNDEFINED;
    }

    iterator->index++;
    if (iterator->kind == WEB_ENTRIES) {
        return JS_NewArrayFrom(ctx, 2, pair);
    }
    JS_FreeValue(ctx, pair[iterator->kind == WEB_KEYS]);
    return pair[iterator->kind != WEB_KEYS];
}

static void iterator_finalize(JSRuntime *rt, JSValueConst value) {
    list_iterator_t *iterator = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (iterator != NULL) {
        JS_FreeValueRT(rt, iterator->target);
        js_free_rt(rt, iterator);
    }
}

static void iterator_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const list_iterator_t *iterator = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (iterator != NULL) {
        JS_MarkValue(rt, iterator->target, mark);
    }
}

static const JSCFunctionListEntry iterator_proto[] = {
    JS_ITERATOR_NEXT_DEF("next", 0, iterator_next, 0),
};

static JSValue iterator_parent(JSContext *ctx) {
    return JS_DupValue(ctx, web_of(ctx)->iterator_proto);
}

const extension_class_t web_class_iterator = {
    .def = {.class_name = "Iterator", .finalizer = iterator_finalize, .gc_mark = iterator_mark},
    .proto = iterator_proto,
    .proto_len = BASE_COUNT(iterator_proto),
    .parent = iterator_parent,
};

JSValue web_list_for_each(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    web_class_id_t id = (web_class_id_t)magic;
    void *list = web_class_expect(ctx, id, this_val);
    if (list == NULL) {
        return JS_EXCEPTION;
    }
    if (!JS_IsFunction(ctx, argv[0])) {
        return JS_ThrowTypeError(ctx, "forEach needs a function");
    }

    JSValueConst this_arg = argc > 1 ? argv[1] : JS_UNDEFINED;
    JSValue pair[2];
    for (uint32_t i = 0; pair_at(ctx, id, list, i, pair); i++) {
        JSValue result = JS_Call(ctx, argv[0], this_arg, 3, (JSValueConst[]){pair[1], pair[0], this_val});
        JS_FreeValue(ctx, pair[0]);
        JS_FreeValue(ctx, pair[1]);
        if (JS_IsException(result)) {
            return result;
        }
        JS_FreeValue(ctx, result);
    }
    return JS_UNDEFINED;
}
