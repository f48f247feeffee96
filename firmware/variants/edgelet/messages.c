// Values as bytes, for messages between processes: pack() and unpack() of the module _workers (workers.c). Of a value
// there is a letter, and then, for an int, 8 bytes, for a float the same of a double, for text and bytes a length of 4
// bytes and these, for a list or a dict its length and its items. All numbers are in this machine's order: who reads
// them is a process of the same firmware. Whoever reads trusts nothing of it.

#include <string.h>

#include "py/objint.h"
#include "py/runtime.h"
#include "py/unicode.h"

#define DEEPEST (16)
#define LENGTH_SIZE (sizeof(uint32_t))

static void messages_put(vstr_t *out, char kind, const void *data, size_t len) {
    vstr_add_byte(out, kind);
    vstr_add_strn(out, data, len);
}

static void messages_put_length(vstr_t *out, char kind, size_t len) {
    uint32_t length = (uint32_t)len;
    if (length != len) {
        mp_raise_ValueError(MP_ERROR_TEXT("too much for a message"));
    }
    messages_put(out, kind, &length, sizeof(length));
}

static void messages_put_int(vstr_t *out, mp_obj_t value) {
    int64_t number;
    if (mp_obj_is_small_int(value)) {
        number = MP_OBJ_SMALL_INT_VALUE(value);
    } else if (!mp_obj_int_to_bytes_impl(value, MP_ENDIANNESS_BIG, sizeof(number), (byte *)&number)) {
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("too large for a message"));
    }
    messages_put(out, 'i', &number, sizeof(number));
}

static void messages_put_value(vstr_t *out, mp_obj_t value, int depth);

static void messages_put_items(vstr_t *out, mp_obj_t value, int depth) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(value, &count, &items);
    messages_put_length(out, 'l', count);
    for (size_t i = 0; i < count; i++) {
        messages_put_value(out, items[i], depth + 1);
    }
}

static void messages_put_dict(vstr_t *out, mp_obj_t value, int depth) {
    mp_map_t *map = mp_obj_dict_get_map(value);
    messages_put_length(out, 'm', map->used);
    for (size_t i = 0; i < map->alloc; i++) {
        if (mp_map_slot_is_filled(map, i)) {
            messages_put_value(out, map->table[i].key, depth + 1);
            messages_put_value(out, map->table[i].value, depth + 1);
        }
    }
}

static void messages_put_value(vstr_t *out, mp_obj_t value, int depth) {
    mp_buffer_info_t bytes;
    if (depth > DEEPEST) {
        mp_raise_ValueError(MP_ERROR_TEXT("too deep for a message"));
    }
    if (value == mp_const_none) {
        vstr_add_byte(out, 'n');
    } else if (mp_obj_is_bool(value)) {
        vstr_add_byte(out, value == mp_const_true ? 't' : 'f');
    } else if (mp_obj_is_int(value)) {
        messages_put_int(out, value);
    } else if (mp_obj_is_float(value)) {
        double number = mp_obj_get_float(value);
        messages_put(out, 'd', &number, sizeof(number));
    } else if (mp_obj_is_str(value)) {
        size_t len;
        const char *text = mp_obj_str_get_data(value, &len);
        messages_put_length(out, 's', len);
        vstr_add_strn(out, text, len);
    } else if (mp_obj_is_type(value, &mp_type_list) || mp_obj_is_type(value, &mp_type_tuple)) {
        messages_put_items(out, value, depth);
    } else if (mp_obj_is_dict_or_ordereddict(value)) {
        messages_put_dict(out, value, depth);
    } else if (mp_get_buffer(value, &bytes, MP_BUFFER_READ)) {
        messages_put_length(out, 'b', bytes.len);
        vstr_add_strn(out, bytes.buf, bytes.len);
    } else {
        mp_raise_TypeError(MP_ERROR_TEXT("not for a message"));
    }
}

// pack(value): bytes, of which the first 4 are the number of the others. value: None, bool, int of 64 bits, float, str,
// bytes and the like, and lists, tuples and dicts of these; a tuple arrives as a list.
static mp_obj_t messages_pack(mp_obj_t value) {
    vstr_t out;
    vstr_init(&out, 128);
    vstr_add_strn(&out, "\0\0\0\0", LENGTH_SIZE);
    messages_put_value(&out, value, 0);
    uint32_t len = (uint32_t)(out.len - LENGTH_SIZE);
    if (len != out.len - LENGTH_SIZE) {
        mp_raise_ValueError(MP_ERROR_TEXT("too much for a message"));
    }
    memcpy(out.buf, &len, sizeof(len));
    return mp_obj_new_bytes_from_vstr(&out);
}
MP_DEFINE_CONST_FUN_OBJ_1(messages_pack_obj, messages_pack);

typedef struct {
    const byte *at;
    const byte *end;
} source_t;

static const byte *messages_take(source_t *from, size_t len) {
    if ((size_t)(from->end - from->at) < len) {
        mp_raise_ValueError(MP_ERROR_TEXT("a message is cut off"));
    }
    from->at += len;
    return from->at - len;
}

static size_t messages_take_length(source_t *from) {
    uint32_t len;
    memcpy(&len, messages_take(from, sizeof(len)), sizeof(len));
    // Each byte, item or pair takes one at least: no length asks for more memory than the message has.
    if (len > (size_t)(from->end - from->at)) {
        mp_raise_ValueError(MP_ERROR_TEXT("a message is cut off"));
    }
    return len;
}

static mp_obj_t messages_take_value(source_t *from, int depth);

static mp_obj_t messages_take_items(source_t *from, int depth) {
    size_t count = messages_take_length(from);
    mp_obj_list_t *list = MP_OBJ_TO_PTR(mp_obj_new_list(count, NULL));
    for (size_t i = 0; i < count; i++) {
        list->items[i] = mp_const_none;
    }
    for (size_t i = 0; i < count; i++) {
        list->items[i] = messages_take_value(from, depth + 1);
    }
    return MP_OBJ_FROM_PTR(list);
}

static mp_obj_t messages_take_dict(source_t *from, int depth) {
    size_t count = messages_take_length(from);
    mp_obj_t dict = mp_obj_new_dict(0);
    for (size_t i = 0; i < count; i++) {
        mp_obj_t key = messages_take_value(from, depth + 1);
        if (!mp_obj_is_str(key) && !mp_obj_is_int(key)) {
            mp_raise_ValueError(MP_ERROR_TEXT("a message has a key that is none"));
        }
        mp_obj_dict_store(dict, key, messages_take_value(from, depth + 1));
    }
    return dict;
}

static mp_obj_t messages_take_text(source_t *from) {
    size_t len = messages_take_length(from);
    const byte *text = messages_take(from, len);
    if (!utf8_check(text, len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("a message has text that is none"));
    }
    return mp_obj_new_str((const char *)text, len);
}

static mp_obj_t messages_take_value(source_t *from, int depth) {
    int64_t integer;
    double number;
    size_t len;
    if (depth > DEEPEST) {
        mp_raise_ValueError(MP_ERROR_TEXT("a message is too deep"));
    }
    switch (*messages_take(from, 1)) {
        case 'n':
            return mp_const_none;
        case 't':
            return mp_const_true;
        case 'f':
            return mp_const_false;
        case 'i':
            memcpy(&integer, messages_take(from, sizeof(integer)), sizeof(integer));
            return mp_obj_new_int_from_ll(integer);
        case 'd':
            memcpy(&number, messages_take(from, sizeof(number)), sizeof(number));
            return mp_obj_new_float(number);
        case 's':
            return messages_take_text(from);
        case 'b':
            len = messages_take_length(from);
            return mp_obj_new_bytes(messages_take(from, len), len);
        case 'l':
            return messages_take_items(from, depth);
        case 'm':
            return messages_take_dict(from, depth);
        default:
            mp_raise_ValueError(MP_ERROR_TEXT("a message is damaged"));
    }
}

// unpack(bytes): the value that pack() was given; without the length that comes first. ValueError for anything else.
static mp_obj_t messages_unpack(mp_obj_t bytes) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(bytes, &info, MP_BUFFER_READ);
    source_t from = {info.buf, (const byte *)info.buf + info.len};
    mp_obj_t value = messages_take_value(&from, 0);
    if (from.at != from.end) {
        mp_raise_ValueError(MP_ERROR_TEXT("a message is too long"));
    }
    return value;
}
MP_DEFINE_CONST_FUN_OBJ_1(messages_unpack_obj, messages_unpack);
