// The URL class (URL standard, section 6.1).

#include <string.h>
#include "web/web_url.h"

typedef struct _url_object_t {
    web_url_t *url;
    JSValue params; // its URLSearchParams; undefined until asked for
} url_object_t;

static void url_finalize(JSRuntime *rt, JSValueConst value) {
    url_object_t *object = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (object != NULL) {
        JS_FreeValueRT(rt, object->params);
        web_url_free(rt, object->url);
        js_free_rt(rt, object);
    }
}

static void url_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const url_object_t *object = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (object != NULL) {
        JS_MarkValue(rt, object->params, mark);
    }
}

// ---- parsing ----

// What parsing came to.
typedef enum {
    PARSED,
    INVALID,
    THREW, // an argument was no text: a pending exception
} parsed_t;

static parsed_t parse_value(JSContext *ctx, web_url_t *url, JSValueConst value, const web_url_t *base) {
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return THREW;
    }
    bool valid = web_url_parse(ctx, url, text, base);
    JS_FreeCString(ctx, text.data);
    return valid ? PARSED : INVALID;
}

// Parses argv[0] against argv[1], where that is given, into *url, which the caller frees in any case.
static parsed_t parse_args(JSContext *ctx, int argc, JSValueConst *argv, web_url_t **url) {
    web_url_t *base = NULL;
    parsed_t parsed = PARSED;
    *url = NULL;
    if (web_check_args(ctx, argc, 1) < 0) {
        return THREW;
    }

    *url = web_url_new(ctx);
    if (argc > 1 && !JS_IsUndefined(argv[1])) {
        base = web_url_new(ctx);
        parsed = parse_value(ctx, base, argv[1], NULL);
    }
    if (parsed == PARSED) {
        parsed = parse_value(ctx, *url, argv[0], base);
    }
    web_url_free(JS_GetRuntime(ctx), base);
    return parsed;
}

static JSValue throw_invalid(JSContext *ctx) {
    return JS_ThrowTypeError(ctx, "Invalid URL");
}

// The object of a URL, which it takes over.
static JSValue url_object(JSContext *ctx, web_url_t *url, JSValueConst new_target) {
    JSValue value = web_class_new(ctx, WEB_URL, new_target);
    if (JS_IsException(value)) {
        web_url_free(JS_GetRuntime(ctx), url);
        return value;
    }
    url_object_t *object = js_malloc(ctx, sizeof(*object));
    *object = (url_object_t){url, JS_UNDEFINED};
    JS_SetOpaque(value, object);
    return value;
}

static JSValue url_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    web_url_t *url;
    parsed_t parsed = parse_args(ctx, argc, argv, &url);
    if (parsed == PARSED) {
        return url_object(ctx, url, new_target);
    }
    web_url_free(JS_GetRuntime(ctx), url);
    return parsed == INVALID ? throw_invalid(ctx) : JS_EXCEPTION;
}

static JSValue url_parse(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    web_url_t *url;
    parsed_t parsed = parse_args(ctx, argc, argv, &url);
    if (parsed == PARSED) {
        return url_object(ctx, url, JS_UNDEFINED);
    }
    web_url_free(JS_GetRuntime(ctx), url);
    return parsed == INVALID ? JS_NULL : JS_EXCEPTION;
}

static JSValue url_can_parse(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    web_url_t *url;
    parsed_t parsed = parse_args(ctx, argc, argv, &url);
    web_url_free(JS_GetRuntime(ctx), url);
    return parsed == THREW ? JS_EXCEPTION : JS_NewBool(ctx, parsed == PARSED);
}

// ---- properties ----

typedef enum {
    HREF,
    ORIGIN,
    PROTOCOL,
    USERNAME,
    PASSWORD,
    HOST,
    HOSTNAME,
    PORT,
    PATHNAME,
    SEARCH,
    HASH,
} url_property_t;

static void url_put(JSContext *ctx, web_buf_t *out, const web_buf_t *part) {
    web_buf_put(ctx, out, part->data, part->len);
}

static void put_host(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    url_put(ctx, out, &url->host);
    web_url_put_port(ctx, url, out, ":");
}

static void put_tuple_origin(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    url_put(ctx, out, &url->scheme);
    web_buf_put_text(ctx, out, "://");
    put_host(ctx, url, out);
}

// The origin of the URL in a blob URL's path, where that is http or https.
static void put_blob_origin(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    web_url_t *inner = web_url_new(ctx);
    bool valid = web_url_parse(ctx, inner, (base_slice_t){url->path.data, url->path.len}, NULL);
    if (valid && (web_url_scheme_is(inner, "http") || web_url_scheme_is(inner, "https"))) {
        put_tuple_origin(ctx, inner, out);
    } else {
        web_buf_put_text(ctx, out, "null");
    }
    web_url_free(JS_GetRuntime(ctx), inner);
}

static void put_origin(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    if (web_url_scheme_is(url, "blob")) {
        put_blob_origin(ctx, url, out);
    } else if (web_url_is_special(url) && !web_url_scheme_is(url, "file")) {
        put_tuple_origin(ctx, url, out);
    } else {
        web_buf_put_text(ctx, out, "null");
    }
}

// A part after its mark; nothing where there is none, or an empty one.
static void put_marked(JSContext *ctx, web_buf_t *out, const char *mark, bool has, const web_buf_t *part) {
    if (has && part->len > 0) {
        web_buf_put_text(ctx, out, mark);
        url_put(ctx, out, part);
    }
}

static void put_property(JSContext *ctx, const web_url_t *url, int property, web_buf_t *out) {
    switch (property) {
        case HREF:
            web_url_serialize(ctx, url, out, true);
            break;
        case ORIGIN:
            put_origin(ctx, url, out);
            break;
        case PROTOCOL:
            url_put(ctx, out, &url->scheme);
            web_buf_put_text(ctx, out, ":");
            break;
        case USERNAME:
            url_put(ctx, out, &url->username);
            break;
        case PASSWORD:
            url_put(ctx, out, &url->password);
            break;
        case HOST:
            put_host(ctx, url, out);
            break;
        case HOSTNAME:
            url_put(ctx, out, &url->host);
            break;
        case PORT:
            web_url_put_port(ctx, url, out, "");
            break;
        case PATHNAME:
            url_put(ctx, out, &url->path);
            break;
        case SEARCH:
            put_marked(ctx, out, "?", url->has_query, &url->query);
            break;
        default:
            put_marked(ctx, out, "#", url->has_fragment, &url->fragment);
            break;
    }
}

static JSValue url_get(JSContext *ctx, JSValueConst this_val, int magic) {
    const url_object_t *object = web_class_expect(ctx, WEB_URL, this_val);
    if (object == NULL) {
        return JS_EXCEPTION;
    }
    web_buf_t text = {0};
    put_property(ctx, object->url, magic, &text);
    return web_buf_string(ctx, &text);
}

static JSValue url_search_params(JSContext *ctx, JSValueConst this_val) {
    url_object_t *object = web_class_expect(ctx, WEB_URL, this_val);
    if (object == NULL) {
        return JS_EXCEPTION;
    }
    if (JS_IsUndefined(object->params)) {
        object->params = web_params_object(ctx, object->url);
    }
    return JS_DupValue(ctx, object->params);
}

// False with a pending TypeError where that is no URL.
static bool set_href(JSContext *ctx, web_url_t *url, base_slice_t text) {
    web_url_t *other = web_url_new(ctx);
    bool valid = web_url_parse(ctx, other, text, NULL);
    if (valid) {
        web_url_swap(url, other);
    } else {
        throw_invalid(ctx);
    }
    web_url_free(JS_GetRuntime(ctx), other);
    return valid;
}

static bool can_have_port(const web_url_t *url) {
    return url->host.len > 0 && !web_url_scheme_is(url, "file");
}

// Query and fragment: nothing removes the part, a leading mark is not part of it.
static void set_marked(JSContext *ctx, web_url_t *url, web_url_part_t part, char mark, bool *has, base_slice_t text) {
    if (text.len == 0) {
        *has = false;
        (part == WEB_URL_QUERY ? &url->query : &url->fragment)->len = 0;
        return;
    }
    if (text.data[0] == mark) {
        text.data++;
        text.len--;
    }
    web_url_set(ctx, url, part, text);
}

static void set_userinfo(JSContext *ctx, const web_url_t *url, web_buf_t *part, base_slice_t text) {
    if (can_have_port(url)) {
        web_url_set_userinfo(ctx, part, text);
    }
}

static void set_port(JSContext *ctx, web_url_t *url, base_slice_t text) {
    if (can_have_port(url) && text.len == 0) {
        url->port = -1;
    } else if (can_have_port(url)) {
        web_url_set(ctx, url, WEB_URL_PORT, text);
    }
}

// Host and path, which a URL with an opaque path does not have.
static void set_hierarchical(JSContext *ctx, web_url_t *url, web_url_part_t part, base_slice_t text) {
    if (!url->opaque_path) {
        web_url_set(ctx, url, part, text);
    }
}

// Sets any property but HREF.
static void set_property(JSContext *ctx, web_url_t *url, int property, base_slice_t text) {
    switch (property) {
        case PROTOCOL:
            web_url_set(ctx, url, WEB_URL_PROTOCOL, text);
            break;
        case USERNAME:
            set_userinfo(ctx, url, &url->username, text);
            break;
        case PASSWORD:
            set_userinfo(ctx, url, &url->password, text);
            break;
        case HOST:
            set_hierarchical(ctx, url, WEB_URL_HOST, text);
            break;
        case HOSTNAME:
            set_hierarchical(ctx, url, WEB_URL_HOSTNAME, text);
            break;
        case PORT:
            set_port(ctx, url, text);
            break;
        case PATHNAME:
            set_hierarchical(ctx, url, WEB_URL_PATH, text);
            break;
        case SEARCH:
            set_marked(ctx, url, WEB_URL_QUERY, '?', &url->has_query, text);
            break;
        default:
            set_marked(ctx, url, WEB_URL_FRAGMENT, '#', &url->has_fragment, text);
            break;
    }
}

static JSValue url_set(JSContext *ctx, JSValueConst this_val, JSValueConst value, int magic) {
    const url_object_t *object = web_class_expect(ctx, WEB_URL, this_val);
    base_slice_t text;
    text.data = object == NULL ? NULL : engine_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }

    bool done = true;
    if (magic == HREF) {
        done = set_href(ctx, object->url, text);
    } else {
        set_property(ctx, object->url, magic, text);
    }

    JS_FreeCString(ctx, text.data);
    if (done && (magic == HREF || magic == SEARCH) && !JS_IsUndefined(object->params)) {
        web_params_refresh(ctx, object->params);
    }
    return done ? JS_UNDEFINED : JS_EXCEPTION;
}

static JSValue url_to_string(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    return url_get(ctx, this_val, HREF);
}

static const JSCFunctionListEntry url_proto[] = {
    JS_CGETSET_MAGIC_DEF("href", url_get, url_set, HREF),
    JS_CGETSET_MAGIC_DEF("origin", url_get, NULL, ORIGIN),
    JS_CGETSET_MAGIC_DEF("protocol", url_get, url_set, PROTOCOL),
    JS_CGETSET_MAGIC_DEF("username", url_get, url_set, USERNAME),
    JS_CGETSET_MAGIC_DEF("password", url_get, url_set, PASSWORD),
    JS_CGETSET_MAGIC_DEF("host", url_get, url_set, HOST),
    JS_CGETSET_MAGIC_DEF("hostname", url_get, url_set, HOSTNAME),
    JS_CGETSET_MAGIC_DEF("port", url_get, url_set, PORT),
    JS_CGETSET_MAGIC_DEF("pathname", url_get, url_set, PATHNAME),
    JS_CGETSET_MAGIC_DEF("search", url_get, url_set, SEARCH),
    JS_CGETSET_DEF("searchParams", url_search_params, NULL),
    JS_CGETSET_MAGIC_DEF("hash", url_get, url_set, HASH),
    JS_CFUNC_DEF("toString", 0, url_to_string),
    JS_CFUNC_DEF("toJSON", 0, url_to_string),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "URL", JS_PROP_CONFIGURABLE),
};

static const JSCFunctionListEntry url_statics[] = {
    JS_CFUNC_DEF("canParse", 1, url_can_parse),
    JS_CFUNC_DEF("parse", 1, url_parse),
};

const extension_class_t web_class_url = {
    .def = {.class_name = "URL", .finalizer = url_finalize, .gc_mark = url_mark},
    .constructor = url_construct,
    .length = 1,
    .proto = url_proto,
    .proto_len = BASE_COUNT(url_proto),
    .statics = url_statics,
    .statics_len = BASE_COUNT(url_statics),
};
