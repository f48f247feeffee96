// The claims of a token (RFC 7519, section 4): what sign puts in, and what verify looks at.

#include <math.h>

#include "jsonwebtoken/jwt_private.h"
#include "port/port.h"

// Seconds since 1970 (RFC 7519, section 2: NumericDate).
static double now(void) {
    return (double)(port_time_us() / 1000000);
}

// The options that stand for claims, each in the order in which it is looked at.
typedef struct _claim_t {
    jwt_option_t option;
    const char *name;
} claim_t;

static const claim_t signed_claims[] = {
    {JWT_EXPIRES_IN, "exp"},
    {JWT_NOT_BEFORE, "nbf"},
    {JWT_AUDIENCE, "aud"},
    {JWT_ISSUER, "iss"},
    {JWT_SUBJECT, "sub"},
    {JWT_JWTID, "jti"},
};

static const claim_t expected_claims[] = {
    {JWT_AUDIENCE, "aud"},
    {JWT_ISSUER, "iss"},
    {JWT_SUBJECT, "sub"},
    {JWT_JWTID, "jti"},
    {JWT_NONCE, "nonce"},
};

// A NumericDate of the payload: 1, 0 where it is undefined, or -1. *seconds is NAN unless it is a number.
static int get_time(JSContext *ctx, JSValueConst payload, const char *name, double *seconds) {
    *seconds = NAN;
    JSValue value = JS_GetPropertyStr(ctx, payload, name);
    int result = JS_IsException(value) ? -1 : !JS_IsUndefined(value);
    if (JS_IsNumber(value)) {
        JS_ToFloat64(ctx, seconds, value);
    }
    JS_FreeValue(ctx, value);
    return result;
}

// ---- signing ----

int jwt_spread(JSContext *ctx, JSValueConst to, JSValueConst from) {
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, from, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) {
        return -1;
    }

    int result = 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        JSValue value = JS_GetProperty(ctx, from, names[i].atom);
        result = JS_IsException(value) ? -1 : 0;
        if (result == 0) {
            JS_DefinePropertyValue(ctx, to, names[i].atom, value, JS_PROP_C_W_E);
        }
    }
    JS_FreePropertyEnum(ctx, names, count);
    return result;
}

// Sets the enumerable properties of `from` on `to`, as Object.assign does, but for those that are undefined. 0 or -1.
static int jwt_assign(JSContext *ctx, JSValueConst to, JSValueConst from) {
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, from, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) {
        return -1;
    }
    int result = 0;
    for (uint32_t i = 0; i < count && result >= 0; i++) {
        JSValue value = JS_GetProperty(ctx, from, names[i].atom);
        if (JS_IsUndefined(value)) {
            continue;
        }
        result = JS_IsException(value) ? -1 : JS_SetProperty(ctx, to, names[i].atom, value);
    }
    JS_FreePropertyEnum(ctx, names, count);
    return result < 0 ? -1 : 0;
}

// Checks the times among the claims. *issued is "iat", the time now where there is none. 0 or -1.
static int check_given_times(JSContext *ctx, JSValueConst payload, double *issued) {
    static const char *const names[] = {"iat", "exp", "nbf"};
    *issued = now();
    for (int i = 0; i < BASE_COUNT(names); i++) {
        double seconds;
        int given = get_time(ctx, payload, names[i], &seconds);
        if (given > 0 && !isfinite(seconds)) {
            return jwt_refuse(ctx, JS_UNDEFINED, "\"", names[i], "\" should be a number of seconds", NULL);
        }
        if (given < 0) {
            return -1;
        }
        if (given > 0 && i == 0) {
            *issued = seconds;
        }
    }
    return 0;
}

// The claim that an option's value becomes.
static JSValue claim_value(JSContext *ctx, const claim_t *claim, JSValueConst value, double issued) {
    double time;
    if (claim->option != JWT_EXPIRES_IN && claim->option != JWT_NOT_BEFORE) {
        return JS_DupValue(ctx, value);
    }
    return jwt_time_after(ctx, issued, value, claim->option, &time) < 0 ? JS_EXCEPTION : JS_NewNumber(ctx, time);
}

static int add_claim(JSContext *ctx, JSValueConst payload, const claim_t *claim, JSValueConst value, double issued) {
    JSValue given = JS_GetPropertyStr(ctx, payload, claim->name);
    bool absent = JS_IsUndefined(given), failed = JS_IsException(given);
    JS_FreeValue(ctx, given);
    if (!absent) {
        return failed ? -1
                      : jwt_refuse(ctx, JS_UNDEFINED, "Bad \"options.", jwt_option_name(claim->option),
                            "\" option. The payload already has an \"", claim->name, "\" property.", NULL);
    }
    JSValue added = claim_value(ctx, claim, value, issued);
    if (JS_IsException(added)) {
        return -1;
    }
    JS_DefinePropertyValueStr(ctx, payload, claim->name, added, JS_PROP_C_W_E);
    return 0;
}

static int add_claims(JSContext *ctx, JSValueConst payload, JSValueConst claims, const JSValue *options) {
    double issued;
    if (jwt_spread(ctx, payload, claims) < 0 || check_given_times(ctx, payload, &issued) < 0) {
        return -1;
    }
    JSValue iat = JS_ToBool(ctx, options[JWT_NO_TIMESTAMP]) ? JS_UNDEFINED : JS_NewNumber(ctx, issued);
    JS_DefinePropertyValueStr(ctx, payload, "iat", iat, JS_PROP_C_W_E);
    int result = 0;
    for (int i = 0; i < BASE_COUNT(signed_claims) && result == 0; i++) {
        JSValueConst value = options[signed_claims[i].option];
        if (!JS_IsUndefined(value)) {
            result = add_claim(ctx, payload, &signed_claims[i], value, issued);
        }
    }
    return result;
}

// Text has no claims, and takes none.
static JSValue text_payload(JSContext *ctx, JSValueConst text, const JSValue *options) {
    static const jwt_option_t none[] = {
        JWT_EXPIRES_IN, JWT_NOT_BEFORE, JWT_NO_TIMESTAMP, JWT_AUDIENCE, JWT_ISSUER, JWT_SUBJECT, JWT_JWTID};
    for (int i = 0; i < BASE_COUNT(none); i++) {
        if (!JS_IsUndefined(options[none[i]])) {
            jwt_refuse(ctx, JS_UNDEFINED, "invalid ", jwt_option_name(none[i]), " option for string payload", NULL);
            return JS_EXCEPTION;
        }
    }
    return JS_DupValue(ctx, text);
}

JSValue jwt_make_payload(JSContext *ctx, JSValueConst claims, const JSValue *options) {
    if (JS_IsString(claims)) {
        return text_payload(ctx, claims, options);
    }
    if (!jwt_is_object(ctx, claims)) {
        jwt_refuse(ctx, JS_UNDEFINED, "Expected \"payload\" to be a plain object.", NULL);
        return JS_EXCEPTION;
    }
    JSValue payload = JS_NewObject(ctx);
    // The caller's object has the claims afterwards, too.
    bool both = JS_ToBool(ctx, options[JWT_MUTATE_PAYLOAD]) > 0;
    if (add_claims(ctx, payload, claims, options) < 0 || (both && jwt_assign(ctx, claims, payload) < 0)) {
        JS_FreeValue(ctx, payload);
        return JS_EXCEPTION;
    }
    return payload;
}

// ---- verifying: times ----

// Throws an error that has a time as a property.
static int refuse_at(JSContext *ctx, JSValueConst class, const char *message, const char *name, double seconds) {
    engine_need(ctx, ENGINE_DATE);
    jwt_refuse(ctx, class, message, NULL);
    JSValue error = JS_GetException(ctx);
    if (JS_IsObject(error)) {
        JS_DefinePropertyValueStr(ctx, error, name, JS_NewDate(ctx, seconds * 1000), JS_PROP_C_W_E);
    }
    JS_Throw(ctx, error);
    return -1;
}

// Both in seconds. The tolerance is for the small differences between clocks (RFC 7519, section 4.1.4).
typedef struct _clock_options_t {
    double time, tolerance;
} clock_options_t;

static clock_options_t read_clock(JSContext *ctx, const JSValue *options) {
    clock_options_t clock = {now(), 0};
    if (!JS_IsUndefined(options[JWT_CLOCK_TIMESTAMP])) {
        JS_ToFloat64(ctx, &clock.time, options[JWT_CLOCK_TIMESTAMP]);
    }
    if (!JS_IsUndefined(options[JWT_CLOCK_TOLERANCE])) {
        JS_ToFloat64(ctx, &clock.tolerance, options[JWT_CLOCK_TOLERANCE]);
    }
    return clock;
}

static int check_age(JSContext *ctx, const JSValueConst *classes, double issued, const JSValue *options) {
    JSValueConst span = options[JWT_MAX_AGE];
    if (JS_IsUndefined(span)) {
        return 0;
    }
    if (isnan(issued)) {
        return jwt_refuse(ctx, classes[JWT_ERROR_INVALID], "iat required when maxAge is specified", NULL);
    }

    double until;
    if (jwt_time_after(ctx, issued, span, JWT_MAX_AGE, &until) < 0) {
        return -1;
    }

    clock_options_t clock = read_clock(ctx, options);
    if (clock.time >= until + clock.tolerance) {
        return refuse_at(ctx, classes[JWT_ERROR_EXPIRED], "maxAge exceeded", "expiredAt", until);
    }
    return 0;
}

// RFC 7519, sections 4.1.4 to 4.1.6.
int jwt_check_times(JSContext *ctx, const JSValueConst *classes, JSValueConst payload, const JSValue *options) {
    static const char *const names[] = {"nbf", "exp", "iat"};
    double times[3];
    for (int i = 0; i < BASE_COUNT(names); i++) {
        int given = get_time(ctx, payload, names[i], &times[i]);
        if (given > 0 && !isfinite(times[i])) {
            return jwt_refuse(ctx, classes[JWT_ERROR_INVALID], "invalid ", names[i], " value", NULL);
        }
        if (given < 0) {
            return -1;
        }
    }

    // A claim that is not there is NAN, which no comparison holds for.
    clock_options_t clock = read_clock(ctx, options);
    if (times[0] > clock.time + clock.tolerance && !JS_ToBool(ctx, options[JWT_IGNORE_NOT_BEFORE])) {
        return refuse_at(ctx, classes[JWT_ERROR_NOT_BEFORE], "jwt not active", "date", times[0]);
    }
    if (clock.time >= times[1] + clock.tolerance && !JS_ToBool(ctx, options[JWT_IGNORE_EXPIRATION])) {
        return refuse_at(ctx, classes[JWT_ERROR_EXPIRED], "jwt expired", "expiredAt", times[1]);
    }
    return check_age(ctx, classes, times[2], options);
}

// ---- verifying: names ----

typedef struct _match_t {
    JSValueConst expected, value;
} match_t;

static int matches_one(JSContext *ctx, void *opaque, JSValueConst one) {
    match_t *match = opaque;
    if (!JS_IsRegExp(one) || !JS_IsString(match->value)) {
        return JS_IsStrictEqual(ctx, one, match->value);
    }
    JSAtom test = JS_NewAtom(ctx, "test");
    JSValue found = JS_Invoke(ctx, one, test, 1, &match->value);
    int result = JS_ToBool(ctx, found); // -1 for an exception
    JS_FreeValue(ctx, found);
    JS_FreeAtom(ctx, test);
    return result;
}

static int matches_any(JSContext *ctx, void *opaque, JSValueConst value) {
    match_t *match = opaque;
    match->value = value;
    return jwt_each(ctx, match->expected, matches_one, match);
}

static const char separator[] = " or ";

// Appends a separator and a name. RegExps are turned into text by their own code.
static int join(JSContext *ctx, void *opaque, JSValueConst one) {
    web_buf_t *text = opaque;
    size_t len;
    const char *string = JS_ToCStringLen(ctx, &len, one);
    if (string == NULL) {
        return -1;
    }
    web_buf_put_text(ctx, text, separator);
    web_buf_put(ctx, text, string, len);
    JS_FreeCString(ctx, string);
    return 0;
}

static int refuse_name(JSContext *ctx, const JSValueConst *classes, jwt_option_t option, JSValueConst expected) {
    web_buf_t text = {0};
    if (jwt_each(ctx, expected, join, &text) == 0) {
        web_buf_put(ctx, &text, "", 1);
        const char *names = text.len > 1 ? text.data + sizeof(separator) - 1 : "";
        jwt_refuse(
            ctx, classes[JWT_ERROR_INVALID], "jwt ", jwt_option_name(option), " invalid. expected: ", names, NULL);
    }
    js_free(ctx, text.data);
    return -1;
}

// RFC 7519, sections 4.1.1 to 4.1.3 and 4.1.7. Of these claims only an audience may be a list.
int jwt_check_names(JSContext *ctx, const JSValueConst *classes, JSValueConst payload, const JSValue *options) {
    for (int i = 0; i < BASE_COUNT(expected_claims); i++) {
        const claim_t *claim = &expected_claims[i];
        match_t match = {.expected = options[claim->option]};
        if (JS_IsUndefined(match.expected)) {
            continue;
        }

        JSValue value = JS_GetPropertyStr(ctx, payload, claim->name);
        int found = -1;
        if (claim->option == JWT_AUDIENCE && !JS_IsException(value)) {
            found = jwt_each(ctx, value, matches_any, &match);
        } else if (!JS_IsException(value)) {
            found = matches_any(ctx, &match, value);
        }
        JS_FreeValue(ctx, value);
        if (found <= 0) {
            return found < 0 ? -1 : refuse_name(ctx, classes, claim->option, match.expected);
        }
    }
    return 0;
}
