// The console object: log lines. See host.h.

#include "isolate/isolate_private.h"

#include <string.h>

#include "base_utf8.h"

// Longest log line in bytes; the rest is cut. It lies on the JavaScript stack while it is put together.
#if defined(__linux__)
#define LOG_LINE_MAX (4096)
#else
#define LOG_LINE_MAX (256)
#endif

typedef struct _line_t {
    char text[LOG_LINE_MAX];
    size_t len;
} line_t;

static void line_add(line_t *line, const char *text, size_t len) {
    len = base_utf8_cut(text, len, LOG_LINE_MAX - line->len);
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static int line_add_value(JSContext *ctx, line_t *line, JSValueConst value) {
    size_t len;
    const char *text = engine_usv_string(ctx, &len, value);
    if (text == NULL) {
        return -1;
    }
    line_add(line, text, len);
    JS_FreeCString(ctx, text);
    return 0;
}

static int line_add_error(JSContext *ctx, line_t *line, JSValueConst error) {
    if (line_add_value(ctx, line, error) < 0) {
        return -1;
    }
    JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
    int result = JS_IsException(stack) ? -1 : 0;
    if (JS_IsString(stack)) {
        line_add(line, "\n", 1);
        result = line_add_value(ctx, line, stack);
    }
    JS_FreeValue(ctx, stack);
    return result;
}

// Strings as they are, errors with their stack, other objects as JSON.
static int line_add_argument(JSContext *ctx, line_t *line, JSValueConst value) {
    if (JS_IsError(value)) {
        return line_add_error(ctx, line, value);
    }
    if (!JS_IsObject(value) || JS_IsFunction(ctx, value)) {
        if (JS_IsSymbol(value)) {
            line_add(line, "Symbol()", 8);
            return 0;
        }
        return line_add_value(ctx, line, value);
    }

    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json)) {
        // A cycle, or a toJSON that throws: a log line is no reason to fail a request.
        JS_FreeValue(ctx, JS_GetException(ctx));
        line_add(line, "[object]", 8);
        return 0;
    }
    int result = line_add_value(ctx, line, JS_IsUndefined(json) ? value : json);
    JS_FreeValue(ctx, json);
    return result;
}

static JSValue console_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int level) {
    (void)this_val;
    line_t line;
    line.len = 0;
    for (int i = 0; i < argc; i++) {
        if (i > 0) {
            line_add(&line, " ", 1);
        }
        if (line_add_argument(ctx, &line, argv[i]) < 0) {
            return JS_EXCEPTION;
        }
    }
    host_log(host_of(ctx)->isolate, (char)level, line.text, line.len);
    return JS_UNDEFINED;
}

int host_log_exception(JSContext *ctx, const char *prefix) {
    JSValue parts[] = {JS_NewString(ctx, prefix == NULL ? "" : prefix), JS_GetException(ctx)};
    JSValue written = JS_EXCEPTION;
    if (JS_IsUncatchableError(parts[1])) {
        JS_Throw(ctx, JS_DupValue(ctx, parts[1]));
    } else if (prefix == NULL) {
        written = console_write(ctx, JS_UNDEFINED, 1, &parts[1], 'e');
    } else {
        written = console_write(ctx, JS_UNDEFINED, 2, parts, 'e');
    }
    JS_FreeValues(ctx, parts[0], parts[1]);
    if (!JS_IsException(written)) {
        return 0;
    }

    // To make text of it may run the handler's code, which fails then.
    static const char text[] = "uncaught exception";
    JSValue pending = JS_GetException(ctx);
    if (JS_IsUncatchableError(pending)) {
        JS_Throw(ctx, pending);
        return -1;
    }
    JS_FreeValue(ctx, pending);
    host_log(host_of(ctx)->isolate, 'e', text, sizeof(text) - 1);
    return 0;
}

static const JSCFunctionListEntry console_functions[] = {
    JS_CFUNC_MAGIC_DEF("debug", 0, console_write, 'd'),
    JS_CFUNC_MAGIC_DEF("error", 0, console_write, 'e'),
    JS_CFUNC_MAGIC_DEF("info", 0, console_write, 'i'),
    JS_CFUNC_MAGIC_DEF("log", 0, console_write, 'i'),
    JS_CFUNC_MAGIC_DEF("trace", 0, console_write, 'd'),
    JS_CFUNC_MAGIC_DEF("warn", 0, console_write, 'w'),
};

static const JSCFunctionListEntry console_global[] = {
    JS_OBJECT_DEF("console", console_functions, sizeof(console_functions) / sizeof(console_functions[0]),
        JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
};

void host_install_console(JSContext *ctx, JSValueConst global) {
    JS_SetPropertyFunctionList(ctx, global, console_global, 1);
}
