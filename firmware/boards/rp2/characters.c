// Single characters, of which MicroPython's loops over a text are made.
//
// MicroPython keeps each that it has met for good, as a name, in tables on the heap that grow wherever there is room.
// Here letters and digits are in the firmware, and others are texts that are garbage later. The linker (--wrap, see
// rp2.cmake) puts this in the place of MicroPython's own. Short texts of what is typed at the prompt or sent as a
// command are kept no more either: MICROPY_ALLOC_PARSE_INTERN_STRING_LEN.

#include "py/obj.h"
#include "py/qstr.h"

#define CHARACTERS_FIRST ('0')

static const qstr_short_t characters[] = {
    MP_QSTR_0,
    MP_QSTR_1,
    MP_QSTR_2,
    MP_QSTR_3,
    MP_QSTR_4,
    MP_QSTR_5,
    MP_QSTR_6,
    MP_QSTR_7,
    MP_QSTR_8,
    MP_QSTR_9,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTR_A,
    MP_QSTR_B,
    MP_QSTR_C,
    MP_QSTR_D,
    MP_QSTR_E,
    MP_QSTR_F,
    MP_QSTR_G,
    MP_QSTR_H,
    MP_QSTR_I,
    MP_QSTR_J,
    MP_QSTR_K,
    MP_QSTR_L,
    MP_QSTR_M,
    MP_QSTR_N,
    MP_QSTR_O,
    MP_QSTR_P,
    MP_QSTR_Q,
    MP_QSTR_R,
    MP_QSTR_S,
    MP_QSTR_T,
    MP_QSTR_U,
    MP_QSTR_V,
    MP_QSTR_W,
    MP_QSTR_X,
    MP_QSTR_Y,
    MP_QSTR_Z,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTRnull,
    MP_QSTR__,
    MP_QSTRnull,
    MP_QSTR_a,
    MP_QSTR_b,
    MP_QSTR_c,
    MP_QSTR_d,
    MP_QSTR_e,
    MP_QSTR_f,
    MP_QSTR_g,
    MP_QSTR_h,
    MP_QSTR_i,
    MP_QSTR_j,
    MP_QSTR_k,
    MP_QSTR_l,
    MP_QSTR_m,
    MP_QSTR_n,
    MP_QSTR_o,
    MP_QSTR_p,
    MP_QSTR_q,
    MP_QSTR_r,
    MP_QSTR_s,
    MP_QSTR_t,
    MP_QSTR_u,
    MP_QSTR_v,
    MP_QSTR_w,
    MP_QSTR_x,
    MP_QSTR_y,
    MP_QSTR_z,
};

mp_obj_t __wrap_mp_obj_new_str_via_qstr(const char *data, size_t len);

mp_obj_t __wrap_mp_obj_new_str_via_qstr(const char *data, size_t len) {
    size_t i = (size_t)((byte)data[0] - CHARACTERS_FIRST);
    if (len == 1 && i < MP_ARRAY_SIZE(characters) && characters[i] != MP_QSTRnull) {
        return MP_OBJ_NEW_QSTR(characters[i]);
    }
    return mp_obj_new_str(data, len);
}
