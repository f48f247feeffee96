// Encodings beside UTF-8 (Encoding standard, sections 4.2, 9.1 and 14.4).

#include "web/web_private.h"

typedef struct _label_t {
    const char *label;
    web_encoding_t encoding;
} label_t;

static const label_t labels[] = {
    {"utf-8", WEB_UTF8},
    {"utf8", WEB_UTF8},
    {"unicode-1-1-utf-8", WEB_UTF8},
    {"unicode11utf8", WEB_UTF8},
    {"unicode20utf8", WEB_UTF8},
    {"x-unicode20utf8", WEB_UTF8},
    {"utf-16", WEB_UTF16LE},
    {"utf-16le", WEB_UTF16LE},
    {"csunicode", WEB_UTF16LE},
    {"iso-10646-ucs-2", WEB_UTF16LE},
    {"ucs-2", WEB_UTF16LE},
    {"unicode", WEB_UTF16LE},
    {"unicodefeff", WEB_UTF16LE},
    {"utf-16be", WEB_UTF16BE},
    {"unicodefffe", WEB_UTF16BE},
    {"latin1", WEB_WINDOWS_1252},
    {"iso-8859-1", WEB_WINDOWS_1252},
    {"ascii", WEB_WINDOWS_1252},
    {"us-ascii", WEB_WINDOWS_1252},
    {"windows-1252", WEB_WINDOWS_1252},
    {"ansi_x3.4-1968", WEB_WINDOWS_1252},
    {"cp1252", WEB_WINDOWS_1252},
    {"cp819", WEB_WINDOWS_1252},
    {"csisolatin1", WEB_WINDOWS_1252},
    {"ibm819", WEB_WINDOWS_1252},
    {"iso-ir-100", WEB_WINDOWS_1252},
    {"iso8859-1", WEB_WINDOWS_1252},
    {"iso88591", WEB_WINDOWS_1252},
    {"iso_8859-1", WEB_WINDOWS_1252},
    {"iso_8859-1:1987", WEB_WINDOWS_1252},
    {"l1", WEB_WINDOWS_1252},
    {"x-cp1252", WEB_WINDOWS_1252},
};

static bool is_label_space(char c) {
    return c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

bool web_find_encoding(base_slice_t label, web_encoding_t *encoding) {
    while (label.len > 0 && is_label_space(label.data[0])) {
        label.data++;
        label.len--;
    }
    while (label.len > 0 && is_label_space(label.data[label.len - 1])) {
        label.len--;
    }
    for (int i = 0; i < BASE_COUNT(labels); i++) {
        if (base_equal_nocase(label.data, label.len, labels[i].label)) {
            *encoding = labels[i].encoding;
            return true;
        }
    }
    return false;
}

const char *web_encoding_name(web_encoding_t encoding) {
    static const char *const names[] = {
        [WEB_UTF8] = "utf-8",
        [WEB_UTF16LE] = "utf-16le",
        [WEB_UTF16BE] = "utf-16be",
        [WEB_WINDOWS_1252] = "windows-1252",
    };
    return names[encoding];
}

// ---- UTF-16 ----

#define BOM (0xfeff)
#define REPLACEMENT (0xfffd)

static uint16_t unit_at(base_slice_t data, size_t i, bool big_endian) {
    uint8_t first = (uint8_t)data.data[i * 2], second = (uint8_t)data.data[i * 2 + 1];
    return (uint16_t)(big_endian ? first << 8 | second : second << 8 | first);
}

static bool is_leading(uint16_t unit) {
    return (unit & 0xfc00) == 0xd800;
}

static bool is_trailing(uint16_t unit) {
    return (unit & 0xfc00) == 0xdc00;
}

JSValue web_decode_utf16(JSContext *ctx, base_slice_t data, const web_decoding_t *how, bool big_endian, size_t *used) {
    size_t count = data.len / 2, len = 0, i = 0;
    bool well_formed = true;
    uint16_t *text = js_malloc(ctx, (count + 1) * sizeof(*text));
    if (how->bom && count > 0 && unit_at(data, 0, big_endian) == BOM) {
        i++;
    }
    for (; i < count; i++) {
        uint16_t unit = unit_at(data, i, big_endian);
        if (is_leading(unit) && i + 1 < count && is_trailing(unit_at(data, i + 1, big_endian))) {
            text[len++] = unit;
            text[len++] = unit_at(data, ++i, big_endian);
        } else if (is_leading(unit) && i + 1 == count) {
            break; // cut, at the end of what is there
        } else if (is_leading(unit) || is_trailing(unit)) {
            well_formed = false;
            text[len++] = REPLACEMENT;
        } else {
            text[len++] = unit;
        }
    }
    *used = i * 2;
    if (!how->more && *used < data.len) {
        well_formed = false;
        text[len++] = REPLACEMENT;
        *used = data.len;
    }
    JSValue string = well_formed || !how->fatal ? JS_NewStringUTF16(ctx, text, len) : JS_UNDEFINED;
    js_free(ctx, text);
    return string;
}

// ---- windows-1252 ----

// What the bytes 0x80 to 0x9f stand for; each other byte stands for the character of that number.
static const uint16_t windows_1252[] = {0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030,
    0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc,
    0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178};

JSValue web_decode_windows_1252(JSContext *ctx, base_slice_t data) {
    uint16_t *text = js_malloc(ctx, (data.len + 1) * sizeof(*text));
    bool latin1 = true;
    for (size_t i = 0; i < data.len; i++) {
        uint8_t byte = (uint8_t)data.data[i];
        text[i] = byte >= 0x80 && byte < 0xa0 ? windows_1252[byte - 0x80] : byte;
        latin1 = latin1 && text[i] < 0x100;
    }
    JSValue string = latin1 ? web_latin1_string(ctx, data.data, data.len) : JS_NewStringUTF16(ctx, text, data.len);
    js_free(ctx, text);
    return string;
}
