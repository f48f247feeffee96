// Fetcher: env.NAME of a binding of type "service", by which a function asks another one.

#include "web/web.h"
#include "workers/workers_private.h"

static JSValue fetcher_fetch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValueConst name = workers_name(ctx, WORKERS_FETCHER, this_val);
    JSValue promise = JS_IsException(name) ? JS_EXCEPTION : web_fetch_service(ctx, name, argc, argv);
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

static const JSCFunctionListEntry fetcher_proto[] = {
    JS_CFUNC_DEF("fetch", 1, fetcher_fetch),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Fetcher", JS_PROP_CONFIGURABLE),
};

const extension_class_t workers_class_fetcher = {
    .def = {.class_name = "Fetcher", .finalizer = workers_finalize},
    .proto = fetcher_proto,
    .proto_len = BASE_COUNT(fetcher_proto),
    .rare = true,
};
