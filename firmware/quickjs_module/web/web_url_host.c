// Hosts of URLs: domains, IPv4 and IPv6 addresses, opaque hosts (URL standard, section 3).
//
// Domains must be ASCII: a name in other scripts is given in its xn-- form, of which Punycode is checked. Unicode's
// IDNA tables, which would map it, take more flash than the rest of the URL parser.

#include <string.h>
#include "web/web_url.h"

static bool is_forbidden_host(unsigned char c) {
    return c == '\0' || c == '\t' || c == '\n' || c == '\r' || c == ' ' || strchr("#/:<>?@[\\]^|", c) != NULL;
}

static bool is_forbidden_domain(unsigned char c) {
    return is_forbidden_host(c) || c <= 0x1f || c == '%' || c >= 0x7f;
}

// ---- IPv4 ----

// A number of an IPv4 address, in C's notations, saturated at 2^32. False when it is none.
static bool ipv4_number(base_slice_t text, uint64_t *number) {
    int radix = 10;
    if (text.len == 0) {
        return false;
    }
    if (text.len >= 2 && text.data[0] == '0' && (text.data[1] == 'x' || text.data[1] == 'X')) {
        text = (base_slice_t){text.data + 2, text.len - 2};
        radix = 16;
    } else if (text.len >= 2 && text.data[0] == '0') {
        text = (base_slice_t){text.data + 1, text.len - 1};
        radix = 8;
    }

    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base_hex_digit((uint8_t)text.data[i]);
        if (digit < 0 || digit >= radix) {
            return false;
        }
        *number = *number * (uint64_t)radix + (uint64_t)digit;
        if (*number > UINT32_MAX) {
            *number = (uint64_t)UINT32_MAX + 1;
        }
    }
    return true;
}

// The last label, a final dot aside.
static base_slice_t last_label(base_slice_t host) {
    if (host.len > 0 && host.data[host.len - 1] == '.') {
        host.len--;
    }
    size_t start = host.len;
    while (start > 0 && host.data[start - 1] != '.') {
        start--;
    }
    return (base_slice_t){host.data + start, host.len - start};
}

static bool ends_in_number(base_slice_t host) {
    base_slice_t label = last_label(host);
    uint64_t number;
    bool digits = label.len > 0;
    for (size_t i = 0; i < label.len; i++) {
        digits = digits && base_is((uint8_t)label.data[i], BASE_DIGIT);
    }
    return digits || (label.len >= 2 && ipv4_number(label, &number));
}

static bool parse_ipv4(base_slice_t host, uint32_t *address) {
    uint64_t numbers[4];
    size_t count = 0;
    if (host.len > 0 && host.data[host.len - 1] == '.') {
        host.len--;
    }

    for (size_t start = 0; start <= host.len; count++) {
        const char *dot = memchr(host.data + start, '.', host.len - start);
        size_t end = dot == NULL ? host.len : (size_t)(dot - host.data);
        if (count == 4 || !ipv4_number((base_slice_t){host.data + start, end - start}, &numbers[count])) {
            return false;
        }
        start = end + 1;
    }

    if (numbers[count - 1] >= (uint64_t)1 << (8 * (5 - count))) {
        return false;
    }

    *address = (uint32_t)numbers[count - 1];
    for (size_t i = 0; i + 1 < count; i++) {
        if (numbers[i] > 255) {
            return false;
        }
        *address += (uint32_t)numbers[i] << (8 * (3 - i));
    }
    return true;
}

static void put_ipv4(JSContext *ctx, web_buf_t *out, uint32_t address) {
    char text[15];
    size_t len = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        len += base_put_decimal(text + len, address >> shift & 255);
        if (shift > 0) {
            text[len++] = '.';
        }
    }
    web_buf_put(ctx, out, text, len);
}

// ---- IPv6 ----

typedef struct _ipv6_reader_t {
    base_slice_t rest;
    uint16_t pieces[8];
    int count;
    int compress; // piece before which the zeros go, or -1
} ipv6_reader_t;

// Pieces that are taken: "::" stands for at least one.
static int taken(const ipv6_reader_t *reader) {
    return reader->count + (reader->compress >= 0);
}

static bool starts(base_slice_t text, char c) {
    return text.len > 0 && text.data[0] == c;
}

static void skip(base_slice_t *text, size_t count) {
    text->data += count;
    text->len -= count;
}

// The dotted decimal tail.
static bool ipv6_tail(ipv6_reader_t *reader) {
    if (taken(reader) > 6) {
        return false;
    }
    for (int seen = 0; seen < 4; seen++) {
        if (seen > 0) {
            if (!starts(reader->rest, '.')) {
                return false;
            }
            skip(&reader->rest, 1);
        }

        uint32_t value = 0;
        size_t digits = 0;
        for (; reader->rest.len > 0 && base_is((uint8_t)reader->rest.data[0], BASE_DIGIT); digits++) {
            if ((digits > 0 && value == 0) || value > 255) {
                return false;
            }
            value = value * 10 + (uint32_t)(reader->rest.data[0] - '0');
            skip(&reader->rest, 1);
        }

        if (digits == 0 || value > 255) {
            return false;
        }
        reader->pieces[reader->count] = (uint16_t)(reader->pieces[reader->count] << 8 | value);
        reader->count += seen % 2;
    }
    return reader->rest.len == 0;
}

// One piece with the colon after it. False where that is malformed.
static bool ipv6_piece(ipv6_reader_t *reader) {
    base_slice_t start = reader->rest;
    uint32_t value = 0;
    size_t digits = 0;
    while (digits < 4 && reader->rest.len > 0 && base_hex_digit((uint8_t)reader->rest.data[0]) >= 0) {
        value = value << 4 | (uint32_t)base_hex_digit((uint8_t)reader->rest.data[0]);
        skip(&reader->rest, 1);
        digits++;
    }

    if (starts(reader->rest, '.')) {
        reader->rest = start;
        return digits > 0 && ipv6_tail(reader);
    }

    if (starts(reader->rest, ':')) {
        skip(&reader->rest, 1);
        if (reader->rest.len == 0) {
            return false;
        }
    } else if (reader->rest.len > 0) {
        return false;
    }

    reader->pieces[reader->count++] = (uint16_t)value;
    return true;
}

static bool parse_ipv6(base_slice_t text, uint16_t pieces[8]) {
    ipv6_reader_t reader = {.rest = text, .compress = -1};
    if (starts(text, ':')) {
        if (text.len < 2 || text.data[1] != ':') {
            return false;
        }
        skip(&reader.rest, 2);
        reader.compress = 0;
    }

    while (reader.rest.len > 0) {
        if (taken(&reader) == 8) {
            return false;
        }
        if (starts(reader.rest, ':')) {
            if (reader.compress >= 0) {
                return false;
            }
            skip(&reader.rest, 1);
            reader.compress = reader.count;
        } else if (!ipv6_piece(&reader)) {
            return false;
        }
    }

    if (reader.compress < 0 && reader.count != 8) {
        return false;
    }

    int head = reader.compress < 0 ? reader.count : reader.compress;
    memset(pieces, 0, 8 * sizeof(pieces[0]));
    memcpy(pieces, reader.pieces, (size_t)head * sizeof(pieces[0]));
    memcpy(pieces + 8 - (reader.count - head), reader.pieces + head, (size_t)(reader.count - head) * sizeof(pieces[0]));
    return true;
}

// The first longest run of at least two zero pieces, or -1.
static int longest_zeros(const uint16_t pieces[8], int *length) {
    int best = -1;
    *length = 1;
    for (int i = 0; i < 8; i++) {
        int end = i;
        while (end < 8 && pieces[end] == 0) {
            end++;
        }
        if (end - i > *length) {
            best = i;
            *length = end - i;
        }
        i = end;
    }
    return best;
}

static void put_ipv6(JSContext *ctx, web_buf_t *out, const uint16_t pieces[8]) {
    char text[42];
    size_t len = 0;
    int zeros, start = longest_zeros(pieces, &zeros);
    text[len++] = '[';
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            text[len++] = ':';
            if (i == 0) {
                text[len++] = ':';
            }
            i += zeros - 1;
            continue;
        }

        bool leading = true;
        for (int shift = 12; shift >= 0; shift -= 4) {
            unsigned digit = pieces[i] >> shift & 15;
            leading = leading && digit == 0 && shift > 0;
            if (!leading) {
                text[len++] = base_to_hex(digit);
            }
        }
        if (i < 7) {
            text[len++] = ':';
        }
    }
    text[len++] = ']';
    web_buf_put(ctx, out, text, len);
}

// ---- domains ----

// 0 to 35 for a letter or digit of Punycode in lower case, or -1.
static int punycode_digit(char c) {
    if (base_is((uint8_t)c, BASE_LOWER)) {
        return c - 'a';
    }
    return base_is((uint8_t)c, BASE_DIGIT) ? c - '0' + 26 : -1;
}

// RFC 3492, section 6.1.
static uint32_t adapt(uint32_t delta, uint32_t count, bool first) {
    uint32_t k = 0;
    delta = first ? delta / 700 : delta / 2;
    delta += delta / count;
    for (; delta > 455; k += 36) {
        delta /= 35;
    }
    return k + 36 * delta / (delta + 38);
}

// Reads one delta of Punycode (RFC 3492, section 6.2) from the front of the text. False where there is none.
static bool take_delta(base_slice_t *text, uint32_t bias, uint32_t *delta) {
    uint64_t sum = 0, weight = 1;
    for (uint32_t k = 36; text->len > 0; k += 36) {
        int digit = punycode_digit(text->data[0]);
        uint32_t threshold = k <= bias ? 1 : k - bias;
        threshold = threshold > 26 ? 26 : threshold;
        if (digit < 0) {
            return false;
        }

        text->data++;
        text->len--;
        sum += (uint64_t)digit * weight;
        if (sum > INT32_MAX) {
            return false;
        }
        if ((uint32_t)digit < threshold) {
            *delta = (uint32_t)sum;
            return true;
        }

        weight *= 36 - threshold;
        if (weight > INT32_MAX) {
            return false;
        }
    }
    return false;
}

// Whether the text, what follows "xn--" in a label, stands for one with a character beyond ASCII.
static bool is_punycode(base_slice_t text) {
    uint32_t count = 0, code_point = 128, bias = 72, place = 0;
    for (size_t i = 0; i < text.len; i++) {
        count = text.data[i] == '-' ? (uint32_t)i : count;
    }

    size_t skipped = count + (text.len > 0 && text.data[count] == '-');
    text = (base_slice_t){text.data + skipped, text.len - skipped};
    if (text.len == 0) {
        return false;
    }

    for (bool first = true; text.len > 0; first = false) {
        uint32_t delta;
        if (!take_delta(&text, bias, &delta)) {
            return false;
        }
        count++;
        bias = adapt(delta, count, first);
        place += delta;
        code_point += place / count;
        place = place % count + 1;
        if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)) {
            return false;
        }
    }
    return true;
}

// Whether the labels of a domain in lower case that say so are in Punycode.
static bool labels_valid(base_slice_t domain) {
    while (domain.len > 0) {
        const char *dot = memchr(domain.data, '.', domain.len);
        size_t len = dot == NULL ? domain.len : (size_t)(dot - domain.data);
        if (len >= 4 && memcmp(domain.data, "xn--", 4) == 0 && !is_punycode((base_slice_t){domain.data + 4, len - 4})) {
            return false;
        }
        len += dot != NULL;
        domain = (base_slice_t){domain.data + len, domain.len - len};
    }
    return true;
}

// ---- any host ----

// Appends a domain in lower case, or the IPv4 address that it stands for.
static bool put_domain(JSContext *ctx, web_buf_t *out, base_slice_t input) {
    web_buf_put(ctx, out, input.data, input.len);
    out->len = base_percent_decode(out->data, out->data, out->len, false);
    for (size_t i = 0; i < out->len; i++) {
        if (is_forbidden_domain((unsigned char)out->data[i])) {
            return false;
        }
        out->data[i] = (char)base_lower((uint8_t)out->data[i]);
    }

    base_slice_t domain = {out->data, out->len};
    if (domain.len > 0 && ends_in_number(domain)) {
        uint32_t address;
        if (!parse_ipv4(domain, &address)) {
            return false;
        }
        out->len = 0;
        put_ipv4(ctx, out, address);
        return true;
    }
    return domain.len > 0 && labels_valid(domain);
}

bool web_url_parse_host(JSContext *ctx, web_buf_t *out, base_slice_t input, bool special) {
    out->len = 0;
    if (starts(input, '[')) {
        uint16_t pieces[8];
        if (input.data[input.len - 1] != ']' || !parse_ipv6((base_slice_t){input.data + 1, input.len - 2}, pieces)) {
            return false;
        }
        put_ipv6(ctx, out, pieces);
        return true;
    }

    if (special) {
        return put_domain(ctx, out, input);
    }

    for (size_t i = 0; i < input.len; i++) {
        if (is_forbidden_host((unsigned char)input.data[i])) {
            return false;
        }
    }
    web_percent_encode(ctx, out, input, WEB_ENCODE_C0);
    return true;
}
