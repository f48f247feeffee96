// import _stdin: a board's standard input for an event loop.
//
// buffer: the bytes of sys.stdin.buffer, as a stream that gives what has arrived. MicroPython's own waits until it has
// filled the buffer that it was given, so that it can only be asked for single bytes.

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

static mp_uint_t stdin_read(mp_obj_t self, void *buf, mp_uint_t size, int *errcode) {
    (void)self;
    mp_uint_t n = 0;
    while (n < size && (mp_hal_stdio_poll(MP_STREAM_POLL_RD) & MP_STREAM_POLL_RD)) {
        ((byte *)buf)[n++] = mp_hal_stdin_rx_chr();
    }
    if (n == 0 && size > 0) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return n;
}

static mp_uint_t stdin_ioctl(mp_obj_t self, mp_uint_t request, uintptr_t arg, int *errcode) {
    (void)self;
    if (request == MP_STREAM_POLL) {
        return mp_hal_stdio_poll(arg & MP_STREAM_POLL_RD);
    }
    *errcode = MP_EINVAL;
    return MP_STREAM_ERROR;
}

static const mp_stream_p_t stdin_stream_p = {
    .read = stdin_read,
    .ioctl = stdin_ioctl,
};

static const mp_rom_map_elem_t stdin_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj)},
};
static MP_DEFINE_CONST_DICT(stdin_locals, stdin_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    stdin_type, MP_QSTR_Stdin, MP_TYPE_FLAG_NONE, protocol, &stdin_stream_p, locals_dict, &stdin_locals);

static const mp_obj_base_t stdin_buffer_obj = {&stdin_type};

static const mp_rom_map_elem_t stdin_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__stdin)},
    {MP_ROM_QSTR(MP_QSTR_buffer), MP_ROM_PTR(&stdin_buffer_obj)},
};
static MP_DEFINE_CONST_DICT(stdin_globals, stdin_globals_table);

const mp_obj_module_t stdin_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&stdin_globals,
};
MP_REGISTER_MODULE(MP_QSTR__stdin, stdin_module);
