// Compiling under limits. See isolate.h.

#include "isolate/isolate_private.h"

#include <string.h>

#include "engine/compile.h"
#include "port/port.h"

#ifndef QJS_DISABLE_PARSER

typedef struct _compile_turn_t {
    const compile_config_t *config;
    base_slice_t *bundle;
    bool ok;
} compile_turn_t;

// "SyntaxError: ..." becomes "main.js:3:7: SyntaxError: ...": the engine puts the position into the stack.
static void put_position_first(isolate_error_t *error) {
    static const char at[] = "    at ";
    size_t skip = sizeof(at) - 1;
    if (strncmp(error->stack, at, skip) != 0) {
        return;
    }
    char message[ISOLATE_MESSAGE_SIZE];
    isolate_copy_text(message, sizeof(message), error->message, strlen(error->message));
    size_t len = strcspn(error->stack + skip, "\n");
    if (len + 2 < sizeof(error->message)) {
        memcpy(error->message, error->stack + skip, len);
        memcpy(error->message + len, ": ", 2);
        isolate_copy_text(error->message + len + 2, sizeof(error->message) - len - 2, message, strlen(message));
    }
}

static void compile_turn(isolate_t *iso, void *arg) {
    compile_turn_t *turn = arg;
    isolate_new_context(iso);
    compile_result_t result = compile_bundle(iso->ctx, turn->config, turn->bundle);
    if (result != COMPILE_OK) {
        isolate_take_exception(iso, result == COMPILE_IMPORT ? ISOLATE_IMPORT : ISOLATE_SYNTAX);
        put_position_first(&iso->error);
        return;
    }
    turn->ok = iso->killed == ISOLATE_OK;
}

bool isolate_compile(isolate_t *iso, const compile_config_t *sources, base_slice_t *bundle) {
    isolate_limits_t limits = {ISOLATE_CPU_MS_MAX, (uint32_t)iso->size, (uint32_t)port_stack_max()};
    compile_config_t config = *sources;
    config.native = isolate_builtin_module;
    compile_turn_t turn = {.config = &config, .bundle = bundle};
    isolate_begin(iso, &limits);
    isolate_run(iso, compile_turn, &turn);
    iso->call.state = ISOLATE_IDLE;
    return turn.ok;
}

#endif // QJS_DISABLE_PARSER
