// Functions of frozen modules lie in flash, the members of their classes, and what else their names have as values.
//
// MicroPython makes an object of 16 bytes or more on its heap for each function that a module defines, and a table
// of 8 bytes for each that is in a class. All that is in them is known when the firmware is built but the module's
// context, which leads to its globals. Here contexts are constants, and globals have fixed places. Functions without
// closure, whose arguments have constants as defaults, are constants, and so are the members of a class that has such
// functions only, also as properties: nothing can be added to it later (frozen_functions.py, from what mpy-tool.py made
// of the modules). The linker (--wrap, see rp2.cmake) puts these functions in the place of those that MicroPython
// calls.
//
// A module's names are a table of 8 bytes for each, with room to grow. When a module's top level has run, those are
// taken out whose values are the constants that names_N has for them. Who looks for a name finds it in the heap's table
// first, and then in names_N; what is assigned later goes to the heap's table again. Who deletes a name, imports all,
// or asks for __dict__ has them all in the heap's table; who walks over globals() within such a module sees what is
// there.
//
// A class whose members are constants, and all its bases, is a constant as a whole.

#include <string.h>

#include "frozen_content.c"

#include "py/bc.h"
#include "py/gc.h"
#include "py/objfun.h"
#include "py/objmodule.h"
#include "py/objtype.h"
#include "py/runtime.h"

#include "objtype_instance.h"

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

// type: NULL where the class is made on the heap, for what it inherits from.
typedef struct _class_t {
    const mp_obj_fun_bc_t *body;
    const mp_obj_dict_t *members;
    const mp_obj_type_t *type;
} class_t;

#define DICT(members, count)                                                                                           \
    {                                                                                                                  \
        {&mp_type_dict}, {                                                                                             \
            .all_keys_are_qstrs = 1, .is_fixed = 1, .is_ordered = 1, .used = count, .alloc = count,                    \
            .table = (mp_map_elem_t *)(members),                                                                       \
        }                                                                                                              \
    }

// As mp_obj_new_type makes it. Each is marked as if it had subclasses, so that nobody writes the mark: it says what may
// no longer be added, and nothing may.
#define PLAIN                                                                                                          \
    (MP_TYPE_FLAG_EQ_NOT_REFLEXIVE | MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE | MP_TYPE_FLAG_EQ_HAS_NEQ_TEST |                \
        MP_TYPE_FLAG_ITER_IS_GETITER | MP_TYPE_FLAG_INSTANCE_TYPE | MP_TYPE_FLAG_IS_SUBCLASSED)
#define MARKED (PLAIN | MP_TYPE_FLAG_HAS_SPECIAL_ACCESSORS)
#define TYPE(scope, title, flags, ...)                                                                                 \
    static MP_DEFINE_CONST_OBJ_TYPE(type_##scope, MP_QSTR_##title, flags, make_new, mp_obj_instance_make_new, print,   \
        instance_print, call, mp_obj_instance_call, unary_op, instance_unary_op, binary_op, instance_binary_op, attr,  \
        mp_obj_instance_attr, subscr, instance_subscr, iter, mp_obj_instance_getiter, buffer, instance_get_buffer,     \
        locals_dict, &dict_##scope __VA_OPT__(, ) __VA_ARGS__)

typedef struct _module_t {
    const char *name;
    const mp_obj_fun_bc_t *functions;
    size_t function_count;
    const mp_obj_fun_bc_t *const *longer; // those with defaults
    size_t longer_count;
    const class_t *classes;
    size_t class_count;
    const mp_map_elem_t *names; // by their numbers
    size_t name_count;
} module_t;

// Its names are the only thing of a module that is not constant.
#define CONTEXT(number, names, objects)                                                                                \
    {                                                                                                                  \
        {{&mp_type_module}, &globals[number]}, {                                                                       \
            (qstr_short_t *)(names), (mp_obj_t *)(objects)                                                             \
        }                                                                                                              \
    }

static const mp_obj_type_t body_type;

#include "frozen_functions.h"

// Whether a module's constant names are found in `modules` only, and whether one of them has another value as well.
static bool is_short[MODULE_COUNT], is_shadowed[MODULE_COUNT];

void __real_gc_collect_start(void);
void __wrap_gc_collect_start(void);

// The tables of the modules' names are on the heap.
void __wrap_gc_collect_start(void) {
    __real_gc_collect_start();
    gc_collect_root((void **)globals, sizeof(globals) / (sizeof(void *)));
}

mp_obj_t __real_mp_obj_new_module(qstr name);
mp_obj_t __wrap_mp_obj_new_module(qstr name);

// A frozen module has its place, from which every function finds its globals.
mp_obj_t __wrap_mp_obj_new_module(qstr name) {
    const char *text = qstr_str(name);
    for (size_t i = 0; i < MODULE_COUNT; i++) {
        if (strcmp(text, modules[i].name) == 0) {
            is_short[i] = false;
            mp_obj_dict_init(&globals[i], 1);
            mp_obj_dict_store(MP_OBJ_FROM_PTR(&globals[i]), MP_OBJ_NEW_QSTR(MP_QSTR___name__), MP_OBJ_NEW_QSTR(name));
            mp_obj_t module = MP_OBJ_FROM_PTR(&contexts[i]);
            mp_obj_dict_store(MP_OBJ_FROM_PTR(&MP_STATE_VM(mp_loaded_modules_dict)), MP_OBJ_NEW_QSTR(name), module);
            return module;
        }
    }
    return __real_mp_obj_new_module(name);
}

// Gives a module's constant by its name, NULL where there is none.
static const mp_map_elem_t *find_constant(const module_t *module, mp_obj_t name) {
    size_t low = 0, high = module->name_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        // Both are numbers of names with the same mark.
        mp_uint_t here = (mp_uint_t)module->names[middle].key;
        if (here == (mp_uint_t)name) {
            return &module->names[middle];
        }
        if (here < (mp_uint_t)name) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

mp_map_elem_t *__real_mp_map_lookup(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind);
mp_map_elem_t *__wrap_mp_map_lookup(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind);

// Puts a module's constants back to its other names.
static void lengthen(size_t i) {
    is_short[i] = false;
    for (const mp_map_elem_t *name = modules[i].names; name < modules[i].names + modules[i].name_count; name++) {
        mp_map_elem_t *elem = __real_mp_map_lookup(&globals[i].map, name->key, MP_MAP_LOOKUP_ADD_IF_NOT_FOUND);
        if (elem->value == MP_OBJ_NULL) {
            elem->value = name->value;
        }
    }
}

// A text that is no name cannot be compared with numbers, and is asked for by the console's commands only.
static mp_obj_t as_name(mp_obj_t index) {
    if (mp_obj_is_str(index) && !mp_obj_is_qstr(index)) {
        size_t length;
        const char *text = mp_obj_str_get_data(index, &length);
        return MP_OBJ_NEW_QSTR(qstr_find_strn(text, length));
    }
    return index;
}

// MicroPython's own memory of where a name was found last, in whatever table.
static uint8_t *last_place(mp_obj_t name) {
    return &MP_STATE_VM(map_lookup_cache)[((uintptr_t)name >> 2) % MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE];
}

// As find_constant. Flash that is not in its cache takes as long as 50 instructions, so the last place is tried first.
static const mp_map_elem_t *recall_constant(const module_t *module, mp_obj_t name) {
    uint8_t *place = last_place(name);
    if (*place < module->name_count && module->names[*place].key == name) {
        return &module->names[*place];
    }
    const mp_map_elem_t *found = find_constant(module, as_name(name));
    if (found != NULL) {
        *place = found - module->names;
    }
    return found;
}

static mp_map_elem_t *look_up_short(size_t i, mp_obj_t index, mp_map_lookup_kind_t kind) {
    mp_map_t *map = &globals[i].map;
    if (kind == MP_MAP_LOOKUP) {
        bool is_here = map->alloc > 0 && map->table[*last_place(index) % map->alloc].key == index;
        const mp_map_elem_t *constant = is_here ? NULL : recall_constant(&modules[i], index);
        if (constant != NULL && !is_shadowed[i]) {
            return (mp_map_elem_t *)constant;
        }
        mp_map_elem_t *elem = __real_mp_map_lookup(map, index, kind);
        if (elem == NULL) {
            elem = (mp_map_elem_t *)constant;
        }
        if (elem != NULL || index != MP_OBJ_NEW_QSTR(MP_QSTR___dict__)) {
            return elem;
        }
    }
    if (kind == MP_MAP_LOOKUP_ADD_IF_NOT_FOUND) {
        is_shadowed[i] |= find_constant(&modules[i], as_name(index)) != NULL;
    } else {
        lengthen(i);
    }
    return __real_mp_map_lookup(map, index, kind);
}

// Gives the number of the module whose names these are, if it is short, else MODULE_COUNT. map: or its dictionary.
static inline size_t short_module(const void *map) {
    size_t i = ((uintptr_t)map - (uintptr_t)globals) / sizeof(globals[0]);
    return i < MODULE_COUNT && is_short[i] ? i : MODULE_COUNT;
}

mp_map_elem_t *__wrap_mp_map_lookup(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind) {
    size_t i = short_module(map);
    return i < MODULE_COUNT ? look_up_short(i, index, kind) : __real_mp_map_lookup(map, index, kind);
}

void __real_mp_import_all(mp_obj_t module);
void __wrap_mp_import_all(mp_obj_t module);

void __wrap_mp_import_all(mp_obj_t module) {
    size_t i = short_module(mp_obj_module_get_globals(module));
    if (i < MODULE_COUNT) {
        lengthen(i);
    }
    __real_mp_import_all(module);
}

static bool is_constant(const module_t *module, const mp_map_elem_t *elem) {
    const mp_map_elem_t *name = find_constant(module, elem->key);
    return name != NULL && name->value == elem->value;
}

// Takes out of a module's names those that have the constants as values. Leaves it alone where a constant is missing.
static void shorten(size_t i) {
    const module_t *module = &modules[i];
    mp_map_t *map = &globals[i].map;
    size_t known = 0, equal = 0;
    for (size_t j = 0; j < map->alloc; j++) {
        if (mp_map_slot_is_filled(map, j)) {
            known += find_constant(module, map->table[j].key) != NULL;
            equal += is_constant(module, &map->table[j]);
        }
    }
    if (known != module->name_count) {
        return;
    }

    mp_map_t rest;
    mp_map_init(&rest, map->used - equal);
    for (size_t j = 0; j < map->alloc; j++) {
        const mp_map_elem_t *elem = &map->table[j];
        if (mp_map_slot_is_filled(map, j) && !is_constant(module, elem)) {
            __real_mp_map_lookup(&rest, elem->key, MP_MAP_LOOKUP_ADD_IF_NOT_FOUND)->value = elem->value;
        }
    }
    m_del(mp_map_elem_t, map->table, map->alloc);
    *map = rest;
    is_short[i] = true;
    is_shadowed[i] = equal < known;
}

// Runs a module's top level.
static mp_obj_t call_body(mp_obj_t self, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_obj_t result = MP_OBJ_TYPE_GET_SLOT(&mp_type_fun_bc, call)(self, n_args, n_kw, args);
    const mp_obj_fun_bc_t *function = MP_OBJ_TO_PTR(self);
    shorten(function->context - contexts);
    return result;
}

static MP_DEFINE_CONST_OBJ_TYPE(body_type, MP_QSTR_function, MP_TYPE_FLAG_BINDS_SELF, call, call_body);

static const module_t *find_module(const mp_module_context_t *context) {
    return contexts <= context && context < contexts + MP_ARRAY_SIZE(contexts) ? &modules[context - contexts] : NULL;
}

static const mp_obj_fun_bc_t *find_function(const module_t *module, const byte *bytecode) {
    for (size_t i = 0; i < module->function_count; i++) {
        if (module->functions[i].bytecode == bytecode) {
            return &module->functions[i];
        }
    }
    for (size_t i = 0; i < module->longer_count; i++) {
        if (module->longer[i]->bytecode == bytecode) {
            return module->longer[i];
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

static const class_t *constant_class(mp_obj_t body) {
    if (!mp_obj_is_type(body, &mp_type_fun_bc)) {
        return NULL;
    }
    const mp_obj_fun_bc_t *function = MP_OBJ_TO_PTR(body);
    const module_t *module = find_module(function->context);
    for (size_t i = 0; module != NULL && i < module->class_count; i++) {
        if (module->classes[i].body == function) {
            return &module->classes[i];
        }
    }
    return NULL;
}

// bases: as the class is given.
static bool has_bases(const mp_obj_type_t *type, size_t count, const mp_obj_t *bases) {
    const void *parent = MP_OBJ_TYPE_GET_SLOT_OR_NULL(type, parent);
    return count == 0 ? parent == NULL : count == 1 && parent == MP_OBJ_TO_PTR(bases[0]);
}

mp_obj_t __real_mp_load_build_class(void);
mp_obj_t __wrap_mp_load_build_class(void);

// The code of a class that is a constant need not run. Where only the members are constant, MicroPython's runs it and
// makes a type of it, which is given them; what it had (the same, its module's name and its own) is garbage.
static mp_obj_t build_class(size_t n_args, const mp_obj_t *args) {
    const class_t *found = constant_class(args[0]);
    if (found != NULL && found->type != NULL && has_bases(found->type, n_args - 2, args + 2)) {
        return MP_OBJ_FROM_PTR(found->type);
    }
    mp_obj_t type = mp_call_function_n_kw(__real_mp_load_build_class(), n_args, 0, args);
    if (found != NULL) {
        mp_obj_type_t *o = MP_OBJ_TO_PTR(type);
        MP_OBJ_TYPE_SET_SLOT(o, locals_dict, found->members, o->slot_index_locals_dict - 1);
    }
    return type;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(build_class_obj, 2, build_class);

mp_obj_t __wrap_mp_load_build_class(void) {
    return MP_OBJ_FROM_PTR(&build_class_obj);
}
