// The Linux firmware as a process: its stack, which MicroPython's unix port fixes for small scripts, how many
// descriptors it may have, who may read its files, and when they are on the disk.

#define _GNU_SOURCE // syncfs, nftw

#include <errno.h>
#include <ftw.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "py/cstack.h"
#include "py/runtime.h"

// MicroPython may use half of the process's stack (the usual limit is 8 MB), but no more than 4 MB; JavaScript, which
// runs on the same stack, and C have the rest. The unix port's own limit is 80 KB.
void __wrap_mp_cstack_init_with_sp_here(size_t stack_size) {
    const size_t most = 4 * 1024 * 1024;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) == 0) {
        stack_size = limit.rlim_cur / 2 < most ? limit.rlim_cur / 2 : most;
    }
    mp_cstack_init_with_top(__builtin_frame_address(0), stack_size);
}

// The usual soft limit of 1,024 descriptors is for programs that call select(), which takes no others.
static void __attribute__((constructor)) raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

#define FOR_OTHERS (S_IRWXG | S_IRWXO)
// Open folders at a time; deeper ones are opened again and again.
#define MOST_FOLDERS (16)

static int make_one_private(const char *path, const struct stat *stat, int type, struct FTW *place) {
    (void)place;
    mode_t mode = stat->st_mode & 07777;
    if ((type == FTW_D || type == FTW_F) && (mode & FOR_OTHERS) != 0) {
        chmod(path, mode & ~FOR_OTHERS);
    }
    return 0;
}

// _process.make_private(paths): what this process will create, and files and folders that are there with all that is in
// them, are for its user alone. What is not there, or belongs to somebody else, is left alone.
static mp_obj_t make_private(mp_obj_t paths_in) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(paths_in, &count, &items);

    umask(FOR_OTHERS);
    for (size_t i = 0; i < count; i++) {
        nftw(mp_obj_str_get_str(items[i]), make_one_private, MOST_FOLDERS, FTW_PHYS);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(make_private_obj, make_private);

// _process.sync_file_system(descriptor): writes to the disk all that is to be written of an open file's file system.
static mp_obj_t sync_file_system(mp_obj_t descriptor) {
    if (syncfs((int)mp_obj_get_int(descriptor)) < 0) {
        mp_raise_OSError(errno);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sync_file_system_obj, sync_file_system);

static const mp_rom_map_elem_t process_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__process)},
    {MP_ROM_QSTR(MP_QSTR_make_private), MP_ROM_PTR(&make_private_obj)},
    {MP_ROM_QSTR(MP_QSTR_sync_file_system), MP_ROM_PTR(&sync_file_system_obj)},
};
static MP_DEFINE_CONST_DICT(process_globals, process_globals_table);

const mp_obj_module_t process_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&process_globals,
};
MP_REGISTER_MODULE(MP_QSTR__process, process_module);
