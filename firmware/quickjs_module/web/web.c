// Installing the web objects, and calling handlers. See web.h.

#include <string.h>
#include "web/web_private.h"

bool web_knows_name(JSContext *ctx, const char *name) {
    if (strcmp(name, "url") == 0) {
        return web_of(ctx)->names_url;
    }
    if (strcmp(name, "redirect") == 0) {
        return web_of(ctx)->names_redirect;
    }
    return engine_knows_name(ctx, name);
}

static void web_loaded(JSContext *ctx) {
    web_t *web = web_of(ctx);
    web->names_url = engine_knows_name(ctx, "url");
    web->names_redirect = engine_knows_name(ctx, "redirect");
    // A request that reads headers would make the class, each anew: a tenth of what a token's check takes.
    if (engine_knows_name(ctx, "headers")) {
        extension_class_ready(ctx, &web_extension, WEB_HEADERS);
    }
    web_worker_loaded(ctx);
}

void web_set_packer(JSContext *ctx, const web_packer_t *packer) {
    web_of(ctx)->packer = packer;
}

int web_check_args(JSContext *ctx, int argc, int needed) {
    if (argc >= needed) {
        return 0;
    }
    JS_ThrowTypeError(ctx, "%d argument%s needed, got %d", needed, needed == 1 ? "" : "s", argc);
    return -1;
}

static JSValue make_structured_clone(JSContext *ctx, const char *name) {
    return JS_NewCFunction(ctx, web_structured_clone, name, 1);
}

static JSValue make_navigator(JSContext *ctx, const char *name) {
    (void)name;
    JSValue navigator = JS_NewObject(ctx);
    JS_DefinePropertyValueStr(ctx, navigator, "userAgent", JS_NewString(ctx, "edgelet"), JS_PROP_ENUMERABLE);
    return navigator;
}

static JSValue report_error(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (web_check_args(ctx, argc, 1) < 0) {
        return JS_EXCEPTION;
    }
    JS_Throw(ctx, JS_DupValue(ctx, argv[0]));
    return host_log_exception(ctx, NULL) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue make_report_error(JSContext *ctx, const char *name) {
    return JS_NewCFunction(ctx, report_error, name, 1);
}

static JSValue make_fetch(JSContext *ctx, const char *name) {
    return JS_NewCFunction(ctx, web_fetch, name, 1);
}

// Takes what the built-ins define before a script can change it.
static void keep_builtins(JSContext *ctx, JSValueConst global) {
    web_t *web = web_of(ctx);
    JSValue symbol = JS_GetPropertyStr(ctx, global, "Symbol");
    JSValue iterator_symbol = JS_GetPropertyStr(ctx, symbol, "iterator");
    web->symbol_iterator = JS_ValueToAtom(ctx, iterator_symbol);
    JSValue iterator = JS_GetPropertyStr(ctx, global, "Iterator");
    web->iterator_proto = JS_GetPropertyStr(ctx, iterator, "prototype");
    JS_FreeValue(ctx, iterator);
    JS_FreeValue(ctx, iterator_symbol);
    JS_FreeValue(ctx, symbol);
}

static void web_install(JSContext *ctx) {
    *web_of(ctx) = (web_t){
        .handler = JS_UNDEFINED,
        .handler_this = JS_UNDEFINED,
        .outcome = JS_UNDEFINED,
        .done_value = JS_UNINITIALIZED,
        .wait_until = JS_UNDEFINED,
        .ctx = JS_UNDEFINED,
        .pump = JS_UNDEFINED,
        .iterator_proto = JS_UNDEFINED,
    };
    JSValue global = JS_GetGlobalObject(ctx);
    keep_builtins(ctx, global);
    JS_FreeValue(ctx, global);
}

// ---- the ctx object of fetch handlers ----

void web_wait_until(JSContext *ctx, JSValue promise) {
    web_t *web = web_of(ctx);
    if (JS_IsUndefined(web->wait_until)) {
        web->wait_until = JS_NewArray(ctx);
    }
    int64_t count;
    JS_GetLength(ctx, web->wait_until, &count);
    JS_DefinePropertyValueUint32(ctx, web->wait_until, (uint32_t)count, promise, JS_PROP_C_W_E);
}

static JSValue ctx_wait_until(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    JSValue promise = JS_NewSettledPromise(ctx, false, argv[0]); // may run the handler's code
    if (JS_IsException(promise)) {
        return promise;
    }
    web_wait_until(ctx, promise);
    return JS_UNDEFINED;
}

static JSValue ctx_pass_through(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    web_of(ctx)->pass_through = true;
    return JS_UNDEFINED;
}

JSValue web_clock_is_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    return JS_NewBool(ctx, host_clock_is_set());
}

static const JSCFunctionListEntry ctx_functions[] = {
    JS_CFUNC_DEF("clockIsSet", 0, web_clock_is_set),
    JS_CFUNC_DEF("waitUntil", 1, ctx_wait_until),
    JS_CFUNC_DEF("passThroughOnException", 0, ctx_pass_through),
};

static bool web_background(JSContext *ctx) {
    if (web_of(ctx)->shape == WEB_SHAPE_LAMBDA) {
        return web_lambda_background(ctx);
    }
    JSValueConst list = web_of(ctx)->wait_until;
    int64_t count = 0;
    if (!JS_IsUndefined(list)) {
        JS_GetLength(ctx, list, &count);
    }
    bool pending = false;
    for (int64_t i = 0; i < count && !pending; i++) {
        JSValue promise = JS_GetPropertyInt64(ctx, list, i);
        pending = JS_PromiseState(ctx, promise) == JS_PROMISE_PENDING;
        JS_FreeValue(ctx, promise);
    }
    return pending;
}

// ---- the handler ----

static bool is_function(JSContext *ctx, JSValueConst value) {
    return JS_IsFunction(ctx, value);
}

// export default { fetch } or export default function. 1 when it is there, 0 when not, -1 with a pending exception.
static int find_fetch(JSContext *ctx, web_t *web, JSValueConst module_ns) {
    JSValue exported = JS_GetPropertyStr(ctx, module_ns, "default");
    if (JS_IsException(exported)) {
        return -1;
    }
    if (is_function(ctx, exported)) {
        web->handler = exported;
        return 1;
    }

    JSValue method = JS_IsObject(exported) ? JS_GetPropertyStr(ctx, exported, "fetch") : JS_UNDEFINED;
    if (is_function(ctx, method)) {
        web->handler = method;
        web->handler_this = exported;
        return 1;
    }
    JS_FreeValue(ctx, exported);
    int result = JS_IsException(method) ? -1 : 0;
    JS_FreeValue(ctx, method);
    return result;
}

// `handler` of a module, or of what a CommonJS module exports.
static JSValue exported_handler(JSContext *ctx, JSValueConst module_ns) {
    JSValue handler = JS_GetPropertyStr(ctx, module_ns, "handler");
    if (!JS_IsUndefined(handler)) {
        return handler;
    }
    JSValue exported = JS_GetPropertyStr(ctx, module_ns, "default");
    if (JS_IsObject(exported)) {
        handler = JS_GetPropertyStr(ctx, exported, "handler");
    }
    JS_FreeValue(ctx, exported);
    return handler;
}

static int find_lambda(JSContext *ctx, web_t *web, JSValueConst module_ns) {
    JSValue exported = exported_handler(ctx, module_ns);
    if (!is_function(ctx, exported)) {
        int result = JS_IsException(exported) ? -1 : 0;
        JS_FreeValue(ctx, exported);
        return result;
    }
    int64_t parameters;
    if (JS_GetLength(ctx, exported, &parameters) < 0) {
        JS_FreeValue(ctx, exported);
        return -1;
    }
    web->wants_done = parameters >= 3;
    web->handler = exported;
    return 1;
}

// What every request of that shape needs is made here, so that it is part of the image.
static void prepare_fetch(JSContext *ctx, web_t *web) {
    web->ctx = JS_IsUndefined(web->handler) ? web_worker_proto(ctx) : JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, web->ctx, ctx_functions, BASE_COUNT(ctx_functions));
    extension_class_ready(ctx, &web_extension, WEB_REQUEST);
    extension_class_ready(ctx, &web_extension, WEB_RESPONSE);
}

static uint8_t web_find_handler(JSContext *ctx, JSValueConst module_ns) {
    web_t *web = web_of(ctx);
    int found = find_fetch(ctx, web, module_ns);
    web->shape = WEB_SHAPE_FETCH;
    if (found == 0) {
        found = find_lambda(ctx, web, module_ns);
        web->shape = WEB_SHAPE_LAMBDA;
    }
    if (found == 0 && web_worker_listens(ctx)) {
        found = 1;
        web->shape = WEB_SHAPE_FETCH;
    }
    if (found == 0) {
        JS_ThrowTypeError(ctx, "no handler: export default { fetch(request, env, ctx) }, or export const handler = "
                               "async (event, context) => "
                               "({ statusCode, body })");
    }
    if (found <= 0) {
        web->shape = WEB_SHAPE_NONE;
    } else if (web->shape == WEB_SHAPE_FETCH) {
        prepare_fetch(ctx, web);
    }
    return web->shape;
}

static JSValue call_fetch(JSContext *ctx, const isolate_request_t *request) {
    web_t *web = web_of(ctx);
    JSValue object = web_request_object(ctx, request);
    if (JS_IsException(object)) {
        return object;
    }
    JSValue result;
    if (JS_IsUndefined(web->handler)) {
        result = web_worker_call(ctx, object);
    } else {
        JSValueConst args[] = {object, host_of(ctx)->env, web->ctx};
        result = JS_Call(ctx, web->handler, web->handler_this, BASE_COUNT(args), args);
    }
    JS_FreeValue(ctx, object);
    return result;
}

// Whether await takes a value for what it resolves to. -1 with a pending exception.
static int is_thenable(JSContext *ctx, JSValueConst value) {
    JSValue then = JS_IsObject(value) ? JS_GetPropertyStr(ctx, value, "then") : JS_UNDEFINED;
    int result = JS_IsException(then) ? -1 : JS_IsFunction(ctx, then);
    JS_FreeValue(ctx, then);
    return result;
}

static int web_call(JSContext *ctx, const isolate_request_t *request) {
    web_t *web = web_of(ctx);
    web->packs = !request->is_internal;
    web->is_head = request->method.len == 4 && memcmp(request->method.data, "HEAD", 4) == 0;
    JSValue result = web->shape == WEB_SHAPE_LAMBDA ? web_lambda_call(ctx, request) : call_fetch(ctx, request);
    if (JS_IsException(result)) {
        return -1;
    }
    // As await does: an object with a then method counts for what it resolves to.
    bool is_plain = JS_IsPromise(result) || web_class_get(WEB_RESPONSE, result) != NULL;
    int thenable = is_plain ? 0 : is_thenable(ctx, result);
    if (thenable < 0) {
        JS_FreeValue(ctx, result);
        return -1;
    }
    if (thenable > 0) {
        JSValue promise = JS_NewSettledPromise(ctx, false, result);
        JS_FreeValue(ctx, result);
        if (JS_IsException(promise)) {
            return -1;
        }
        result = promise;
    }

    if (JS_IsPromise(result)) {
        JS_PromiseMarkAsHandled(ctx, result); // web_outcome reports a rejection
    }
    web->outcome = result;
    return 0;
}

static const char *type_name(JSContext *ctx, JSValueConst value) {
    if (is_function(ctx, value)) {
        return "a function";
    }
    if (JS_IsArray(value)) {
        return "an array";
    }

    switch (JS_VALUE_GET_NORM_TAG(value)) {
        case JS_TAG_UNDEFINED:
            return "undefined";
        case JS_TAG_NULL:
            return "null";
        case JS_TAG_BOOL:
            return "a boolean";
        case JS_TAG_INT:
        case JS_TAG_FLOAT64:
            return "a number";
        case JS_TAG_OBJECT:
            return "an object that is no Response";
        default:
            return JS_IsString(value) ? "a string" : "a symbol or BigInt";
    }
}

static extension_outcome_t fetch_result(JSContext *ctx, web_t *web, isolate_response_t *out) {
    JSValue complete = web_response_complete(ctx, web->outcome);
    if (!JS_IsUndefined(complete)) {
        JS_PromiseMarkAsHandled(ctx, complete);
        JS_FreeValue(ctx, web->outcome);
        web->outcome = complete;
        return EXTENSION_PENDING;
    }
    JSValueConst result = web->outcome;
    int taken = web_response_take(ctx, result, out);
    if (taken == 0) {
        JS_ThrowTypeError(ctx, "the handler must return a Response, not %s", type_name(ctx, result));
        return EXTENSION_BAD_RESULT;
    }
    return taken > 0 ? EXTENSION_ANSWERED : EXTENSION_THREW;
}

// Whether what a Lambda handler has returned is no answer, since it answers by done() or its kin. AWS takes nothing for
// one that comes without a promise; here an object is, of a handler that declares no third parameter, or once nothing
// is open that could call done().
static bool waits_for_done(JSContext *ctx, const web_t *web) {
    if (JS_IsUndefined(web->outcome) && web->wants_done) {
        return true;
    }
    bool is_answer = JS_IsObject(web->outcome) && !web->wants_done;
    return !web->promised && !is_answer && host_of(ctx)->op_count > 0;
}

static extension_outcome_t web_outcome(JSContext *ctx, isolate_response_t *out) {
    web_t *web = web_of(ctx);
    if (!JS_IsUninitialized(web->done_value)) {
        if (web->done_failed) {
            JS_Throw(ctx, JS_DupValue(ctx, web->done_value));
            return EXTENSION_THREW;
        }
        return web_lambda_result(ctx, web->done_value, out);
    }

    JSValueConst result = web->outcome;
    if (JS_IsPromise(result)) {
        JSPromiseStateEnum state = JS_PromiseState(ctx, result);
        if (state == JS_PROMISE_PENDING) {
            return EXTENSION_PENDING;
        }
        JSValue settled = JS_PromiseResult(ctx, result);
        if (state == JS_PROMISE_REJECTED) {
            JS_Throw(ctx, settled);
            return EXTENSION_THREW;
        }
        JS_FreeValue(ctx, web->outcome);
        web->outcome = settled; // `out` may point into it
        web->promised = true;
    }

    if (web->shape == WEB_SHAPE_FETCH) {
        return fetch_result(ctx, web, out);
    }
    if (waits_for_done(ctx, web)) {
        return EXTENSION_PENDING;
    }
    return web_lambda_result(ctx, web->outcome, out);
}

static isolate_body_t web_body(JSContext *ctx) {
    JSValueConst pump = web_of(ctx)->pump;
    switch (stream_pump_state(pump)) {
        case STREAM_PUMP_OPEN:
            return ISOLATE_BODY_OPEN;
        case STREAM_PUMP_ENDED:
        case STREAM_PUMP_UNWANTED:
            return ISOLATE_BODY_ENDED;
        default:
            JS_Throw(ctx, JS_DupValue(ctx, stream_pump_error(pump)));
            return ISOLATE_BODY_FAILED;
    }
}

// What the source does then goes on behind the response.
static void web_cancel_body(JSContext *ctx, JSValueConst reason) {
    web_wait_until(ctx, stream_pump_cancel(ctx, web_of(ctx)->pump, reason));
}

bool web_passes_through(JSContext *ctx) {
    return web_of(ctx)->pass_through;
}

static const extension_class_t *const web_classes[WEB_CLASS_COUNT] = {
    [WEB_HEADERS] = &web_class_headers,
    [WEB_REQUEST] = &web_class_request,
    [WEB_RESPONSE] = &web_class_response,
    [WEB_ITERATOR] = &web_class_iterator,
    [WEB_URL] = &web_class_url,
    [WEB_PARAMS] = &web_class_params,
    [WEB_TEXT_ENCODER] = &web_class_text_encoder,
    [WEB_TEXT_DECODER] = &web_class_text_decoder,
    [WEB_FORM_DATA] = &web_class_form_data,
    [WEB_BLOB] = &web_class_blob,
    [WEB_FILE] = &web_class_file,
};

static const extension_global_t web_globals[] = {
    {"fetch", make_fetch, true},
    {"navigator", make_navigator, true},
    {"reportError", make_report_error, true},
    {"structuredClone", make_structured_clone, false},
};

static const extension_handlers_t web_handlers = {
    .find = web_find_handler,
    .call = web_call,
    .outcome = web_outcome,
    .body = web_body,
    .cancel_body = web_cancel_body,
    .background = web_background,
};

extension_t web_extension = {
    .classes = web_classes,
    .class_count = WEB_CLASS_COUNT,
    .globals = web_globals,
    .global_count = BASE_COUNT(web_globals),
    .state_size = sizeof(web_t),
    .install = web_install,
    .loaded = web_loaded,
    .module = web_worker_module,
    .handlers = &web_handlers,
};
