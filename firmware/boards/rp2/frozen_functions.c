// Functions of frozen modules lie in flash, and the members of their classes.
//
// MicroPython makes an object of 16 bytes or more on its heap for each function that a module defines, and a table
// of 8 bytes for each that is in a class. All that is in them is known when the firmware is built but the module's
// context, which holds its globals. Here contexts have fixed places. Functions without closure, whose arguments
// have constants as defaults, are constants, and so are the members of a class that has such functions only, also as
// properties: nothing can be added to it later (frozen_functions.py, from what mpy-tool.py made of the modules). The
// linker (--wrap, see rp2.cmake) puts these functions in the place of those that MicroPython calls.

#include <string.h>

#include "frozen_content.c"

#include "py/bc.h"
#include "py/gc.h"
#include "py/objfun.h"
#include "py/objtype.h"
#include "py/runtime.h"

// As in py/objproperty.c.
typedef struct _property_t {
    mp_obj_base_t base;
    mp_rom_obj_t proxy[3]; // getter, setter, deleter
} property_t;

#define PROPERTY(getter)                                                                                               \
    {                                                                                                                  \
        {&mp_type_property}, {                                                                                         \
            MP_ROM_PTR(&function_##getter), MP_ROM_NONE, MP_ROM_NONE                                                   \
        }                                                                                                              \
    }

typedef struct _class_t {
    const mp_obj_fun_bc_t *body;
    mp_obj_dict_t members;
} class_t;

#define CLASS(scope, count)                                                                                            \
    {                                                                                                                  \
        &function_##scope, {                                                                                           \
            {&mp_type_dict}, {                                                                                         \
                .all_keys_are_qstrs = 1, .is_fixed = 1, .is_ordered = 1, .used = count, .alloc = count,                \
                .table = (mp_map_elem_t *)members_##scope,                                                             \
            }                                                                                                          \
        }                                                                                                              \
    }

typedef struct _module_t {
    const char *name;
    const mp_obj_fun_bc_t *const *functions;
    size_t function_count;
    const class_t *classes;
    size_t class_count;
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

static const module_t *find_module(const mp_module_context_t *context) {
    return contexts <= context && context < contexts + MP_ARRAY_SIZE(contexts) ? &modules[context - contexts] : NULL;
}

static const mp_obj_fun_bc_t *find_function(const module_t *module, const byte *bytecode) {
    for (size_t i = 0; i < module->function_count; i++) {
        if (module->functions[i]->bytecode == bytecode) {
            return module->functions[i];
        }
    }
    return NULL;
}

// def_args: a tuple and a dictionary, of which one may be missing, or NULL.
static bool has_defaults(const mp_obj_fun_bc_t *function, const mp_obj_t *def_args) {
    if (def_args == NULL) {
        return true;
    }
    if (def_args[0] == MP_OBJ_NULL || def_args[1] != MP_OBJ_NULL) {
        return false;
    }

    size_t count;
    mp_obj_t *items;
    mp_obj_tuple_get(def_args[0], &count, &items);
    return memcmp(function->extra_args, items, count * sizeof(mp_obj_t)) == 0;
}

mp_obj_t __real_mp_make_function_from_proto_fun(
    mp_proto_fun_t proto_fun, const mp_module_context_t *context, const mp_obj_t *def_args);
mp_obj_t __wrap_mp_make_function_from_proto_fun(
    mp_proto_fun_t proto_fun, const mp_module_context_t *context, const mp_obj_t *def_args);

mp_obj_t __wrap_mp_make_function_from_proto_fun(
    mp_proto_fun_t proto_fun, const mp_module_context_t *context, const mp_obj_t *def_args) {
    const module_t *module = find_module(context);
    if (module != NULL) {
        const byte *bytecode = proto_fun;
        if (!mp_proto_fun_is_bytecode(proto_fun)) {
            bytecode = ((const mp_raw_code_t *)proto_fun)->fun_data;
        }
        const mp_obj_fun_bc_t *function = find_function(module, bytecode);
        if (function != NULL && has_defaults(function, def_args)) {
            return MP_OBJ_FROM_PTR(function);
        }
    }
    return __real_mp_make_function_from_proto_fun(proto_fun, context, def_args);
}

static const mp_obj_dict_t *find_members(mp_obj_t body) {
    if (!mp_obj_is_type(body, &mp_type_fun_bc)) {
        return NULL;
    }
    const mp_obj_fun_bc_t *function = MP_OBJ_TO_PTR(body);
    const module_t *module = find_module(function->context);
    for (size_t i = 0; module != NULL && i < module->class_count; i++) {
        if (module->classes[i].body == function) {
            return &module->classes[i].members;
        }
    }
    return NULL;
}

mp_obj_t __real_mp_load_build_class(void);
mp_obj_t __wrap_mp_load_build_class(void);

// As MicroPython's: what has run the class's code, and made a type of it, is given the constant members. What it had
// (the same, its module's name and its own) is garbage.
static mp_obj_t build_class(size_t n_args, const mp_obj_t *args) {
    mp_obj_t type = mp_call_function_n_kw(__real_mp_load_build_class(), n_args, 0, args);
    const mp_obj_dict_t *members = find_members(args[0]);
    if (members != NULL) {
        mp_obj_type_t *o = MP_OBJ_TO_PTR(type);
        MP_OBJ_TYPE_SET_SLOT(o, locals_dict, members, o->slot_index_locals_dict - 1);
    }
    return type;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(build_class_obj, 2, build_class);

mp_obj_t __wrap_mp_load_build_class(void) {
    return MP_OBJ_FROM_PTR(&build_class_obj);
}
