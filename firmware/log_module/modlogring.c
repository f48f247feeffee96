// import logring: the memory of the device's log, for `edgelet.log`.
//
// Ring(limit, max_text, max_path): the newest records that fit into `limit` bytes, which it takes of the heap at once.
// A
//     text is cut to `max_text` bytes, and to half of the limit; a path to `max_path` bytes, and before its query.
//   .add(uptime, level, text, request, function): keeps a record. uptime: milliseconds since the start of the device;
//     level: a str, of which the first character is kept. All texts are str.
//   .request(uptime, level, number, function, status, cpu_us, wall_us, arena, size, method, target, client, text,
//     parking): keeps the record of a request, of which the text `request` is the number in hexadecimal digits, six at
//     least, or "" for 0. parking: (parks, parking_us), or None for zeros. A number that is out of the range of its
//     place in NUMBERS is kept as the next one that is in it.
//   .records(seq, count) -> [bytes]: the newest records from number `seq` on, oldest first, `count` of them at most,
//   None
//     for all. A record is the numbers uptime, status, cpu_us, wall_us, arena, size, parks and parking_us, as
//     struct.unpack_from(NUMBERS, record) reads them, then as UTF-8 level, function, request, method, path, client and
//     text with a NUL between two of them.
//   .keep(record): adds a record that records() of another ring gave. ValueError where it is none.
//   .resize(limit): sets another limit and keeps the newest records that fit.
//   .next_seq: the number of the next record; the first one is 1. .count: how many records there are. .lost: how many
//     could not be kept; may be set. .notify: None, or what is called without arguments when there is a new record,
//     once: it is None then. May be set. It must not raise or wait.
// NUMBERS: str, NUMBERS_SIZE: its bytes.
#include "py/objint.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "py/unicode.h"

#include <string.h>

#include "base_slice.h"
#include "base_utf8.h"
#include "log_ring.h"

#define CUT "..."
#define CUT_SIZE (sizeof(CUT) - 1)

typedef struct {
    mp_obj_base_t base;
    log_ring_t ring;
    size_t max_text;
    size_t max_path;
    mp_obj_t notify;
    mp_uint_t next_seq;
    mp_uint_t lost;
} ring_obj_t;

typedef struct __attribute__((packed)) {
    uint64_t uptime_ms;
    uint16_t status;
    uint32_t cpu_us;
    uint32_t wall_us;
    uint32_t arena;
    uint32_t size;
    uint16_t parks;
    uint32_t parking_us;
} numbers_t;
#define NUMBERS "<QHIIIIHI"
#if !MP_ENDIANNESS_LITTLE
#error NUMBERS are little-endian.
#endif

enum { LEVEL, FUNCTION, REQUEST, METHOD, PATH, CLIENT, TEXT, TEXTS };

typedef struct {
    numbers_t numbers;
    base_slice_t texts[TEXTS];
} record_t;

static base_slice_t ring_get_text(mp_obj_t text) {
    size_t len;
    const char *data = mp_obj_str_get_data(text, &len);
    return (base_slice_t){data, len};
}

static uint64_t ring_get_number(mp_obj_t number, uint64_t most) {
    uint64_t value = 0;
    if (mp_obj_is_small_int(number)) {
        mp_int_t small = MP_OBJ_SMALL_INT_VALUE(number);
        value = small > 0 ? (uint64_t)small : 0;
    } else if (!mp_obj_is_exact_type(number, &mp_type_int)) {
        mp_raise_TypeError(MP_ERROR_TEXT("numbers must be int"));
    } else if (mp_obj_int_sign(number) > 0 &&
               !mp_obj_int_to_bytes_impl(number, !MP_ENDIANNESS_LITTLE, sizeof(value), (byte *)&value)) {
        value = UINT64_MAX;
    }
    return MIN(value, most);
}

static void ring_cut_path(base_slice_t *path, size_t most) {
    const char *query = path->len > 0 ? memchr(path->data, '?', path->len) : NULL;
    size_t len = query ? (size_t)(query - path->data) : path->len;
    path->len = base_utf8_cut(path->data, len, most);
}

// Digits of the longest number of a request, and of the shortest.
#define REQUEST_MAX (16)
#define REQUEST_MIN (6)

// The name of a request by its number, written to the end of `name`.
static base_slice_t ring_name_request(uint64_t number, char name[REQUEST_MAX]) {
    size_t len = 0;
    while (number > 0 || (len > 0 && len < REQUEST_MIN)) {
        name[REQUEST_MAX - ++len] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
    return (base_slice_t){name + REQUEST_MAX - len, len};
}

static size_t ring_text_room(const ring_obj_t *self) {
    return MIN(self->max_text, self->ring.size / 2);
}

static uint8_t *ring_put_text(uint8_t *out, base_slice_t text) {
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    return out + text.len;
}

static void ring_keep(ring_obj_t *self, record_t *record) {
    base_slice_t *text = &record->texts[TEXT];
    bool is_cut = text->len > ring_text_room(self);
    if (is_cut) {
        text->len = base_utf8_cut(text->data, text->len, ring_text_room(self) - CUT_SIZE);
    }
    size_t len = sizeof(numbers_t) + TEXTS - 1 + (is_cut ? CUT_SIZE : 0);
    for (int i = 0; i < TEXTS; i++) {
        len += record->texts[i].len;
    }

    uint8_t *out = log_ring_add(&self->ring, len);
    if (out == NULL) {
        self->lost++;
        return;
    }
    memcpy(out, &record->numbers, sizeof(numbers_t));
    out += sizeof(numbers_t);
    for (int i = 0; i < TEXT; i++) {
        out = ring_put_text(out, record->texts[i]);
        *out++ = '\0';
    }
    out = ring_put_text(out, *text);
    if (is_cut) {
        memcpy(out, CUT, CUT_SIZE);
    }
    self->next_seq++;
}

static void ring_notify(ring_obj_t *self) {
    mp_obj_t callee = self->notify;
    if (callee != mp_const_none) {
        self->notify = mp_const_none;
        mp_call_function_0(callee);
    }
}

static void ring_set_limit(ring_obj_t *self, mp_obj_t limit_in) {
    mp_int_t limit = mp_obj_get_int(limit_in);
    if (limit <= (mp_int_t)(2 * CUT_SIZE)) {
        mp_raise_ValueError(MP_ERROR_TEXT("limit is too small"));
    }
    log_ring_t old = self->ring;
    log_ring_init(&self->ring, m_new(uint8_t, limit), limit);
    size_t at = old.first;
    for (size_t i = 0; i < old.count; i++) {
        size_t len;
        const uint8_t *record = log_ring_read(&old, &at, &len);
        uint8_t *copy = log_ring_add(&self->ring, len);
        if (copy != NULL) {
            memcpy(copy, record, len);
        }
    }
    m_del(uint8_t, old.data, old.size);
}

static mp_obj_t ring_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 3, 3, false);
    ring_obj_t *self = mp_obj_malloc(ring_obj_t, type);
    log_ring_init(&self->ring, NULL, 0);
    self->max_text = ring_get_number(args[1], LOG_RING_LONGEST / 2);
    self->max_path = ring_get_number(args[2], LOG_RING_LONGEST / 4);
    self->notify = mp_const_none;
    self->next_seq = 1;
    self->lost = 0;
    ring_set_limit(self, args[0]);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t ring_resize(mp_obj_t self_in, mp_obj_t limit) {
    ring_set_limit(MP_OBJ_TO_PTR(self_in), limit);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(ring_resize_obj, ring_resize);

static mp_obj_t ring_add(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    ring_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    record_t record = {0};
    record.numbers.uptime_ms = ring_get_number(args[1], UINT64_MAX);
    record.texts[LEVEL] = (base_slice_t){ring_get_text(args[2]).data, 1};
    record.texts[TEXT] = ring_get_text(args[3]);
    record.texts[REQUEST] = ring_get_text(args[4]);
    record.texts[FUNCTION] = ring_get_text(args[5]);
    ring_keep(self, &record);
    ring_notify(self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ring_add_obj, 6, 6, ring_add);

static mp_obj_t ring_request(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    ring_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    char name[REQUEST_MAX];
    record_t record = {
        .numbers =
            {
                .uptime_ms = ring_get_number(args[1], UINT64_MAX),
                .status = ring_get_number(args[5], UINT16_MAX),
                .cpu_us = ring_get_number(args[6], UINT32_MAX),
                .wall_us = ring_get_number(args[7], UINT32_MAX),
                .arena = ring_get_number(args[8], UINT32_MAX),
                .size = ring_get_number(args[9], UINT32_MAX),
            },
        .texts =
            {
                [LEVEL] = {ring_get_text(args[2]).data, 1},
                [REQUEST] = ring_name_request(ring_get_number(args[3], UINT64_MAX), name),
                [FUNCTION] = ring_get_text(args[4]),
                [METHOD] = ring_get_text(args[10]),
                [PATH] = ring_get_text(args[11]),
                [CLIENT] = ring_get_text(args[12]),
                [TEXT] = ring_get_text(args[13]),
            },
    };
    ring_cut_path(&record.texts[PATH], self->max_path);
    if (args[14] != mp_const_none) {
        mp_obj_t *parking;
        mp_obj_get_array_fixed_n(args[14], 2, &parking);
        record.numbers.parks = ring_get_number(parking[0], UINT16_MAX);
        record.numbers.parking_us = ring_get_number(parking[1], UINT32_MAX);
    }
    ring_keep(self, &record);
    ring_notify(self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ring_request_obj, 15, 15, ring_request);

// keep(record): adds a record that records() of another ring gave. ValueError where it is none.
static mp_obj_t ring_keep_record(mp_obj_t self_in, mp_obj_t record_in) {
    ring_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t record;
    mp_get_buffer_raise(record_in, &record, MP_BUFFER_READ);
    const char *texts = (const char *)record.buf + sizeof(numbers_t);
    size_t len = record.len < sizeof(numbers_t) ? 0 : record.len - sizeof(numbers_t);
    int ends = 0;
    for (size_t i = 0; i < len; i++) {
        ends += texts[i] == '\0';
    }
    if (len < TEXTS || ends < TEXTS - 1 || memchr("diwe", texts[0], 4) == NULL || texts[1] != '\0' ||
        !utf8_check((const byte *)texts, len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("not a record"));
    }
    uint8_t *out = log_ring_add(&self->ring, record.len);
    if (out == NULL) {
        self->lost++;
    } else {
        memcpy(out, record.buf, record.len);
        self->next_seq++;
    }
    ring_notify(self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(ring_keep_record_obj, ring_keep_record);

static mp_obj_t ring_records(mp_obj_t self_in, mp_obj_t seq, mp_obj_t count) {
    ring_obj_t *self = MP_OBJ_TO_PTR(self_in);
    size_t oldest = self->next_seq - self->ring.count;
    size_t from = ring_get_number(seq, self->next_seq);
    size_t skipped = from > oldest ? from - oldest : 0;
    size_t wanted = self->ring.count - skipped;
    if (count != mp_const_none) {
        wanted = ring_get_number(count, wanted);
    }
    size_t at = self->ring.first;
    mp_obj_t records = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < skipped + wanted; i++) {
        size_t len;
        const uint8_t *record = log_ring_read(&self->ring, &at, &len);
        if (i >= skipped) {
            mp_obj_list_append(records, mp_obj_new_bytes(record, len));
        }
    }
    return records;
}
static MP_DEFINE_CONST_FUN_OBJ_3(ring_records_obj, ring_records);

static void ring_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    ring_obj_t *self = MP_OBJ_TO_PTR(self_in);
    bool is_store = dest[0] == MP_OBJ_SENTINEL && dest[1] != MP_OBJ_NULL;
    if (is_store && attr == MP_QSTR_notify) {
        self->notify = dest[1];
        dest[0] = MP_OBJ_NULL;
    } else if (is_store && attr == MP_QSTR_lost) {
        self->lost = ring_get_number(dest[1], UINT32_MAX);
        dest[0] = MP_OBJ_NULL;
    } else if (dest[0] != MP_OBJ_NULL) {
        return;
    } else if (attr == MP_QSTR_next_seq) {
        dest[0] = mp_obj_new_int_from_uint(self->next_seq);
    } else if (attr == MP_QSTR_count) {
        dest[0] = mp_obj_new_int_from_uint(self->ring.count);
    } else if (attr == MP_QSTR_lost) {
        dest[0] = mp_obj_new_int_from_uint(self->lost);
    } else if (attr == MP_QSTR_notify) {
        dest[0] = self->notify;
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t ring_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_add), MP_ROM_PTR(&ring_add_obj)},
    {MP_ROM_QSTR(MP_QSTR_request), MP_ROM_PTR(&ring_request_obj)},
    {MP_ROM_QSTR(MP_QSTR_keep), MP_ROM_PTR(&ring_keep_record_obj)},
    {MP_ROM_QSTR(MP_QSTR_records), MP_ROM_PTR(&ring_records_obj)},
    {MP_ROM_QSTR(MP_QSTR_resize), MP_ROM_PTR(&ring_resize_obj)},
};
static MP_DEFINE_CONST_DICT(ring_locals, ring_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ring_type, MP_QSTR_Ring, MP_TYPE_FLAG_NONE, make_new, ring_make_new, attr, ring_attr, locals_dict, &ring_locals);

static MP_DEFINE_STR_OBJ(numbers_obj, NUMBERS);

static const mp_rom_map_elem_t logring_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_logring)},
    {MP_ROM_QSTR(MP_QSTR_Ring), MP_ROM_PTR(&ring_type)},
    {MP_ROM_QSTR(MP_QSTR_NUMBERS), MP_ROM_PTR(&numbers_obj)},
    {MP_ROM_QSTR(MP_QSTR_NUMBERS_SIZE), MP_ROM_INT(sizeof(numbers_t))},
};
static MP_DEFINE_CONST_DICT(logring_globals, logring_globals_table);

const mp_obj_module_t logring_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&logring_globals,
};
MP_REGISTER_MODULE(MP_QSTR_logring, logring_module);
