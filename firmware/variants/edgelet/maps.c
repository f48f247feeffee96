// Look-ups of attributes and globals on Linux, which are a tenth of what a request takes.
//
// MicroPython remembers for each name at which place of any dictionary it was found last, so that a name that several
// have (`limits`, `_server`) is searched for by turns, and a name that a dictionary has not (a method's among an
// instance's attributes, `len` among a module's globals) always: by hashing, for which the name's hash is looked for in
// lists of pools, and a division. Here a place is remembered for each name and dictionary, and each name's hash. The
// linker has mp_map_lookup come through this file.

#include "py/obj.h"
#include "py/qstr.h"

// Powers of two. Two pairs of name and dictionary that share a place search by turns, as all did before.
#define N_PLACES (4096)
#define N_HASHES (8192)

// Where a name was found in a dictionary, which is looked at before it is believed.
static uint8_t places[N_PLACES];
// Of names by their numbers, which are never given to others; 0 where it is not known yet. No hash is 0 (py/qstr.c).
static uint16_t hashes[N_HASHES];

mp_map_elem_t *__real_mp_map_lookup(mp_map_t *map, mp_obj_t key, mp_map_lookup_kind_t kind);
mp_map_elem_t *__wrap_mp_map_lookup(mp_map_t *map, mp_obj_t key, mp_map_lookup_kind_t kind);

static size_t maps_hash(qstr name) {
    if (name >= N_HASHES) {
        return qstr_hash(name);
    }
    if (hashes[name] == 0) {
        hashes[name] = qstr_hash(name);
    }
    return hashes[name];
}

// The element of a name in a dictionary whose keys are names; NULL where there is none.
static mp_map_elem_t *maps_search(const mp_map_t *map, mp_obj_t key) {
    mp_map_elem_t *table = map->table;
    if (map->is_ordered) {
        for (size_t i = 0; i < map->used; i++) {
            if (table[i].key == key) {
                return &table[i];
            }
        }
        return NULL;
    }
    size_t start = (uint32_t)maps_hash(MP_OBJ_QSTR_VALUE(key)) % (uint32_t)map->alloc;
    size_t at = start;
    do {
        if (table[at].key == key) {
            return &table[at];
        }
        if (table[at].key == MP_OBJ_NULL) {
            return NULL;
        }
        at = at + 1 == map->alloc ? 0 : at + 1;
    } while (at != start);
    return NULL;
}

mp_map_elem_t *__wrap_mp_map_lookup(mp_map_t *map, mp_obj_t key, mp_map_lookup_kind_t kind) {
    if (kind != MP_MAP_LOOKUP || !map->all_keys_are_qstrs || !mp_obj_is_qstr(key)) {
        return __real_mp_map_lookup(map, key, kind);
    }
    if (map->alloc == 0) {
        return NULL;
    }
    uint8_t *place = &places[(((uintptr_t)map >> 3) ^ ((uintptr_t)key >> 3)) % N_PLACES];
    if (*place < map->alloc && map->table[*place].key == key) {
        return &map->table[*place];
    }
    mp_map_elem_t *found = maps_search(map, key);
    if (found != NULL) {
        *place = found - map->table;
    }
    return found;
}
