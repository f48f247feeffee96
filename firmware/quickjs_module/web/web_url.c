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

static web_url_result_t parse_value(JSContext *ctx, web_url_t *url, JSValueConst value, const web_url_t *base) {
    web_slice_t text;
    text.data = web_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return WEB_URL_ERROR;
    }
    web_url_result_t result = web_url_parse(ctx, url, text, base);
    JS_FreeCString(ctx, text.data);
    return result;
}

// Parses argv[0] against argv[1], where that is given. NULL with *result set when that is no URL.
static web_url_t *parse_args(JSContext *ctx, int argc, JSValueConst *argv, web_url_result_t *result) {
    JSRuntime *rt = JS_GetRuntime(ctx);
    web_url_t *base = NULL;
    *result = WEB_URL_ERROR;
    if (web_check_args(ctx, argc, 1) < 0) {
        return NULL;
    }
    if (argc > 1 && !JS_IsUndefined(argv[1])) {
        base = web_url_new(ctx);
        *result = base == NULL ? WEB_URL_ERROR : parse_value(ctx, base, argv[1], NULL);
        if (*result != WEB_URL_OK) {
            web_url_free(rt, base);
            return NULL;
        }
    }
    web_url_t *url = web_url_new(ctx);
    *result = url == NULL ? WEB_URL_ERROR : parse_value(ctx, url, argv[0], base);
    web_url_free(rt, base);
    if (*result != WEB_URL_OK) {
        web_url_free(rt, url);
        return NULL;
    }
    return url;
}

static JSValue throw_invalid(JSContext *ctx) {
    return JS_ThrowTypeError(ctx, "Invalid URL");
}

// The object of a URL, which it takes over.
static JSValue url_object(JSContext *ctx, web_url_t *url, JSValueConst new_target) {
    url_object_t *object = js_malloc(ctx, sizeof(*object));
    JSValue value = object == NULL ? JS_EXCEPTION : web_class_new(ctx, WEB_URL, new_target);
    if (JS_IsException(value)) {
        js_free(ctx, object);
        web_url_free(JS_GetRuntime(ctx), url);
        return value;
    }
    *object = (url_object_t){url, JS_UNDEFINED};
    JS_SetOpaque(value, object);
    return value;
}

static JSValue url_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    web_url_result_t result;
    web_url_t *url = parse_args(ctx, argc, argv, &result);
    if (url == NULL) {
        return result == WEB_URL_INVALID ? throw_invalid(ctx) : JS_EXCEPTION;
    }
    return url_object(ctx, url, new_target);
}

static JSValue url_parse(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    web_url_result_t result;
    web_url_t *url = parse_args(ctx, argc, argv, &result);
    if (url == NULL) {
        return result == WEB_URL_INVALID ? JS_NULL : JS_EXCEPTION;
    }
    return url_object(ctx, url, JS_UNDEFINED);
}

static JSValue url_can_parse(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    web_url_result_t result;
    web_url_free(JS_GetRuntime(ctx), parse_args(ctx, argc, argv, &result));
    return result == WEB_URL_ERROR ? JS_EXCEPTION : JS_NewBool(ctx, result == WEB_URL_OK);
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

static int put(JSContext *ctx, web_buf_t *out, const web_buf_t *part) {
    return web_buf_put(ctx, out, part->data, part->len);
}

static int put_host(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    if (put(ctx, out, &url->host) < 0) {
        return -1;
    }
    return web_url_put_port(ctx, url, out, ":");
}

// The origin of the URL in a blob URL's path, where that is http or https.
static int put_blob_origin(JSContext *ctx, const web_url_t *url, web_buf_t *out);

static int put_origin(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    if (web_url_scheme_is(url, "blob")) {
        return put_blob_origin(ctx, url, out);
    }
    if (!web_url_is_special(url) || web_url_scheme_is(url, "file")) {
        return web_buf_put(ctx, out, "null", 4);
    }
    return put(ctx, out, &url->scheme) < 0 || web_buf_put(ctx, out, "://", 3) < 0 ? -1 : put_host(ctx, url, out);
}

static int put_blob_origin(JSContext *ctx, const web_url_t *url, web_buf_t *out) {
    web_url_t *inner = web_url_new(ctx);
    if (inner == NULL) {
        return -1;
    }
    web_url_result_t parsed = web_url_parse(ctx, inner, (web_slice_t){url->path.data, url->path.len}, NULL);
    bool http = parsed == WEB_URL_OK && (web_url_scheme_is(inner, "http") || web_url_scheme_is(inner, "https"));
    int result = parsed == WEB_URL_ERROR ? -1 : http ? put_origin(ctx, inner, out) : web_buf_put(ctx, out, "null", 4);
    web_url_free(JS_GetRuntime(ctx), inner);
    return result;
}

// A part after its mark; nothing where the part is empty.
static int put_marked(JSContext *ctx, web_buf_t *out, const char *mark, const web_buf_t *part) {
    return part->len == 0 || (web_buf_put(ctx, out, mark, 1) == 0 && put(ctx, out, part) == 0) ? 0 : -1;
}

static int put_property(JSContext *ctx, const web_url_t *url, int property, web_buf_t *out) {
    switch (property) {
        case HREF:
            return web_url_serialize(ctx, url, out, true);
        case ORIGIN:
            return put_origin(ctx, url, out);
        case PROTOCOL:
            return put(ctx, out, &url->scheme) < 0 ? -1 : web_buf_put(ctx, out, ":", 1);
        case USERNAME:
            return put(ctx, out, &url->username);
        case PASSWORD:
            return put(ctx, out, &url->password);
        case HOST:
            return put_host(ctx, url, out);
        case HOSTNAME:
            return put(ctx, out, &url->host);
        case PORT:
            return web_url_put_port(ctx, url, out, "");
        case PATHNAME:
            return put(ctx, out, &url->path);
        case SEARCH:
            return url->has_query ? put_marked(ctx, out, "?", &url->query) : 0;
        default:
            return url->has_fragment ? put_marked(ctx, out, "#", &url->fragment) : 0;
    }
}

static JSValue url_get(JSContext *ctx, JSValueConst this_val, int magic) {
    const url_object_t *object = web_class_expect(ctx, WEB_URL, this_val);
    web_buf_t text = {0};
    JSValue string = JS_EXCEPTION;
    if (object != NULL && put_property(ctx, object->url, magic, &text) == 0) {
        string = JS_NewStringLen(ctx, text.data, text.len);
    }
    js_free(ctx, text.data);
    return string;
}

static JSValue url_search_params(JSContext *ctx, JSValueConst this_val) {
    url_object_t *object = web_class_expect(ctx, WEB_URL, this_val);
    if (object == NULL) {
        return JS_EXCEPTION;
    }
    if (JS_IsUndefined(object->params)) {
        JSValue params = web_params_object(ctx, object->url);
        if (JS_IsException(params)) {
            return params;
        }
        object->params = params;
    }
    return JS_DupValue(ctx, object->params);
}

static web_url_result_t set_href(JSContext *ctx, web_url_t *url, web_slice_t text) {
    web_url_t *other = web_url_new(ctx);
    web_url_result_t result = other == NULL ? WEB_URL_ERROR : web_url_parse(ctx, other, text, NULL);
    if (result == WEB_URL_OK) {
        web_url_swap(url, other);
    } else if (result == WEB_URL_INVALID) {
        throw_invalid(ctx);
    }
    web_url_free(JS_GetRuntime(ctx), other);
    return result == WEB_URL_INVALID ? WEB_URL_ERROR : result;
}

static bool can_have_port(const web_url_t *url) {
    return url->host.len > 0 && !web_url_scheme_is(url, "file");
}

// Query and fragment: nothing removes the part, a leading mark is not part of it.
static web_url_result_t set_marked(
    JSContext *ctx, web_url_t *url, web_url_part_t part, char mark, bool *has, web_slice_t text) {
    if (text.len == 0) {
        *has = false;
        (part == WEB_URL_QUERY ? &url->query : &url->fragment)->len = 0;
        return WEB_URL_OK;
    }
    if (text.data[0] == mark) {
        text.data++;
        text.len--;
    }
    return web_url_set(ctx, url, part, text);
}

static web_url_result_t set_userinfo(JSContext *ctx, const web_url_t *url, web_buf_t *part, web_slice_t text) {
    return can_have_port(url) && web_url_set_userinfo(ctx, part, text) < 0 ? WEB_URL_ERROR : WEB_URL_OK;
}

static web_url_result_t set_port(JSContext *ctx, web_url_t *url, web_slice_t text) {
    if (!can_have_port(url)) {
        return WEB_URL_OK;
    }
    if (text.len == 0) {
        url->port = -1;
        return WEB_URL_OK;
    }
    return web_url_set(ctx, url, WEB_URL_PORT, text);
}

static web_url_result_t set_property(JSContext *ctx, web_url_t *url, int property, web_slice_t text) {
    switch (property) {
        case HREF:
            return set_href(ctx, url, text);
        case PROTOCOL:
            return web_url_set(ctx, url, WEB_URL_PROTOCOL, text);
        case USERNAME:
            return set_userinfo(ctx, url, &url->username, text);
        case PASSWORD:
            return set_userinfo(ctx, url, &url->password, text);
        case HOST:
            return url->opaque_path ? WEB_URL_OK : web_url_set(ctx, url, WEB_URL_HOST, text);
        case HOSTNAME:
            return url->opaque_path ? WEB_URL_OK : web_url_set(ctx, url, WEB_URL_HOSTNAME, text);
        case PORT:
            return set_port(ctx, url, text);
        case PATHNAME:
            return url->opaque_path ? WEB_URL_OK : web_url_set(ctx, url, WEB_URL_PATH, text);
        case SEARCH:
            return set_marked(ctx, url, WEB_URL_QUERY, '?', &url->has_query, text);
        default:
            return set_marked(ctx, url, WEB_URL_FRAGMENT, '#', &url->has_fragment, text);
    }
}

static JSValue url_set(JSContext *ctx, JSValueConst this_val, JSValueConst value, int magic) {
    url_object_t *object = web_class_expect(ctx, WEB_URL, this_val);
    web_slice_t text;
    text.data = object == NULL ? NULL : web_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }
    web_url_result_t result = set_property(ctx, object->url, magic, text); // what is no valid part changes nothing
    JS_FreeCString(ctx, text.data);
    if (result != WEB_URL_ERROR && (magic == HREF || magic == SEARCH) && !JS_IsUndefined(object->params) &&
        web_params_refresh(ctx, object->params) < 0) {
        result = WEB_URL_ERROR;
    }
    return result == WEB_URL_ERROR ? JS_EXCEPTION : JS_UNDEFINED;
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

const web_class_t web_class_url = {
    .def = {.class_name = "URL", .finalizer = url_finalize, .gc_mark = url_mark},
    .constructor = url_construct,
    .length = 1,
    .proto = url_proto,
    .proto_len = WEB_COUNT(url_proto),
    .statics = url_statics,
    .statics_len = WEB_COUNT(url_statics),
};
