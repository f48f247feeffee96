// import bare: what tests and benches of the port see beside `import quickjs`.

#include "py/mperrno.h"
#include "py/runtime.h"

#include <string.h>

#include "engine/arena.h"
#include "engine/engine.h"
#include "port/port.h"
#include "semihosting.h"

// Recurses in frames of `bytes` until the stack's guard ends it. The depth is never reached.
static uint32_t descend(uint32_t depth, size_t bytes) {
    volatile uint8_t frame[bytes];
    frame[0] = (uint8_t)depth;
    return depth == UINT32_MAX ? 0 : descend(depth + 1, bytes) + frame[0];
}

static void overflow(void *arg) {
    descend(0, *(size_t *)arg);
}

static void bare_leave(void *arg) {
    (void)arg;
    port_abandon();
}

static void come_back(void *arg) {
    *(size_t *)arg += 1;
}

static bool go_on(void) {
    return false;
}

// overflow(bytes) -> bool: whether a function came back that overflows the JavaScript stack in steps of this size.
static mp_obj_t bare_overflow(mp_obj_t bytes_in) {
    size_t bytes = (size_t)mp_obj_get_int(bytes_in);
    return mp_obj_new_bool(port_run(overflow, &bytes, go_on));
}
static MP_DEFINE_CONST_FUN_OBJ_1(bare_overflow_obj, bare_overflow);

// abandon() -> bool: whether a function came back that calls port_abandon.
static mp_obj_t bare_abandon(void) {
    return mp_obj_new_bool(port_run(bare_leave, NULL, go_on));
}
static MP_DEFINE_CONST_FUN_OBJ_0(bare_abandon_obj, bare_abandon);

// increment(n) -> int: n + 1, computed on the JavaScript stack.
static mp_obj_t bare_increment(mp_obj_t n_in) {
    size_t n = (size_t)mp_obj_get_int(n_in);
    bool returned = port_run(come_back, &n, go_on);
    return returned ? mp_obj_new_int_from_uint(n) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(bare_increment_obj, bare_increment);

// See engine_new for what must not come back.
static void *sizes_checked(void *p, size_t size) {
    if (p == NULL) {
        m_malloc_fail(size);
    }
    return p;
}

static void *sizes_malloc(void *opaque, size_t size) {
    return sizes_checked(arena_alloc(opaque, size), size);
}

static void *sizes_calloc(void *opaque, size_t count, size_t size) {
    return memset(sizes_malloc(opaque, count * size), 0, count * size);
}

static void sizes_free(void *opaque, void *p) {
    arena_free(opaque, p);
}

static void *sizes_realloc(void *opaque, void *p, size_t size) {
    return sizes_checked(arena_realloc(opaque, p, size), size);
}

static const JSMallocFunctions sizes_functions = {
    sizes_calloc,
    sizes_malloc,
    sizes_free,
    sizes_realloc,
    arena_usable_size,
};

// sizes() -> (runtime, context): bytes of the arena that a runtime takes, and a runtime with a context as isolates
// begin with, before the host's functions. No quickjs.Arena may exist.
static mp_obj_t bare_sizes(void) {
    size_t size = port_fixed_arena();
    void *block = port_arena_alloc(size);
    if (block == NULL) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("close the Arena first"));
    }
    mp_obj_t sizes[2];
    arena_t *arena = arena_init(block, size);
    JS_NewRuntime2(&sizes_functions, arena);
    sizes[0] = mp_obj_new_int_from_uint(arena_used(arena));
    arena = arena_init(block, size);
    engine_new(&sizes_functions, arena);
    sizes[1] = mp_obj_new_int_from_uint(arena_used(arena));
    port_arena_free(block, size);
    return mp_obj_new_tuple(2, sizes);
}
static MP_DEFINE_CONST_FUN_OBJ_0(bare_sizes_obj, bare_sizes);

// read(path) -> bytes: a file of the machine that qemu runs on. The serial port takes 11 KB in a second of the CPU.
static mp_obj_t bare_read(mp_obj_t path_in) {
    int32_t file = semihosting_open(mp_obj_str_get_str(path_in));
    int32_t len = semihosting(SYS_FLEN, &file);
    if (len < 0) {
        mp_raise_OSError(MP_ENOENT);
    }

    vstr_t content;
    vstr_init_len(&content, (size_t)len);
    bool read = semihosting_read(file, content.buf, content.len);
    semihosting(SYS_CLOSE, &file);
    if (!read) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_obj_new_bytes_from_vstr(&content);
}
static MP_DEFINE_CONST_FUN_OBJ_1(bare_read_obj, bare_read);

static const mp_rom_map_elem_t bare_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_bare)},
    {MP_ROM_QSTR(MP_QSTR_overflow), MP_ROM_PTR(&bare_overflow_obj)},
    {MP_ROM_QSTR(MP_QSTR_abandon), MP_ROM_PTR(&bare_abandon_obj)},
    {MP_ROM_QSTR(MP_QSTR_increment), MP_ROM_PTR(&bare_increment_obj)},
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&bare_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_sizes), MP_ROM_PTR(&bare_sizes_obj)},
};
static MP_DEFINE_CONST_DICT(bare_globals, bare_globals_table);

const mp_obj_module_t bare_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&bare_globals,
};
MP_REGISTER_MODULE(MP_QSTR_bare, bare_module);
