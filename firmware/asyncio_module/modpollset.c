// import _pollset: a mend of a board's select.poll.
//
// forget(poll, stream): as poll.unregister(stream). MicroPython's own (extmod/modselect.c, poll_unregister) leaves the
// stream's entry as the value of an empty place of its table, which keeps a closed socket, wherever in the heap it
// lies, until another stream gets that place.

#include "py/runtime.h"

// As mp_obj_poll_t of extmod/modselect.c begins.
typedef struct {
    mp_obj_base_t base;
    mp_map_t map; // mp_obj_id of a stream: its entry
} pollset_t;

static mp_obj_t pollset_forget(mp_obj_t poll, mp_obj_t stream) {
    pollset_t *set = MP_OBJ_TO_PTR(poll);
    mp_map_elem_t *place = mp_map_lookup(&set->map, mp_obj_id(stream), MP_MAP_LOOKUP_REMOVE_IF_FOUND);
    if (place != NULL) {
        place->value = MP_OBJ_NULL;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(pollset_forget_obj, pollset_forget);

static const mp_rom_map_elem_t pollset_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__pollset)},
    {MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&pollset_forget_obj)},
};
static MP_DEFINE_CONST_DICT(pollset_globals, pollset_globals_table);

const mp_obj_module_t pollset_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&pollset_globals,
};
MP_REGISTER_MODULE(MP_QSTR__pollset, pollset_module);
