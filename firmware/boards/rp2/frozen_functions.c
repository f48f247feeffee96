// Functions of frozen modules lie in flash.
//
// MicroPython makes an object of 16 bytes on its heap for each function that a module defines, 11 KB for ours. All that
// is in one is known when the firmware is built but the module's context, which holds its globals. Here contexts have
// fixed places, and functions without default arguments and without closure are constants (frozen_functions.py, from
// what mpy-tool.py made of the modules). The linker (--wrap, see rp2.cmake) puts these functions in the place of those
// that MicroPython calls.

#include <string.h>

#include "frozen_content.c"

#include "py/bc.h"
#include "py/gc.h"
#include "py/objfun.h"
#include "py/runtime.h"

typedef struct _module_t {
    const char *name;
    const mp_obj_fun_bc_t *functions;
    size_t count;
} module_t;

#include "frozen_functions.h"

void __real_gc_collect_start(void);
void __wrap_gc_collect_start(void);

// Contexts are not on the heap, the globals of their modules are.
void __wrap_gc_collect_start(void) {
    __real_gc_collect_start();
    gc_collect_root((void **)contexts, MP_ARRAY_SIZE(contexts) * (sizeof(contexts[0]) / sizeof(void *)));
}

mp_obj_t __real_mp_obj_new_module(qstr name);
mp_obj_t __wrap_mp_obj_new_module(qstr name);

// Moves a new module to its place, from which every function finds its globals.
mp_obj_t __wrap_mp_obj_new_module(qstr name) {
    mp_obj_t module = __real_mp_obj_new_module(name);
    const char *text = qstr_str(name);
    for (size_t i = 0; i < MP_ARRAY_SIZE(modules); i++) {
        if (strcmp(text, modules[i].name) == 0) {
            contexts[i] = *(mp_module_context_t *)MP_OBJ_TO_PTR(module);
            module = MP_OBJ_FROM_PTR(&contexts[i]);
            mp_obj_dict_store(MP_OBJ_FROM_PTR(&MP_STATE_VM(mp_loaded_modules_dict)), MP_OBJ_NEW_QSTR(name), module);
            break;
        }
    }
    return module;
}

static const mp_obj_fun_bc_t *find(const module_t *module, const byte *bytecode) {
    for (size_t i = 0; i < module->count; i++) {
        if (module->functions[i].bytecode == bytecode) {
            return &module->functions[i];
        }
    }
    return NULL;
}

mp_obj_t __real_mp_make_function_from_proto_fun(
    mp_proto_fun_t proto_fun, const mp_module_context_t *context, const mp_obj_t *def_args);
mp_obj_t __wrap_mp_make_function_from_proto_fun(
    mp_proto_fun_t proto_fun, const mp_module_context_t *context, const mp_obj_t *def_args);

mp_obj_t __wrap_mp_make_function_from_proto_fun(
    mp_proto_fun_t proto_fun, const mp_module_context_t *context, const mp_obj_t *def_args) {
    if (def_args == NULL && contexts <= context && context < contexts + MP_ARRAY_SIZE(contexts)) {
        const byte *bytecode = proto_fun;
        if (!mp_proto_fun_is_bytecode(proto_fun)) {
            bytecode = ((const mp_raw_code_t *)proto_fun)->fun_data;
        }
        const mp_obj_fun_bc_t *function = find(&modules[context - contexts], bytecode);
        if (function != NULL) {
            return MP_OBJ_FROM_PTR(function);
        }
    }
    return __real_mp_make_function_from_proto_fun(proto_fun, context, def_args);
}
