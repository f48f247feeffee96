// Operations: what handlers await, queued for Python. See host.h.

#include "isolate/isolate_private.h"

#include <string.h>

#include "port/port.h"

isolate_op_t *host_find_op(isolate_host_t *host, uint32_t id) {
    isolate_op_t *op = host->first_op;
    while (op != NULL && op->id != id) {
        op = op->next;
    }
    return op;
}

void host_remove_op(isolate_host_t *host, isolate_op_t *op) {
    isolate_op_t *before = NULL;
    for (isolate_op_t *o = host->first_op; o != op; o = o->next) {
        before = o;
    }
    if (before == NULL) {
        host->first_op = op->next;
    } else {
        before->next = op->next;
    }

    if (host->last_op == op) {
        host->last_op = before;
    }
    if (!op->cancelled) {
        host->op_count--;
    }
}

void host_free_op(JSContext *ctx, isolate_op_t *op) {
    for (size_t i = 0; i < op->argc; i++) {
        if (op->args[i].type == ISOLATE_ARG_TEXT) {
            JS_FreeCString(ctx, op->args[i].data.data);
        } else if (op->args[i].type == ISOLATE_ARG_BYTES) {
            js_free(ctx, (void *)(uintptr_t)op->args[i].data.data);
        }
    }
    JS_FreeValue(ctx, op->resolve);
    JS_FreeValue(ctx, op->reject);
    JS_FreeValue(ctx, op->subject);
    js_free(ctx, op);
}

isolate_op_t *host_new_op(JSContext *ctx, const char *name) {
    isolate_host_t *host = host_of(ctx);
    if (host->op_count >= ISOLATE_OPS_MAX) {
        JS_ThrowRangeError(ctx, "more than %d operations are open at once: await some of them first", ISOLATE_OPS_MAX);
        return NULL;
    }
    isolate_op_t *op = js_mallocz(ctx, sizeof(*op));
    op->id = ++host->next_op_id;
    op->resolve = JS_UNDEFINED;
    op->reject = JS_UNDEFINED;
    op->subject = JS_UNDEFINED;
    strncpy(op->name, name, ISOLATE_OP_NAME_MAX);
    return op;
}

void host_queue_op(JSContext *ctx, isolate_op_t *op) {
    isolate_host_t *host = host_of(ctx);
    if (host->last_op == NULL) {
        host->first_op = op;
    } else {
        host->last_op->next = op;
    }
    host->last_op = op;
    host->op_count++;
}

uint32_t host_last_op(JSContext *ctx) {
    return host_of(ctx)->next_op_id;
}

void host_cancel_op(JSContext *ctx, uint32_t id) {
    isolate_host_t *host = host_of(ctx);
    isolate_op_t *op = host_find_op(host, id);
    if (op == NULL || op->cancelled) {
        return;
    }
    if (!op->taken) {
        host_remove_op(host, op);
        host_free_op(ctx, op);
    } else {
        // Python waits for it: isolate_next_cancelled tells it.
        op->cancelled = true;
        host->op_count--;
    }
}

// A copy, since the handler may go on writing to its array.
static void copy_bytes(JSContext *ctx, isolate_arg_t *arg, base_slice_t bytes) {
    char *copy = js_malloc(ctx, bytes.len + 1);
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    arg->type = ISOLATE_ARG_BYTES;
    arg->data = (base_slice_t){copy, bytes.len};
}

// Takes a primitive, of which to make text runs no code of the handler's.
static void take_text(JSContext *ctx, isolate_arg_t *arg, JSValueConst value) {
    arg->type = ISOLATE_ARG_TEXT;
    arg->data.data = engine_usv_string(ctx, &arg->data.len, value);
}

// Whether it is an object of no special class: what methods take as their options.
static bool is_plain(JSContext *ctx, JSValueConst value) {
    JSValue plain = JS_NewObject(ctx);
    bool same = JS_IsObject(value) && JS_GetClassID(value) == JS_GetClassID(plain);
    JS_FreeValue(ctx, plain);
    return same;
}

static int take_json(JSContext *ctx, isolate_arg_t *arg, JSValueConst value) {
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json)) {
        return -1;
    }
    take_text(ctx, arg, json);
    JS_FreeValue(ctx, json);
    return 0;
}

// Primitives, bytes, and options.
static int take_argument(JSContext *ctx, isolate_arg_t *arg, JSValueConst value) {
    if (JS_IsUndefined(value) || JS_IsNull(value)) {
        arg->type = ISOLATE_ARG_NONE;
        return 0;
    }
    if (JS_IsBool(value)) {
        arg->type = ISOLATE_ARG_BOOL;
        arg->number = JS_ToBool(ctx, value);
        return 0;
    }
    if (JS_IsNumber(value)) {
        arg->type = ISOLATE_ARG_NUMBER;
        return JS_ToFloat64(ctx, &arg->number, value);
    }
    if (JS_IsString(value)) {
        take_text(ctx, arg, value);
        return 0;
    }

    base_slice_t bytes;
    int is_buffer = engine_buffer_source(ctx, value, &bytes);
    if (is_buffer < 0) {
        return -1;
    }
    if (is_buffer > 0) {
        copy_bytes(ctx, arg, bytes);
        return 0;
    }
    if (is_plain(ctx, value)) {
        return take_json(ctx, arg, value);
    }
    JS_ThrowTypeError(ctx, "an operation takes strings, numbers, booleans, null, bytes and plain objects");
    return -1;
}

// The promise of an operation's result, or an exception.
static JSValue make_promise(JSContext *ctx, isolate_op_t *op) {
    JSValue functions[2];
    JSValue promise = JS_NewPromiseCapability(ctx, functions);
    if (!JS_IsException(promise)) {
        op->resolve = functions[0];
        op->reject = functions[1];
    }
    return promise;
}

// Takes the arguments and makes the promise. The promise, or an exception.
static JSValue fill_op(JSContext *ctx, isolate_op_t *op, int argc, JSValueConst *argv) {
    for (int i = 0; i < argc; i++) {
        op->argc++;
        if (take_argument(ctx, &op->args[i], argv[i]) < 0) {
            return JS_EXCEPTION;
        }
    }
    return make_promise(ctx, op);
}

// Queues an operation that has this promise, or frees it where that is an exception.
static JSValue queue_op(JSContext *ctx, isolate_op_t *op, JSValue promise) {
    if (JS_IsException(promise)) {
        host_free_op(ctx, op);
    } else {
        host_queue_op(ctx, op);
    }
    return promise;
}

JSValue host_op_with(
    JSContext *ctx, const char *name, int argc, JSValueConst *argv, host_step_t *step, JSValueConst subject) {
    if (host_at_top_level(ctx, name)) {
        return JS_EXCEPTION;
    }
    if (argc > ISOLATE_OP_ARGS_MAX) {
        return JS_ThrowTypeError(ctx, "%s takes at most %d arguments", name, ISOLATE_OP_ARGS_MAX - 1);
    }
    isolate_op_t *op = host_new_op(ctx, name);
    if (op == NULL) {
        return JS_EXCEPTION;
    }

    op->step = step;
    op->subject = JS_DupValue(ctx, subject);
    return queue_op(ctx, op, fill_op(ctx, op, argc, argv));
}

JSValue host_op(JSContext *ctx, const char *name, int argc, JSValueConst *argv) {
    return host_op_with(ctx, name, argc, argv, NULL, JS_UNDEFINED);
}

JSValue host_op_bytes(JSContext *ctx, const char *name, uint32_t number, base_slice_t bytes) {
    isolate_op_t *op = host_new_op(ctx, name);
    if (op == NULL) {
        return JS_EXCEPTION;
    }
    if (number != 0) {
        op->args[op->argc].type = ISOLATE_ARG_NUMBER;
        op->args[op->argc++].number = number;
    }
    copy_bytes(ctx, &op->args[op->argc++], bytes);
    return queue_op(ctx, op, make_promise(ctx, op));
}

static bool is_working(const isolate_host_t *host) {
    const isolate_op_t *op = host->first_op;
    while (op != NULL && op->slice == NULL) {
        op = op->next;
    }
    return op != NULL;
}

static JSValue queue_work(JSContext *ctx, host_slice_t *slice, void *work) {
    isolate_op_t *op = host_new_op(ctx, "work");
    if (op == NULL) {
        return JS_EXCEPTION;
    }
    op->slice = slice;
    op->work = work;
    return queue_op(ctx, op, make_promise(ctx, op));
}

JSValue host_work(JSContext *ctx, host_slice_t *slice, void *work) {
    const isolate_host_t *host = host_of(ctx);
    uint64_t until_us = UINT64_MAX;
    if (!host->top_level) {
        // The first slices of many would be a long one.
        until_us = is_working(host) ? 0 : port_ticks_us() + HOST_WORK_US;
    }
    JSValue result;
    if (slice(ctx, work, until_us, &result)) {
        return result;
    }
    JSValue promise = queue_work(ctx, slice, work);
    if (JS_IsException(promise)) {
        slice(ctx, work, 0, NULL);
    }
    return promise;
}

JSValue host_wait_to_work(JSContext *ctx, host_slice_t *slice, void *work) {
    JSValue promise = queue_work(ctx, slice, work);
    isolate_op_t *op = host_of(ctx)->last_op;
    op->waits = op->taken = true;
    return promise;
}

void host_let_work(isolate_host_t *host, host_slice_t *slice) {
    isolate_op_t *op = host->first_op;
    while (op != NULL && (op->slice != slice || !op->waits)) {
        op = op->next;
    }
    if (op != NULL) {
        op->waits = op->taken = false;
    }
}
