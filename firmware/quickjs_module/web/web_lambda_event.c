// What a Lambda handler is given: event and context, as AWS API Gateway has them. REST APIs give event version 1.0,
// HTTP APIs 2.0 (API Gateway developer guide, "Lambda proxy integrations").

#include <stdio.h>
#include <string.h>

#include "base_base64.h"
#include "engine/bundle.h"
#include "web/web_private.h"

// What AWS calls the stage and the route that are there unless others are made.
#define DEFAULT_NAME "$default"
// The resource that stands for every path.
#define ANY_PATH "/{proxy+}"
#define PROTOCOL "HTTP/1.1"
#define MS_A_DAY (86400000)

// Defines obj[name] as an own property, whatever setters or prototypes say. Takes `value`.
static void lambda_define(JSContext *ctx, JSValueConst obj, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, obj, name, value, JS_PROP_C_W_E);
}

static void lambda_define_text(JSContext *ctx, JSValueConst obj, const char *name, const char *text) {
    lambda_define(ctx, obj, name, JS_NewString(ctx, text));
}

static JSValue latin1(JSContext *ctx, base_slice_t slice) {
    return web_latin1_string(ctx, slice.data, slice.len);
}

static JSValue base64_string(JSContext *ctx, base_slice_t bytes) {
    char *text = js_malloc(ctx, BASE_BASE64_SIZE(bytes.len));
    JSValue string = JS_NewStringLen(ctx, text, base_base64_encode(text, bytes.data, bytes.len));
    js_free(ctx, text);
    return string;
}

// ---- headers and parameters: objects of texts, and of arrays of texts ----

// Two strings with a separator between them.
static JSValue joined(JSContext *ctx, JSValueConst before, const char *separator, JSValueConst after) {
    size_t before_len, after_len;
    const char *before_text = JS_ToCStringLen(ctx, &before_len, before);
    const char *after_text = JS_ToCStringLen(ctx, &after_len, after);
    web_buf_t text = {0};
    web_buf_put(ctx, &text, before_text, before_len);
    web_buf_put_text(ctx, &text, separator);
    web_buf_put(ctx, &text, after_text, after_len);
    JS_FreeCString(ctx, after_text);
    JS_FreeCString(ctx, before_text);
    return web_buf_string(ctx, &text);
}

// object[name], an own property, or undefined.
static JSValue own_value(JSContext *ctx, JSValueConst object, JSAtom name) {
    JSPropertyDescriptor property;
    if (JS_GetOwnProperty(ctx, &property, object, name) <= 0) {
        return JS_UNDEFINED;
    }
    JS_FreeValues(ctx, property.getter, property.setter);
    return property.value;
}

// Adds a string to object[name]: what is there already stays before it, with the separator between them.
static void define_joined(JSContext *ctx, JSValueConst object, JSAtom name, JSValue value, const char *separator) {
    JSValue before = own_value(ctx, object, name);
    if (!JS_IsUndefined(before)) {
        JSValue both = joined(ctx, before, separator, value);
        JS_FreeValues(ctx, before, value);
        value = both;
    }
    JS_DefinePropertyValue(ctx, object, name, value, JS_PROP_C_W_E);
}

// Adds a string to the array object[name].
static void define_listed(JSContext *ctx, JSValueConst object, JSAtom name, JSValue value) {
    JSValue list = own_value(ctx, object, name);
    if (JS_IsUndefined(list)) {
        list = JS_NewArray(ctx);
        JS_DefinePropertyValue(ctx, object, name, JS_DupValue(ctx, list), JS_PROP_C_W_E);
    }
    int64_t count = 0;
    JS_GetLength(ctx, list, &count);
    JS_DefinePropertyValueUint32(ctx, list, (uint32_t)count, value, JS_PROP_C_W_E);
    JS_FreeValue(ctx, list);
}

static bool is_cookie(base_slice_t name) {
    return base_equal_nocase(name.data, name.len, "cookie");
}

// Each line of headers into `texts` and, where that is an object, into `lists`.
static void define_headers(JSContext *ctx, const web_headers_t *headers, JSValueConst texts, JSValueConst lists) {
    base_slice_t name, value;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        JSAtom atom = JS_NewAtomLen(ctx, name.data, name.len);
        // RFC 9113, section 8.2.3.
        define_joined(ctx, texts, atom, latin1(ctx, value), is_cookie(name) ? "; " : ", ");
        if (JS_IsObject(lists)) {
            define_listed(ctx, lists, atom, latin1(ctx, value));
        }
        JS_FreeAtom(ctx, atom);
    }
}

// The query's parameters, of each the last value.
static JSValue last_parameters(JSContext *ctx, base_slice_t query) {
    JSValue object = JS_NewObject(ctx);
    base_slice_t name, value;
    while (web_form_next(&query, &name, &value)) {
        JSValue key = web_form_string(ctx, name);
        JSAtom atom = JS_ValueToAtom(ctx, key);
        JS_DefinePropertyValue(ctx, object, atom, web_form_string(ctx, value), JS_PROP_C_W_E);
        JS_FreeAtom(ctx, atom);
        JS_FreeValue(ctx, key);
    }
    return object;
}

// The query's parameters with all their values: in arrays, or in one text with commas.
static JSValue all_parameters(JSContext *ctx, base_slice_t query, bool lists) {
    JSValue object = JS_NewObject(ctx);
    base_slice_t name, value;
    while (web_form_next(&query, &name, &value)) {
        JSValue key = web_form_string(ctx, name);
        JSAtom atom = JS_ValueToAtom(ctx, key);
        JSValue text = web_form_string(ctx, value);
        if (lists) {
            define_listed(ctx, object, atom, text);
        } else {
            define_joined(ctx, object, atom, text, ",");
        }
        JS_FreeAtom(ctx, atom);
        JS_FreeValue(ctx, key);
    }
    return object;
}

// Without a body, version 1.0 has null and version 2.0 nothing.
static void define_body(JSContext *ctx, JSValueConst event, const isolate_request_t *request, bool is_version_2) {
    base_slice_t body = request->body;
    bool binary = request->has_body && !base_is_utf8(body.data, body.len);
    JSValue value = JS_NULL;
    if (binary) {
        value = base64_string(ctx, body);
    } else if (request->has_body) {
        value = JS_NewStringLen(ctx, body.data, body.len);
    }
    if (request->has_body || !is_version_2) {
        lambda_define(ctx, event, "body", value);
    }
    lambda_define(ctx, event, "isBase64Encoded", JS_NewBool(ctx, binary));
}

// ---- requestContext ----

// Milliseconds since 1970 as the common log format has them: "22/Nov/2026:05:50:00 +0000".
static JSValue log_time(JSContext *ctx, uint64_t unix_ms) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    // Days since 0000-03-01 to a date of the Gregorian calendar: H. Hinnant, "chrono-Compatible Low-Level Date
    // Algorithms", civil_from_days. A C library's functions may take locks.
    uint32_t days = (uint32_t)(unix_ms / MS_A_DAY) + 719468;
    uint32_t era = days / 146097, day_of_era = days % 146097;
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month_from_march = (5 * day_of_year + 2) / 153;
    uint32_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    uint32_t month = (month_from_march + 2) % 12;
    uint32_t year = 400 * era + year_of_era + (month < 2 ? 1 : 0);
    uint32_t second = (uint32_t)(unix_ms % MS_A_DAY / 1000);

    char text[48];
    snprintf(text, sizeof(text), "%02u/%.3s/%04u:%02u:%02u:%02u +0000", (unsigned)day, months + 3 * month,
        (unsigned)year, (unsigned)(second / 3600), (unsigned)(second / 60 % 60), (unsigned)(second % 60));
    return JS_NewString(ctx, text);
}

static base_slice_t without_port(base_slice_t host) {
    size_t len = host.len;
    while (len > 0 && host.data[len - 1] >= '0' && host.data[len - 1] <= '9') {
        len--;
    }
    return len > 0 && host.data[len - 1] == ':' ? (base_slice_t){host.data, len - 1} : host;
}

static base_slice_t first_label(base_slice_t name) {
    const char *dot = name.len == 0 ? NULL : memchr(name.data, '.', name.len);
    return dot == NULL ? name : (base_slice_t){name.data, (size_t)(dot - name.data)};
}

// What both versions have alike.
static JSValue request_context(JSContext *ctx, const isolate_request_t *request, JSValueConst id) {
    base_slice_t domain = without_port(request->host);
    JSValue context = JS_NewObject(ctx);
    lambda_define_text(ctx, context, "accountId", "");
    lambda_define_text(ctx, context, "apiId", host_function_name(ctx));
    lambda_define(ctx, context, "domainName", latin1(ctx, domain));
    lambda_define(ctx, context, "domainPrefix", latin1(ctx, first_label(domain)));
    lambda_define(ctx, context, "requestId", JS_DupValue(ctx, id));
    lambda_define_text(ctx, context, "stage", DEFAULT_NAME);
    return context;
}

static JSValue user_agent(JSContext *ctx, JSValueConst headers) {
    JSAtom name = JS_NewAtom(ctx, "user-agent");
    JSValue value = own_value(ctx, headers, name);
    JS_FreeAtom(ctx, name);
    return JS_IsUndefined(value) ? JS_NULL : value;
}

static JSValue context_1(
    JSContext *ctx, const isolate_request_t *request, base_slice_t path, JSValueConst headers, JSValueConst id) {
    uint64_t now_ms = host_of(ctx)->origin_us / 1000;
    JSValue context = request_context(ctx, request, id);
    JSValue identity = JS_NewObject(ctx);
    lambda_define(ctx, identity, "sourceIp", latin1(ctx, request->peer));
    lambda_define(ctx, identity, "userAgent", user_agent(ctx, headers));
    lambda_define(ctx, context, "extendedRequestId", JS_DupValue(ctx, id));
    lambda_define(ctx, context, "httpMethod", latin1(ctx, request->method));
    lambda_define(ctx, context, "identity", identity);
    lambda_define(ctx, context, "path", latin1(ctx, path));
    lambda_define_text(ctx, context, "protocol", PROTOCOL);
    lambda_define(ctx, context, "requestTime", log_time(ctx, now_ms));
    lambda_define(ctx, context, "requestTimeEpoch", JS_NewInt64(ctx, (int64_t)now_ms));
    lambda_define_text(ctx, context, "resourcePath", ANY_PATH);
    return context;
}

static JSValue context_2(
    JSContext *ctx, const isolate_request_t *request, base_slice_t path, JSValueConst headers, JSValueConst id) {
    uint64_t now_ms = host_of(ctx)->origin_us / 1000;
    JSValue context = request_context(ctx, request, id);
    JSValue http = JS_NewObject(ctx);
    lambda_define(ctx, http, "method", latin1(ctx, request->method));
    lambda_define(ctx, http, "path", latin1(ctx, path));
    lambda_define_text(ctx, http, "protocol", PROTOCOL);
    lambda_define(ctx, http, "sourceIp", latin1(ctx, request->peer));
    lambda_define(ctx, http, "userAgent", user_agent(ctx, headers));
    lambda_define(ctx, context, "http", http);
    lambda_define_text(ctx, context, "routeKey", DEFAULT_NAME);
    lambda_define(ctx, context, "time", log_time(ctx, now_ms));
    lambda_define(ctx, context, "timeEpoch", JS_NewInt64(ctx, (int64_t)now_ms));
    return context;
}

// ---- event ----

static base_slice_t split_target(base_slice_t target, base_slice_t *query) {
    const char *mark = target.len == 0 ? NULL : memchr(target.data, '?', target.len);
    if (mark == NULL) {
        *query = (base_slice_t){"", 0};
        return target;
    }
    size_t len = (size_t)(mark - target.data);
    *query = (base_slice_t){mark + 1, target.len - len - 1};
    return (base_slice_t){target.data, len};
}

static JSValue event_1(JSContext *ctx, const isolate_request_t *request, JSValueConst id) {
    base_slice_t query, path = split_target(request->target, &query);
    JSValue headers = JS_NewObject(ctx), lists = JS_NewObject(ctx);
    web_headers_t *lines = web_headers_parse(ctx, request->headers);
    define_headers(ctx, lines, headers, lists);
    web_headers_free(JS_GetRuntime(ctx), lines);

    JSValue event = JS_NewObject(ctx);
    lambda_define_text(ctx, event, "version", "1.0");
    lambda_define_text(ctx, event, "resource", ANY_PATH);
    lambda_define(ctx, event, "httpMethod", latin1(ctx, request->method));
    lambda_define(ctx, event, "path", latin1(ctx, path));
    lambda_define(ctx, event, "headers", headers);
    lambda_define(ctx, event, "multiValueHeaders", lists);
    lambda_define(ctx, event, "query", last_parameters(ctx, query));
    lambda_define(ctx, event, "queryStringParameters", last_parameters(ctx, query));
    lambda_define(ctx, event, "multiValueQueryStringParameters", all_parameters(ctx, query, true));
    lambda_define(ctx, event, "pathParameters", JS_NULL);
    lambda_define(ctx, event, "stageVariables", JS_NULL);
    define_body(ctx, event, request, false);
    lambda_define(ctx, event, "requestContext", context_1(ctx, request, path, headers, id));
    return event;
}

// The cookies of a header's value "a=1; b=2", each for itself.
static void list_cookies(JSContext *ctx, JSValueConst list, base_slice_t value) {
    int64_t count = 0;
    JS_GetLength(ctx, list, &count);
    while (value.len > 0) {
        const char *end = memchr(value.data, ';', value.len);
        size_t len = end == NULL ? value.len : (size_t)(end - value.data);
        base_slice_t cookie = web_trimmed((base_slice_t){value.data, len});
        if (cookie.len > 0) {
            JS_DefinePropertyValueUint32(ctx, list, (uint32_t)count++, latin1(ctx, cookie), JS_PROP_C_W_E);
        }
        size_t used = end == NULL ? len : len + 1;
        value = (base_slice_t){value.data + used, value.len - used};
    }
}

// The cookies of all lines, or undefined where there are none.
static JSValue cookies_of(JSContext *ctx, const web_headers_t *headers) {
    JSValue list = JS_UNDEFINED;
    base_slice_t name, value;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        if (is_cookie(name)) {
            list = JS_IsUndefined(list) ? JS_NewArray(ctx) : list;
            list_cookies(ctx, list, value);
        }
    }
    return list;
}

static JSValue event_2(JSContext *ctx, const isolate_request_t *request, JSValueConst id) {
    base_slice_t query, path = split_target(request->target, &query);
    JSValue headers = JS_NewObject(ctx);
    web_headers_t *lines = web_headers_parse(ctx, request->headers);
    JSValue cookies = cookies_of(ctx, lines);
    web_headers_remove(lines, "cookie");
    define_headers(ctx, lines, headers, JS_UNDEFINED);
    web_headers_free(JS_GetRuntime(ctx), lines);

    JSValue event = JS_NewObject(ctx);
    lambda_define_text(ctx, event, "version", "2.0");
    lambda_define_text(ctx, event, "routeKey", DEFAULT_NAME);
    lambda_define(ctx, event, "rawPath", latin1(ctx, path));
    lambda_define(ctx, event, "rawQueryString", latin1(ctx, query));
    if (!JS_IsUndefined(cookies)) {
        lambda_define(ctx, event, "cookies", cookies);
    }
    lambda_define(ctx, event, "headers", headers);
    if (query.len > 0) {
        lambda_define(ctx, event, "queryStringParameters", all_parameters(ctx, query, false));
    }
    lambda_define(ctx, event, "requestContext", context_2(ctx, request, path, headers, id));
    define_body(ctx, event, request, true);
    return event;
}

// ---- context ----

static JSValue remaining_time(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return JS_NewUint32(ctx, host_remaining_ms(ctx));
}

static const JSCFunctionListEntry lambda_context_functions[] = {
    JS_CFUNC_DEF("clockIsSet", 0, web_clock_is_set),
    JS_CFUNC_DEF("getRemainingTimeInMillis", 0, remaining_time),
    JS_CFUNC_DEF("succeed", 1, web_lambda_succeed),
    JS_CFUNC_DEF("fail", 1, web_lambda_fail),
    JS_CFUNC_DEF("done", 2, web_lambda_done),
};

static JSValue make_context(JSContext *ctx, JSValue id) {
    double megabytes = (double)host_memory_limit(ctx) / (1024 * 1024);
    JSValue context = JS_NewObject(ctx);
    lambda_define_text(ctx, context, "functionName", host_function_name(ctx));
    lambda_define(ctx, context, "memoryLimitInMB", JS_NewNumber(ctx, megabytes));
    lambda_define(ctx, context, "awsRequestId", id);
    lambda_define(ctx, context, WEB_LAMBDA_WAITS, JS_TRUE);
    JS_SetPropertyFunctionList(ctx, context, lambda_context_functions, BASE_COUNT(lambda_context_functions));
    return context;
}

bool web_lambda_is_version_2(JSContext *ctx) {
    return (host_of(ctx)->bundle_flags & BUNDLE_EVENT_2) != 0;
}

void web_lambda_arguments(JSContext *ctx, const isolate_request_t *request, JSValue *event, JSValue *context) {
    JSValue id = web_random_uuid(ctx);
    *event = web_lambda_is_version_2(ctx) ? event_2(ctx, request, id) : event_1(ctx, request, id);
    *context = make_context(ctx, id);
}
