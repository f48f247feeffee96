// Jwks: env.NAME of a binding of type "jwks", the public keys of somebody who issues tokens. What is kept of them, and
// when they are fetched, is Python's.

#include "workers/workers_private.h"

static JSValue jwks_get(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    JSValueConst name = workers_name(ctx, WORKERS_JWKS, this_val);
    JSValue promise = JS_IsException(name) ? JS_EXCEPTION : host_op(ctx, "jwks.get", 1, &name);
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

// The JSON Web Key that an operation gave, or an exception: no key has the code of npm's jose for it, by which
// handlers tell a wrong token from keys that cannot be had.
static JSValue jwks_found(JSContext *ctx, bool rejected, JSValueConst key) {
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, key));
    }
    if (!JS_IsNull(key)) {
        return JS_DupValue(ctx, key);
    }
    JS_ThrowPlainError(ctx, "no key of the JSON Web Key Set, or more than one, is for this token");
    JSValue error = JS_GetException(ctx);
    if (JS_IsObject(error)) {
        JS_DefinePropertyValueStr(
            ctx, error, "code", JS_NewString(ctx, "ERR_JWKS_NO_MATCHING_KEY"), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    }
    return JS_Throw(ctx, error);
}

// The subject is a function, callback(error, key), or undefined.
static JSValue jwks_settled(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value) {
    JSValue key = jwks_found(ctx, rejected, value);
    if (JS_IsUndefined(subject)) {
        return key;
    }
    JSValue error = JS_IsException(key) ? JS_GetException(ctx) : JS_NULL;
    JSValue done = JS_Call(ctx, subject, JS_UNDEFINED, JS_IsNull(error) ? 2 : 1, (JSValueConst[]){error, key});
    JS_FreeValue(ctx, error);
    JS_FreeValue(ctx, key);
    return done;
}

// A parameter of a token's header where it is text, else undefined.
static JSValue jwks_parameter(JSContext *ctx, JSValueConst header, const char *name) {
    JSValue value = JS_IsObject(header) ? JS_GetPropertyStr(ctx, header, name) : JS_UNDEFINED;
    if (!JS_IsException(value) && !JS_IsString(value)) {
        JS_FreeValue(ctx, value);
        return JS_UNDEFINED;
    }
    return value;
}

// key(header, callback) of jsonwebtoken, and key(header, token) of jose. data: the binding's name.
static JSValue jwks_key(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *data) {
    (void)this_val, (void)magic;
    JSValueConst header = argc > 0 ? argv[0] : JS_UNDEFINED;
    JSValueConst callback = argc > 1 && JS_IsFunction(ctx, argv[1]) ? argv[1] : JS_UNDEFINED;
    JSValue kid = jwks_parameter(ctx, header, "kid");
    JSValue alg = JS_IsException(kid) ? JS_EXCEPTION : jwks_parameter(ctx, header, "alg");
    JSValue promise = JS_EXCEPTION;
    if (!JS_IsException(alg)) {
        JSValueConst args[] = {data[0], kid, alg};
        promise = host_op_with(ctx, "jwks.key", BASE_COUNT(args), args, jwks_settled, callback);
    }
    JS_FreeValue(ctx, alg);
    JS_FreeValue(ctx, kid);
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

// A function of its own, so that it can be handed on without its object.
static JSValue jwks_get_key(JSContext *ctx, JSValueConst this_val) {
    JSValueConst name = workers_name(ctx, WORKERS_JWKS, this_val);
    return JS_IsException(name) ? JS_EXCEPTION : JS_NewCFunctionData2(ctx, jwks_key, "key", 1, 0, 1, &name);
}

static const JSCFunctionListEntry jwks_proto[] = {
    JS_CFUNC_DEF("get", 0, jwks_get),
    JS_CGETSET_DEF("key", jwks_get_key, NULL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Jwks", JS_PROP_CONFIGURABLE),
};

const extension_class_t workers_class_jwks = {
    .def = {.class_name = "Jwks", .finalizer = workers_finalize},
    .proto = jwks_proto,
    .proto_len = BASE_COUNT(jwks_proto),
    .rare = true,
};
