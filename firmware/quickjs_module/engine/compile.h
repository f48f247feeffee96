// Compiling: ES modules to a bundle. Only where the engine has its parser.

#ifndef EDGELET_COMPILE_H
#define EDGELET_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include "base_slice.h"
#include "engine/engine.h"

typedef struct _compile_source_t {
    base_slice_t path, text; // text.data[text.len] must be NUL
} compile_source_t;

typedef struct _compile_config_t {
    const compile_source_t *files;
    size_t count;
    size_t main;                     // index of the file with the handler
    bool strip;                      // without line numbers and names
    bool event_2;                    // BUNDLE_EVENT_2
    const engine_origins_t *origins; // where the text of the main file comes from, or NULL
    // The built-in module of that name, or NULL without an exception.
    JSModuleDef *(*native)(JSContext *ctx, const char *name);
} compile_config_t;

typedef enum {
    COMPILE_OK,
    COMPILE_SYNTAX, // a source does not compile
    COMPILE_IMPORT, // an import that is neither among the files nor built in
} compile_result_t;

// Compiles in a new context, which is of no other use then. The bundle is in the context's memory. Where the result is
// not COMPILE_OK, an exception is pending.
compile_result_t compile_bundle(JSContext *ctx, const compile_config_t *config, base_slice_t *bundle);

#endif // EDGELET_COMPILE_H
