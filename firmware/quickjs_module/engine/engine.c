// QuickJS as one translation unit, and what isolates need of its private fields. See engine.h.

#include "engine/engine.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <sys/time.h>

#include "base_text.h"
#include "base_utf8.h"
#include "port/port.h"

// The slab allocator would take 75 KB more and hide blocks from the sanitizer build; the macro's name is upstream's
// only switch for it. __DJGPP leaves out threads and Atomics, NDEBUG the assertions that abort.
#if !defined(__SANITIZE_ADDRESS__) || !defined(__DJGPP) || !defined(NDEBUG)
#error "engine.c needs -D__SANITIZE_ADDRESS__=1 -D__DJGPP -DNDEBUG (see micropython.mk)"
#endif

// The machine's clock, and UTC as the only time zone: the local-time functions of a C library take locks, and a board
// has no time zone.
static int engine_gettimeofday(struct timeval *tv) {
    uint64_t now = port_time_us();
    tv->tv_sec = (time_t)(now / 1000000);
    tv->tv_usec = (long)(now % 1000000);
    return 0;
}
#define gettimeofday(tv, tz) engine_gettimeofday(tv)
#define localtime_r(t, tm) ((void)(t), (void)memset(tm, 0, sizeof(*(tm))))
#define gmtime_r(t, tm) ((void)(t), (void)memset(tm, 0, sizeof(*(tm))))
#define mktime(tm) ((void)(tm), (time_t)0)

// JSON.parse converts numbers with the C library's strtod, which allocates outside the arena in newlib. The engine's
// own conversion does not.
static double engine_strtod(const char *text);
#define strtod(text, end) engine_strtod(text)

// Upstream's table of lazy property makers names js_bytecode_autoinit without arguments, its definition with them: a
// function-like macro therefore renames the definition only, and the table gets ours.
static JSValue js_bytecode_autoinit(JSContext *ctx, JSObject *object, JSAtom atom, void *opaque);
#define js_bytecode_autoinit(ctx, object, atom, opaque) upstream_bytecode_autoinit(ctx, object, atom, opaque)

// Likewise the functions that a locale and options are given to, which upstream passes over.
static JSValue js_number_toString(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);
static JSValue get_date_string(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);
static JSValue js_string_localeCompare(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
#define js_number_toString(ctx, this_val, argc, argv, magic) upstream_number_string(ctx, this_val, argc, argv, magic)
#define get_date_string(ctx, this_val, argc, argv, magic) upstream_date_string(ctx, this_val, argc, argv, magic)
#define js_string_localeCompare(ctx, this_val, argc, argv) upstream_compare(ctx, this_val, argc, argv)
static JSValue js_object_toLocaleString(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue js_array_join(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);
static JSValue js_typed_array_join(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);
static JSValue js_string_toLowerCase(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic);
#define js_object_toLocaleString(ctx, this_val, argc, argv) upstream_object_string(ctx, this_val, argc, argv)
#define js_array_join(ctx, this_val, argc, argv, magic) upstream_array_join(ctx, this_val, argc, argv, magic)
#define js_typed_array_join(ctx, this_val, argc, argv, magic) upstream_typed_join(ctx, this_val, argc, argv, magic)
#define js_string_toLowerCase(ctx, this_val, argc, argv, magic) upstream_lower_case(ctx, this_val, argc, argv, magic)

// Upstream's perform_promise_then takes note of what a promise's settling calls, for then() and for each await. Its
// calls get ours, which has the asynchronous context come along: they begin with `ctx`, and the definition with a type.
static int engine_promise_then(JSContext *ctx, JSValueConst promise, JSValueConst *handlers, JSValueConst *functions);
#define PROMISE_THEN_ctx engine_promise_then(ctx
#define PROMISE_THEN_JSContext upstream_promise_then(JSContext
#define perform_promise_then(first, ...) PROMISE_THEN_##first, __VA_ARGS__)

// Upstream finds the module of import.meta by the name of the function's file, which in a bundle is that of the
// author's.
static JSValue engine_import_meta(JSContext *ctx);
#define IMPORT_META_ctx engine_import_meta(ctx
#define IMPORT_META_JSContext upstream_import_meta(JSContext
#define js_import_meta(first) IMPORT_META_##first)

// What upstream reads a function with is called by ours, which then moves its code.
struct BCReaderState;
typedef struct JSFunctionBytecode JSFunctionBytecode;
static JSValue engine_read_function(struct BCReaderState *s);
#define READ_FUNCTION_s engine_read_function(s
#define READ_FUNCTION_BCReaderState upstream_read_function(BCReaderState
#define JS_ReadFunctionTag(first) READ_FUNCTION_##first)

// Likewise what it frees a function with.
static void engine_free_function(JSRuntime *rt, JSFunctionBytecode *b);
#define FREE_FUNCTION_rt engine_free_function(rt
#define FREE_FUNCTION_JSRuntime upstream_free_function(JSRuntime
#define free_function_bytecode(first, ...) FREE_FUNCTION_##first, __VA_ARGS__)

// In the place of the function by which C reads properties comes ours, further down.
static JSValue upstream_get_property_str(JSContext *ctx, JSValueConst object, const char *name);
#define JS_GetPropertyStr upstream_get_property_str

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#pragma GCC diagnostic ignored "-Wpointer-arith"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wunused-variable"
#include "quickjs.c"
#include "dtoa.c"
#include "libregexp.c"
#include "libunicode.c"
#pragma GCC diagnostic pop
#undef js_bytecode_autoinit
#undef js_number_toString
#undef get_date_string
#undef js_string_localeCompare
#undef js_object_toLocaleString
#undef js_array_join
#undef js_typed_array_join
#undef js_string_toLowerCase
#undef perform_promise_then
#undef js_import_meta
#undef JS_ReadFunctionTag
#undef free_function_bytecode
#undef JS_GetPropertyStr

// Whether what an object and those that it inherits from have as properties is in their tables.
static bool engine_is_ordinary(JSValueConst value) {
    JSObject *object = JS_VALUE_GET_TAG(value) == JS_TAG_OBJECT ? JS_VALUE_GET_OBJ(value) : NULL;
    bool is = object != NULL;
    for (; is && object != NULL; object = object->shape->proto) {
        is = !object->is_exotic;
    }
    return is;
}

// Upstream makes an atom of the name and frees it again, which costs more than all else. Without an atom the name is in
// no table.
JSValue JS_GetPropertyStr(JSContext *ctx, JSValueConst object, const char *name) {
    JSAtom atom = __JS_FindAtom(ctx->rt, name, strlen(name), JS_ATOM_TYPE_STRING);
    if (atom == JS_ATOM_NULL) {
        return engine_is_ordinary(object) ? JS_UNDEFINED : upstream_get_property_str(ctx, object, name);
    }
    JSValue value = JS_GetProperty(ctx, object, atom);
    JS_FreeAtom(ctx, atom);
    return value;
}

// Where the function's file is no module of its own, it is part of the main one, which is loaded first.
static JSValue engine_import_meta(JSContext *ctx) {
    JSAtom name = JS_GetScriptOrModuleName(ctx, 0);
    JSModuleDef *module = name == JS_ATOM_NULL ? NULL : js_find_loaded_module_by_name(ctx, name);
    JS_FreeAtom(ctx, name);
    struct list_head *at;
    for (at = ctx->loaded_modules.next; module == NULL && at != &ctx->loaded_modules; at = at->next) {
        JSModuleDef *loaded = list_entry(at, JSModuleDef, link);
        module = loaded->init_func == NULL ? loaded : NULL;
    }
    return module == NULL ? upstream_import_meta(ctx) : JS_GetImportMeta(ctx, module);
}

// Whether a value is the locale that counts where none is given, as in Workers.
static bool is_english(JSContext *ctx, JSValueConst value) {
    const char *text = JS_IsString(value) ? JS_ToCString(ctx, value) : NULL;
    bool english = text != NULL && (strcmp(text, "en-US") == 0 || strcmp(text, "en") == 0);
    JS_FreeCString(ctx, text);
    return english;
}

// A result for a locale that is not there, or without the options, would be wrong without a word. 0, or -1 with a
// pending TypeError where one of the arguments from `first` on is there, which are the locale and the options.
static int refuse_locale(JSContext *ctx, const char *name, int first, int argc, JSValueConst *argv) {
    for (int i = first; i < argc && i < first + 2; i++) {
        if (!JS_IsUndefined(argv[i]) && !(i == first && is_english(ctx, argv[i]))) {
            JS_ThrowTypeError(ctx,
                "%s takes no options and no locale but en-US here: call it without them, or name Intl in what you "
                "deploy, "
                "which brings it along",
                name);
            return -1;
        }
    }
    return 0;
}

// Writes digits with a comma before each three. What it has written.
static size_t group_digits(char *out, const char *digits, size_t count) {
    char *at = out;
    for (size_t left = count; left > 0; left--) {
        *at++ = digits[count - left];
        if (left % 3 == 1 && left > 1) {
            *at++ = ',';
        }
    }
    return (size_t)(at - out);
}

// The digits of a finite number: its value is 0.DIGITS times 10 to the `exponent`.
typedef struct _decimal_t {
    char digits[24];
    int count, exponent;
} decimal_t;

static void read_decimal(const char *text, decimal_t *decimal) {
    *decimal = (decimal_t){.exponent = 0};
    bool after_point = false;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text == '.') {
            after_point = true;
        } else if (*text != '0' || decimal->count > 0) {
            decimal->digits[decimal->count++] = *text;
            decimal->exponent += !after_point;
        } else {
            decimal->exponent -= after_point;
        }
    }
    decimal->exponent += *text == 'e' ? atoi(text + 1) : 0;
}

// Cuts what is behind the third decimal place, halves away from zero.
static void round_decimal(decimal_t *decimal) {
    int kept = decimal->exponent + 3;
    if (kept < 0) {
        decimal->count = 0;
    } else if (kept < decimal->count) {
        bool up = decimal->digits[kept] >= '5';
        decimal->count = kept;
        while (up && decimal->count > 0 && decimal->digits[decimal->count - 1] == '9') {
            decimal->count--;
        }
        if (up && decimal->count > 0) {
            decimal->digits[decimal->count - 1]++;
        } else if (up) {
            decimal->digits[0] = '1';
            decimal->count = 1;
            decimal->exponent++;
        }
    }
    while (decimal->count > 0 && decimal->digits[decimal->count - 1] == '0') {
        decimal->count--;
    }
    decimal->exponent = decimal->count > 0 ? decimal->exponent : 0;
}

// At most 309 digits, 102 commas, a point, three decimal places, and a sign.
#define ENGLISH_SIZE (420)

// A number as English has it. text: of it in JavaScript.
static JSValue english_number(JSContext *ctx, const char *text, bool negative) {
    char out[ENGLISH_SIZE], whole[310];
    decimal_t decimal;
    read_decimal(text, &decimal);
    round_decimal(&decimal);
    size_t len = 0, count = 0;
    for (; (int)count < decimal.exponent; count++) {
        whole[count] = (int)count < decimal.count ? decimal.digits[count] : '0';
    }
    if (negative) {
        out[len++] = '-';
    }
    len += count == 0 ? group_digits(out + len, "0", 1) : group_digits(out + len, whole, count);
    if (decimal.count > decimal.exponent) {
        out[len++] = '.';
        for (int i = decimal.exponent; i < decimal.count; i++) {
            out[len++] = i < 0 ? '0' : decimal.digits[i];
        }
    }
    return JS_NewStringLen(ctx, out, len);
}

static JSValue js_number_toString(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    if (!magic) {
        return upstream_number_string(ctx, this_val, argc, argv, magic);
    }
    if (refuse_locale(ctx, "toLocaleString", 0, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    JSValue string = upstream_number_string(ctx, this_val, 0, NULL, magic);
    const char *text = JS_IsException(string) ? NULL : JS_ToCString(ctx, string);
    if (text == NULL || text[0] == 'N') {
        JS_FreeCString(ctx, text);
        return string;
    }
    double number = JS_TAG_IS_FLOAT64(JS_VALUE_GET_TAG(this_val)) ? JS_VALUE_GET_FLOAT64(this_val) : 0;
    bool negative = text[0] == '-' || signbit(number);
    const char *absolute = text + (text[0] == '-');
    JSValue english;
    if (absolute[0] == 'I') {
        english = JS_NewString(ctx, negative ? "-\u221e" : "\u221e");
    } else {
        english = english_number(ctx, absolute, negative);
    }
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, string);
    return english;
}

// BigInts have no toLocaleString of their own.
static JSValue js_object_toLocaleString(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    if (!JS_IsBigInt(this_val)) {
        return upstream_object_string(ctx, this_val, argc, argv);
    }
    if (refuse_locale(ctx, "toLocaleString of a BigInt", 0, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, this_val);
    bool negative = text[0] == '-';
    char *out = js_malloc(ctx, len * 4 / 3 + 2);
    out[0] = '-';
    len = negative + group_digits(out + negative, text + negative, len - negative);
    JSValue english = JS_NewStringLen(ctx, out, len);
    js_free(ctx, out);
    JS_FreeCString(ctx, text);
    return english;
}

static JSValue js_array_join(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    if (magic && refuse_locale(ctx, "toLocaleString of an array", 0, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    return upstream_array_join(ctx, this_val, argc, argv, magic);
}

static JSValue js_typed_array_join(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    if (magic && refuse_locale(ctx, "toLocaleString of an array", 0, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    return upstream_typed_join(ctx, this_val, argc, argv, magic);
}

// The languages whose letters have other cases than those of all others.
static bool has_own_cases(JSContext *ctx, JSValueConst locale) {
    static const char *const languages[] = {"az", "lt", "tr"};
    const char *text = JS_IsString(locale) ? JS_ToCString(ctx, locale) : NULL;
    bool own = false;
    for (int i = 0; text != NULL && i < (int)countof(languages) && !own; i++) {
        own = strncmp(text, languages[i], 2) == 0 && (text[2] == '\0' || text[2] == '-');
    }
    JS_FreeCString(ctx, text);
    return own;
}

// The methods with Locale in their names are the same as those without.
static JSValue js_string_toLowerCase(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    if (argc > 0 && has_own_cases(ctx, argv[0])) {
        return JS_ThrowTypeError(ctx, "the letters of this locale are not known here, which are those of en-US");
    }
    return upstream_lower_case(ctx, this_val, argc, argv, magic);
}

// A date or time without the zeros before its month, day, year and hour. Takes the string over.
static JSValue without_zeros(JSContext *ctx, JSValue string) {
    char out[64];
    size_t len = 0;
    const char *text = JS_ToCString(ctx, string);
    for (const char *at = text; *at != '\0' && len < sizeof(out); at++) {
        bool begins = len == 0 || out[len - 1] == '/' || out[len - 1] == ' ';
        if (!(begins && at[0] == '0' && at[1] >= '0' && at[1] <= '9')) {
            out[len++] = *at;
        }
    }
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, string);
    return JS_NewStringLen(ctx, out, len);
}

// The magic number's second digit is the format, of which 3 is that of locales.
static JSValue get_date_string(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    if (magic >> 4 != 3) {
        return upstream_date_string(ctx, this_val, argc, argv, magic);
    }
    if (refuse_locale(ctx, "toLocaleString of a Date", 0, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    JSValue string = upstream_date_string(ctx, this_val, 0, NULL, magic);
    return JS_IsException(string) ? string : without_zeros(ctx, string);
}

// Texts are compared as the Unicode Collation Algorithm (UTS #10) does with CLDR's root order, of which there is what
// ASCII and letters with marks need: by letters, then by marks, then by case. Other characters come in the order of
// their numbers.
typedef enum {
    COLLATE_LETTERS,
    COLLATE_MARKS,
    COLLATE_CASES,
    COLLATE_LEVELS,
} collate_level_t;

// In their order; what is not among them, and below DEL, does not count.
static const char collate_ascii[] = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
static const uint16_t collate_marks[] = {
    0x301, 0x300, 0x306, 0x302, 0x30c, 0x30a, 0x308, 0x30b, 0x303, 0x307, 0x338, 0x327, 0x328, 0x304};

// Letters that count as others with a stroke, or as two.
#define COLLATE_STROKE (0x338)
#define COLLATE_LIGATURE (0x36f)
static const struct {
    uint16_t letter;
    char first, second;
} collate_letters[] = {
    {0xc6, 'A', 'E'},
    {0xd8, 'O', 0},
    {0xdf, 's', 's'},
    {0xe6, 'a', 'e'},
    {0xf8, 'o', 0},
    {0x110, 'D', 0},
    {0x111, 'd', 0},
    {0x126, 'H', 0},
    {0x127, 'h', 0},
    {0x141, 'L', 0},
    {0x142, 'l', 0},
    {0x152, 'O', 'E'},
    {0x153, 'o', 'e'},
};

static bool is_mark(uint32_t c) {
    return c >= 0x300 && c < 0x370;
}

static uint32_t lower_case(uint32_t c) {
    uint32_t result[LRE_CC_RES_LEN_MAX];
    if (c < 0x80) {
        return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
    }
    return lre_case_conv(result, c, 1) == 1 ? result[0] : c;
}

static uint32_t letter_weight(uint32_t c) {
    if (is_mark(c)) {
        return 0;
    }
    uint32_t lower = lower_case(c);
    const char *found = lower < 0x80 && lower != 0 ? strchr(collate_ascii, (int)lower) : NULL;
    if (found != NULL) {
        return (uint32_t)(found - collate_ascii) + 1;
    }
    return lower < 0x80 ? 0 : lower;
}

static uint32_t mark_weight(uint32_t c) {
    for (size_t i = 0; i < countof(collate_marks); i++) {
        if (c == collate_marks[i]) {
            return (uint32_t)i + 2;
        }
    }
    return c;
}

// 0 where the character does not count.
static uint32_t collate_weight(uint32_t c, collate_level_t level) {
    uint32_t letter = letter_weight(c);
    if (level == COLLATE_LETTERS || (letter == 0 && !is_mark(c))) {
        return letter;
    }
    if (level == COLLATE_MARKS) {
        return is_mark(c) ? mark_weight(c) : 1;
    }
    return lower_case(c) == c ? 1 : 2;
}

static uint32_t next_weight(const uint32_t *text, int len, int *at, collate_level_t level) {
    uint32_t weight = 0;
    while (weight == 0 && *at < len) {
        weight = collate_weight(text[(*at)++], level);
    }
    return weight;
}

static int collate(const uint32_t *a, int a_len, const uint32_t *b, int b_len) {
    for (int level = 0; level < COLLATE_LEVELS; level++) {
        int a_at = 0, b_at = 0;
        uint32_t a_weight, b_weight;
        do {
            a_weight = next_weight(a, a_len, &a_at, (collate_level_t)level);
            b_weight = next_weight(b, b_len, &b_at, (collate_level_t)level);
        } while (a_weight == b_weight && a_weight != 0);
        if (a_weight != b_weight) {
            return a_weight < b_weight ? -1 : 1;
        }
    }
    return 0;
}

// Writes what a character counts as, three characters at most. How many.
static int expand_letter(uint32_t c, uint32_t *out) {
    for (size_t i = 0; i < countof(collate_letters); i++) {
        if (collate_letters[i].letter == c) {
            char second = collate_letters[i].second;
            out[0] = (uint32_t)collate_letters[i].first;
            out[1] = second == 0 ? COLLATE_STROKE : COLLATE_LIGATURE;
            out[2] = (uint32_t)second;
            return second == 0 ? 2 : 3;
        }
    }
    out[0] = c;
    return 1;
}

// The characters of a string, with marks on their own, for js_free. Takes the string over.
static uint32_t *decomposed(JSContext *ctx, JSValue string, int *len) {
    uint32_t *text, *marked;
    *len = to_utf32_buf(ctx, JS_VALUE_GET_STRING(string), &text);
    JS_FreeValue(ctx, string);
    bool is_ascii = true;
    for (int i = 0; i < *len && is_ascii; i++) {
        is_ascii = text[i] < 0x80;
    }
    if (is_ascii) {
        return text;
    }
    *len = unicode_normalize(&marked, text, *len, UNICODE_NFD, ctx, (DynBufReallocFunc *)js_realloc);
    js_free(ctx, text);
    uint32_t *expanded = js_malloc(ctx, sizeof(*expanded) * 3 * (size_t)*len);
    int count = 0;
    for (int i = 0; i < *len; i++) {
        count += expand_letter(marked[i], expanded + count);
    }
    js_free(ctx, marked);
    *len = count;
    return expanded;
}

static JSValue js_string_localeCompare(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    if (refuse_locale(ctx, "localeCompare", 1, argc, argv) < 0) {
        return JS_EXCEPTION;
    }
    JSValue left = JS_ToStringCheckObject(ctx, this_val);
    JSValue right = JS_IsException(left) ? JS_EXCEPTION : JS_ToString(ctx, argv[0]);
    if (JS_IsException(right)) {
        JS_FreeValue(ctx, left);
        return JS_EXCEPTION;
    }
    int a_len, b_len;
    uint32_t *a = decomposed(ctx, left, &a_len), *b = decomposed(ctx, right, &b_len);
    int order = collate(a, a_len, b, b_len);
    js_free(ctx, a);
    js_free(ctx, b);
    return JS_NewInt32(ctx, order);
}

static double engine_strtod(const char *text) {
    JSATODTempMem memory;
    return js_atod(text, NULL, 10, 0, &memory);
}

#include "engine_id.h"
const char engine_id[17] = EDGELET_ENGINE_ID;

const JSClassID engine_first_class = JS_CLASS_INIT_COUNT;

void engine_reserve_classes(JSContext *ctx, JSClassID count) {
    JSRuntime *rt = ctx->rt;
    int before = rt->class_count;
    if ((int)count <= before) {
        return;
    }
    ctx->class_proto = js_realloc(ctx, ctx->class_proto, count * sizeof(*ctx->class_proto));
    rt->class_array = js_realloc(ctx, rt->class_array, count * sizeof(*rt->class_array));
    for (int i = before; i < (int)count; i++) {
        ctx->class_proto[i] = JS_NULL;
    }
    memset(rt->class_array + before, 0, (count - (JSClassID)before) * sizeof(*rt->class_array));
    rt->class_count = (int)count;
}

// What this file keeps of a runtime, inside the arena (JSRuntime.libc_opaque).
typedef struct _engine_state_t {
    JSValue groups[ENGINE_GROUP_COUNT]; // of each group that has come into being, an object with its globals
    JSValue async_context;              // undefined where there is none
    JSValue ticks;                      // what engine_next_tick was given, undefined once it is called
    bool in_jobs;                       // a job has run, and others may be there since
} engine_state_t;

// A global that comes into being when it is first read, with its group. Where class_id is given, the global is a typed
// array's constructor, which the group does not bring along: each takes 700 bytes of a 32-bit arena.
typedef struct _engine_lazy_global_t {
    const char *name;
    engine_group_t group;
    uint16_t class_id;
} engine_lazy_global_t;

static const engine_lazy_global_t lazy_globals[] = {
    {"Map", ENGINE_MAP_SET, 0},
    {"Set", ENGINE_MAP_SET, 0},
    {"WeakMap", ENGINE_MAP_SET, 0},
    {"WeakSet", ENGINE_MAP_SET, 0},
    {"ArrayBuffer", ENGINE_TYPED_ARRAYS, 0},
    {"Uint8Array", ENGINE_TYPED_ARRAYS, 0},
    {"Int8Array", ENGINE_TYPED_ARRAYS, JS_CLASS_INT8_ARRAY},
    {"Uint8ClampedArray", ENGINE_TYPED_ARRAYS, JS_CLASS_UINT8C_ARRAY},
    {"Int16Array", ENGINE_TYPED_ARRAYS, JS_CLASS_INT16_ARRAY},
    {"Uint16Array", ENGINE_TYPED_ARRAYS, JS_CLASS_UINT16_ARRAY},
    {"Int32Array", ENGINE_TYPED_ARRAYS, JS_CLASS_INT32_ARRAY},
    {"Uint32Array", ENGINE_TYPED_ARRAYS, JS_CLASS_UINT32_ARRAY},
    {"BigInt64Array", ENGINE_TYPED_ARRAYS, JS_CLASS_BIG_INT64_ARRAY},
    {"BigUint64Array", ENGINE_TYPED_ARRAYS, JS_CLASS_BIG_UINT64_ARRAY},
    {"Float16Array", ENGINE_TYPED_ARRAYS, JS_CLASS_FLOAT16_ARRAY},
    {"Float32Array", ENGINE_TYPED_ARRAYS, JS_CLASS_FLOAT32_ARRAY},
    {"Float64Array", ENGINE_TYPED_ARRAYS, JS_CLASS_FLOAT64_ARRAY},
    {"DataView", ENGINE_DATA_VIEW, 0},
    {"Date", ENGINE_DATE, 0},
    {"Proxy", ENGINE_PROXY, 0},
    {"WeakRef", ENGINE_WEAK_REF, 0},
    {"FinalizationRegistry", ENGINE_WEAK_REF, 0},
    {"DOMException", ENGINE_DOM_EXCEPTION, 0},
};

static engine_state_t *state_of(JSContext *ctx) {
    return ctx->rt->libc_opaque;
}

// The installers define their globals on ctx->global_obj. Those of the typed arrays do what upstream's
// JS_AddIntrinsicTypedArrays does for all classes at once.

static int install_array_buffer(JSContext *ctx) {
    JSValue constructor = JS_NewCConstructor(ctx, JS_CLASS_ARRAY_BUFFER, "ArrayBuffer", js_array_buffer_constructor, 1,
        JS_CFUNC_constructor, 0, JS_UNDEFINED, js_array_buffer_funcs, countof(js_array_buffer_funcs),
        js_array_buffer_proto_funcs, countof(js_array_buffer_proto_funcs), 0);
    JS_FreeValue(ctx, constructor);
    return 0;
}

static int install_data_view(JSContext *ctx) {
    JSValue constructor = JS_NewCConstructor(ctx, JS_CLASS_DATAVIEW, "DataView", js_dataview_constructor, 1,
        JS_CFUNC_constructor, 0, JS_UNDEFINED, NULL, 0, js_dataview_proto_funcs, countof(js_dataview_proto_funcs), 0);
    JS_FreeValue(ctx, constructor);
    return 0;
}

// Array.prototype.toString, or a new one where a handler has put a getter in its place, which must not run here.
static JSValue array_to_string(JSContext *ctx) {
    JSValueConst array = ctx->class_proto[JS_CLASS_ARRAY];
    JSProperty *pr;
    const JSShapeProperty *prs = find_own_property(&pr, JS_VALUE_GET_OBJ(array), JS_ATOM_toString);
    if (prs == NULL || (prs->flags & JS_PROP_TMASK) == JS_PROP_GETSET) {
        return JS_NewCFunction(ctx, js_array_toString, "toString", 0);
    }
    return JS_GetProperty(ctx, array, JS_ATOM_toString);
}

// %TypedArray%, which is no global: ECMA-262, section 23.2.1.
static JSValue new_typed_array_base(JSContext *ctx) {
    JSValue base = JS_NewCConstructor(ctx, -1, "TypedArray", js_typed_array_base_constructor, 0,
        JS_CFUNC_constructor_or_func, 0, JS_UNDEFINED, js_typed_array_base_funcs, countof(js_typed_array_base_funcs),
        js_typed_array_base_proto_funcs, countof(js_typed_array_base_proto_funcs), JS_NEW_CTOR_NO_GLOBAL);
    JSValue proto = JS_GetProperty(ctx, base, JS_ATOM_prototype);
    // The same function object as Array.prototype.toString: ECMA-262, section 23.2.3.32.
    JS_DefinePropertyValue(ctx, proto, JS_ATOM_toString, array_to_string(ctx), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, proto);
    return base;
}

static JSValue new_typed_array(JSContext *ctx, JSValueConst base, int class_id, int flags) {
    JSCFunctionType function = {.generic_magic = js_typed_array_constructor};
    char buf[ATOM_GET_STR_BUF_SIZE];
    const char *name =
        JS_AtomGetStr(ctx, buf, sizeof(buf), JS_ATOM_Uint8ClampedArray + (JSAtom)(class_id - JS_CLASS_UINT8C_ARRAY));
    const JSCFunctionListEntry *element_size = js_typed_array_funcs + typed_array_size_log2(class_id);
    return JS_NewCConstructor(ctx, class_id, name, function.generic, 3, JS_CFUNC_constructor_magic, class_id, base,
        element_size, 1, element_size, 1, flags);
}

// Where an installed group keeps %TypedArray%.
#define TYPED_ARRAY_BASE "TypedArray"

// ArrayBuffer and Uint8Array: what the web's functions give and take.
static int install_typed_arrays(JSContext *ctx) {
    install_array_buffer(ctx);
    JSValue base = new_typed_array_base(ctx);
    JS_FreeValue(ctx, new_typed_array(ctx, base, JS_CLASS_UINT8_ARRAY, 0));
    JS_DefinePropertyValueStr(ctx, ctx->global_obj, TYPED_ARRAY_BASE, base, 0);
    return js_uint8array_funcs_init(ctx);
}

static int (*const group_install[ENGINE_GROUP_COUNT])(JSContext *ctx) = {
    [ENGINE_MAP_SET] = JS_AddIntrinsicMapSet,
    [ENGINE_TYPED_ARRAYS] = install_typed_arrays,
    [ENGINE_DATA_VIEW] = install_data_view,
    [ENGINE_DATE] = JS_AddIntrinsicDate,
    [ENGINE_PROXY] = JS_AddIntrinsicProxy,
    [ENGINE_WEAK_REF] = JS_AddIntrinsicWeakRef,
    [ENGINE_DOM_EXCEPTION] = JS_AddIntrinsicDOMException,
};

void engine_need(JSContext *ctx, engine_group_t group) {
    JSValue *holder = &state_of(ctx)->groups[group];
    if (!JS_IsUndefined(*holder)) {
        return;
    }
    // A property that is being initialized must not see its object, the global one, change: the installers get another.
    JSValue global = ctx->global_obj;
    JSValue scratch = JS_NewObjectProto(ctx, JS_NULL);
    ctx->global_obj = scratch;
    group_install[group](ctx);
    ctx->global_obj = global;
    *holder = scratch;
}

// `name` is one of lazy_globals.
static JSValue make_lazy_global(JSContext *ctx, const char *name) {
    const engine_lazy_global_t *global = lazy_globals;
    while (strcmp(global->name, name) != 0) {
        global++;
    }
    engine_need(ctx, global->group);
    JSValueConst group = state_of(ctx)->groups[global->group];
    if (global->class_id == 0) {
        return JS_GetPropertyStr(ctx, group, name);
    }
    JSValue base = JS_GetPropertyStr(ctx, group, TYPED_ARRAY_BASE);
    JSValue constructor = new_typed_array(ctx, base, global->class_id, JS_NEW_CTOR_NO_GLOBAL);
    JS_FreeValue(ctx, base);
    return constructor;
}

// Upstream gives small integers as `opaque`, engine_define_lazy a function.
static JSValue js_bytecode_autoinit(JSContext *ctx, JSObject *object, JSAtom atom, void *opaque) {
    if ((uintptr_t)opaque <= JS_BUILTIN_ITERATOR_ZIP_KEYED) {
        return upstream_bytecode_autoinit(ctx, object, atom, opaque);
    }
    const char *name = JS_AtomToCString(ctx, atom);
    JSValue value = ((engine_make_t)opaque)(ctx, name);
    JS_FreeCString(ctx, name);
    return value;
}

void engine_define_lazy(JSContext *ctx, JSValueConst obj, const char *name, engine_make_t make) {
    JSAtom atom = JS_NewAtom(ctx, name);
    JS_DefineAutoInitProperty(
        ctx, obj, atom, JS_AUTOINIT_ID_BYTECODE, (void *)make, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeAtom(ctx, atom);
}

// Whether atob or btoa, which is given by `encodes`, surely has a result for a string.
static bool has_base64_result(JSValueConst string, bool encodes) {
    const JSString *s = JS_VALUE_GET_STRING(string);
    if (s->is_wide_char || s->kind != JS_STRING_KIND_NORMAL) {
        return false;
    }
    size_t len = s->len;
    if (encodes) {
        return true;
    }

    const uint8_t *text = str8((JSString *)s);
    while (len > 0 && s->len % 4 == 0 && s->len - len < 2 && text[len - 1] == '=') {
        len--;
    }

    for (size_t i = 0; i < len; i++) {
        if ((b64_flags[text[i]] & K_VAL) == 0) {
            return false;
        }
    }
    return len % 4 != 1;
}

// atob and btoa, for whose errors only DOMException comes into being.
static JSValue base64_function(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int encodes) {
    if (argc == 0) {
        return JS_ThrowTypeError(ctx, "1 argument needed, got 0");
    }
    JSValue string = JS_ToString(ctx, argv[0]);
    if (JS_IsException(string)) {
        return JS_EXCEPTION;
    }
    if (!has_base64_result(string, encodes)) {
        engine_need(ctx, ENGINE_DOM_EXCEPTION);
    }
    JSValueConst args[] = {string};
    JSValue result = encodes ? js_btoa(ctx, this_val, 1, args) : js_atob(ctx, this_val, 1, args);
    JS_FreeValue(ctx, string);
    return result;
}

static const JSCFunctionListEntry base64_functions[] = {
    JS_CFUNC_MAGIC_DEF("atob", 1, base64_function, false),
    JS_CFUNC_MAGIC_DEF("btoa", 1, base64_function, true),
};

static void install_builtins(JSContext *ctx) {
    JS_AddIntrinsicBaseObjects(ctx);
    JS_AddIntrinsicRegExp(ctx);
    JS_AddIntrinsicJSON(ctx);
    JS_AddIntrinsicPromise(ctx);
    JS_SetPropertyFunctionList(ctx, ctx->global_obj, base64_functions, countof(base64_functions));
    for (size_t i = 0; i < countof(lazy_globals); i++) {
        engine_define_lazy(ctx, ctx->global_obj, lazy_globals[i].name, make_lazy_global);
    }
}

// ---- the asynchronous context, and the order of jobs ----

JSValueConst engine_async_context(JSContext *ctx) {
    return state_of(ctx)->async_context;
}

JSValue engine_swap_async_context(JSContext *ctx, JSValue context) {
    engine_state_t *state = state_of(ctx);
    JSValue before = state->async_context;
    state->async_context = context;
    return before;
}

static void set_async_context(JSContext *ctx, JSValue context) {
    JS_FreeValue(ctx, engine_swap_async_context(ctx, context));
}

// data: a context, and what is called in it.
static JSValue call_in_context(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *data) {
    (void)this_val, (void)magic;
    JSValue before = engine_swap_async_context(ctx, JS_DupValue(ctx, data[0]));
    JSValue result = JS_Call(ctx, data[1], JS_UNDEFINED, argc, argv);
    set_async_context(ctx, before);
    return result;
}

static int engine_promise_then(JSContext *ctx, JSValueConst promise, JSValueConst *handlers, JSValueConst *functions) {
    JSValueConst context = state_of(ctx)->async_context;
    if (JS_IsUndefined(context)) {
        return upstream_promise_then(ctx, promise, handlers, functions);
    }

    JSValue bound[2];
    for (int i = 0; i < 2; i++) {
        JSValueConst data[] = {context, handlers[i]};
        bound[i] =
            JS_IsFunction(ctx, handlers[i]) ? JS_NewCFunctionData(ctx, call_in_context, 1, 0, 2, data) : JS_UNDEFINED;
    }
    int result = upstream_promise_then(ctx, promise, vc(bound), functions);
    JS_FreeValue(ctx, bound[0]);
    JS_FreeValue(ctx, bound[1]);
    return result;
}

void engine_next_tick(JSContext *ctx, JSValueConst function) {
    engine_state_t *state = state_of(ctx);
    JS_FreeValue(ctx, state->ticks);
    state->ticks = JS_DupValue(ctx, function);
}

static int run_ticks(JSContext *ctx, engine_state_t *state) {
    JSValue function = state->ticks;
    state->ticks = JS_UNDEFINED;
    JSValue result = JS_Call(ctx, function, JS_UNDEFINED, 0, NULL);
    JS_FreeValue(ctx, function);
    JS_FreeValue(ctx, result);
    return JS_IsException(result) ? -1 : 1;
}

int engine_run_job(JSContext *ctx) {
    engine_state_t *state = state_of(ctx);
    set_async_context(ctx, JS_UNDEFINED);
    bool was_in_jobs = state->in_jobs;
    state->in_jobs = JS_IsJobPending(ctx->rt);
    if (!(was_in_jobs && state->in_jobs) && !JS_IsUndefined(state->ticks)) {
        state->in_jobs = false;
        return run_ticks(ctx, state);
    }
    JSContext *job_ctx;
    return JS_ExecutePendingJob(ctx->rt, &job_ctx);
}

// What code from text comes to, be it of eval or of new Function: upstream's eval_internal.
static JSValue refuse_code(JSContext *ctx, JSValueConst this_obj, const char *input, size_t input_len,
    const char *filename, int line, int flags, int scope) {
    (void)this_obj, (void)input, (void)input_len, (void)filename, (void)line, (void)flags, (void)scope;
    static const char text[] = "eval and new Function are not available: devices have no parser";
    return JS_Throw(ctx, JS_MakeError2(ctx, JS_EVAL_ERROR, true, text));
}

JSContext *engine_new(const JSMallocFunctions *mf, void *opaque) {
    JSRuntime *rt = JS_NewRuntime2(mf, opaque);
    engine_state_t *state = js_malloc_rt(rt, sizeof(*state));
    for (size_t i = 0; i < ENGINE_GROUP_COUNT; i++) {
        state->groups[i] = JS_UNDEFINED;
    }
    state->async_context = JS_UNDEFINED;
    state->ticks = JS_UNDEFINED;
    state->in_jobs = false;
    rt->libc_opaque = state;
    // Upstream begins with a table twice as large. It grows when there are twice as many atoms as entries.
    JS_ResizeAtomHash(rt, 512);
    JS_SetCanBlock(rt, false);

    JSContext *ctx = JS_NewContextRaw(rt);
    ctx->eval_internal = refuse_code;
    install_builtins(ctx);
    return ctx;
}

void engine_enable_compiler(JSContext *ctx) {
    JS_AddIntrinsicEval(ctx);
}

#ifndef QJS_DISABLE_PARSER
// ---- positions in the files that a bundler's output comes from ----

// A function's positions, as find_line_num of quickjs.c reads them: each is valid from its pc on.
typedef struct _positions_t {
    const uint8_t *at, *end;
    uint32_t pc;
    int line, column;
} positions_t;

static positions_t positions_of(const JSFunctionBytecode *b) {
    return (positions_t){b->pc2line_buf, b->pc2line_buf + b->pc2line_len, 0, b->line_num, b->col_num};
}

static bool positions_next(positions_t *self) {
    if (self->at >= self->end) {
        return false;
    }
    uint32_t pc = 0;
    int32_t lines, columns;
    unsigned int op = *self->at++;
    if (op == 0) {
        self->at += get_leb128(&pc, self->at, self->end);
        self->at += get_sleb128(&lines, self->at, self->end);
    } else {
        op -= PC2LINE_OP_FIRST;
        pc = op / PC2LINE_RANGE;
        lines = (int32_t)(op % PC2LINE_RANGE) + PC2LINE_BASE;
    }
    self->at += get_sleb128(&columns, self->at, self->end);
    self->pc += pc;
    self->line += lines;
    self->column += columns;
    return true;
}

static bool is_in_range(const engine_origin_t *origin, const engine_origins_t *origins) {
    return origin->source < origins->source_count && origin->source_line <= INT32_MAX &&
           origin->source_column <= INT32_MAX;
}

// Where a position in the output comes from, or NULL where nobody knows.
static const engine_origin_t *origin_of(const engine_origins_t *origins, int line, int column) {
    size_t low = 0, high = origins->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const engine_origin_t *origin = &origins->items[middle];
        if (origin->line < (uint32_t)line || (origin->line == (uint32_t)line && origin->column <= (uint32_t)column)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const engine_origin_t *found = low > 0 ? &origins->items[low - 1] : NULL;
    return found != NULL && found->line == (uint32_t)line && is_in_range(found, origins) ? found : NULL;
}

// Where a function begins, or its first position of which that is known. *mixed: whether it comes from several files.
static const engine_origin_t *origin_of_function(
    const engine_origins_t *origins, const JSFunctionBytecode *b, bool *mixed) {
    const engine_origin_t *first = origin_of(origins, b->line_num, b->col_num);
    positions_t positions = positions_of(b);
    *mixed = false;
    while (positions_next(&positions)) {
        const engine_origin_t *origin = origin_of(origins, positions.line, positions.column);
        if (first == NULL) {
            first = origin;
        }
        *mixed = *mixed || (origin != NULL && origin->source != first->source);
    }
    return first;
}

// As compute_pc2line_info of quickjs.c does.
static void put_position(DynBuf *out, uint32_t pc, int lines, int columns) {
    if (lines >= PC2LINE_BASE && lines < PC2LINE_BASE + PC2LINE_RANGE && pc <= PC2LINE_DIFF_PC_MAX) {
        dbuf_putc(out, (uint8_t)(lines - PC2LINE_BASE + (int)pc * PC2LINE_RANGE + PC2LINE_OP_FIRST));
    } else {
        dbuf_putc(out, 0);
        dbuf_put_leb128(out, pc);
        dbuf_put_sleb128(out, lines);
    }
    dbuf_put_sleb128(out, columns);
}

// Positions from another file than most, of a constant that the bundler has put in, are left out.
static void set_positions(
    JSContext *ctx, JSFunctionBytecode *b, const engine_origins_t *origins, const engine_origin_t *start) {
    DynBuf out;
    js_dbuf_init(ctx, &out);
    positions_t positions = positions_of(b);
    uint32_t pc = 0;
    int line = (int)start->source_line, column = (int)start->source_column;
    b->line_num = line;
    b->col_num = column;
    while (positions_next(&positions)) {
        const engine_origin_t *origin = origin_of(origins, positions.line, positions.column);
        if (origin != NULL && origin->source == start->source) {
            int to_line = (int)origin->source_line, to_column = (int)origin->source_column;
            // The first one is written in any case: without a table, the engine says column 1.
            if (out.size > 0 && to_line == line && to_column == column) {
                continue;
            }
            put_position(&out, positions.pc - pc, to_line - line, to_column - column);
            pc = positions.pc;
            line = to_line;
            column = to_column;
        }
    }
    js_free(ctx, b->pc2line_buf);
    b->pc2line_buf = out.buf;
    b->pc2line_len = (int)out.size;
}

static void set_file_name(JSContext *ctx, JSFunctionBytecode *b, const char *path, const char *suffix) {
    DynBuf name;
    js_dbuf_init(ctx, &name);
    dbuf_putstr(&name, path);
    dbuf_putstr(&name, suffix);
    JS_FreeAtom(ctx, b->filename);
    b->filename = JS_NewAtomLen(ctx, (const char *)name.buf, name.size);
    dbuf_free(&name);
}

static void set_origins(JSContext *ctx, JSFunctionBytecode *b, const engine_origins_t *origins, bool top_level) {
    for (int i = 0; i < b->cpool_count; i++) {
        if (JS_VALUE_GET_TAG(b->cpool[i]) == JS_TAG_FUNCTION_BYTECODE) {
            set_origins(ctx, JS_VALUE_GET_PTR(b->cpool[i]), origins, false);
        }
    }
    bool mixed;
    const engine_origin_t *start = origin_of_function(origins, b, &mixed);
    if (top_level && mixed) {
        const char *path = JS_AtomToCString(ctx, b->filename);
        set_file_name(ctx, b, path, ENGINE_OUTPUT_SUFFIX);
        JS_FreeCString(ctx, path);
    } else if (start != NULL) {
        set_positions(ctx, b, origins, start);
        set_file_name(ctx, b, origins->sources[start->source], "");
    }
}

void engine_set_origins(JSContext *ctx, JSValueConst module, const engine_origins_t *origins) {
    const JSModuleDef *definition = JS_VALUE_GET_PTR(module);
    set_origins(ctx, JS_VALUE_GET_PTR(definition->func_obj), origins, true);
}
#endif

// A set of atoms, as a bit each.
typedef struct _atom_set_t {
    uint8_t *bits;
    JSAtom limit;
} atom_set_t;

static void atom_set_add(atom_set_t *set, JSAtom atom) {
    if (atom < set->limit) {
        set->bits[atom >> 3] |= 1 << (atom & 7);
    }
}

static bool atom_set_has(const atom_set_t *set, JSAtom atom) {
    return atom < set->limit && (set->bits[atom >> 3] & (1 << (atom & 7))) != 0;
}

// Every opcode format with an atom has it right behind the opcode byte.
static void collect_atoms(const JSFunctionBytecode *b, atom_set_t *set) {
    for (int pos = 0; pos < b->byte_code_len;) {
        const JSOpCode *op = &short_opcode_info(b->byte_code_buf[pos]);
        switch (op->fmt) {
            case OP_FMT_atom:
            case OP_FMT_atom_u8:
            case OP_FMT_atom_u16:
            case OP_FMT_atom_label_u8:
            case OP_FMT_atom_label_u16:
                atom_set_add(set, get_u32(b->byte_code_buf + pos + 1));
                break;
            default:
                break;
        }
        pos += op->size;
    }
}

// Initializes the first lazy property of `object` that is in the set. 1 when there was one, 0 when none is left.
// One at a time, since initializing may give the object another shape.
static int warm_one(JSContext *ctx, JSObject *object, const atom_set_t *set) {
    JSShapeProperty *prs = get_shape_prop(object->shape);
    for (int i = 0; i < object->shape->prop_count; i++, prs++) {
        if (prs->atom == JS_ATOM_NULL || (prs->flags & JS_PROP_TMASK) != JS_PROP_AUTOINIT ||
            !atom_set_has(set, prs->atom)) {
            continue;
        }
        JSValue value = JS_GetProperty(ctx, JS_MKPTR(JS_TAG_OBJECT, object), prs->atom);
        if (JS_IsException(value)) {
            return -1;
        }
        JS_FreeValue(ctx, value);
        return 1;
    }
    return 0;
}

// Objects that come into being here are added at the list's end, and so are visited too.
static int warm_objects(JSContext *ctx, const atom_set_t *set) {
    struct list_head *el;
    list_for_each(el, &ctx->rt->gc_obj_list) {
        JSGCObjectHeader *header = list_entry(el, JSGCObjectHeader, link);
        if (JS_GC_TYPE(header) != JS_GC_OBJ_TYPE_JS_OBJECT) {
            continue;
        }
        int result;
        while ((result = warm_one(ctx, (JSObject *)header, set)) > 0) {
        }
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

int engine_warm(JSContext *ctx) {
    atom_set_t set = {.limit = (JSAtom)ctx->rt->atom_size};
    set.bits = js_mallocz(ctx, (set.limit + 7) / 8);
    struct list_head *el;
    list_for_each(el, &ctx->rt->gc_obj_list) {
        JSGCObjectHeader *header = list_entry(el, JSGCObjectHeader, link);
        if (JS_GC_TYPE(header) == JS_GC_OBJ_TYPE_FUNCTION_BYTECODE) {
            collect_atoms((const JSFunctionBytecode *)header, &set);
        }
    }
    int result = warm_objects(ctx, &set);
    js_free(ctx, set.bits);
    return result;
}

static engine_code_t *engine_code;

void engine_place_code(engine_code_t *code) {
    engine_code = code;
}

static size_t code_least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void code_append(engine_code_t *code, const void *data, size_t len) {
    if (len == 0) {
        return;
    }
    size_t at = code->used;
    code->used += len;
    if (code->part == NULL) {
        code->differs = code->differs || code->used > code->size || memcmp(code->memory + at, data, len) != 0;
        return;
    }

    size_t from = at > code->part_at ? at : code->part_at;
    size_t to = code_least(code->used, code->part_at + code->part_size);
    if (from < to) {
        memcpy(code->part + (from - code->part_at), (const uint8_t *)data + (from - at), to - from);
    }
}

// Puts bytes behind what is there, at a multiple of `align`, 8 at most; where they lie.
static void *code_put(engine_code_t *code, const void *data, size_t len, size_t align) {
    static const uint8_t gap[8];
    code_append(code, gap, -code->used & (align - 1));
    const uint8_t *at = code->memory + code->used;
    code_append(code, data, len);
    return (void *)at;
}

// Nothing of a function is read where it is not there.
static void code_leave_out(JSFunctionBytecode *b) {
    b->arg_count = b->var_count = b->closure_var_count = 0;
    b->cpool_count = b->byte_code_len = b->pc2line_len = b->source_len = 0;
    b->cpool = NULL;
    b->vardefs = NULL;
    b->closure_var = NULL;
    b->byte_code_buf = b->pc2line_buf = NULL;
    b->source = NULL;
}

static void code_move(JSContext *ctx, engine_code_t *code, JSFunctionBytecode *b) {
    size_t vars = (size_t)b->arg_count + b->var_count;
    size_t len = (size_t)b->byte_code_len + (size_t)b->pc2line_len + (size_t)b->source_len;
    code->longest = len > code->longest ? len : code->longest;
    uint8_t *lines = b->pc2line_buf;
    char *source = b->source;
    b->cpool = code_put(code, b->cpool, (size_t)b->cpool_count * sizeof(*b->cpool), 8);
    b->vardefs = b->vardefs == NULL ? NULL : code_put(code, b->vardefs, vars * sizeof(*b->vardefs), 4);
    b->closure_var = code_put(code, b->closure_var, b->closure_var_count * sizeof(*b->closure_var), 4);
    b->byte_code_buf = code_put(code, b->byte_code_buf, (size_t)b->byte_code_len, 1);
    if (lines != NULL) {
        b->pc2line_buf = code_put(code, lines, (size_t)b->pc2line_len, 1);
    }
    if (source != NULL) {
        b->source = code_put(code, source, (size_t)b->source_len + 1, 1);
    }
    if (code->part != NULL || code->differs) {
        code_leave_out(b);
    }

    js_free(ctx, lines);
    js_free(ctx, source);
    // What is left of the block stays where it is.
    js_realloc(ctx, b, sizeof(*b));
}

static JSValue engine_read_function(BCReaderState *s) {
    JSValue function = upstream_read_function(s);
    if (engine_code != NULL && JS_VALUE_GET_TAG(function) == JS_TAG_FUNCTION_BYTECODE) {
        code_move(s->ctx, engine_code, JS_VALUE_GET_PTR(function));
    }
    return function;
}

// What was moved was freed then, and has no header of the allocator's before it.
static void engine_free_function(JSRuntime *rt, JSFunctionBytecode *b) {
    if ((uintptr_t)b->byte_code_buf - (uintptr_t)b >= js_malloc_usable_size_rt(rt, b)) {
        b->pc2line_buf = NULL;
        b->source = NULL;
    }
    upstream_free_function(rt, b);
}

void engine_renew(JSContext *ctx, uint64_t random_state, size_t stack) {
    ctx->random_state = random_state != 0 ? random_state : 1;
    ctx->interrupt_counter = JS_INTERRUPT_COUNTER_INIT;
    ctx->rt->stack_size = stack;
    JS_UpdateStackTop(ctx->rt);
}

void engine_interrupt_soon(JSContext *ctx) {
    *(volatile int *)&ctx->interrupt_counter = 0;
}

// The memory that engine_backtrace may look at: the arena, the C stack in use, and code outside of the arena.
typedef struct _readable_t {
    base_slice_t arena, stack, code;
} readable_t;

static bool lies_in(base_slice_t memory, uintptr_t at, size_t size) {
    uintptr_t start = (uintptr_t)memory.data;
    return at >= start && at - start <= memory.len && size <= memory.len - (at - start);
}

static bool readable(const readable_t *r, const void *p, size_t size) {
    uintptr_t at = (uintptr_t)p;
    return (at & (sizeof(void *) - 1)) == 0 && (lies_in(r->arena, at, size) || lies_in(r->stack, at, size));
}

// Bytes of a function's code, at any address.
static bool readable_code(const readable_t *r, const void *p, size_t size) {
    return lies_in(r->arena, (uintptr_t)p, size) || lies_in(r->code, (uintptr_t)p, size);
}

typedef struct _text_t {
    char *out;
    size_t size, len;
} text_t;

static void text_add(text_t *text, char c) {
    if (text->len + 1 < text->size) {
        text->out[text->len++] = c;
    }
}

static void text_add_str(text_t *text, const char *s) {
    for (; *s != '\0'; s++) {
        text_add(text, *s);
    }
}

static void text_add_int(text_t *text, int value) {
    char digits[BASE_DECIMAL_MAX];
    size_t len = base_put_decimal(digits, (uint32_t)value);
    for (size_t i = 0; i < len; i++) {
        text_add(text, digits[i]);
    }
}

// False when there is nothing to add.
static bool text_add_string(text_t *text, JSString *s, const readable_t *r) {
    if (!readable(r, s, sizeof(*s)) || s->len == 0 || s->is_wide_char || s->kind != JS_STRING_KIND_NORMAL ||
        s->len > 120 || !readable(r, (void *)((uintptr_t)str8(s) & ~(uintptr_t)7), s->len + 8)) {
        return false;
    }
    for (uint32_t i = 0; i < s->len; i++) {
        uint8_t c = str8(s)[i];
        text_add(text, c >= 0x20 && c < 0x7f ? (char)c : '?');
    }
    return true;
}

static bool text_add_atom(text_t *text, JSRuntime *rt, JSAtom atom, const readable_t *r) {
    JSAtomStruct *const *array = rt->atom_array;
    return !__JS_AtomIsTaggedInt(atom) && (int)atom < rt->atom_size && readable(r, array + atom, sizeof(*array)) &&
           text_add_string(text, array[atom], r);
}

// Methods have their name in a property only.
static bool text_add_name_property(text_t *text, const JSObject *function, const readable_t *r) {
    JSShape *shape = function->shape;
    if (!readable(r, shape, sizeof(*shape)) || shape->prop_count < 0) {
        return false;
    }
    size_t count = (size_t)shape->prop_count;
    const JSShapeProperty *prs = get_shape_prop(shape);
    if (count > r->arena.len || !readable(r, prs, count * sizeof(*prs)) ||
        !readable(r, function->prop, count * sizeof(*function->prop))) {
        return false;
    }

    for (size_t i = 0; i < count; i++) {
        JSValueConst value = function->prop[i].u.value;
        if (prs[i].atom == JS_ATOM_name && (prs[i].flags & JS_PROP_TMASK) == JS_PROP_NORMAL &&
            JS_VALUE_GET_TAG(value) == JS_TAG_STRING) {
            return text_add_string(text, JS_VALUE_GET_STRING(value), r);
        }
    }
    return false;
}

// The position of the frame's last call; of a function that has called nothing yet, where it begins.
static void text_add_position(
    text_t *text, JSContext *ctx, JSFunctionBytecode *b, const JSStackFrame *sf, const readable_t *r) {
    text_add_str(text, " (");
    if (!text_add_atom(text, ctx->rt, b->filename, r)) {
        text_add_str(text, "?)");
        return;
    }

    int line = b->line_num, column = b->col_num;
    intptr_t pc = sf->cur_pc - b->byte_code_buf - 1;
    if (sf->cur_pc != NULL && pc >= 0 && pc < b->byte_code_len && b->pc2line_len > 0 &&
        readable_code(r, b->pc2line_buf, (size_t)b->pc2line_len)) {
        line = find_line_num(ctx, b, (uint32_t)pc, &column);
    }

    text_add(text, ':');
    text_add_int(text, line);
    text_add(text, ':');
    text_add_int(text, column);
    text_add(text, ')');
}

static bool text_add_frame(text_t *text, JSContext *ctx, const JSStackFrame *sf, const readable_t *r) {
    if (JS_VALUE_GET_TAG(sf->cur_func) != JS_TAG_OBJECT) {
        return false;
    }
    const JSObject *function = JS_VALUE_GET_OBJ(sf->cur_func);
    if (!readable(r, function, sizeof(*function))) {
        return false;
    }
    text_add_str(text, "    at ");
    if (!js_class_has_bytecode(function->class_id)) {
        text_add_str(text, "<native>\n");
        return true;
    }

    JSFunctionBytecode *b = function->u.func.function_bytecode;
    if (!readable(r, b, sizeof(*b))) {
        return false;
    }
    if (!text_add_atom(text, ctx->rt, b->func_name, r) && !text_add_name_property(text, function, r)) {
        text_add_str(text, "<anonymous>");
    }
    text_add_position(text, ctx, b, sf, r);
    text_add(text, '\n');
    return true;
}

// As many frames as Error.stackTraceLimit has by default.
#define BACKTRACE_FRAMES (10)

void engine_backtrace(JSContext *ctx, char *out, size_t size, base_slice_t arena, base_slice_t code) {
    uintptr_t low = ((uintptr_t)port_stack_low() + sizeof(void *) - 1) & ~(uintptr_t)(sizeof(void *) - 1);
    readable_t r = {
        .arena = arena,
        .stack = {(const char *)low, ctx->rt->stack_top - low},
        .code = code,
    };

    text_t text = {.out = out, .size = size};
    const JSStackFrame *sf = ctx->rt->current_stack_frame;
    for (int i = 0; i < BACKTRACE_FRAMES && sf != NULL && readable(&r, sf, sizeof(*sf)); i++) {
        if (!text_add_frame(&text, ctx, sf, &r)) {
            break;
        }
        sf = sf->prev_frame;
    }

    out[text.len] = '\0';
}

bool engine_is_stack_overflow(JSContext *ctx, JSValueConst exception) {
    static const char overflow[] = "Maximum call stack size exceeded";
    if (JS_VALUE_GET_TAG(exception) != JS_TAG_OBJECT) {
        return false;
    }

    JSObject *object = JS_VALUE_GET_OBJ(exception);
    JSProperty *pr;
    JSShapeProperty *prs = find_own_property(&pr, object, JS_ATOM_message);
    if (object->class_id != JS_CLASS_ERROR || prs == NULL || (prs->flags & JS_PROP_TMASK) != JS_PROP_NORMAL ||
        JS_VALUE_GET_TAG(pr->u.value) != JS_TAG_STRING) {
        return false;
    }

    JSString *message = JS_VALUE_GET_STRING(pr->u.value);
    (void)ctx;
    return !message->is_wide_char && message->kind == JS_STRING_KIND_NORMAL && message->len == sizeof(overflow) - 1 &&
           memcmp(str8(message), overflow, sizeof(overflow) - 1) == 0;
}

int engine_view_bytes(JSContext *ctx, JSValueConst value, uint8_t **data, size_t *len) {
    if (JS_VALUE_GET_TAG(value) != JS_TAG_OBJECT) {
        return 0;
    }
    JSObject *object = JS_VALUE_GET_OBJ(value);
    bool typed = is_typed_array(object->class_id);
    if (!typed && object->class_id != JS_CLASS_DATAVIEW) {
        return 0;
    }
    if (typed ? typed_array_is_oob(object) : dataview_is_oob(object)) {
        JS_ThrowTypeErrorArrayBufferOOB(ctx);
        return -1;
    }

    const JSTypedArray *view = object->u.typed_array;
    const JSArrayBuffer *buffer = view->buffer->u.array_buffer;
    *data = buffer->data + view->offset;
    *len = view->length;
    if (view->track_rab) {
        uint32_t rest = buffer->byte_length - view->offset;
        *len =
            typed ? rest >> typed_array_size_log2(object->class_id) << typed_array_size_log2(object->class_id) : rest;
    }
    return 1;
}

int engine_buffer_source(JSContext *ctx, JSValueConst value, base_slice_t *bytes) {
    uint8_t *data;
    if (JS_IsArrayBuffer(value)) {
        data = JS_GetArrayBuffer(ctx, &bytes->len, value);
        bytes->data = (const char *)data;
        return data == NULL && JS_HasException(ctx) ? -1 : 1;
    }
    int found = engine_view_bytes(ctx, value, &data, &bytes->len);
    bytes->data = found > 0 ? (const char *)data : NULL;
    return found;
}

int engine_view_of(JSContext *ctx, JSValueConst value, engine_view_t *view) {
    uint8_t *data;
    int found = engine_view_bytes(ctx, value, &data, &view->len);
    if (found > 0) {
        const JSObject *object = JS_VALUE_GET_OBJ(value);
        bool typed = is_typed_array(object->class_id);
        view->offset = object->u.typed_array->offset;
        view->class = object->class_id;
        view->element_bytes = typed ? (uint8_t)(1 << typed_array_size_log2(object->class_id)) : 1;
        view->buffer = js_dup(JS_MKPTR(JS_TAG_OBJECT, object->u.typed_array->buffer));
    }
    return found;
}

JSValue engine_new_view(JSContext *ctx, const engine_view_t *view, JSValueConst buffer, size_t offset, size_t len) {
    JSValueConst args[] = {buffer, js_uint32((uint32_t)offset), js_uint32((uint32_t)(len / view->element_bytes))};
    return view->class == JS_CLASS_DATAVIEW ? js_dataview_constructor(ctx, JS_UNDEFINED, 3, args)
                                            : js_typed_array_constructor(ctx, JS_UNDEFINED, 3, args, view->class);
}

JSValue engine_new_bytes(JSContext *ctx, JSValueConst buffer, size_t offset, size_t len) {
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    const engine_view_t bytes = {.class = JS_CLASS_UINT8_ARRAY, .element_bytes = 1};
    return engine_new_view(ctx, &bytes, buffer, offset, len);
}

JSValue engine_transfer_buffer(JSContext *ctx, JSValueConst buffer) {
    return js_array_buffer_transfer(ctx, buffer, 0, NULL, JS_ARRAY_BUFFER_TRANSFER_TO_FIXED_LENGTH);
}

const char *engine_usv_string(JSContext *ctx, size_t *len, JSValueConst value) {
    const char *utf8 = JS_ToCStringLen(ctx, len, value);
    if (utf8 == NULL) {
        return NULL;
    }
    // The engine writes a lone surrogate as three bytes, as many as U+FFFD has; and a text with any such byte is a copy
    // that is ours.
    for (size_t i = base_ascii_prefix(utf8, *len); i + 2 < *len; i++) {
        if ((unsigned char)utf8[i] == 0xed && (unsigned char)utf8[i + 1] >= 0xa0) {
            memcpy((char *)utf8 + i, BASE_UTF8_REPLACEMENT, BASE_UTF8_REPLACEMENT_SIZE);
            i += 2;
        }
    }
    return utf8;
}

JSValue engine_dom_exception(JSContext *ctx, const char *name, const char *message) {
    engine_need(ctx, ENGINE_DOM_EXCEPTION);
    JS_ThrowDOMException(ctx, name, "%s", message);
    return JS_GetException(ctx);
}

int engine_read_flag(JSContext *ctx, JSValueConst object, const char *name, bool *flag) {
    JSValue value = JS_GetPropertyStr(ctx, object, name);
    *flag = JS_ToBool(ctx, value) > 0;
    JS_FreeValue(ctx, value);
    return JS_IsException(value) ? -1 : 0;
}

JSValue engine_construct_error(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return js_error_constructor(ctx, new_target, argc, argv, -1);
}

JSValue engine_new_object(JSContext *ctx, JSValueConst proto, int properties) {
    JSValueConst parent = JS_IsUndefined(proto) ? ctx->class_proto[JS_CLASS_OBJECT] : proto;
    return JS_NewObjectProtoClassAlloc(ctx, parent, JS_CLASS_OBJECT, properties);
}

bool engine_knows_name(JSContext *ctx, const char *name) {
    JSAtom atom = __JS_FindAtom(ctx->rt, name, strlen(name), JS_ATOM_TYPE_STRING);
    JS_FreeAtom(ctx, atom);
    return atom != JS_ATOM_NULL;
}

bool engine_has_tag(JSContext *ctx, JSValueConst value, const char *tag) {
    JSValue own = JS_IsObject(value) ? JS_GetProperty(ctx, value, JS_ATOM_Symbol_toStringTag) : JS_UNDEFINED;
    if (JS_IsException(own)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    const char *text = JS_IsString(own) ? JS_ToCString(ctx, own) : NULL;
    bool has_it = text != NULL && strcmp(text, tag) == 0;
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, own);
    return has_it;
}

JSValue engine_promise_new(JSContext *ctx) {
    JSValue promise = JS_NewObjectClass(ctx, JS_CLASS_PROMISE);
    JSPromiseData *data = js_mallocz(ctx, sizeof(*data));
    data->promise_state = JS_PROMISE_PENDING;
    init_list_head(&data->promise_reactions[0]);
    init_list_head(&data->promise_reactions[1]);
    data->promise_result = JS_UNDEFINED;
    JS_SetOpaqueInternal(promise, data);
    return promise;
}

void engine_promise_resolve(JSContext *ctx, JSValueConst promise, JSValueConst value) {
    JSValue then = JS_IsObject(value) ? JS_GetProperty(ctx, value, JS_ATOM_then) : JS_UNDEFINED;
    if (JS_IsException(then)) {
        JSValue error = JS_GetException(ctx);
        fulfill_or_reject_promise(ctx, promise, error, true);
        JS_FreeValue(ctx, error);
    } else if (!JS_IsFunction(ctx, then)) {
        fulfill_or_reject_promise(ctx, promise, value, false);
    } else {
        JS_EnqueueJob(ctx, js_promise_resolve_thenable_job, 3, (JSValueConst[]){promise, value, then});
    }
    JS_FreeValue(ctx, then);
}

void engine_promise_reject(JSContext *ctx, JSValueConst promise, JSValueConst reason) {
    fulfill_or_reject_promise(ctx, promise, reason, true);
}

void engine_promise_react(JSContext *ctx, JSValueConst promise, JSValueConst reaction) {
    JSValueConst nobody[] = {JS_UNDEFINED, JS_UNDEFINED};
    int failed = engine_promise_then(ctx, promise, (JSValueConst[]){reaction, reaction}, nobody);
    (void)failed; // it does for want of memory only
}

JSValue engine_async_iterator_proto(JSContext *ctx) {
    return js_dup(ctx->async_iterator_proto);
}

JSValue engine_list_of(JSContext *ctx, JSValueConst iterable) {
    // As on the engine's stack: what it appends to, where, and what.
    JSValue stack[] = {JS_NewArray(ctx), JS_NewInt32(ctx, 0), iterable};
    if (js_append_enumerate(ctx, stack + countof(stack)) != 0) {
        JS_FreeValue(ctx, stack[0]);
        return JS_EXCEPTION;
    }
    return stack[0];
}

// Whether what an object has under a name is something; -1 with a pending exception.
static int has_something(JSContext *ctx, JSValueConst object, JSAtom name) {
    JSValue value = JS_GetProperty(ctx, object, name);
    int result = JS_IsException(value) ? -1 : JS_IsFunction(ctx, value);
    JS_FreeValue(ctx, value);
    return result;
}

// Whether an object has the toString of all objects.
static int is_unnamed(JSContext *ctx, JSValueConst object) {
    JSValue own = JS_GetProperty(ctx, object, JS_ATOM_toString);
    JSValue all = JS_GetProperty(ctx, ctx->class_proto[JS_CLASS_OBJECT], JS_ATOM_toString);
    int result = JS_IsException(own) || JS_IsException(all) ? -1 : JS_IsStrictEqual(ctx, own, all);
    JS_FreeValue(ctx, own);
    JS_FreeValue(ctx, all);
    return result;
}

int engine_is_iterable(JSContext *ctx, JSValueConst value) {
    if (!JS_IsObject(value) || JS_GetClassID(value) == JS_CLASS_STRING) {
        return 0;
    }
    int result = JS_IsArray(value) ? 1 : is_unnamed(ctx, value);
    if (result > 0) {
        result = has_something(ctx, value, JS_ATOM_Symbol_asyncIterator);
        result = result == 0 ? has_something(ctx, value, JS_ATOM_Symbol_iterator) : result;
    }
    return result;
}

JSValue engine_async_iterator(JSContext *ctx, JSValueConst iterable) {
    return JS_GetIterator(ctx, iterable, true);
}

JSValue engine_iterator_result(JSContext *ctx, JSValue value, bool done) {
    return js_create_iterator_result(ctx, value, done);
}

JSValue engine_map_new(JSContext *ctx) {
    engine_need(ctx, ENGINE_MAP_SET);
    return js_map_constructor(ctx, JS_UNDEFINED, 0, NULL, 0);
}

void engine_map_set(JSContext *ctx, JSValueConst map, JSValueConst key, JSValueConst value) {
    JS_FreeValue(ctx, js_map_set(ctx, map, 2, (JSValueConst[]){key, value}, 0));
}

JSValue engine_module_namespace(JSContext *ctx, JSValueConst module) {
    return JS_GetModuleNamespace(ctx, JS_VALUE_GET_PTR(module));
}
