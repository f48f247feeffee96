// URLSearchParams (URL standard, section 6.2) and FormData (XMLHttpRequest standard, section 4).

#include <string.h>
#include "web/web_url.h"

// ---- the list ----

// A value's length with this bit: the value is the number of a file.
#define FILE_BIT (0x80000000u)

bool web_list_next(const web_list_t *list, size_t *pos, web_pair_slices_t *pair) {
    if (*pos >= list->records.len) {
        return false;
    }
    uint32_t lengths[2];
    const char *at = list->records.data + *pos;
    memcpy(lengths, at, sizeof(lengths));
    at += sizeof(lengths);
    pair->is_file = (lengths[1] & FILE_BIT) != 0;
    lengths[1] &= ~FILE_BIT;
    pair->name = (base_slice_t){at, lengths[0]};
    pair->value = (base_slice_t){at + lengths[0], lengths[1]};
    *pos += sizeof(lengths) + lengths[0] + lengths[1];
    return true;
}

static void put_pair(JSContext *ctx, web_buf_t *records, const web_pair_slices_t *pair) {
    uint32_t lengths[2] = {
        (uint32_t)pair->name.len, pair->is_file ? (uint32_t)pair->value.len | FILE_BIT : (uint32_t)pair->value.len};
    web_buf_reserve(ctx, records, sizeof(lengths) + pair->name.len + pair->value.len);
    web_buf_put(ctx, records, (const char *)lengths, sizeof(lengths));
    web_buf_put(ctx, records, pair->name.data, pair->name.len);
    web_buf_put(ctx, records, pair->value.data, pair->value.len);
}

JSValue web_list_value(JSContext *ctx, const web_list_t *list, const web_pair_slices_t *pair) {
    if (!pair->is_file) {
        return JS_NewStringLen(ctx, pair->value.data, pair->value.len);
    }
    uint32_t number;
    memcpy(&number, pair->value.data, sizeof(number));
    return JS_GetPropertyUint32(ctx, list->files, number);
}

// Keeps a file, which it takes over. Its number.
static uint32_t keep_file(JSContext *ctx, web_list_t *list, JSValue file) {
    if (JS_IsUndefined(list->files)) {
        list->files = JS_NewArray(ctx);
    }
    int64_t count;
    JS_GetLength(ctx, list->files, &count);
    JS_DefinePropertyValueUint32(ctx, list->files, (uint32_t)count, file, JS_PROP_C_W_E);
    return (uint32_t)count;
}

// Decodes one half of a pair at the end of the buffer, ill-formed UTF-8 as U+FFFD. Returns its length.
static uint32_t put_decoded(JSContext *ctx, web_buf_t *records, base_slice_t encoded) {
    web_buf_reserve(ctx, records, encoded.len);
    size_t len = base_percent_decode(records->data + records->len, encoded.data, encoded.len, true);
    if (base_is_utf8(records->data + records->len, len)) {
        records->len += len;
        return (uint32_t)len;
    }
    JSValue text = web_utf8_string(ctx, records->data + records->len, len, false);
    const char *utf8 = JS_ToCStringLen(ctx, &len, text);
    web_buf_put(ctx, records, utf8, len);
    JS_FreeCString(ctx, utf8);
    JS_FreeValue(ctx, text);
    return (uint32_t)len;
}

void web_list_parse(JSContext *ctx, web_list_t *list, base_slice_t text) {
    base_slice_t name, value;
    web_buf_t *records = &list->records;
    while (web_form_next(&text, &name, &value)) {
        uint32_t lengths[2] = {0, 0};
        size_t start = records->len;
        web_buf_put(ctx, records, (const char *)lengths, sizeof(lengths));
        lengths[0] = put_decoded(ctx, records, name);
        lengths[1] = put_decoded(ctx, records, value);
        memcpy(records->data + start, lengths, sizeof(lengths));
    }
}

static void put_form_text(JSContext *ctx, web_buf_t *out, base_slice_t text) {
    while (text.len > 0) {
        const char *space = memchr(text.data, ' ', text.len);
        base_slice_t part = {text.data, space == NULL ? text.len : (size_t)(space - text.data)};
        web_percent_encode(ctx, out, part, WEB_ENCODE_FORM);
        if (space != NULL) {
            web_buf_put_text(ctx, out, "+");
        }
        size_t taken = part.len + (space != NULL);
        text.data += taken;
        text.len -= taken;
    }
}

void web_list_serialize(JSContext *ctx, const web_list_t *list, web_buf_t *out) {
    web_pair_slices_t pair;
    for (size_t pos = 0, before = 0; web_list_next(list, &pos, &pair); before = pos) {
        if (before > 0) {
            web_buf_put_text(ctx, out, "&");
        }
        put_form_text(ctx, out, pair.name);
        web_buf_put_text(ctx, out, "=");
        put_form_text(ctx, out, pair.value);
    }
}

// Writes a changed list back into the URL that it belongs to.
static void write_back(JSContext *ctx, web_list_t *list) {
    web_url_t *url = list->url;
    if (url != NULL) {
        url->query.len = 0;
        url->has_query = list->records.len > 0;
        web_list_serialize(ctx, list, &url->query);
    }
}

bool web_list_at(JSContext *ctx, void *opaque, uint32_t index, JSValue pair[2]) {
    const web_list_t *list = opaque;
    web_pair_slices_t slices;
    for (size_t pos = 0; web_list_next(list, &pos, &slices);) {
        if (index-- == 0) {
            pair[0] = JS_NewStringLen(ctx, slices.name.data, slices.name.len);
            pair[1] = web_list_value(ctx, list, &slices);
            return true;
        }
    }
    return false;
}

// ---- arguments ----

// Name and value as UTF-8; value is absent (data NULL) where the argument is.
typedef struct _pair_args_t {
    web_list_t *list;
    web_pair_slices_t pair;
    uint32_t number; // of the file, where the value is one
} pair_args_t;

static void free_args(JSContext *ctx, pair_args_t *args) {
    JS_FreeCString(ctx, args->pair.name.data);
    JS_FreeCString(ctx, args->pair.is_file ? NULL : args->pair.value.data);
}

// The value of an entry of a FormData that is a Blob, and the third argument. 0 or -1.
static int take_file(JSContext *ctx, pair_args_t *args, JSValueConst value, JSValueConst name) {
    JSValue file = web_blob_entry(ctx, value, name);
    if (JS_IsException(file)) {
        return -1;
    }
    args->number = keep_file(ctx, args->list, file);
    args->pair.is_file = true;
    args->pair.value = (base_slice_t){(const char *)&args->number, sizeof(args->number)};
    return 0;
}

static int take_value(JSContext *ctx, pair_args_t *args, JSValueConst value, JSValueConst file_name, bool is_form) {
    if (JS_IsUninitialized(value)) {
        return 0;
    }
    if (is_form && web_blob_of(value) != NULL) {
        return take_file(ctx, args, value, file_name);
    }
    if (is_form && !JS_IsUndefined(file_name)) {
        JS_ThrowTypeError(ctx, "only a Blob or File has a file name");
        return -1;
    }
    args->pair.value.data = engine_usv_string(ctx, &args->pair.value.len, value);
    return args->pair.value.data == NULL ? -1 : 0;
}

static int take_pair(
    JSContext *ctx, pair_args_t *args, JSValueConst name, JSValueConst value, JSValueConst file_name, bool is_form) {
    args->pair = (web_pair_slices_t){0};
    args->pair.name.data = engine_usv_string(ctx, &args->pair.name.len, name);
    if (args->pair.name.data == NULL) {
        return -1;
    }
    if (take_value(ctx, args, value, file_name, is_form) < 0) {
        JS_FreeCString(ctx, args->pair.name.data);
        return -1;
    }
    return 0;
}

// Takes this, name and value (`needed` of the latter two must be there) of a method of the class `id`.
static int take_args(
    JSContext *ctx, pair_args_t *args, JSValueConst this_val, int id, int needed, int argc, JSValueConst *argv) {
    args->list = web_class_expect(ctx, (web_class_id_t)id, this_val);
    if (args->list == NULL || web_check_args(ctx, argc, needed) < 0) {
        return -1;
    }
    bool has_value = needed == 2 || (id == WEB_PARAMS && argc > 1 && !JS_IsUndefined(argv[1]));
    JSValueConst file_name = argc > 2 ? argv[2] : JS_UNDEFINED;
    return take_pair(ctx, args, argv[0], has_value ? argv[1] : JS_UNINITIALIZED, file_name, id == WEB_FORM_DATA);
}

static bool matches(const pair_args_t *args, const web_pair_slices_t *pair) {
    return base_equal(pair->name, args->pair.name) &&
           (args->pair.value.data == NULL || base_equal(pair->value, args->pair.value));
}

// ---- methods of both classes; the magic number is the class ----

static JSValue list_append(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    pair_args_t args;
    if (take_args(ctx, &args, this_val, magic, 2, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    put_pair(ctx, &args.list->records, &args.pair);
    free_args(ctx, &args);
    write_back(ctx, args.list);
    return JS_UNDEFINED;
}

static JSValue list_delete(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    pair_args_t args;
    if (take_args(ctx, &args, this_val, magic, 1, argc, argv) < 0) {
        return JS_EXCEPTION;
    }

    web_buf_t *records = &args.list->records;
    web_pair_slices_t pair;
    size_t start = 0;
    for (size_t pos = 0; web_list_next(args.list, &pos, &pair); start = pos) {
        if (matches(&args, &pair)) {
            memmove(records->data + start, records->data + pos, records->len - pos);
            records->len -= pos - start;
            pos = start;
        }
    }

    free_args(ctx, &args);
    write_back(ctx, args.list);
    return JS_UNDEFINED;
}

static JSValue list_get(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    pair_args_t args;
    if (take_args(ctx, &args, this_val, magic, 1, argc > 1 ? 1 : argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    web_pair_slices_t pair;
    JSValue value = JS_NULL;
    for (size_t pos = 0; JS_IsNull(value) && web_list_next(args.list, &pos, &pair);) {
        if (matches(&args, &pair)) {
            value = web_list_value(ctx, args.list, &pair);
        }
    }
    free_args(ctx, &args);
    return value;
}

static JSValue list_get_all(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    pair_args_t args;
    if (take_args(ctx, &args, this_val, magic, 1, argc > 1 ? 1 : argc, argv) < 0) {
        return JS_EXCEPTION;
    }

    JSValue array = JS_NewArray(ctx);
    web_pair_slices_t pair;
    uint32_t count = 0;
    for (size_t pos = 0; web_list_next(args.list, &pos, &pair);) {
        if (matches(&args, &pair)) {
            JSValue value = web_list_value(ctx, args.list, &pair);
            JS_DefinePropertyValueUint32(ctx, array, count++, value, JS_PROP_C_W_E);
        }
    }

    free_args(ctx, &args);
    return array;
}

static JSValue list_has(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    pair_args_t args;
    if (take_args(ctx, &args, this_val, magic, 1, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    web_pair_slices_t pair;
    bool found = false;
    for (size_t pos = 0; !found && web_list_next(args.list, &pos, &pair);) {
        found = matches(&args, &pair);
    }
    free_args(ctx, &args);
    return JS_NewBool(ctx, found);
}

// The first pair of that name gets the value, the others go.
static void set_pair(JSContext *ctx, const pair_args_t *args) {
    web_buf_t records = {0};
    web_pair_slices_t pair;
    bool placed = false;
    for (size_t pos = 0; web_list_next(args->list, &pos, &pair);) {
        if (!base_equal(pair.name, args->pair.name)) {
            put_pair(ctx, &records, &pair);
        } else if (!placed) {
            put_pair(ctx, &records, &args->pair);
            placed = true;
        }
    }

    if (!placed) {
        put_pair(ctx, &records, &args->pair);
    }

    js_free(ctx, args->list->records.data);
    args->list->records = records;
}

static JSValue list_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    pair_args_t args;
    if (take_args(ctx, &args, this_val, magic, 2, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    set_pair(ctx, &args);
    free_args(ctx, &args);
    write_back(ctx, args.list);
    return JS_UNDEFINED;
}

static void list_finalize(JSRuntime *rt, JSValueConst value) {
    web_list_t *list = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (list != NULL) {
        web_url_free(rt, list->url);
        js_free_rt(rt, list->records.data);
        JS_FreeValueRT(rt, list->files);
        js_free_rt(rt, list);
    }
}

static void list_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const web_list_t *list = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (list != NULL) {
        JS_MarkValue(rt, list->files, mark);
    }
}

// An object with an empty list.
static JSValue new_list(JSContext *ctx, web_class_id_t id, JSValueConst new_target) {
    JSValue object = web_class_new(ctx, id, new_target);
    if (!JS_IsException(object)) {
        web_list_t *list = js_mallocz(ctx, sizeof(*list));
        list->files = JS_UNDEFINED;
        JS_SetOpaque(object, list);
    }
    return object;
}

// ---- URLSearchParams ----

static size_t count_pairs(const web_list_t *list) {
    size_t count = 0;
    web_pair_slices_t pair;
    for (size_t pos = 0; web_list_next(list, &pos, &pair);) {
        count++;
    }
    return count;
}

static JSValue params_size(JSContext *ctx, JSValueConst this_val) {
    web_list_t *list = web_class_expect(ctx, WEB_PARAMS, this_val);
    return list == NULL ? JS_EXCEPTION : JS_NewUint32(ctx, (uint32_t)count_pairs(list));
}

static JSValue params_to_string(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    const web_list_t *list = web_class_expect(ctx, WEB_PARAMS, this_val);
    if (list == NULL) {
        return JS_EXCEPTION;
    }
    web_buf_t text = {0};
    web_list_serialize(ctx, list, &text);
    return web_buf_string(ctx, &text);
}

// A byte of UTF-8 so that order by these is order by UTF-16 code units: U+E000 to U+FFFF come after the surrogates.
static int utf16_rank(char byte) {
    int c = (unsigned char)byte;
    return c == 0xee || c == 0xef ? c + 0x10 : c;
}

static int compare_params(const web_pair_slices_t *a, const web_pair_slices_t *b) {
    for (size_t i = 0; i < a->name.len && i < b->name.len; i++) {
        int order = utf16_rank(a->name.data[i]) - utf16_rank(b->name.data[i]);
        if (order != 0) {
            return order;
        }
    }
    return web_compare_sizes(a->name.len, b->name.len);
}

static JSValue params_sort(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    web_list_t *list = web_class_expect(ctx, WEB_PARAMS, this_val);
    if (list == NULL) {
        return JS_EXCEPTION;
    }
    size_t count = 0;
    web_pair_slices_t *pairs = js_malloc(ctx, (count_pairs(list) + 1) * sizeof(*pairs));
    for (size_t pos = 0; web_list_next(list, &pos, &pairs[count]);) {
        count++;
    }
    web_sort_pairs(pairs, count, compare_params);

    web_buf_t sorted = {0};
    web_buf_reserve(ctx, &sorted, list->records.len);
    for (size_t i = 0; i < count; i++) {
        put_pair(ctx, &sorted, &pairs[i]);
    }
    js_free(ctx, pairs);
    js_free(ctx, list->records.data);
    list->records = sorted;
    write_back(ctx, list);
    return JS_UNDEFINED;
}

static int params_append_pair(JSContext *ctx, void *opaque, JSValueConst name, JSValueConst value) {
    pair_args_t args = {.list = opaque};
    if (take_pair(ctx, &args, name, value, JS_UNDEFINED, false) < 0) {
        return -1;
    }
    put_pair(ctx, &args.list->records, &args.pair);
    free_args(ctx, &args);
    return 0;
}

static int params_init(JSContext *ctx, web_list_t *list, JSValueConst init) {
    if (JS_IsUndefined(init)) {
        return 0;
    }
    if (JS_IsObject(init)) {
        return web_pairs(ctx, init, params_append_pair, list);
    }

    base_slice_t text;
    const char *utf8 = engine_usv_string(ctx, &text.len, init);
    if (utf8 == NULL) {
        return -1;
    }

    bool mark = text.len > 0 && utf8[0] == '?';
    web_list_parse(ctx, list, (base_slice_t){utf8 + mark, text.len - mark});
    JS_FreeCString(ctx, utf8);
    return 0;
}

static JSValue params_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValue object = new_list(ctx, WEB_PARAMS, new_target);
    if (!JS_IsException(object) && argc > 0 && params_init(ctx, web_class_get(WEB_PARAMS, object), argv[0]) < 0) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

void web_params_refresh(JSContext *ctx, JSValueConst object) {
    web_list_t *list = web_class_get(WEB_PARAMS, object);
    list->records.len = 0;
    web_list_parse(ctx, list, (base_slice_t){list->url->query.data, list->url->query.len});
}

JSValue web_params_object(JSContext *ctx, web_url_t *url) {
    JSValue object = new_list(ctx, WEB_PARAMS, JS_UNDEFINED);
    web_list_t *list = web_class_get(WEB_PARAMS, object);
    list->url = url;
    url->refs++;
    web_params_refresh(ctx, object);
    return object;
}

#define LIST_FUNCTIONS(id)                                                                                             \
    JS_CFUNC_MAGIC_DEF("append", 2, list_append, id), JS_CFUNC_MAGIC_DEF("delete", 1, list_delete, id),                \
        JS_CFUNC_MAGIC_DEF("get", 1, list_get, id), JS_CFUNC_MAGIC_DEF("getAll", 1, list_get_all, id),                 \
        JS_CFUNC_MAGIC_DEF("has", 1, list_has, id), JS_CFUNC_MAGIC_DEF("set", 2, list_set, id),                        \
        JS_CFUNC_MAGIC_DEF("forEach", 1, web_list_for_each, id),                                                       \
        JS_CFUNC_MAGIC_DEF("entries", 0, web_list_iterator, WEB_ITERATOR_MAGIC(id, WEB_ENTRIES)),                      \
        JS_CFUNC_MAGIC_DEF("keys", 0, web_list_iterator, WEB_ITERATOR_MAGIC(id, WEB_KEYS)),                            \
        JS_CFUNC_MAGIC_DEF("values", 0, web_list_iterator, WEB_ITERATOR_MAGIC(id, WEB_VALUES)),                        \
        JS_CFUNC_MAGIC_DEF("[Symbol.iterator]", 0, web_list_iterator, WEB_ITERATOR_MAGIC(id, WEB_ENTRIES))

static const JSCFunctionListEntry params_proto[] = {
    LIST_FUNCTIONS(WEB_PARAMS),
    JS_CFUNC_DEF("sort", 0, params_sort),
    JS_CFUNC_DEF("toString", 0, params_to_string),
    JS_CGETSET_DEF("size", params_size, NULL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "URLSearchParams", JS_PROP_CONFIGURABLE),
};

const extension_class_t web_class_params = {
    .def = {.class_name = "URLSearchParams", .finalizer = list_finalize},
    .constructor = params_construct,
    .proto = params_proto,
    .proto_len = BASE_COUNT(params_proto),
};

// ---- FormData ----

static JSValue form_data_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        return JS_ThrowTypeError(ctx, "FormData takes no argument: there are no form elements here");
    }
    return new_list(ctx, WEB_FORM_DATA, new_target);
}

JSValue web_form_data_object(JSContext *ctx, base_slice_t text) {
    JSValue object = new_list(ctx, WEB_FORM_DATA, JS_UNDEFINED);
    web_list_parse(ctx, web_class_get(WEB_FORM_DATA, object), text);
    return object;
}

void web_form_data_append(JSContext *ctx, JSValueConst form, base_slice_t name, base_slice_t value) {
    web_list_t *list = web_class_get(WEB_FORM_DATA, form);
    put_pair(ctx, &list->records, &(web_pair_slices_t){name, value, false});
}

void web_form_data_append_file(JSContext *ctx, JSValueConst form, base_slice_t name, JSValue file) {
    web_list_t *list = web_class_get(WEB_FORM_DATA, form);
    uint32_t number = keep_file(ctx, list, file);
    put_pair(ctx, &list->records, &(web_pair_slices_t){name, {(const char *)&number, sizeof(number)}, true});
}

static const JSCFunctionListEntry form_data_proto[] = {
    LIST_FUNCTIONS(WEB_FORM_DATA),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "FormData", JS_PROP_CONFIGURABLE),
};

const extension_class_t web_class_form_data = {
    .def = {.class_name = "FormData", .finalizer = list_finalize, .gc_mark = list_mark},
    .rare = true,
    .constructor = form_data_construct,
    .proto = form_data_proto,
    .proto_len = BASE_COUNT(form_data_proto),
};
