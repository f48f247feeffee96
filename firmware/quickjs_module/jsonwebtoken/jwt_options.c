// The options of sign and verify: what there is, and what each may be.

#include <math.h>
#include <string.h>

#include "jsonwebtoken/jwt_private.h"

// What an option may be.
typedef enum {
    TYPE_UNKNOWN, // it is no option of that function
    TYPE_ALGORITHM,
    TYPE_BOOLEAN,
    TYPE_FALSE, // what it would allow is not
    TYPE_NUMBER,
    TYPE_OBJECT,
    TYPE_PATTERNS, // strings and RegExps, one or several
    TYPE_SPAN,     // whole seconds, or text that jwt_time_after understands
    TYPE_STRING,
    TYPE_FILLED,  // a string that is not empty
    TYPE_STRINGS, // one or several
    TYPE_UTF8,    // the name of this encoding, which tokens have
} type_t;

static const char *const type_names[] = {"", "algorithm", "boolean", "false (RFC 8725)", "number", "object", "patterns",
    "span", "string", "string, not empty", "strings", "\"utf8\""};

typedef struct _known_t {
    const char *name;
    uint8_t types[JWT_USE_COUNT]; // type_t
} known_t;

static const known_t known[JWT_OPTION_COUNT] = {
    [JWT_ALGORITHM] = {"algorithm", {TYPE_ALGORITHM, TYPE_UNKNOWN}},
    [JWT_ALGORITHMS] = {"algorithms", {TYPE_UNKNOWN, TYPE_STRINGS}},
    [JWT_ALLOW_INSECURE_KEY_SIZES] = {"allowInsecureKeySizes", {TYPE_FALSE, TYPE_UNKNOWN}},
    [JWT_ALLOW_INVALID_KEY_TYPES] = {"allowInvalidAsymmetricKeyTypes", {TYPE_FALSE, TYPE_FALSE}},
    [JWT_AUDIENCE] = {"audience", {TYPE_STRINGS, TYPE_PATTERNS}},
    [JWT_CLOCK_TIMESTAMP] = {"clockTimestamp", {TYPE_UNKNOWN, TYPE_NUMBER}},
    [JWT_CLOCK_TOLERANCE] = {"clockTolerance", {TYPE_UNKNOWN, TYPE_NUMBER}},
    [JWT_COMPLETE] = {"complete", {TYPE_UNKNOWN, TYPE_BOOLEAN}},
    [JWT_ENCODING] = {"encoding", {TYPE_UTF8, TYPE_UNKNOWN}},
    [JWT_EXPIRES_IN] = {"expiresIn", {TYPE_SPAN, TYPE_UNKNOWN}},
    [JWT_HEADER] = {"header", {TYPE_OBJECT, TYPE_UNKNOWN}},
    [JWT_IGNORE_EXPIRATION] = {"ignoreExpiration", {TYPE_UNKNOWN, TYPE_BOOLEAN}},
    [JWT_IGNORE_NOT_BEFORE] = {"ignoreNotBefore", {TYPE_UNKNOWN, TYPE_BOOLEAN}},
    [JWT_ISSUER] = {"issuer", {TYPE_STRING, TYPE_STRINGS}},
    [JWT_JWTID] = {"jwtid", {TYPE_STRING, TYPE_STRING}},
    [JWT_KEYID] = {"keyid", {TYPE_STRING, TYPE_UNKNOWN}},
    [JWT_MAX_AGE] = {"maxAge", {TYPE_UNKNOWN, TYPE_SPAN}},
    [JWT_MUTATE_PAYLOAD] = {"mutatePayload", {TYPE_BOOLEAN, TYPE_UNKNOWN}},
    [JWT_NONCE] = {"nonce", {TYPE_UNKNOWN, TYPE_FILLED}},
    [JWT_NO_TIMESTAMP] = {"noTimestamp", {TYPE_BOOLEAN, TYPE_UNKNOWN}},
    [JWT_NOT_BEFORE] = {"notBefore", {TYPE_SPAN, TYPE_UNKNOWN}},
    [JWT_SUBJECT] = {"subject", {TYPE_STRING, TYPE_STRING}},
};

const char *jwt_option_name(jwt_option_t option) {
    return known[option].name;
}

// ---- values ----

bool jwt_is_array(JSContext *ctx, JSValueConst value) {
    JSValue target = JS_DupValue(ctx, value);
    while (JS_IsProxy(target)) {
        JSValue next = JS_GetProxyTarget(ctx, target);
        JS_FreeValue(ctx, target);
        target = next;
    }
    if (JS_IsException(target)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    bool is_array = JS_IsArray(target);
    JS_FreeValue(ctx, target);
    return is_array;
}

bool jwt_is_object(JSContext *ctx, JSValueConst value) {
    return JS_IsObject(value) && !JS_IsFunction(ctx, value) && !jwt_is_array(ctx, value);
}

int jwt_each(JSContext *ctx, JSValueConst value, jwt_each_t *each, void *opaque) {
    if (!jwt_is_array(ctx, value)) {
        return each(ctx, opaque, value);
    }
    int64_t len;
    int result = JS_GetLength(ctx, value, &len);
    for (int64_t i = 0; result == 0 && i < len; i++) {
        JSValue item = JS_GetPropertyInt64(ctx, value, i);
        result = JS_IsException(item) ? -1 : each(ctx, opaque, item);
        JS_FreeValue(ctx, item);
    }
    return result;
}

static int is_no_string(JSContext *ctx, void *opaque, JSValueConst item) {
    (void)ctx, (void)opaque;
    return !JS_IsString(item);
}

static int is_no_pattern(JSContext *ctx, void *opaque, JSValueConst item) {
    (void)ctx, (void)opaque;
    return !JS_IsString(item) && !JS_IsRegExp(item);
}

static bool is_number(JSContext *ctx, JSValueConst value, bool whole) {
    double number;
    return JS_IsNumber(value) && JS_ToFloat64(ctx, &number, value) == 0 && isfinite(number) &&
           (!whole || number == trunc(number));
}

static bool is_utf8_name(JSContext *ctx, JSValueConst value) {
    size_t len;
    const char *text = JS_IsString(value) ? JS_ToCStringLen(ctx, &len, value) : NULL;
    bool is = text != NULL && (base_equal_nocase(text, len, "utf8") || base_equal_nocase(text, len, "utf-8"));
    JS_FreeCString(ctx, text);
    return is;
}

// 1, 0 where the value is not of that type, or -1.
static int is_valid(JSContext *ctx, JSValueConst value, type_t type) {
    int bad;
    int64_t len;
    switch (type) {
        case TYPE_ALGORITHM:
            return jwt_algorithm(ctx, value) != NULL;
        case TYPE_BOOLEAN:
            return JS_IsBool(value);
        case TYPE_FALSE:
            return JS_IsBool(value) && !JS_VALUE_GET_BOOL(value);
        case TYPE_NUMBER:
            return is_number(ctx, value, false);
        case TYPE_OBJECT:
            return jwt_is_object(ctx, value);
        case TYPE_SPAN:
            return JS_IsString(value) || is_number(ctx, value, true);
        case TYPE_STRING:
            return JS_IsString(value);
        case TYPE_FILLED:
            return JS_IsString(value) && JS_GetLength(ctx, value, &len) == 0 && len > 0;
        case TYPE_UTF8:
            return is_utf8_name(ctx, value);
        default:
            bad = jwt_each(ctx, value, type == TYPE_STRINGS ? is_no_string : is_no_pattern, NULL);
            return bad < 0 ? -1 : !bad;
    }
}

// ---- reading ----

// Takes the value of an option. 0 or -1.
static int take_option(JSContext *ctx, jwt_option_t option, jwt_use_t use, JSValue value, JSValue *options) {
    if (JS_IsException(value)) {
        return -1;
    }
    options[option] = value;
    type_t type = known[option].types[use];
    int valid = is_valid(ctx, value, type);
    if (valid == 0) {
        jwt_refuse(
            ctx, JS_UNDEFINED, "\"", known[option].name, "\" in \"options\" must be of type ", type_names[type], NULL);
    }
    return valid > 0 ? 0 : -1;
}

// The option of that name, or -1 with an exception.
static int find_option(JSContext *ctx, JSAtom atom, jwt_use_t use) {
    const char *name = JS_AtomToCString(ctx, atom);
    int option = 0;
    while (option < JWT_OPTION_COUNT &&
           (known[option].types[use] == TYPE_UNKNOWN || strcmp(known[option].name, name) != 0)) {
        option++;
    }
    if (option == JWT_OPTION_COUNT) {
        option = jwt_refuse(ctx, JS_UNDEFINED, "\"", name, "\" is not allowed in \"options\"", NULL);
    }
    JS_FreeCString(ctx, name);
    return option;
}

// Takes the options that `holder`, the object or one that it inherits from, has by enumerable names.
static int take_named(JSContext *ctx, JSValueConst object, JSValueConst holder, jwt_use_t use, JSValue *options) {
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, holder, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) {
        return -1;
    }

    int result = 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        int option = find_option(ctx, names[i].atom, use);
        if (option < 0) {
            result = -1;
        } else if (JS_IsUndefined(options[option])) {
            JSValue value = JS_GetProperty(ctx, object, names[i].atom);
            result = take_option(ctx, (jwt_option_t)option, use, value, options);
        }
    }
    JS_FreePropertyEnum(ctx, names, count);
    return result;
}

// The options as for-in shows them: those that are unknown or undefined are refused.
static int take_enumerable(JSContext *ctx, JSValueConst object, jwt_use_t use, JSValue *options) {
    JSValue holder = JS_DupValue(ctx, object);
    int result = 0;
    while (result == 0 && JS_IsObject(holder)) {
        result = take_named(ctx, object, holder, use, options);
        JSValue next = result < 0 ? JS_UNDEFINED : JS_GetPrototype(ctx, holder);
        JS_FreeValue(ctx, holder);
        holder = next;
    }
    bool failed = JS_IsException(holder);
    JS_FreeValue(ctx, holder);
    return failed ? -1 : result;
}

// What for-in does not show is an option too: a getter of a class, a property of a Proxy.
static int take_hidden(JSContext *ctx, JSValueConst object, jwt_use_t use, JSValue *options) {
    for (int i = 0; i < JWT_OPTION_COUNT; i++) {
        if (known[i].types[use] == TYPE_UNKNOWN || !JS_IsUndefined(options[i])) {
            continue;
        }
        JSValue value = JS_GetPropertyStr(ctx, object, known[i].name);
        if (!JS_IsUndefined(value) && take_option(ctx, (jwt_option_t)i, use, value, options) < 0) {
            return -1;
        }
    }
    return 0;
}

int jwt_read_options(JSContext *ctx, JSValueConst object, jwt_use_t use, JSValue options[JWT_OPTION_COUNT]) {
    for (int i = 0; i < JWT_OPTION_COUNT; i++) {
        options[i] = JS_UNDEFINED;
    }
    if (JS_IsUndefined(object) || JS_IsNull(object)) {
        return 0;
    }
    if (!JS_IsObject(object)) {
        return jwt_refuse(ctx, JS_UNDEFINED, "Expected \"options\" to be a plain object.", NULL);
    }
    return take_enumerable(ctx, object, use, options) < 0 ? -1 : take_hidden(ctx, object, use, options);
}

void jwt_free_options(JSContext *ctx, JSValue options[JWT_OPTION_COUNT]) {
    for (int i = 0; i < JWT_OPTION_COUNT; i++) {
        JS_FreeValue(ctx, options[i]);
    }
}

// ---- time spans ----

typedef struct _unit_t {
    const char *name; // in lower case, without the plural's s
    double seconds;
} unit_t;

static const unit_t units[] = {
    {"", 0.001},
    {"ms", 0.001},
    {"msec", 0.001},
    {"millisecond", 0.001},
    {"s", 1},
    {"sec", 1},
    {"second", 1},
    {"m", 60},
    {"min", 60},
    {"minute", 60},
    {"h", 3600},
    {"hr", 3600},
    {"hour", 3600},
    {"d", 86400},
    {"day", 86400},
    {"w", 604800},
    {"week", 604800},
    {"y", 31557600},
    {"yr", 31557600},
    {"year", 31557600},
};

// Length of the leading number: [-] digits [. digits], where the digits before a point may be missing. 0 for none.
static size_t number_length(base_slice_t text) {
    size_t at = text.len > 0 && text.data[0] == '-' ? 1 : 0, begin = at;
    while (at < text.len && base_is((uint8_t)text.data[at], BASE_DIGIT)) {
        at++;
    }
    if (at < text.len && text.data[at] == '.') {
        begin = ++at;
        while (at < text.len && base_is((uint8_t)text.data[at], BASE_DIGIT)) {
            at++;
        }
    }
    return at > begin ? at : 0;
}

// Seconds of a unit in any case, singular or plural; 0 for none.
static double unit_seconds(base_slice_t name) {
    if (name.len > 2 && base_lower((uint8_t)name.data[name.len - 1]) == 's') {
        name.len--;
    }
    for (int i = 0; i < BASE_COUNT(units); i++) {
        if (base_equal_nocase(name.data, name.len, units[i].name)) {
            return units[i].seconds;
        }
    }
    return 0;
}

// False where the text is no span.
static bool parse_span(JSContext *ctx, base_slice_t text, double *seconds) {
    size_t digits = number_length(text), at = digits;
    while (at < text.len && text.data[at] == ' ') {
        at++;
    }
    double unit = unit_seconds((base_slice_t){text.data + at, text.len - at});
    if (digits == 0 || unit == 0) {
        return false;
    }
    // The engine's conversion: a C library's strtod may allocate.
    JSValue number = JS_NewStringLen(ctx, text.data, digits);
    JS_ToFloat64(ctx, seconds, number);
    JS_FreeValue(ctx, number);
    *seconds *= unit;
    return true;
}

// Adds a span, which is a number or a string, to a time. False where it is none.
static bool add_span(JSContext *ctx, JSValueConst span, double *time) {
    double seconds = 0;
    if (!JS_IsString(span)) {
        JS_ToFloat64(ctx, &seconds, span);
        *time += seconds;
        return true;
    }
    base_slice_t text;
    text.data = JS_ToCStringLen(ctx, &text.len, span);
    bool valid = parse_span(ctx, text, &seconds);
    JS_FreeCString(ctx, text.data);
    *time = trunc(*time + seconds);
    return valid;
}

int jwt_time_after(JSContext *ctx, double from, JSValueConst span, jwt_option_t option, double *time) {
    *time = from;
    if (add_span(ctx, span, time) && isfinite(*time)) {
        return 0;
    }
    return jwt_refuse(ctx, JS_UNDEFINED, "\"", known[option].name,
        "\" should be a number of seconds or string representing a timespan eg: \"1d\", \"20h\", 60", NULL);
}
