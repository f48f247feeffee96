// import partition: how the flash behind the firmware is divided. The numbers are those of the board's
// and its chip's CMake files, see rp2.cmake.
//
// IMAGES, FILES: (start, length) in bytes of the image slots and of the file system, for rp2.Flash(start=, len=).
// SLOTS: (number, bytes) of the image slots of each size, the smallest first.

#include "py/runtime.h"

#define FILES_BYTES (MICROPY_HW_FLASH_STORAGE_BYTES - EDGELET_IMAGE_BYTES)

static const mp_rom_obj_tuple_t partition_images_obj = {
    {&mp_type_tuple},
    2,
    {MP_ROM_INT(0), MP_ROM_INT(EDGELET_IMAGE_BYTES)},
};

static const mp_rom_obj_tuple_t partition_files_obj = {
    {&mp_type_tuple},
    2,
    {MP_ROM_INT(EDGELET_IMAGE_BYTES), MP_ROM_INT(FILES_BYTES)},
};

static const mp_rom_obj_tuple_t partition_small_slots_obj = {
    {&mp_type_tuple},
    2,
    {MP_ROM_INT(EDGELET_IMAGE_SLOTS), MP_ROM_INT(EDGELET_SLOT_BYTES)},
};

#if EDGELET_LARGE_SLOTS
static const mp_rom_obj_tuple_t partition_large_slots_obj = {
    {&mp_type_tuple},
    2,
    {MP_ROM_INT(EDGELET_LARGE_SLOTS), MP_ROM_INT(EDGELET_LARGE_SLOT_BYTES)},
};
#define LARGE_SLOTS , MP_ROM_PTR(&partition_large_slots_obj)
#else
#define LARGE_SLOTS
#endif

static const mp_rom_obj_tuple_t partition_slots_obj = {
    {&mp_type_tuple},
    EDGELET_LARGE_SLOTS ? 2 : 1,
    {MP_ROM_PTR(&partition_small_slots_obj) LARGE_SLOTS},
};

static const mp_rom_map_elem_t partition_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_partition)},
    {MP_ROM_QSTR(MP_QSTR_IMAGES), MP_ROM_PTR(&partition_images_obj)},
    {MP_ROM_QSTR(MP_QSTR_FILES), MP_ROM_PTR(&partition_files_obj)},
    {MP_ROM_QSTR(MP_QSTR_SLOTS), MP_ROM_PTR(&partition_slots_obj)},
};
static MP_DEFINE_CONST_DICT(partition_globals, partition_globals_table);

const mp_obj_module_t partition_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&partition_globals,
};
MP_REGISTER_MODULE(MP_QSTR_partition, partition_module);
