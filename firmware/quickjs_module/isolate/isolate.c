// The life of an isolate, its errors and its log. See isolate.h.

#include "isolate/isolate_private.h"

#include <string.h>

#include "base_utf8.h"
#include "engine/engine.h"
#include "port/port.h"

const char *isolate_kind_name(isolate_kind_t kind) {
    static const char *const names[] = {
        [ISOLATE_OK] = "ok",
        [ISOLATE_THROWN] = "thrown",
        [ISOLATE_CPU] = "cpu",
        [ISOLATE_MEMORY] = "memory",
        [ISOLATE_STACK] = "stack",
        [ISOLATE_RESULT] = "result",
        [ISOLATE_STUCK] = "stuck",
        [ISOLATE_BUNDLE] = "bundle",
        [ISOLATE_ENGINE] = "engine",
        [ISOLATE_IMPORT] = "import",
        [ISOLATE_HANDLER] = "handler",
        [ISOLATE_SYNTAX] = "syntax",
        [ISOLATE_STALE] = "stale",
    };
    return names[kind];
}

void isolate_copy_text(char *to, size_t size, const char *from, size_t len) {
    len = base_utf8_cut(from, len, size - 1);
    memcpy(to, from, len);
    to[len] = '\0';
}

void isolate_note_error(isolate_t *iso, isolate_kind_t kind, const char *message) {
    iso->error.kind = kind;
    isolate_copy_text(iso->error.message, sizeof(iso->error.message), message, strlen(message));
}

void isolate_set_error(isolate_t *iso, isolate_kind_t kind, const char *message) {
    iso->call.state = ISOLATE_ERROR;
    iso->call.background = false;
    isolate_note_error(iso, kind, message);
}

void isolate_copy_value_text(JSContext *ctx, JSValueConst value, char *to, size_t size) {
    size_t len;
    const char *text = engine_usv_string(ctx, &len, value);
    if (text == NULL) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return;
    }
    isolate_copy_text(to, size, text, len);
    JS_FreeCString(ctx, text);
}

void isolate_take_exception(isolate_t *iso, isolate_kind_t kind) {
    JSContext *ctx = iso->ctx;
    JSValue exception = JS_GetException(ctx);
    if (iso->killed != ISOLATE_OK) {
        // The stack was noted where it happened, and nothing of the user's runs any more.
        return;
    }

    iso->error.stack[0] = '\0';
    isolate_set_error(
        iso, kind == ISOLATE_THROWN && engine_is_stack_overflow(ctx, exception) ? ISOLATE_STACK : kind, "exception");
    isolate_copy_value_text(ctx, exception, iso->error.message, sizeof(iso->error.message));
    if (JS_IsError(exception)) {
        JSValue stack = JS_GetPropertyStr(ctx, exception, "stack");
        if (JS_IsString(stack)) {
            isolate_copy_value_text(ctx, stack, iso->error.stack, sizeof(iso->error.stack));
        } else if (JS_IsException(stack)) {
            JS_FreeValue(ctx, JS_GetException(ctx));
        }
        JS_FreeValue(ctx, stack);
    }
    JS_FreeValue(ctx, exception);
}

bool isolate_busy(const isolate_t *iso) {
    return iso->call.state == ISOLATE_PENDING || iso->call.background;
}

void isolate_abandon(isolate_t *iso) {
    iso->call.state = ISOLATE_IDLE;
    iso->call.background = false;
}

size_t isolate_peak(const isolate_t *iso) {
    return arena_peak(iso->arena);
}

void host_log(isolate_t *iso, char level, const char *text, size_t len) {
    size_t size = isolate_log_line(len);
    if (len > UINT16_MAX || sizeof(iso->log) - iso->log_used < size) {
        iso->log_dropped++;
        return;
    }
    char *to = memset(iso->log + iso->log_used, 0, size);
    to[0] = level;
    to[1] = (char)(len & 0xff);
    to[2] = (char)(len >> 8);
    memcpy(to + 3, text, len);
    // Last, so that a call that is abandoned in here leaves whole lines.
    iso->log_used += size;
}

// Life

bool isolate_init(isolate_t *iso, size_t size, extension_t *const *extensions) {
    void *block = port_arena_alloc(size);
    if (block == NULL) {
        return false;
    }
    memset(iso, 0, sizeof(*iso));
    iso->size = size;
    iso->refs = 1;
    iso->parking.calls_max = UINT32_MAX;
    iso->parking.bytes_max = SIZE_MAX;
    iso->arena = arena_init(block, size);
    isolate_use_extensions(iso, extensions);
    return true;
}

void isolate_close(isolate_t *iso) {
    if (iso->arena == NULL) {
        return;
    }
    isolate_abandon(iso);
    isolate_drop_parked(iso, NULL);
    isolate_erase_arena(iso);
    port_arena_free(iso->arena, iso->size);
    iso->arena = NULL;
}

void isolate_release(isolate_t *iso) {
    if (--iso->refs == 0) {
        isolate_close(iso);
    }
}
