#include "http_head.h"

#include <string.h>

#include "base_fields.h"
#include "base_text.h"

#define HTTP_RESULT_STATUS(name, status, text) status,
static const uint16_t result_status[] = {HTTP_RESULTS(HTTP_RESULT_STATUS)};
#define HTTP_RESULT_TEXT(name, status, text) text,
static const char *const result_text[] = {HTTP_RESULTS(HTTP_RESULT_TEXT)};

uint16_t http_result_status(http_result_t result) {
    return result_status[result];
}

const char *http_result_text(http_result_t result) {
    return result_text[result];
}

// How many bytes at the start of `p` belong to one of the classes.
static size_t span_class(const uint8_t *p, size_t n, uint8_t classes) {
    size_t i = 0;
    while (i < n && base_is(p[i], classes)) {
        i++;
    }
    return i;
}

static inline bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

// RFC 9110 section 5.5: visible characters, obs-text, blanks. A word at a time: header values are most of a head.
static bool value_valid(const uint8_t *p, size_t n) {
    const size_t ones = (size_t)-1 / 255;
    while (n >= sizeof(size_t)) {
        size_t w;
        memcpy(&w, p, sizeof(w));
        size_t del = w ^ (ones * 0x7f);
        if ((((w - ones * 0x20) & ~w) | ((del - ones) & ~del)) & (ones * 0x80)) {
            break;
        }
        p += sizeof(w);
        n -= sizeof(w);
    }

    for (; n > 0; p++, n--) {
        if ((*p < 0x20 && *p != '\t') || *p == 0x7f) {
            return false;
        }
    }
    return true;
}

// uri-host [":" port] (RFC 3986 section 3.2), both possibly empty.
static bool host_valid(const uint8_t *p, size_t n) {
    size_t i = 0;
    if (n > 0 && p[0] == '[') {
        for (i = 1; i < n && (base_is(p[i], BASE_HEX) || p[i] == ':' || p[i] == '.'); i++) {
        }
        if (i < 3 || i == n || p[i++] != ']') {
            return false;
        }
    } else {
        for (; i < n && base_is(p[i], BASE_REG_NAME); i++) {
            if (p[i] == '%' && (n - i < 3 || !base_is(p[i + 1], BASE_HEX) || !base_is(p[i + 2], BASE_HEX))) {
                return false;
            }
        }
    }

    if (i == n) {
        return true;
    }

    uint32_t port = 0;
    if (p[i++] != ':' || n - i > 5) {
        return false;
    }
    for (; i < n && base_is(p[i], BASE_DIGIT); i++) {
        port = port * 10 + (p[i] - '0');
    }
    return i == n && port <= 65535;
}

// The next element of a comma-separated list (RFC 9110 section 5.6.1) without the blanks around it, false at the end.
static bool list_next(const uint8_t **p, const uint8_t *end, const uint8_t **item, size_t *len) {
    while (*p < end && (is_blank(**p) || **p == ',')) {
        (*p)++;
    }
    *item = *p;
    while (*p < end && **p != ',') {
        (*p)++;
    }
    *len = *p - *item;
    while (*len > 0 && is_blank((*item)[*len - 1])) {
        (*len)--;
    }
    return *len > 0;
}

// A Host field: its whole line, with CR LF, and its value.
static http_result_t parse_host(http_head_t *h, const uint8_t *buf, http_span_t line, http_span_t value) {
    if (h->have_host || !host_valid(buf + value.at, value.len)) {
        return HTTP_BAD_HOST;
    }
    h->have_host = true;
    // RFC 9112 section 3.2.2: the host of an absolute target replaces this one.
    if (h->absolute) {
        h->old_host = line;
    } else {
        h->host = value;
    }
    return HTTP_MORE;
}

static http_result_t parse_length(http_head_t *h, const uint8_t *p, size_t n) {
    if (h->have_length || n == 0 || span_class(p, n, BASE_DIGIT) != n) {
        return HTTP_BAD_LENGTH;
    }
    h->have_length = true;
    for (; n > 0; p++, n--) {
        uint8_t digit = *p - '0';
        h->length = h->length > (HTTP_LENGTH_MAX - digit) / 10 ? HTTP_LENGTH_MAX : h->length * 10 + digit;
    }
    return HTTP_MORE;
}

static http_result_t parse_coding(http_head_t *h, const uint8_t *p, size_t n) {
    const uint8_t *item, *end = p + n;
    h->have_coding = true;
    while (list_next(&p, end, &item, &n)) {
        // RFC 9112 section 6.1: chunked is applied once, and last.
        if (h->coding_chunked) {
            return HTTP_BAD_CODING;
        }
        h->coding_chunked = base_equal_nocase(item, n, "chunked");
        h->coding_known &= h->coding_chunked;
    }
    return HTTP_MORE;
}

static http_result_t parse_connection(http_head_t *h, const uint8_t *p, size_t n) {
    const uint8_t *item, *end = p + n;
    while (list_next(&p, end, &item, &n)) {
        h->close |= base_equal_nocase(item, n, "close");
        h->keep_alive |= base_equal_nocase(item, n, "keep-alive");
    }
    return HTTP_MORE;
}

// The fields that decide about framing and routing; all others are for the application. The name has `name_len` bytes
// at the start of the line, which has its CR LF.
static http_result_t known_field(
    http_head_t *h, const uint8_t *buf, http_span_t line, size_t name_len, http_span_t value) {
    const uint8_t *name = buf + line.at, *p = buf + value.at;
    size_t n = value.len;

    switch (name_len) {
        case 4:
            return base_equal_nocase(name, 4, "host") ? parse_host(h, buf, line, value) : HTTP_MORE;
        case 6:
            // RFC 9110 section 10.1.1: an HTTP/1.0 client does not wait.
            if (!base_equal_nocase(name, 6, "expect") || h->minor == 0) {
                return HTTP_MORE;
            }
            h->expect_continue = true;
            return base_equal_nocase(p, n, "100-continue") ? HTTP_MORE : HTTP_BAD_EXPECTATION;
        case 10:
            return base_equal_nocase(name, 10, "connection") ? parse_connection(h, p, n) : HTTP_MORE;
        case 14:
            return base_equal_nocase(name, 14, "content-length") ? parse_length(h, p, n) : HTTP_MORE;
        case 17:
            return base_equal_nocase(name, 17, "transfer-encoding") ? parse_coding(h, p, n) : HTTP_MORE;
        default:
            return HTTP_MORE;
    }
}

// Checks a field line without its CR LF; `*name_len` and `*value`, which has no blanks around it, are its parts.
static http_result_t split_field(const uint8_t *line, size_t n, size_t *name_len, http_span_t *value) {
    if (is_blank(line[0])) {
        return HTTP_BAD_FOLD;
    }
    size_t at = span_class(line, n, BASE_TOKEN);
    *name_len = at;
    if (at == 0 || at == n || line[at] != ':') {
        return HTTP_BAD_FIELD;
    }
    at++;
    if (!value_valid(line + at, n - at)) {
        return HTTP_BAD_VALUE;
    }

    while (at < n && is_blank(line[at])) {
        at++;
    }
    while (n > at && is_blank(line[n - 1])) {
        n--;
    }
    *value = (http_span_t){at, n - at};
    return HTTP_MORE;
}

static http_result_t field_line(http_head_t *h, const uint8_t *buf, uint32_t at, size_t n) {
    size_t name_len;
    http_span_t value;
    if (++h->field_count > HTTP_FIELDS_MAX) {
        return HTTP_TOO_MANY_FIELDS;
    }
    http_result_t result = split_field(buf + at, n, &name_len, &value);
    if (result != HTTP_MORE) {
        return result;
    }
    value.at += at;
    return known_field(h, buf, (http_span_t){at, n + 2}, name_len, value);
}

// The absolute form (RFC 9112 section 3.2.2): what follows its authority is the target.
static http_result_t absolute_target(http_head_t *h, const uint8_t *buf, bool secure) {
    const uint8_t *p = buf + h->target.at;
    size_t n = h->target.len;
    size_t scheme = 0;
    if (n > 7 && base_equal_nocase(p, 7, "http://")) {
        scheme = 7;
    } else if (n > 8 && base_equal_nocase(p, 8, "https://")) {
        scheme = 8;
        if (!secure) {
            return HTTP_WRONG_SCHEME;
        }
    } else {
        return HTTP_BAD_TARGET;
    }

    size_t end = scheme;
    while (end < n && p[end] != '/' && p[end] != '?') {
        end++;
    }
    // RFC 9110 section 4.2: an http URL without a host is invalid; userinfo fails the check of the host.
    if (end == scheme || p[scheme] == ':' || !host_valid(p + scheme, end - scheme)) {
        return HTTP_BAD_TARGET;
    }

    h->absolute = true;
    h->host = (http_span_t){h->target.at + scheme, end - scheme};
    h->target = (http_span_t){h->target.at + end, n - end};
    return HTTP_MORE;
}

static bool span_equal(const uint8_t *buf, http_span_t span, const char *text) {
    return base_equal_text(buf + span.at, span.len, text);
}

static http_result_t check_target(http_head_t *h, const uint8_t *buf, bool secure) {
    const uint8_t *p = buf + h->target.at;
    if (span_equal(buf, h->method, "CONNECT")) {
        return HTTP_UNKNOWN_METHOD;
    }
    if (h->target.len == 0 || span_class(p, h->target.len, BASE_TARGET) != h->target.len) {
        return HTTP_BAD_TARGET;
    }
    if (p[0] == '/') {
        return HTTP_MORE;
    }
    if (p[0] == '*') {
        return span_equal(buf, h->target, "*") && span_equal(buf, h->method, "OPTIONS") ? HTTP_MORE : HTTP_BAD_TARGET;
    }
    return absolute_target(h, buf, secure);
}

static http_result_t check_version(http_head_t *h, const uint8_t *p, size_t n) {
    if (n != 8 || memcmp(p, "HTTP/", 5) != 0 || !base_is(p[5], BASE_DIGIT) || p[6] != '.' ||
        !base_is(p[7], BASE_DIGIT)) {
        return HTTP_BAD_REQUEST_LINE;
    }
    // RFC 9110 section 6.2: a higher minor version is served as the highest one known.
    h->minor = p[7] == '0' ? 0 : 1;
    return p[5] == '1' ? HTTP_MORE : HTTP_UNKNOWN_VERSION;
}

// Method and target of the request line, of which `n` bytes are there; `*rest` is where the version begins.
static http_result_t split_request_line(
    http_head_t *h, const uint8_t *buf, uint32_t at, size_t n, const http_limits_t *limits, size_t *rest) {
    size_t method = span_class(buf + at, n, BASE_TOKEN);
    // RFC 9112 section 3: longer than any method that is implemented.
    if (method > HTTP_METHOD_MAX) {
        return HTTP_UNKNOWN_METHOD;
    }
    if (method == n) {
        return HTTP_MORE;
    }
    if (method == 0 || buf[at + method] != ' ') {
        return HTTP_BAD_REQUEST_LINE;
    }

    size_t target = method + 1;
    const uint8_t *space = memchr(buf + at + target, ' ', n - target);
    size_t end = space ? (size_t)(space - buf) - at : n;
    if (end - target > limits->target) {
        return HTTP_TARGET_TOO_LONG;
    }

    h->method = (http_span_t){at, method};
    h->target = (http_span_t){at + target, end - target};
    *rest = end + 1;
    return space ? HTTP_DONE : HTTP_MORE;
}

static http_result_t request_line(
    http_head_t *h, const uint8_t *buf, uint32_t at, size_t n, const http_limits_t *limits) {
    size_t version;
    http_result_t result = split_request_line(h, buf, at, n, limits, &version);
    if (result == HTTP_MORE) {
        return HTTP_BAD_REQUEST_LINE;
    }
    if (result != HTTP_DONE) {
        return result;
    }

    result = check_version(h, buf + at + version, n - version);
    if (result == HTTP_MORE) {
        result = check_target(h, buf, limits->secure);
    }
    h->have_request_line = true;
    return result;
}

// What only the whole head can tell (RFC 9112 sections 3.2, 6.1, 6.3 and 9.3).
static http_result_t finish(http_head_t *h, uint32_t end_of_fields) {
    h->fields.len = end_of_fields - h->fields.at;
    h->size = h->line;
    h->persistent = !h->close && (h->minor == 1 || h->keep_alive);
    h->chunked = h->coding_chunked;

    if (!h->have_host && h->minor == 1) {
        return HTTP_NO_HOST;
    }
    if (!h->have_coding) {
        return HTTP_DONE;
    }
    if (h->have_length) {
        return HTTP_LENGTH_AND_CODING;
    }
    if (!h->coding_chunked || h->minor == 0) {
        return HTTP_BAD_CODING;
    }
    return h->coding_known ? HTTP_DONE : HTTP_UNKNOWN_CODING;
}

static http_result_t head_line(http_head_t *h, const uint8_t *buf, uint32_t at, size_t n, const http_limits_t *limits) {
    if (h->have_request_line) {
        return n == 0 ? finish(h, at) : field_line(h, buf, at, n);
    }
    // RFC 9112 section 2.2: empty lines before the request line are ignored.
    if (n == 0) {
        return HTTP_MORE;
    }
    h->fields.at = h->line;
    return request_line(h, buf, at, n, limits);
}

// Refuses what is known to be too long before its line has ended.
static http_result_t unfinished(http_head_t *h, const uint8_t *buf, size_t len, const http_limits_t *limits) {
    size_t ignored;
    if (!h->have_request_line && len > h->line && buf[h->line] != '\r') {
        http_result_t result = split_request_line(h, buf, h->line, len - h->line, limits, &ignored);
        if (result != HTTP_DONE && result != HTTP_MORE) {
            return result;
        }
    }
    return len < limits->head ? HTTP_MORE : HTTP_HEAD_TOO_LARGE;
}

void http_head_init(http_head_t *h) {
    memset(h, 0, sizeof(*h));
    h->coding_known = true;
}

http_result_t http_head_parse(http_head_t *h, const uint8_t *buf, size_t len, const http_limits_t *limits) {
    if (len > limits->head) {
        len = limits->head;
    }

    while (h->scanned < len) {
        const uint8_t *lf = memchr(buf + h->scanned, '\n', len - h->scanned);
        if (lf == NULL) {
            h->scanned = len;
            break;
        }

        uint32_t at = h->line;
        uint32_t end = lf - buf;
        if (end == at || buf[end - 1] != '\r') {
            return HTTP_BAD_LINE_END;
        }
        h->scanned = h->line = end + 1;
        http_result_t result = head_line(h, buf, at, end - 1 - at, limits);
        if (result != HTTP_MORE) {
            return result;
        }
    }

    return unfinished(h, buf, len, limits);
}

unsigned int http_fields_scan(const uint8_t *buf, size_t len) {
    unsigned int flags = 0;
    while (len > 0) {
        size_t name;
        http_span_t value;
        const uint8_t *lf = memchr(buf, '\n', len);
        if (lf == NULL || lf - buf < 2 || lf[-1] != '\r' ||
            split_field(buf, lf - 1 - buf, &name, &value) != HTTP_MORE) {
            return HTTP_FIELDS_BAD;
        }
        if (base_is_framing_field(buf, name)) {
            flags |= HTTP_FIELDS_FRAMING;
        }
        len -= lf + 1 - buf;
        buf = lf + 1;
    }
    return flags;
}

size_t http_fields_strip(uint8_t *buf, size_t len) {
    const uint8_t *from = buf, *end = buf + len;
    uint8_t *to = buf;
    while (from < end) {
        size_t line = (const uint8_t *)memchr(from, '\n', end - from) + 1 - from;
        if (!base_is_framing_field(from, span_class(from, line, BASE_TOKEN))) {
            memmove(to, from, line);
            to += line;
        }
        from += line;
    }
    return to - buf;
}
