#include "http_head.h"

#include <string.h>

#include "base_chars.h"

// Where the decoder is (RFC 9112 section 7.1): what the next byte belongs to.
enum {
    SIZE,          // the hexadecimal digits of a chunk's size
    BLANK,         // blanks between size and extension
    EXTENSION,     // a chunk extension, ignored
    QUOTED,        // inside a quoted string of it
    ESCAPED,       // the byte after a backslash there
    SIZE_LF,       // the LF after size and extension
    DATA,          // the chunk's data
    DATA_CR,       // the CR LF after it
    DATA_LF,       //
    TRAILER,       // the first byte of a trailer line, or the CR of the last, empty line
    TRAILER_NAME,  // the rest of a trailer's name
    TRAILER_VALUE, // a trailer's value
    TRAILER_LF,    // the LF after it
    END_LF,        // the very last LF
};

static bool is_value(uint8_t c) {
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

static http_result_t go(http_chunked_t *c, uint8_t state) {
    c->state = state;
    return HTTP_MORE;
}

// Goes on where the byte is allowed.
static http_result_t allow(bool allowed, http_result_t error) {
    return allowed ? HTTP_MORE : error;
}

// Counts a byte of extensions or trailers.
static bool extra_byte(http_chunked_t *c) {
    return ++c->extra <= HTTP_CHUNK_EXTRA_MAX;
}

static http_result_t size_byte(http_chunked_t *c, uint8_t b) {
    int digit = base_hex_digit(b);
    if (digit >= 0) {
        // Leading zeros count as well, so that a size is never longer than its value needs on any peer.
        if (c->digits == 8) {
            return HTTP_BAD_CHUNK;
        }
        c->digits++;
        c->left = c->left > (HTTP_LENGTH_MAX >> 4) ? HTTP_LENGTH_MAX : c->left << 4 | digit;
        return HTTP_MORE;
    }

    if (c->digits == 0) {
        return HTTP_BAD_CHUNK;
    }

    switch (b) {
        case '\r':
            return go(c, SIZE_LF);
        case ' ':
        case '\t':
            return go(c, BLANK);
        case ';':
            return go(c, EXTENSION);
        default:
            return HTTP_BAD_CHUNK;
    }
}

static http_result_t extension_byte(http_chunked_t *c, uint8_t b) {
    if (!extra_byte(c)) {
        return HTTP_BAD_EXTENSION;
    }
    switch (c->state) {
        case BLANK:
            return b == ';' ? go(c, EXTENSION) : allow(b == ' ' || b == '\t', HTTP_BAD_CHUNK);
        case QUOTED:
            if (b == '"') {
                c->state = EXTENSION;
            } else if (b == '\\') {
                c->state = ESCAPED;
            }
            return allow(is_value(b), HTTP_BAD_CHUNK);
        case ESCAPED:
            c->state = QUOTED;
            return allow(is_value(b), HTTP_BAD_CHUNK);
        default:
            if (b == '\r') {
                return go(c, SIZE_LF);
            }
            c->state = b == '"' ? QUOTED : EXTENSION;
            return allow(is_value(b), HTTP_BAD_CHUNK);
    }
}

static http_result_t trailer_byte(http_chunked_t *c, uint8_t b) {
    if (!extra_byte(c)) {
        return HTTP_TRAILER_TOO_LARGE;
    }
    switch (c->state) {
        case TRAILER:
            c->state = b == '\r' ? END_LF : TRAILER_NAME;
            return allow(b == '\r' || base_is(b, BASE_TOKEN), HTTP_BAD_FIELD);
        case TRAILER_NAME:
            return b == ':' ? go(c, TRAILER_VALUE) : allow(base_is(b, BASE_TOKEN), HTTP_BAD_FIELD);
        case TRAILER_VALUE:
            return b == '\r' ? go(c, TRAILER_LF) : allow(is_value(b), HTTP_BAD_VALUE);
        default:
            return b == '\n' ? go(c, TRAILER) : HTTP_BAD_LINE_END;
    }
}

// One byte that is not data.
static http_result_t framing_byte(http_chunked_t *c, uint8_t b) {
    switch (c->state) {
        case SIZE:
            return size_byte(c, b);
        case BLANK:
        case EXTENSION:
        case QUOTED:
        case ESCAPED:
            return extension_byte(c, b);
        case SIZE_LF:
            c->state = c->left ? DATA : TRAILER;
            return allow(b == '\n', HTTP_BAD_LINE_END);
        case DATA_CR:
            return b == '\r' ? go(c, DATA_LF) : HTTP_BAD_CHUNK;
        case DATA_LF:
            c->digits = 0;
            return b == '\n' ? go(c, SIZE) : HTTP_BAD_LINE_END;
        case END_LF:
            return b == '\n' ? HTTP_DONE : HTTP_BAD_LINE_END;
        default:
            return trailer_byte(c, b);
    }
}

void http_chunked_init(http_chunked_t *c) {
    memset(c, 0, sizeof(*c));
}

http_result_t http_chunked_decode(http_chunked_t *c, uint8_t *buf, size_t len, size_t *used, size_t *produced) {
    http_result_t result = HTTP_MORE;
    *used = *produced = 0;
    while (result == HTTP_MORE && *used < len) {
        if (c->state != DATA) {
            result = framing_byte(c, buf[(*used)++]);
            continue;
        }

        size_t n = len - *used < c->left ? len - *used : c->left;
        memmove(buf + *produced, buf + *used, n);
        *used += n;
        *produced += n;
        c->left -= n;
        if (c->left == 0) {
            c->state = DATA_CR;
        }
    }
    return result;
}
