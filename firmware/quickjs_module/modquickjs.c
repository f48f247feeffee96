// The MicroPython binding of the isolates: import quickjs. docs/quickjs.md has the whole of it.
//
// Objects are made here only, when the engine has returned. What goes into the engine is checked and laid out before,
// so that nothing raises while it runs.

#include "py/runtime.h"

#include <limits.h>
#include <string.h>

#include "py/builtin.h"
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/objexcept.h"
#include "py/objstr.h"

#include "compression/compression.h"
#include "crypto/crypto.h"
#include "engine/bundle.h"
#include "engine/engine.h"
#include "events/event.h"
#include "isolate/isolate.h"
#include "isolate/park.h"
#include "jsonwebtoken/jwt.h"
#include "node/node.h"
#include "port/port.h"
#include "streams/stream.h"
#include "web/web.h"
#include "workers/workers.h"

// Memory of a compilation: mapped, and used as far as the sources need it.
#define COMPILE_ARENA_SIZE (256 * 1024 * 1024)

// What handlers find beside the language: each after those that it uses.
static extension_t *const extensions[] = {
    &event_extension,
    &stream_extension,
    &web_extension,
    &workers_extension,
    &web_text_stream_extension,
    &crypto_extension,
    &jwt_extension,
    // Last, as few need them: see number_classes in isolate/extension.c.
    &compression_extension,
    &stream_bytes_extension,
    &node_extension,
    NULL,
};

static const mp_obj_type_t quickjs_type_arena;
static const mp_obj_type_t quickjs_type_image;
static const mp_obj_type_t quickjs_type_call;

typedef struct _obj_arena_t {
    mp_obj_base_t base;
    isolate_t *iso;              // NULL once closed
    struct _obj_call_t *current; // the call that waits in the arena, or NULL
} obj_arena_t;

typedef struct _obj_image_t {
    mp_obj_base_t base;
    obj_arena_t *arena;
    isolate_t *iso; // counted; outlives the arena object
    // What a mapped image lies in, and its code, and where these were; MP_OBJ_NULL where there is none.
    mp_obj_t saved, code;
    const void *saved_data;
    isolate_image_t image;
} obj_image_t;

typedef struct _obj_call_t {
    mp_obj_base_t base;
    obj_image_t *image;
    isolate_parked_t *parked; // NULL while it is in the arena, and once it has ended
    uint32_t number;          // isolate_call_t.number
    isolate_state_t state;
    bool background;
    bool streams;        // its response's body comes in operations, and more of it may
    bool passes_through; // ctx.passThroughOnException was called
    uint16_t parks;      // how often it was parked, at most UINT16_MAX
    int status;
    mp_obj_t headers, body, error;
    mp_obj_t length; // of a body that comes in operations, None where nobody knows
    uint64_t cpu_us;
    size_t peak;
    uint32_t parking_us; // what its parks and resumes took
} obj_call_t;

// Error

enum { ERROR_KIND, ERROR_MESSAGE, ERROR_STACK };

static void error_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    mp_obj_exception_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL && self->args->len == 3) {
        switch (attr) {
            case MP_QSTR_kind:
                dest[0] = self->args->items[ERROR_KIND];
                return;
            case MP_QSTR_message:
                dest[0] = self->args->items[ERROR_MESSAGE];
                return;
            case MP_QSTR_stack:
                dest[0] = self->args->items[ERROR_STACK];
                return;
        }
    }
    mp_obj_exception_attr(self_in, attr, dest);
}

static void error_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    mp_obj_exception_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->args->len != 3) {
        mp_obj_exception_print(print, self_in, kind);
        return;
    }
    if (kind & (PRINT_REPR | PRINT_EXC_SUBCLASS)) {
        mp_print_str(print, "quickjs.Error: ");
    }
    mp_obj_print_helper(print, self->args->items[ERROR_KIND], PRINT_STR);
    mp_print_str(print, ": ");
    mp_obj_print_helper(print, self->args->items[ERROR_MESSAGE], PRINT_STR);
}

static MP_DEFINE_CONST_OBJ_TYPE(quickjs_type_error, MP_QSTR_Error, MP_TYPE_FLAG_NONE, make_new,
    mp_obj_exception_make_new, print, error_print, attr, error_attr, parent, &mp_type_Exception);

static mp_obj_t new_text(const char *text) {
    return mp_obj_new_str(text, strlen(text));
}

static mp_obj_t new_error(const isolate_error_t *error) {
    mp_obj_t args[] = {
        [ERROR_KIND] = new_text(isolate_kind_name(error->kind)),
        [ERROR_MESSAGE] = new_text(error->message),
        [ERROR_STACK] = new_text(error->stack),
    };
    return mp_obj_exception_make_new(&quickjs_type_error, 3, 0, args);
}

// Arguments

static base_slice_t slice_of(mp_obj_t text) {
    base_slice_t slice;
    slice.data = mp_obj_str_get_data(text, &slice.len);
    return slice;
}

static base_slice_t slice_of_buffer(mp_obj_t object) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(object, &info, MP_BUFFER_READ);
    return (base_slice_t){info.buf, info.len};
}

static uint32_t in_range(mp_int_t value, mp_int_t least, mp_int_t most, const char *what) {
    if (value < least || value > most) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s must be %d to %d"), what, (int)least, (int)most);
    }
    return (uint32_t)value;
}

// An isolate in memory of the collector's, which everything that has to do with it points to.
static isolate_t *new_isolate(size_t size) {
    isolate_t *iso = m_new(isolate_t, 1);
    if (!isolate_init(iso, size, extensions)) {
        m_malloc_fail(size);
    }
    return iso;
}

// Call

// Whether it is in the arena, waiting or as the last one that was there.
static bool is_current(const obj_call_t *self) {
    return self->image->arena->iso != NULL && self->image->iso->call.number == self->number;
}

// Whether it is parked. Erasing the image and closing the arena have ended its parked calls.
static bool is_parked(const obj_call_t *self) {
    return self->parked != NULL && self->image->arena->iso != NULL && self->image->image.bytes != NULL;
}

// The text begins with what is used up, for the caller to tell apart.
static void raise_busy(const isolate_t *iso, isolate_park_t refusal) {
    vstr_t text;
    vstr_init(&text, 80);
    if (refusal == ISOLATE_PARK_CALLS) {
        vstr_printf(&text, "parked_calls: %u requests wait, as many as may", (unsigned)iso->parking.calls);
    } else if (refusal == ISOLATE_PARK_BYTES) {
        vstr_printf(&text, "parked_bytes: waiting requests take all that they may of %u bytes",
            (unsigned)iso->parking.bytes_max);
    } else {
        vstr_add_str(&text, "memory: there is none for what waiting requests need");
    }

    mp_obj_t args[] = {
        [ERROR_KIND] = MP_OBJ_NEW_QSTR(MP_QSTR_busy),
        [ERROR_MESSAGE] = mp_obj_new_str_from_vstr(&text),
        [ERROR_STACK] = MP_OBJ_NEW_QSTR(MP_QSTR_),
    };
    nlr_raise(mp_obj_exception_make_new(&quickjs_type_error, 3, 0, args));
}

// Makes the arena idle: parks the call that waits in it. Raises Error of kind busy, and has done nothing then.
static void make_room(obj_arena_t *arena, const isolate_parked_t *leaving) {
    isolate_t *iso = arena->iso;
    if (isolate_busy(iso)) {
        obj_call_t *call = arena->current;
        uint64_t before_us = iso->parking.park_us;
        isolate_park_t refusal = isolate_park(iso, leaving, &call->parked);
        if (refusal != ISOLATE_PARK_DONE) {
            raise_busy(iso, refusal);
        }
        call->parks += call->parks < UINT16_MAX;
        call->parking_us += (uint32_t)(iso->parking.park_us - before_us);
    }
    arena->current = NULL;
}

// Whether the call is in the arena, which a parked one comes back to. Raises as make_room.
static bool enter(obj_call_t *self) {
    if (is_parked(self)) {
        obj_arena_t *arena = self->image->arena;
        isolate_t *iso = self->image->iso;
        make_room(arena, self->parked);
        uint64_t before_us = iso->parking.resume_us;
        isolate_resume(iso, self->parked);
        self->parking_us += (uint32_t)(iso->parking.resume_us - before_us);
        self->parked = NULL;
        arena->current = self;
    }
    return is_current(self);
}

// Not inline: to the compiler nlr_push returns once, and what else a function with it keeps on its stack may be lost.
static MP_NOINLINE void take_result(obj_call_t *self) {
    isolate_t *iso = self->image->iso;
    const isolate_response_t *response = &iso->call.response;
    if (self->state != ISOLATE_PENDING) {
        // The response is taken, but for a body that came in operations.
        if (iso->call.body == ISOLATE_BODY_FAILED && self->error == mp_const_none) {
            self->error = new_error(&iso->error);
        }
    } else if (iso->call.state == ISOLATE_DONE) {
        self->status = response->status;
        self->headers = mp_obj_new_bytes((const byte *)response->headers.data, response->headers.len);
        bool whole = !self->streams && response->received == 0;
        if (response->received != 0) {
            self->body = mp_obj_new_int_from_uint(response->received);
        } else if (whole) {
            self->body = mp_obj_new_bytes((const byte *)response->body.data, response->body.len);
        }
        if ((!whole || response->body.len == 0) && response->length >= 0) {
            self->length = mp_obj_new_int_from_ll(response->length);
        }
    } else if (iso->call.state == ISOLATE_ERROR) {
        self->error = new_error(&iso->error);
    }
    self->state = iso->call.state;
}

// Takes over what the last turn brought.
static void update_call(obj_call_t *self) {
    isolate_t *iso = self->image->iso;
    self->cpu_us = iso->call.cpu_used_us;
    self->peak = isolate_peak(iso);
    bool is_over = self->state != ISOLATE_PENDING && !self->streams;
    self->background = iso->call.background;
    self->streams = iso->call.state == ISOLATE_DONE && iso->call.body == ISOLATE_BODY_OPEN;
    self->passes_through = iso->killed == ISOLATE_OK && web_passes_through(iso->ctx);
    self->image->arena->current = isolate_busy(iso) ? self : NULL;

    nlr_buf_t nlr;
    if (is_over) {
        return;
    }
    if (nlr_push(&nlr) == 0) {
        take_result(self);
        nlr_pop();
    } else {
        // No memory for the result. Nobody will hold this call, so it must not hold the arena.
        isolate_abandon(iso);
        nlr_jump(nlr.ret_val);
    }
}

static void call_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    static const char *const names[] = {"abandoned", "pending", "done", "error"};
    mp_printf(print, "<Call %s", names[self->state]);
    if (self->state == ISOLATE_DONE) {
        mp_printf(print, " %d", self->status);
    }
    mp_printf(print, ", %u us, peak %u bytes>", (unsigned)self->cpu_us, (unsigned)self->peak);
}

static mp_obj_t new_argument(const isolate_arg_t *arg) {
    switch (arg->type) {
        case ISOLATE_ARG_BOOL:
            return mp_obj_new_bool(arg->number != 0);
        case ISOLATE_ARG_NUMBER:
            // Exact integers in the range of doubles (2^53) are Python integers.
            if (arg->number == (double)(long long)arg->number && arg->number > -9007199254740992.0 &&
                arg->number < 9007199254740992.0) {
                long long whole = (long long)arg->number;
                // A small one is a small object: what takes ports and the like wants no other.
                return whole == (mp_int_t)whole ? mp_obj_new_int((mp_int_t)whole) : mp_obj_new_int_from_ll(whole);
            }
            return mp_obj_new_float((mp_float_t)arg->number);
        case ISOLATE_ARG_TEXT:
            return mp_obj_new_str(arg->data.data, arg->data.len);
        case ISOLATE_ARG_BYTES:
            return mp_obj_new_bytes((const byte *)arg->data.data, arg->data.len);
        default:
            return mp_const_none;
    }
}

static mp_obj_t new_operation(const isolate_op_t *op) {
    mp_obj_tuple_t *args = MP_OBJ_TO_PTR(mp_obj_new_tuple(op->argc, NULL));
    for (size_t i = 0; i < op->argc; i++) {
        args->items[i] = new_argument(&op->args[i]);
    }
    mp_obj_t items[] = {mp_obj_new_int_from_uint(op->id), new_text(op->name), MP_OBJ_FROM_PTR(args)};
    return mp_obj_new_tuple(3, items);
}

static mp_obj_t call_ops(mp_obj_t self_in) {
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    isolate_op_t *op;
    while (enter(self) && (op = isolate_next_op(self->image->iso)) != NULL) {
        mp_obj_list_append(list, new_operation(op));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(call_ops_obj, call_ops);

static mp_obj_t call_cancelled(mp_obj_t self_in) {
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    uint32_t id;
    while (enter(self) && (id = isolate_next_cancelled(self->image->iso)) != 0) {
        mp_obj_list_append(list, mp_obj_new_int_from_uint(id));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(call_cancelled_obj, call_cancelled);

// The lines that were logged and not taken yet.
static mp_obj_t take_lines(isolate_t *iso) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (size_t at = 0; at < iso->log_used;) {
        const uint8_t *line = (const uint8_t *)iso->log + at;
        size_t len = line[1] | (size_t)line[2] << 8;
        mp_obj_t items[] = {mp_obj_new_str((const char *)line, 1), mp_obj_new_str((const char *)line + 3, len)};
        mp_obj_list_append(list, mp_obj_new_tuple(2, items));
        at += isolate_log_line(len);
    }

    if (iso->log_dropped > 0) {
        vstr_t text;
        vstr_init(&text, 40);
        vstr_printf(&text, "%u log lines dropped", (unsigned)iso->log_dropped);
        mp_obj_t items[] = {MP_OBJ_NEW_QSTR(MP_QSTR_w), mp_obj_new_str_from_vstr(&text)};
        mp_obj_list_append(list, mp_obj_new_tuple(2, items));
    }
    iso->log_used = 0;
    iso->log_dropped = 0;
    return list;
}

static mp_obj_t call_logs(mp_obj_t self_in) {
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    bool none = is_parked(self) && self->parked->log_used == 0 && self->parked->log_dropped == 0;
    return none || !enter(self) ? mp_obj_new_list(0, NULL) : take_lines(self->image->iso);
}
static MP_DEFINE_CONST_FUN_OBJ_1(call_logs_obj, call_logs);

// What an operation may be resolved with. Raises TypeError for anything else, so that to_js need not.
static void check_value(mp_obj_t value, int depth) {
    if (depth > 32) {
        mp_raise_ValueError(MP_ERROR_TEXT("value is nested more than 32 deep"));
    }

    if (value == mp_const_none || mp_obj_is_bool(value) || mp_obj_is_int(value) || mp_obj_is_float(value) ||
        mp_obj_is_str_or_bytes(value)) {
        return;
    }

    if (mp_obj_is_type(value, &mp_type_list) || mp_obj_is_type(value, &mp_type_tuple)) {
        size_t len;
        mp_obj_t *items;
        mp_obj_get_array(value, &len, &items);
        for (size_t i = 0; i < len; i++) {
            check_value(items[i], depth + 1);
        }
        return;
    }

    if (mp_obj_is_type(value, &mp_type_dict)) {
        mp_map_t *map = mp_obj_dict_get_map(value);
        for (size_t i = 0; i < map->alloc; i++) {
            if (mp_map_slot_is_filled(map, i)) {
                if (!mp_obj_is_str(map->table[i].key)) {
                    mp_raise_TypeError(MP_ERROR_TEXT("keys must be str"));
                }
                check_value(map->table[i].value, depth + 1);
            }
        }
        return;
    }

    // The text must not be the longest of the firmware's: MicroPython 1.25 has a byte too little of room for that one.
    mp_raise_msg_varg(&mp_type_TypeError,
        MP_ERROR_TEXT("a value must be None, bool, int, float, str, bytes, list or dict, not %s"),
        mp_obj_get_type_str(value));
}

static JSValue to_js(JSContext *ctx, mp_obj_t value);

static JSValue list_to_js(JSContext *ctx, mp_obj_t value) {
    size_t len;
    mp_obj_t *items;
    mp_obj_get_array(value, &len, &items);
    JSValue array = JS_NewArray(ctx);
    for (size_t i = 0; i < len; i++) {
        JS_DefinePropertyValueUint32(ctx, array, (uint32_t)i, to_js(ctx, items[i]), JS_PROP_C_W_E);
    }
    return array;
}

static JSValue dict_to_js(JSContext *ctx, mp_obj_t value) {
    mp_map_t *map = mp_obj_dict_get_map(value);
    JSValue object = JS_NewObject(ctx);

    for (size_t i = 0; i < map->alloc; i++) {
        if (mp_map_slot_is_filled(map, i)) {
            size_t len;
            const char *key = mp_obj_str_get_data(map->table[i].key, &len);
            JSAtom atom = JS_NewAtomLen(ctx, key, len);
            JS_DefinePropertyValue(ctx, object, atom, to_js(ctx, map->table[i].value), JS_PROP_C_W_E);
            JS_FreeAtom(ctx, atom);
        }
    }
    return object;
}

static JSValue bytes_to_js(JSContext *ctx, mp_obj_t value) {
    size_t len;
    const char *data = mp_obj_str_get_data(value, &len);
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    return JS_NewUint8ArrayCopy(ctx, (const uint8_t *)data, len);
}

// Runs in the engine: calls nothing of MicroPython's that allocates or raises, given that check_value has passed.
static JSValue to_js(JSContext *ctx, mp_obj_t value) {
    if (value == mp_const_none) {
        return JS_NULL;
    }
    if (mp_obj_is_bool(value)) {
        return JS_NewBool(ctx, value == mp_const_true);
    }
    if (mp_obj_is_small_int(value)) {
        return JS_NewInt64(ctx, MP_OBJ_SMALL_INT_VALUE(value));
    }
    if (mp_obj_is_int(value) || mp_obj_is_float(value)) {
        return JS_NewFloat64(ctx, (double)mp_obj_get_float(value));
    }
    if (mp_obj_is_str(value)) {
        size_t len;
        const char *data = mp_obj_str_get_data(value, &len);
        return JS_NewStringLen(ctx, data, len);
    }
    if (mp_obj_is_type(value, &mp_type_bytes)) {
        return bytes_to_js(ctx, value);
    }
    if (mp_obj_is_type(value, &mp_type_dict)) {
        return dict_to_js(ctx, value);
    }
    return list_to_js(ctx, value);
}

static JSValue convert_value(JSContext *ctx, const void *arg) {
    return to_js(ctx, *(const mp_obj_t *)arg);
}

static mp_obj_t settle(mp_obj_t self_in, mp_obj_t id, bool reject, mp_obj_t value) {
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    check_value(value, 0);
    mp_int_t number = mp_obj_get_int(id);
    if (number < 0 || (mp_uint_t)number > UINT32_MAX || !enter(self) ||
        !isolate_settle(self->image->iso, (uint32_t)number, reject, convert_value, &value)) {
        return mp_const_false;
    }
    update_call(self);
    return MP_OBJ_NEW_SMALL_INT(self->state);
}

static mp_obj_t call_resolve(size_t n_args, const mp_obj_t *args) {
    return settle(args[0], args[1], false, n_args > 2 ? args[2] : mp_const_none);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(call_resolve_obj, 2, 3, call_resolve);

static mp_obj_t call_reject(mp_obj_t self_in, mp_obj_t id, mp_obj_t message) {
    if (!mp_obj_is_str(message)) {
        mp_raise_TypeError(MP_ERROR_TEXT("message must be str"));
    }
    return settle(self_in, id, true, message);
}
static MP_DEFINE_CONST_FUN_OBJ_3(call_reject_obj, call_reject);

static mp_obj_t call_cancel(mp_obj_t self_in, mp_obj_t reason) {
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    if (!mp_obj_is_str(reason)) {
        mp_raise_TypeError(MP_ERROR_TEXT("reason must be str"));
    }
    if (!enter(self) || !isolate_cancel_body(self->image->iso, slice_of(reason))) {
        return mp_const_false;
    }
    update_call(self);
    return mp_const_true;
}
static MP_DEFINE_CONST_FUN_OBJ_2(call_cancel_obj, call_cancel);

static mp_obj_t call_abandon(mp_obj_t self_in) {
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    if (is_parked(self)) {
        isolate_drop(self->image->iso, self->parked);
    } else if (is_current(self)) {
        isolate_abandon(self->image->iso);
        self->image->arena->current = NULL;
    }

    self->parked = NULL;
    self->background = self->streams = false;
    if (self->state == ISOLATE_PENDING) {
        self->state = ISOLATE_IDLE;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(call_abandon_obj, call_abandon);

static const mp_rom_map_elem_t call_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_ops), MP_ROM_PTR(&call_ops_obj)},
    {MP_ROM_QSTR(MP_QSTR_cancelled), MP_ROM_PTR(&call_cancelled_obj)},
    {MP_ROM_QSTR(MP_QSTR_logs), MP_ROM_PTR(&call_logs_obj)},
    {MP_ROM_QSTR(MP_QSTR_resolve), MP_ROM_PTR(&call_resolve_obj)},
    {MP_ROM_QSTR(MP_QSTR_reject), MP_ROM_PTR(&call_reject_obj)},
    {MP_ROM_QSTR(MP_QSTR_cancel), MP_ROM_PTR(&call_cancel_obj)},
    {MP_ROM_QSTR(MP_QSTR_abandon), MP_ROM_PTR(&call_abandon_obj)},
};
static MP_DEFINE_CONST_DICT(call_locals, call_locals_table);

static mp_obj_t new_parking(const obj_call_t *self) {
    mp_obj_t items[] = {MP_OBJ_NEW_SMALL_INT(self->parks), mp_obj_new_int_from_uint(self->parking_us)};
    return mp_obj_new_tuple(2, items);
}

static void call_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    obj_call_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    switch (attr) {
        case MP_QSTR_state:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->state);
            break;
        case MP_QSTR_background:
            dest[0] = mp_obj_new_bool(self->background && (is_parked(self) || is_current(self)));
            break;
        case MP_QSTR_streams:
            dest[0] = mp_obj_new_bool(self->streams && (is_parked(self) || is_current(self)));
            break;
        case MP_QSTR_length:
            dest[0] = self->length;
            break;
        case MP_QSTR_passes_through:
            dest[0] = mp_obj_new_bool(self->passes_through);
            break;
        case MP_QSTR_status:
            dest[0] = self->state == ISOLATE_DONE ? MP_OBJ_NEW_SMALL_INT(self->status) : mp_const_none;
            break;
        case MP_QSTR_headers:
            dest[0] = self->headers;
            break;
        case MP_QSTR_body:
            dest[0] = self->body;
            break;
        case MP_QSTR_error:
            dest[0] = self->error;
            break;
        case MP_QSTR_cpu_us:
            // Fits by far, see ISOLATE_CPU_MS_MAX. What takes 64 bits makes an object on the heap of any value.
            dest[0] = mp_obj_new_int_from_uint((mp_uint_t)self->cpu_us);
            break;
        case MP_QSTR_peak:
            dest[0] = mp_obj_new_int_from_uint(self->peak);
            break;
        case MP_QSTR_parked_bytes:
            dest[0] = mp_obj_new_int_from_uint(is_parked(self) ? self->parked->bytes : 0);
            break;
        case MP_QSTR_parking:
            dest[0] = self->parks == 0 ? mp_const_none : new_parking(self);
            break;
        case MP_QSTR_arena:
            dest[0] = MP_OBJ_FROM_PTR(self->image->arena);
            break;
        default:
            // Methods.
            dest[1] = MP_OBJ_SENTINEL;
    }
}

static MP_DEFINE_CONST_OBJ_TYPE(
    quickjs_type_call, MP_QSTR_Call, MP_TYPE_FLAG_NONE, print, call_print, attr, call_attr, locals_dict, &call_locals);

// Image

static obj_image_t *live_image(mp_obj_t self_in) {
    obj_image_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->image.bytes == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("image is erased"));
    }
    if (self->arena->iso == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("arena is closed"));
    }
    if (self->image.place == ISOLATE_IMAGE_DRAFT && !isolate_has_draft(self->iso, &self->image)) {
        mp_raise_ValueError(MP_ERROR_TEXT("image was not kept, and its arena has been used since"));
    }
    bool saved_moved = self->saved != MP_OBJ_NULL && slice_of_buffer(self->saved).data != self->saved_data;
    if (saved_moved || (self->code != MP_OBJ_NULL && slice_of_buffer(self->code).data != self->image.code.data)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the buffer of a mapped image has moved"));
    }
    return self;
}

static void image_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    obj_image_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->image.bytes == NULL) {
        mp_print_str(print, "<Image erased>");
    } else {
        mp_printf(print, "<Image %u bytes of %u>", (unsigned)self->image.size, (unsigned)self->iso->size);
    }
}

static void add_header(vstr_t *lines, mp_obj_t name, mp_obj_t value) {
    base_slice_t n = slice_of(name), v = slice_of(value);
    vstr_add_strn(lines, n.data, n.len);
    vstr_add_str(lines, ": ");
    vstr_add_strn(lines, v.data, v.len);
    vstr_add_str(lines, "\r\n");
}

// Header lines from bytes as they are, a dict, or an iterable of pairs. `lines` is used where they must be put
// together.
static base_slice_t header_lines(mp_obj_t headers, vstr_t *lines) {
    if (headers == mp_const_none) {
        return (base_slice_t){"", 0};
    }

    if (mp_obj_is_type(headers, &mp_type_dict)) {
        mp_map_t *map = mp_obj_dict_get_map(headers);
        for (size_t i = 0; i < map->alloc; i++) {
            if (mp_map_slot_is_filled(map, i)) {
                add_header(lines, map->table[i].key, map->table[i].value);
            }
        }
        return (base_slice_t){lines->buf, lines->len};
    }

    if (mp_obj_is_type(headers, &mp_type_list) || mp_obj_is_type(headers, &mp_type_tuple)) {
        size_t len;
        mp_obj_t *items, *pair;
        mp_obj_get_array(headers, &len, &items);
        for (size_t i = 0; i < len; i++) {
            mp_obj_get_array_fixed_n(items[i], 2, &pair);
            add_header(lines, pair[0], pair[1]);
        }
        return (base_slice_t){lines->buf, lines->len};
    }

    return slice_of_buffer(headers);
}

static obj_call_t *new_call(obj_image_t *image) {
    obj_call_t *call = mp_obj_malloc(obj_call_t, &quickjs_type_call);
    call->image = image;
    call->parked = NULL;
    call->state = ISOLATE_PENDING;
    call->background = call->streams = false;
    call->passes_through = false;
    call->parks = 0;
    call->parking_us = 0;
    call->status = 0;
    call->headers = mp_const_none;
    call->body = mp_const_none;
    call->error = call->length = mp_const_none;
    return call;
}

static base_slice_t optional_slice(size_t n_args, const mp_obj_t *args, size_t i, const char *otherwise) {
    return n_args > i ? slice_of(args[i]) : (base_slice_t){otherwise, strlen(otherwise)};
}

// start(method, target, headers, body=None, host="localhost", scheme="http", peer="", is_internal=False)
static mp_obj_t image_start(size_t n_args, const mp_obj_t *args) {
    obj_image_t *self = live_image(args[0]);
    isolate_t *iso = self->iso;
    if (self->image.place == ISOLATE_IMAGE_DRAFT) {
        mp_raise_ValueError(MP_ERROR_TEXT("image is not kept: save it, then load or map it"));
    }

    vstr_t lines;
    vstr_init(&lines, 0);
    isolate_request_t request = {
        .method = slice_of(args[1]),
        .target = slice_of(args[2]),
        .headers = header_lines(args[3], &lines),
        .has_body = n_args > 4 && args[4] != mp_const_none,
        .host = optional_slice(n_args, args, 5, "localhost"),
        .scheme = optional_slice(n_args, args, 6, "http"),
        .peer = optional_slice(n_args, args, 7, ""),
        .is_internal = n_args > 8 && mp_obj_is_true(args[8]),
    };
    if (request.has_body) {
        request.body = slice_of_buffer(args[4]);
    }

    obj_call_t *call = new_call(self);
    make_room(self->arena, NULL);
    isolate_start(iso, &self->image, &request);
    call->number = iso->call.number;
    vstr_clear(&lines);
    update_call(call);
    return MP_OBJ_FROM_PTR(call);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(image_start_obj, 4, 9, image_start);

static mp_obj_t image_save(mp_obj_t self_in) {
    obj_image_t *self = live_image(self_in);
    vstr_t vstr;
    vstr_init_len(&vstr, isolate_saved_size(&self->image));
    isolate_save(self->iso, &self->image, 0, (uint8_t *)vstr.buf, vstr.len);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(image_save_obj, image_save);

// readinto(buffer, offset=0)
static mp_obj_t image_readinto(size_t n_args, const mp_obj_t *args) {
    obj_image_t *self = live_image(args[0]);
    mp_buffer_info_t to;
    mp_get_buffer_raise(args[1], &to, MP_BUFFER_WRITE);
    size_t size = isolate_saved_size(&self->image);
    size_t offset = n_args > 2 ? in_range(mp_obj_get_int(args[2]), 0, (mp_int_t)size, "offset") : 0;
    size_t len = MIN(to.len, size - offset);
    isolate_save(self->iso, &self->image, offset, to.buf, len);
    return mp_obj_new_int_from_uint(len);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(image_readinto_obj, 2, 3, image_readinto);

static mp_obj_t image_erase(mp_obj_t self_in) {
    obj_image_t *self = MP_OBJ_TO_PTR(self_in);
    isolate_erase(self->iso, &self->image);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(image_erase_obj, image_erase);

static mp_obj_t image_del(mp_obj_t self_in) {
    obj_image_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->iso != NULL) {
        isolate_erase(self->iso, &self->image);
        isolate_release(self->iso);
        self->iso = NULL;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(image_del_obj, image_del);

static const mp_rom_map_elem_t image_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&image_start_obj)},
    {MP_ROM_QSTR(MP_QSTR_save), MP_ROM_PTR(&image_save_obj)},
    {MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&image_readinto_obj)},
    {MP_ROM_QSTR(MP_QSTR_erase), MP_ROM_PTR(&image_erase_obj)},
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&image_del_obj)},
};
static MP_DEFINE_CONST_DICT(image_locals, image_locals_table);

static void image_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    obj_image_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    switch (attr) {
        case MP_QSTR_size:
            dest[0] = mp_obj_new_int_from_uint(self->image.size);
            break;
        case MP_QSTR_saved_size:
            dest[0] = mp_obj_new_int_from_uint(isolate_saved_size(&self->image));
            break;
        case MP_QSTR_code_size:
            dest[0] = mp_obj_new_int_from_uint(self->image.code.len);
            break;
        case MP_QSTR_parked_calls:
            dest[0] = mp_obj_new_int_from_uint(self->image.parked_calls);
            break;
        case MP_QSTR_parked_bytes:
            dest[0] = mp_obj_new_int_from_uint(self->image.parked_bytes);
            break;
        case MP_QSTR_handler:
            dest[0] = self->image.handler_kind == WEB_SHAPE_FETCH ? MP_OBJ_NEW_QSTR(MP_QSTR_fetch)
                                                                  : MP_OBJ_NEW_QSTR(MP_QSTR_lambda);
            break;
        case MP_QSTR_arena:
            dest[0] = MP_OBJ_FROM_PTR(self->arena);
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL;
    }
}

static MP_DEFINE_CONST_OBJ_TYPE(quickjs_type_image, MP_QSTR_Image, MP_TYPE_FLAG_NONE, print, image_print, attr,
    image_attr, locals_dict, &image_locals);

// Arena

static isolate_t *open_arena(mp_obj_t self_in) {
    obj_arena_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->iso == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("arena is closed"));
    }
    return self->iso;
}

// The range of an arena made to size.
#define ARENA_SIZE_MIN (64 * 1024)
#define ARENA_SIZE_MAX (1024 * 1024 * 1024)

static mp_obj_t arena_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *pos_args) {
    enum { ARG_size, ARG_parked_calls, ARG_parked_bytes };
    size_t size = port_fixed_arena();
    const mp_arg_t allowed[] = {
        {MP_QSTR_size, MP_ARG_INT | (size != 0 ? 0 : MP_ARG_REQUIRED), {.u_int = (mp_int_t)size}},
        {MP_QSTR_parked_calls, MP_ARG_INT, {.u_int = INT_MAX}},
        {MP_QSTR_parked_bytes, MP_ARG_INT, {.u_int = INT_MAX}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, pos_args, MP_ARRAY_SIZE(allowed), allowed, args);
    uint32_t calls = in_range(args[ARG_parked_calls].u_int, 0, INT_MAX, "parked_calls");
    uint32_t bytes = in_range(args[ARG_parked_bytes].u_int, 0, INT_MAX, "parked_bytes");
    if (size == 0) {
        size_t asked = in_range(args[ARG_size].u_int, ARENA_SIZE_MIN, ARENA_SIZE_MAX, "arena size");
        size = asked & ~(size_t)(ARENA_ALIGN - 1);
    }

    obj_arena_t *self = mp_obj_malloc_with_finaliser(obj_arena_t, type);
    self->iso = NULL;
    self->current = NULL;
    self->iso = new_isolate(size);
    self->iso->parking.calls_max = calls;
    self->iso->parking.bytes_max = bytes;
    return MP_OBJ_FROM_PTR(self);
}

static void arena_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    obj_arena_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->iso == NULL) {
        mp_print_str(print, "<Arena closed>");
    } else {
        mp_printf(print, "<Arena of %u bytes>", (unsigned)self->iso->size);
    }
}

// The items of a dict of env or bindings, laid out for the isolate.
static isolate_var_t *take_vars(mp_obj_t env, size_t *count) {
    *count = 0;
    if (env == mp_const_none) {
        return NULL;
    }
    if (!mp_obj_is_type(env, &mp_type_dict)) {
        mp_raise_TypeError(MP_ERROR_TEXT("env must be a dict of str to str"));
    }

    mp_map_t *map = mp_obj_dict_get_map(env);
    isolate_var_t *vars = m_new(isolate_var_t, map->used);
    for (size_t i = 0; i < map->alloc; i++) {
        if (mp_map_slot_is_filled(map, i)) {
            if (!mp_obj_is_str(map->table[i].key) || !mp_obj_is_str(map->table[i].value)) {
                mp_raise_TypeError(MP_ERROR_TEXT("env must be a dict of str to str"));
            }
            vars[*count].name = slice_of(map->table[i].key);
            vars[(*count)++].value = slice_of(map->table[i].value);
        }
    }
    return vars;
}

static void take_binding(isolate_binding_t *binding, mp_obj_t name, mp_obj_t value) {
    mp_obj_t *pair, *methods;
    mp_obj_get_array_fixed_n(value, 2, &pair);
    mp_obj_get_array(pair[1], &binding->method_count, &methods);
    binding->name = slice_of(name);
    binding->kind = slice_of(pair[0]);

    base_slice_t *slices = m_new(base_slice_t, binding->method_count);
    for (size_t i = 0; i < binding->method_count; i++) {
        slices[i] = slice_of(methods[i]);
        if (binding->kind.len + 1 + slices[i].len > ISOLATE_OP_NAME_MAX) {
            mp_raise_msg_varg(
                &mp_type_ValueError, MP_ERROR_TEXT("kind and method are longer than %d bytes"), ISOLATE_OP_NAME_MAX);
        }
    }

    binding->methods = slices;
}

static isolate_binding_t *take_bindings(mp_obj_t object, size_t *count) {
    *count = 0;
    if (object == mp_const_none) {
        return NULL;
    }
    if (!mp_obj_is_type(object, &mp_type_dict)) {
        mp_raise_TypeError(MP_ERROR_TEXT("bindings must be a dict of name to (kind, methods)"));
    }

    mp_map_t *map = mp_obj_dict_get_map(object);
    isolate_binding_t *bindings = m_new(isolate_binding_t, map->used);
    for (size_t i = 0; i < map->alloc; i++) {
        if (mp_map_slot_is_filled(map, i)) {
            take_binding(&bindings[(*count)++], map->table[i].key, map->table[i].value);
        }
    }
    return bindings;
}

static obj_image_t *new_image(mp_obj_t arena, isolate_t *iso) {
    obj_image_t *image = mp_obj_malloc_with_finaliser(obj_image_t, &quickjs_type_image);
    image->arena = MP_OBJ_TO_PTR(arena);
    image->iso = iso;
    iso->refs++;
    image->saved = image->code = MP_OBJ_NULL;
    image->image.bytes = NULL;
    return image;
}

// The arguments of arena_build. code: what ARG_code was, MP_OBJ_NULL where there is none.
static isolate_config_t take_config(
    isolate_t *iso, size_t n_args, const mp_obj_t *args_in, mp_map_t *kw_args, bool *keep, mp_obj_t *code) {
    enum { ARG_bundle, ARG_env, ARG_bindings, ARG_cpu_ms, ARG_memory, ARG_stack, ARG_name, ARG_keep, ARG_code };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_bundle, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_env, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_bindings, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_cpu_ms, MP_ARG_INT, {.u_int = ISOLATE_CPU_MS_DEFAULT}},
        {MP_QSTR_memory, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_stack, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_name, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_keep, MP_ARG_BOOL, {.u_bool = true}},
        {MP_QSTR_code, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, args_in, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);

    isolate_config_t config = {.bundle = slice_of_buffer(args[ARG_bundle].u_obj), .name = {"", 0}};
    config.vars = take_vars(args[ARG_env].u_obj, &config.var_count);
    config.bindings = take_bindings(args[ARG_bindings].u_obj, &config.binding_count);
    config.limits.cpu_ms = in_range(args[ARG_cpu_ms].u_int, ISOLATE_CPU_MS_MIN, ISOLATE_CPU_MS_MAX, "cpu_ms");
    config.limits.memory = args[ARG_memory].u_obj == mp_const_none ? (uint32_t)iso->size
                                                                   : in_range(mp_obj_get_int(args[ARG_memory].u_obj),
                                                                         ISOLATE_MEMORY_MIN, iso->size, "memory");
    config.limits.stack = args[ARG_stack].u_obj == mp_const_none ? (uint32_t)port_stack_default()
                                                                 : in_range(mp_obj_get_int(args[ARG_stack].u_obj),
                                                                       ISOLATE_STACK_MIN, port_stack_max(), "stack");
    if (args[ARG_name].u_obj != mp_const_none) {
        config.name = slice_of(args[ARG_name].u_obj);
        in_range(config.name.len, 0, ISOLATE_NAME_MAX, "length of name");
    }

    *keep = args[ARG_keep].u_bool;
    *code = MP_OBJ_NULL;
    if (args[ARG_code].u_obj != mp_const_none) {
        *code = args[ARG_code].u_obj;
        config.code = slice_of_buffer(*code);
        if ((uintptr_t)config.code.data % 8 != 0 || *keep) {
            mp_raise_ValueError(MP_ERROR_TEXT("code must lie at a multiple of 8 bytes, and its image not be kept"));
        }
    }
    return config;
}

static mp_obj_t arena_build(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    isolate_t *iso = open_arena(pos_args[0]);
    bool keep;
    mp_obj_t code;
    isolate_config_t config = take_config(iso, n_args - 1, pos_args + 1, kw_args, &keep, &code);

    obj_image_t *image = new_image(pos_args[0], iso);
    make_room(MP_OBJ_TO_PTR(pos_args[0]), NULL);
    if (!isolate_build(iso, &config, keep ? ISOLATE_IMAGE_KEPT : ISOLATE_IMAGE_DRAFT, &image->image)) {
        nlr_raise(new_error(&iso->error));
    }
    image->code = code;
    return MP_OBJ_FROM_PTR(image);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(arena_build_obj, 2, arena_build);

// read_code(at, part, *as build)
static mp_obj_t arena_read_code(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    isolate_t *iso = open_arena(pos_args[0]);
    mp_buffer_info_t part;
    mp_get_buffer_raise(pos_args[2], &part, MP_BUFFER_WRITE);
    bool keep;
    mp_obj_t code;
    isolate_config_t config = take_config(iso, n_args - 3, pos_args + 3, kw_args, &keep, &code);
    if (code == MP_OBJ_NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("code must say where it is to lie"));
    }
    size_t at = in_range(mp_obj_get_int(pos_args[1]), 0, config.code.len, "at");

    make_room(MP_OBJ_TO_PTR(pos_args[0]), NULL);
    size_t longest;
    size_t size = isolate_read_code(iso, &config, at, part.buf, part.len, &longest);
    if (size == 0) {
        nlr_raise(new_error(&iso->error));
    }
    mp_obj_t sizes[] = {mp_obj_new_int_from_uint(size), mp_obj_new_int_from_uint(longest)};
    return mp_obj_new_tuple(MP_ARRAY_SIZE(sizes), sizes);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(arena_read_code_obj, 4, arena_read_code);

static obj_image_t *load_image(mp_obj_t arena, base_slice_t saved, base_slice_t code, isolate_place_t place) {
    isolate_t *iso = open_arena(arena);
    obj_image_t *image = new_image(arena, iso);
    if (!isolate_load(iso, saved, code, place, &image->image)) {
        nlr_raise(new_error(&iso->error));
    }
    return image;
}

static mp_obj_t arena_load(mp_obj_t self_in, mp_obj_t saved_in) {
    return MP_OBJ_FROM_PTR(load_image(self_in, slice_of_buffer(saved_in), (base_slice_t){NULL, 0}, ISOLATE_IMAGE_KEPT));
}
static MP_DEFINE_CONST_FUN_OBJ_2(arena_load_obj, arena_load);

// map(saved, code=None)
static mp_obj_t arena_map(size_t n_args, const mp_obj_t *args) {
    base_slice_t saved = slice_of_buffer(args[1]);
    bool has_code = n_args > 2 && args[2] != mp_const_none;
    base_slice_t code = has_code ? slice_of_buffer(args[2]) : (base_slice_t){NULL, 0};
    obj_image_t *image = load_image(args[0], saved, code, ISOLATE_IMAGE_MAPPED);
    image->saved = args[1];
    image->saved_data = saved.data;
    image->code = has_code ? args[2] : MP_OBJ_NULL;
    return MP_OBJ_FROM_PTR(image);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(arena_map_obj, 2, 3, arena_map);

static mp_obj_t arena_logs(mp_obj_t self_in) {
    return take_lines(open_arena(self_in));
}
static MP_DEFINE_CONST_FUN_OBJ_1(arena_logs_obj, arena_logs);

static mp_obj_t arena_park(mp_obj_t self_in) {
    open_arena(self_in);
    make_room(MP_OBJ_TO_PTR(self_in), NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(arena_park_obj, arena_park);

static mp_obj_t arena_close(mp_obj_t self_in) {
    obj_arena_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->iso != NULL) {
        isolate_close(self->iso);
        isolate_release(self->iso);
        self->iso = NULL;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(arena_close_obj, arena_close);

static const mp_rom_map_elem_t arena_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_build), MP_ROM_PTR(&arena_build_obj)},
    {MP_ROM_QSTR(MP_QSTR_read_code), MP_ROM_PTR(&arena_read_code_obj)},
    {MP_ROM_QSTR(MP_QSTR_load), MP_ROM_PTR(&arena_load_obj)},
    {MP_ROM_QSTR(MP_QSTR_map), MP_ROM_PTR(&arena_map_obj)},
    {MP_ROM_QSTR(MP_QSTR_logs), MP_ROM_PTR(&arena_logs_obj)},
    {MP_ROM_QSTR(MP_QSTR_park), MP_ROM_PTR(&arena_park_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&arena_close_obj)},
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&arena_close_obj)},
};
static MP_DEFINE_CONST_DICT(arena_locals, arena_locals_table);

static void arena_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    switch (attr) {
        case MP_QSTR_busy:
            dest[0] = mp_obj_new_bool(isolate_busy(open_arena(self_in)));
            break;
        case MP_QSTR_size:
            dest[0] = mp_obj_new_int_from_uint(open_arena(self_in)->size);
            break;
        case MP_QSTR_parked_calls:
            dest[0] = mp_obj_new_int_from_uint(open_arena(self_in)->parking.calls);
            break;
        case MP_QSTR_parked_bytes:
            dest[0] = mp_obj_new_int_from_uint(open_arena(self_in)->parking.bytes);
            break;
        case MP_QSTR_parks:
            dest[0] = mp_obj_new_int_from_uint(open_arena(self_in)->parking.parks);
            break;
        case MP_QSTR_resumes:
            dest[0] = mp_obj_new_int_from_uint(open_arena(self_in)->parking.resumes);
            break;
        case MP_QSTR_park_us:
            dest[0] = mp_obj_new_int_from_ull(open_arena(self_in)->parking.park_us);
            break;
        case MP_QSTR_resume_us:
            dest[0] = mp_obj_new_int_from_ull(open_arena(self_in)->parking.resume_us);
            break;
        case MP_QSTR_address:
            dest[0] = mp_obj_new_int_from_uint((uintptr_t)open_arena(self_in)->arena);
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL;
    }
}

static MP_DEFINE_CONST_OBJ_TYPE(quickjs_type_arena, MP_QSTR_Arena, MP_TYPE_FLAG_NONE, make_new, arena_make_new, print,
    arena_print, attr, arena_attr, locals_dict, &arena_locals);

// Functions

static mp_obj_t new_hex(const uint8_t *bytes, size_t len) {
    vstr_t hex;
    vstr_init(&hex, 2 * len);
    for (size_t i = 0; i < len; i++) {
        vstr_printf(&hex, "%02x", bytes[i]);
    }
    return mp_obj_new_str_from_vstr(&hex);
}

static mp_obj_t quickjs_inspect(mp_obj_t bundle_in) {
    base_slice_t data = slice_of_buffer(bundle_in);
    bundle_t bundle;
    const char *wrong = bundle_open(&bundle, (const uint8_t *)data.data, data.len);
    if (wrong != NULL) {
        mp_obj_t args[] = {new_text(isolate_kind_name(ISOLATE_BUNDLE)), new_text(wrong), MP_OBJ_NEW_QSTR(MP_QSTR_)};
        nlr_raise(mp_obj_exception_make_new(&quickjs_type_error, 3, 0, args));
    }

    mp_obj_t modules = mp_obj_new_list(0, NULL);
    bundle_module_t module;
    for (size_t at = 0; bundle_next(&bundle, &at, &module);) {
        mp_obj_list_append(modules, mp_obj_new_str(module.name, module.name_len));
    }

    mp_obj_t dict = mp_obj_new_dict(5);
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_engine_id), new_text(bundle.engine));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_source_hash), new_hex(bundle.source_hash, 32));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_modules), modules);
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_size), mp_obj_new_int_from_uint(bundle.len));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_stripped), mp_obj_new_bool((bundle.flags & BUNDLE_STRIPPED) != 0));
    return dict;
}
static MP_DEFINE_CONST_FUN_OBJ_1(quickjs_inspect_obj, quickjs_inspect);

#ifndef QJS_DISABLE_PARSER
static bool path_before(const base_slice_t *a, const base_slice_t *b) {
    int order = memcmp(a->data, b->data, MIN(a->len, b->len));
    return order < 0 || (order == 0 && a->len < b->len);
}

// Files as laid out for the isolate, sorted by path so that the same sources always give the same bundle.
static compile_source_t *take_files(mp_obj_t files, size_t *count) {
    if (!mp_obj_is_type(files, &mp_type_dict)) {
        mp_raise_TypeError(MP_ERROR_TEXT("files must be a dict of path to source"));
    }
    mp_map_t *map = mp_obj_dict_get_map(files);
    if (map->used > BUNDLE_MODULES_MAX) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("more than %d modules"), BUNDLE_MODULES_MAX);
    }

    compile_source_t *sources = m_new(compile_source_t, map->used);
    *count = 0;
    for (size_t i = 0; i < map->alloc; i++) {
        if (mp_map_slot_is_filled(map, i)) {
            compile_source_t source = {slice_of(map->table[i].key), slice_of(map->table[i].value)};
            size_t at = (*count)++;
            for (; at > 0 && path_before(&source.path, &sources[at - 1].path); at--) {
                sources[at] = sources[at - 1];
            }
            sources[at] = source;
        }
    }
    return sources;
}

static size_t find_file(const compile_source_t *files, size_t count, base_slice_t path) {
    for (size_t i = 0; i < count; i++) {
        if (base_equal(files[i].path, path)) {
            return i;
        }
    }
    mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s is not among the files"), path.data);
}

// What `origins` says, (sources, positions), as engine.h has it. The texts of the sources stay where they are.
static engine_origins_t take_origins(mp_obj_t origins_in) {
    mp_obj_t *parts, *sources;
    mp_obj_get_array_fixed_n(origins_in, 2, &parts);
    engine_origins_t origins;
    mp_obj_get_array(parts[0], &origins.source_count, &sources);
    const char **names = m_new(const char *, origins.source_count);
    for (size_t i = 0; i < origins.source_count; i++) {
        names[i] = mp_obj_str_get_str(sources[i]);
    }
    mp_buffer_info_t items;
    mp_get_buffer_raise(parts[1], &items, MP_BUFFER_READ);
    origins.sources = names;
    origins.items = items.buf;
    origins.count = items.len / sizeof(engine_origin_t);
    return origins;
}

// The bundle, or the error. Not inline: see take_result.
static MP_NOINLINE mp_obj_t compile_result(isolate_t *iso, const compile_config_t *config, bool *ok) {
    base_slice_t bundle;
    *ok = isolate_compile(iso, config, &bundle);
    return *ok ? mp_obj_new_bytes((const byte *)bundle.data, bundle.len) : new_error(&iso->error);
}

static mp_obj_t quickjs_compile(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_files, ARG_main, ARG_strip, ARG_origins, ARG_event_2 };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_files, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_main, MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_strip, MP_ARG_BOOL, {.u_bool = false}},
        {MP_QSTR_origins, MP_ARG_OBJ, {.u_obj = mp_const_none}},
        {MP_QSTR_event_2, MP_ARG_BOOL, {.u_bool = false}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);

    base_slice_t main = {"main.js", 7};
    if (args[ARG_main].u_obj != MP_OBJ_NULL) {
        main = slice_of(args[ARG_main].u_obj);
    }
    size_t count;
    compile_source_t *files = take_files(args[ARG_files].u_obj, &count);
    compile_config_t config = {.files = files,
        .count = count,
        .main = find_file(files, count, main),
        .strip = args[ARG_strip].u_bool,
        .event_2 = args[ARG_event_2].u_bool};
    engine_origins_t origins;
    if (args[ARG_origins].u_obj != mp_const_none && !config.strip) {
        origins = take_origins(args[ARG_origins].u_obj);
        config.origins = &origins;
    }

    isolate_t *iso = new_isolate(COMPILE_ARENA_SIZE);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        bool ok;
        mp_obj_t result = compile_result(iso, &config, &ok);
        nlr_pop();
        isolate_release(iso);
        if (!ok) {
            nlr_raise(result);
        }
        return result;
    }
    isolate_release(iso);
    nlr_jump(nlr.ret_val);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(quickjs_compile_obj, 1, quickjs_compile);
#endif

#if ARENA_POISON
// Makes a mistake in an arena on purpose: the tests prove by it that the sanitizers would see one.
static mp_obj_t quickjs_plant(mp_obj_t mistake_in) {
    const char *mistake = mp_obj_str_get_str(mistake_in);
    isolate_t *iso = new_isolate(ARENA_SIZE_MIN);
    volatile char *block = arena_alloc(iso->arena, 100);
    if (strcmp(mistake, "overflow") == 0) {
        block[100] = 1;
    } else if (strcmp(mistake, "use-after-free") == 0) {
        arena_free(iso->arena, (void *)block);
        block[0] = 1;
    } else if (strcmp(mistake, "undefined") == 0) {
        volatile int most = INT_MAX;
        most++;
    }
    isolate_release(iso);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(quickjs_plant_obj, quickjs_plant);
#endif

static mp_obj_t quickjs_getattr(mp_obj_t attr_in) {
    switch (MP_OBJ_QSTR_VALUE(attr_in)) {
        case MP_QSTR_ENGINE_ID:
            return new_text(engine_id);
        case MP_QSTR_FIRMWARE_ID: {
            uint8_t id[8];
            port_build_id(id);
            return new_hex(id, sizeof(id));
        }
    }
    return MP_OBJ_NULL;
}
static MP_DEFINE_CONST_FUN_OBJ_1(quickjs_getattr_obj, quickjs_getattr);

static const mp_rom_map_elem_t quickjs_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_quickjs)},
    {MP_ROM_QSTR(MP_QSTR___getattr__), MP_ROM_PTR(&quickjs_getattr_obj)},
    {MP_ROM_QSTR(MP_QSTR_Arena), MP_ROM_PTR(&quickjs_type_arena)},
    {MP_ROM_QSTR(MP_QSTR_Error), MP_ROM_PTR(&quickjs_type_error)},
    {MP_ROM_QSTR(MP_QSTR_inspect), MP_ROM_PTR(&quickjs_inspect_obj)},
#ifndef QJS_DISABLE_PARSER
    {MP_ROM_QSTR(MP_QSTR_compile), MP_ROM_PTR(&quickjs_compile_obj)},
#endif
#if ARENA_POISON
    {MP_ROM_QSTR(MP_QSTR__plant), MP_ROM_PTR(&quickjs_plant_obj)},
#endif
    {MP_ROM_QSTR(MP_QSTR_PENDING), MP_ROM_INT(ISOLATE_PENDING)},
    {MP_ROM_QSTR(MP_QSTR_DONE), MP_ROM_INT(ISOLATE_DONE)},
    {MP_ROM_QSTR(MP_QSTR_ERROR), MP_ROM_INT(ISOLATE_ERROR)},
};
static MP_DEFINE_CONST_DICT(quickjs_globals, quickjs_globals_table);

const mp_obj_module_t quickjs_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&quickjs_globals,
};

MP_REGISTER_MODULE(MP_QSTR_quickjs, quickjs_module);
