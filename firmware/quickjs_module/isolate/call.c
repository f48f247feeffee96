// Calls: their turns and what they come to. See isolate.h.

#include "isolate/isolate_private.h"

#include <stdio.h>
#include <string.h>

#include "port/port.h"

void isolate_drain_jobs(isolate_t *iso) {
    int result;
    while (iso->killed == ISOLATE_OK && (result = engine_run_job(iso->ctx)) != 0) {
        if (result < 0 && iso->killed == ISOLATE_OK) {
            // Nobody else is told of a job's exception (queueMicrotask). A kill is noted.
            (void)host_log_exception(iso->ctx, NULL);
        }
    }
    isolate_log_rejections(iso);
}

static void take_outcome(isolate_t *iso) {
    switch (iso->handlers->outcome(iso->ctx, &iso->call.response)) {
        case EXTENSION_PENDING:
            iso->call.state = ISOLATE_PENDING;
            break;
        case EXTENSION_ANSWERED:
            iso->call.state = ISOLATE_DONE;
            iso->call.body = iso->call.response.streams ? ISOLATE_BODY_OPEN : ISOLATE_BODY_WHOLE;
            break;
        case EXTENSION_THREW:
            isolate_take_exception(iso, ISOLATE_THROWN);
            break;
        case EXTENSION_BAD_RESULT:
            isolate_take_exception(iso, ISOLATE_RESULT);
            break;
    }
}

static void set_stuck(isolate_t *iso, const char *what) {
    char message[96];
    snprintf(message, sizeof(message), "%s waits for a promise that nothing can settle any more", what);
    iso->error.stack[0] = '\0';
    isolate_set_error(iso, ISOLATE_STUCK, message);
}

// What has become of an open body.
static void note_body(isolate_t *iso) {
    iso->call.body = iso->handlers->body(iso->ctx);
    if (iso->call.body == ISOLATE_BODY_FAILED) {
        isolate_take_exception(iso, ISOLATE_THROWN);
    } else if (iso->call.body == ISOLATE_BODY_OPEN && iso->host->op_count == 0) {
        set_stuck(iso, "the response's body");
    }
}

// After a turn of a call: what it has come to. To ask for that may set more going.
static void finish_turn(isolate_t *iso) {
    do {
        isolate_drain_jobs(iso);
        if (iso->killed != ISOLATE_OK) {
            return;
        }
        if (iso->call.state == ISOLATE_PENDING) {
            take_outcome(iso);
        }
    } while (JS_IsJobPending(JS_GetRuntime(iso->ctx)));
    if (iso->call.state == ISOLATE_DONE && iso->call.body == ISOLATE_BODY_OPEN) {
        note_body(iso);
    }
    bool is_open = iso->call.state == ISOLATE_DONE && iso->call.body == ISOLATE_BODY_OPEN;
    iso->call.background = iso->call.state != ISOLATE_PENDING && iso->host->op_count > 0 &&
                           (is_open || iso->handlers->background(iso->ctx));
    if (iso->call.state == ISOLATE_PENDING && iso->host->op_count == 0) {
        set_stuck(iso, "the handler");
    }
}

static void start_turn(isolate_t *iso, void *arg) {
    if (iso->handlers->call(iso->ctx, arg) < 0) {
        isolate_take_exception(iso, ISOLATE_THROWN);
        return;
    }
    finish_turn(iso);
}

isolate_state_t isolate_start(isolate_t *iso, isolate_image_t *image, const isolate_request_t *request) {
    isolate_restore(iso, image);
    arena_reset_peak(iso->arena);
    iso->call.number = ++iso->calls;
    iso->call.state = ISOLATE_PENDING;
    iso->call.body = ISOLATE_BODY_WHOLE;
    iso->call.response.streams = false;
    iso->call.response.received = 0;
    iso->call.response.length = -1;
    iso->call.background = false;
    iso->call.cpu_used_us = 0;
    iso->log_used = 0;
    iso->log_dropped = 0;
    iso->host->began_us = port_ticks_us();
    iso->host->origin_us = port_time_us();
    isolate_run(iso, start_turn, (void *)request);
    return iso->call.state;
}

// A turn of a call that waits.
static void run_later_turn(isolate_t *iso, void (*fn)(isolate_t *iso, void *arg), void *arg) {
    isolate_state_t before = iso->call.state;
    bool was_open = before == ISOLATE_DONE && iso->call.body == ISOLATE_BODY_OPEN;
    isolate_run(iso, fn, arg);
    if (before != ISOLATE_DONE || iso->call.state != ISOLATE_ERROR) {
        return;
    }
    // The response is out already.
    iso->call.state = ISOLATE_DONE;
    if (was_open) {
        iso->call.body = ISOLATE_BODY_FAILED;
    } else {
        host_log(iso, 'e', iso->error.message, strlen(iso->error.message));
    }
}

static JSValue make_error(JSContext *ctx, JSValue message) {
    JSValue error = JS_NewError(ctx);
    JS_DefinePropertyValueStr(ctx, error, "message", message, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    return error;
}

typedef struct _settle_t {
    isolate_op_t *op;
    bool reject;
    isolate_convert_t convert;
    const void *arg;
} settle_t;

// What an operation is settled with; `*reject` says how.
static JSValue settled_value(JSContext *ctx, const settle_t *settle, bool *reject) {
    const isolate_op_t *op = settle->op;
    if (op->slice != NULL && !settle->reject) {
        *reject = JS_IsException(op->subject);
        return *reject ? JS_GetException(ctx) : JS_DupValue(ctx, op->subject);
    }
    JSValue value = settle->convert(ctx, settle->arg);
    *reject = settle->reject;
    if (settle->reject) {
        value = make_error(ctx, value);
    }
    if (op->step == NULL) {
        return value;
    }

    JSValue result = op->step(ctx, op->subject, settle->reject, value);
    JS_FreeValue(ctx, value);
    *reject = JS_IsException(result);
    return *reject ? JS_GetException(ctx) : result;
}

// Another slice of an operation's work, for as many microseconds as it is resolved with. Whether that was the last: its
// result is the subject.
static bool work_slice(JSContext *ctx, const settle_t *settle) {
    isolate_op_t *op = settle->op;
    uint32_t us = 0;
    JSValue value = settle->convert(ctx, settle->arg);
    if (JS_IsNumber(value)) {
        JS_ToUint32(ctx, &us, value);
    }
    JS_FreeValue(ctx, value);
    return op->slice(ctx, op->work, port_ticks_us() + us, &op->subject);
}

static void settle_turn(isolate_t *iso, void *arg) {
    const settle_t *settle = arg;
    isolate_op_t *op = settle->op;
    JSContext *ctx = iso->ctx;
    if (op->slice != NULL && !settle->reject && !work_slice(ctx, settle)) {
        op->taken = false;
        finish_turn(iso);
        return;
    }
    // First, so that a step may queue another one in its place.
    bool over = !op->repeats || settle->reject;
    if (over) {
        host_remove_op(iso->host, op);
    }
    bool reject;
    JSValue value = settled_value(ctx, settle, &reject);
    if (iso->killed != ISOLATE_OK) {
        return;
    }

    JSValue function = reject ? op->reject : op->resolve;
    if (JS_IsFunction(ctx, function)) {
        JSValue result = JS_Call(ctx, function, JS_UNDEFINED, 1, (JSValueConst *)&value);
        if (JS_IsException(result) && iso->killed == ISOLATE_OK) {
            // A timer's function threw: there is no promise to reject, so the request ends.
            isolate_take_exception(iso, ISOLATE_THROWN);
            return;
        }
        JS_FreeValue(ctx, result);
    }

    // A handler that awaits many operations one after the other has room for the last one too.
    JS_FreeValue(ctx, value);
    if (over) {
        host_free_op(ctx, op);
    }
    finish_turn(iso);
}

bool isolate_settle(isolate_t *iso, uint32_t id, bool reject, isolate_convert_t convert, const void *arg) {
    if (!isolate_busy(iso)) {
        return false;
    }
    isolate_op_t *op = host_find_op(iso->host, id);
    if (op == NULL || op->cancelled) {
        return false;
    }

    settle_t settle = {op, reject, convert, arg};
    run_later_turn(iso, settle_turn, &settle);
    return true;
}

static void cancel_turn(isolate_t *iso, void *arg) {
    const base_slice_t *reason = arg;
    JSContext *ctx = iso->ctx;
    JSValue error = make_error(ctx, JS_NewStringLen(ctx, reason->data, reason->len));
    iso->handlers->cancel_body(ctx, error);
    JS_FreeValue(ctx, error);
    finish_turn(iso);
}

bool isolate_cancel_body(isolate_t *iso, base_slice_t reason) {
    if (!isolate_busy(iso) || iso->call.state != ISOLATE_DONE || iso->call.body != ISOLATE_BODY_OPEN) {
        return false;
    }
    run_later_turn(iso, cancel_turn, &reason);
    return true;
}

isolate_op_t *isolate_next_op(isolate_t *iso) {
    if (!isolate_busy(iso)) {
        return NULL;
    }
    for (isolate_op_t *op = iso->host->first_op; op != NULL; op = op->next) {
        if (!op->taken && !op->cancelled) {
            op->taken = true;
            return op;
        }
    }
    return NULL;
}

uint32_t isolate_next_cancelled(isolate_t *iso) {
    if (!isolate_busy(iso)) {
        return 0;
    }
    for (isolate_op_t *op = iso->host->first_op; op != NULL; op = op->next) {
        if (op->cancelled) {
            host_remove_op(iso->host, op);
            return op->id;
        }
    }
    return 0;
}
