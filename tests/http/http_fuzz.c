// Fuzzes firmware/http_module. With libFuzzer: clang -fsanitize=fuzzer,address,undefined -DLIBFUZZER. Without:
// http_fuzz SEED COUNT mutates the requests below; the same seed gives the same inputs. It prints how many of them the
// parser accepted, and aborts where a property does not hold:
// - parsing in pieces gives what parsing at once gives, for heads and for chunked bodies;
// - nothing beyond what has arrived is read, and nothing that arrives later changes a complete head;
// - an accepted head holds none of the ambiguities that smuggle requests, by a second, naive reading of it;
// - a body that is encoded in chunks is decoded to itself.
#include "http_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const http_limits_t limits = {.target = 64, .head = 400};
static unsigned long accepted;

static void require(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "property does not hold: %s\n", what);
        abort();
    }
}

static uint32_t random_state;

static uint32_t random_below(uint32_t n) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

// A copy in a block of just its size, so that AddressSanitizer sees a read beyond it.
static uint8_t *exact_copy(const uint8_t *data, size_t len) {
    uint8_t *copy = malloc(len + (len == 0));
    memcpy(copy, data, len);
    return copy;
}

static http_result_t parse_prefix(http_head_t *head, const uint8_t *data, size_t len) {
    uint8_t *copy = exact_copy(data, len);
    http_result_t result = http_head_parse(head, copy, len, &limits);
    free(copy);
    return result;
}

static http_result_t parse_in_pieces(http_head_t *head, const uint8_t *data, size_t len, uint32_t step) {
    http_result_t result = HTTP_MORE;
    http_head_init(head);
    for (size_t end = 0; result == HTTP_MORE && end < len;) {
        end += 1 + random_below(step);
        result = parse_prefix(head, data, end < len ? end : len);
    }
    return result;
}

static void check_span(http_span_t span, const http_head_t *head) {
    require((size_t)span.at + span.len <= head->size, "span within the head");
}

static bool line_is(const uint8_t *line, size_t n, const char *name) {
    return n >= strlen(name) && strncasecmp((const char *)line, name, strlen(name)) == 0;
}

// The naive reading: lines end with CR LF and hold no control characters; Host once in HTTP/1.1, lengths at most once.
static void check_accepted(const http_head_t *head, const uint8_t *data) {
    int hosts = 0, lengths = 0, codings = 0;
    const uint8_t *p = data + head->fields.at, *end = p + head->fields.len;
    while (p < end) {
        const uint8_t *cr = p;
        while (cr < end && (*cr >= 0x20 || *cr == '\t') && *cr != 0x7f) {
            cr++;
        }
        require(end - cr >= 2 && cr[0] == '\r' && cr[1] == '\n', "line end");
        require(p[0] > ' ' && p[0] != ':' && memchr(p, ':', cr - p) != NULL, "name and colon");
        hosts += line_is(p, cr - p, "host:");
        lengths += line_is(p, cr - p, "content-length:");
        codings += line_is(p, cr - p, "transfer-encoding:");
        p = cr + 2;
    }
    require(memcmp(end, "\r\n", 2) == 0 && end + 2 == data + head->size, "empty line");
    require(hosts == 1 || (hosts == 0 && head->minor == 0), "one Host");
    require(lengths <= 1 && (lengths == 0 || codings == 0), "one length");
    require(head->chunked == (codings > 0), "chunked");
    require(head->method.len > 0 && head->method.len <= HTTP_METHOD_MAX, "method");
    require(head->target.len <= limits.target && head->size <= limits.head, "limits");
}

// Complete, incomplete, or an error.
static http_result_t kind(http_result_t result) {
    return result == HTTP_DONE || result == HTTP_MORE ? result : HTTP_RESULT_COUNT;
}

static void fuzz_head(const uint8_t *data, size_t len) {
    http_head_t whole, pieces;
    http_head_init(&whole);
    http_result_t result = parse_prefix(&whole, data, len);
    require(result < HTTP_RESULT_COUNT, "result");
    for (uint32_t step = 1; step < 64; step *= 4) {
        http_result_t other = parse_in_pieces(&pieces, data, len, step);
        // Of several errors in a line, the one that is seen first depends on how it arrives.
        require(kind(other) == kind(result), "pieces");
        require(result != HTTP_DONE || memcmp(&whole, &pieces, sizeof(whole)) == 0, "pieces of a head");
    }
    if (result != HTTP_DONE) {
        return;
    }
    accepted++;
    check_span(whole.method, &whole);
    check_span(whole.target, &whole);
    check_span(whole.host, &whole);
    check_span(whole.fields, &whole);
    check_accepted(&whole, data);
    http_head_init(&pieces);
    require(parse_prefix(&pieces, data, whole.size) == HTTP_DONE, "nothing after the head is needed");
    require(memcmp(&whole, &pieces, sizeof(whole)) == 0, "nothing after the head matters");
}

// Decodes in pieces of at most `step` bytes; `body` receives what comes out, `*used` how much of the data went in.
static http_result_t decode_in_pieces(
    const uint8_t *data, size_t len, uint32_t step, uint8_t *body, size_t *produced, size_t *used) {
    http_chunked_t chunked;
    http_result_t result = HTTP_MORE;
    http_chunked_init(&chunked);
    *produced = *used = 0;
    while (result == HTTP_MORE && *used < len) {
        size_t n = 1 + random_below(step);
        n = n < len - *used ? n : len - *used;
        uint8_t *copy = exact_copy(data + *used, n);
        size_t in, out;
        result = http_chunked_decode(&chunked, copy, n, &in, &out);
        require(out <= in && in <= n && (in == n || result != HTTP_MORE), "progress");
        memcpy(body + *produced, copy, out);
        free(copy);
        *produced += out;
        *used += in;
    }
    return result;
}

static void fuzz_chunked(const uint8_t *data, size_t len) {
    uint8_t *one = malloc(len + 1), *other = malloc(len + 1);
    size_t produced, used, other_produced, other_used;
    http_result_t result = decode_in_pieces(data, len, len + 1, one, &produced, &used);
    for (uint32_t step = 1; step < 64; step *= 4) {
        require(decode_in_pieces(data, len, step, other, &other_produced, &other_used) == result, "chunked pieces");
        require(produced == other_produced && memcmp(one, other, produced) == 0, "chunked body");
        require(used == other_used, "end of the chunked body");
    }
    free(one);
    free(other);
}

// Encodes the data in chunks and decodes it again.
static void fuzz_round_trip(const uint8_t *data, size_t len) {
    uint8_t *encoded = malloc(7 * len + 32), *decoded = malloc(7 * len + 32);
    size_t size = 0, produced, used;
    for (size_t at = 0; at < len;) {
        size_t n = 1 + random_below(40);
        n = n < len - at ? n : len - at;
        size += sprintf((char *)encoded + size, random_below(2) ? "%x\r\n" : "0%X\r\n", (unsigned int)n);
        memcpy(encoded + size, data + at, n);
        memcpy(encoded + size + n, "\r\n", 2);
        size += n + 2;
        at += n;
    }
    size += sprintf((char *)encoded + size, "0\r\nA: b\r\n\r\n");
    memcpy(encoded + size, "GET", 3);
    require(decode_in_pieces(encoded, size + 3, 50, decoded, &produced, &used) == HTTP_DONE, "round trip");
    require(used == size && produced == len && memcmp(decoded, data, len) == 0, "round trip's body");
    free(encoded);
    free(decoded);
}

static void fuzz_scan(const uint8_t *data, size_t len) {
    uint8_t *copy = exact_copy(data, len);
    if (http_fields_scan(copy, len) == 0) {
        // What is sound as header lines of a response is so in a request, too.
        char head[2000] = "GET / HTTP/1.0\r\n";
        size_t first = strlen(head);
        if (len < sizeof(head) - first - 2) {
            http_limits_t wide = {.target = 64, .head = sizeof(head)};
            http_head_t parsed;
            memcpy(head + first, data, len);
            memcpy(head + first + len, "\r\n", 2);
            http_head_init(&parsed);
            http_result_t result = http_head_parse(&parsed, (uint8_t *)head, first + len + 2, &wide);
            require(result == HTTP_DONE || result == HTTP_BAD_HOST, "response header lines");
        }
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (random_state == 0) {
        random_state = 1;
    }
    fuzz_head(data, len);
    fuzz_chunked(data, len);
    fuzz_round_trip(data, len);
    fuzz_scan(data, len);
    return 0;
}

#ifndef LIBFUZZER

static const char *const seeds[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nPOST /x?y=%20z HTTP/1.1\r\nHost: a.b:80\r\nContent-Length: 12\r\nConnection: close\r\n\r\nhello",
    "PUT http://h.example/p HTTP/1.1\r\nHost: other\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\n",
    "OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET /a HTTP/1.1\r\nHost: [::1]:8080\r\nAccept: */*\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\nCookie: a=b\r\n\r\n",
    "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET",
    "content-type: text/html\r\nset-cookie: a=b\r\nset-cookie: c=d\r\n",
};

static const char *const pieces[] = {"\n", "\r", "\r\n", "\r\n\r\n", " ", "\t", ":", ";", ",", "\0", "\x7f", "\xff",
    "0", "Host: b\r\n", "Content-Length: 5\r\n", "content-length:0\r\n", "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\n", "HTTP/1.0", "HTTP/1.1", "http://", "chunked", "close", "ffffffff", "%", "#", "@"};

static size_t mutate(uint8_t *data, size_t len, size_t size) {
    size_t at = random_below(len + 1), n = 1 + random_below(4);
    switch (random_below(6)) {
        case 0:
            if (len > 0) {
                data[at % len] = random_below(256);
            }
            return len;
        case 1:
            if (len > 0) {
                data[at % len] ^= 1 << random_below(8);
            }
            return len;
        case 2:
            n = n < len - at ? n : len - at;
            memmove(data + at, data + at + n, len - at - n);
            return len - n;
        case 3:
            return at;
        default: {
            bool seed = random_below(8) == 0;
            const char *piece = seed ? seeds[random_below(sizeof(seeds) / sizeof(seeds[0]))]
                                     : pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
            n = strlen(piece) + (piece[0] == '\0');
            if (len + n > size) {
                return len;
            }
            memmove(data + at + n, data + at, len - at);
            memcpy(data + at, piece, n);
            return len + n;
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: http_fuzz SEED COUNT\n");
        return 2;
    }
    random_state = strtoul(argv[1], NULL, 10) | 1;
    unsigned long count = strtoul(argv[2], NULL, 10);
    for (unsigned long i = 0; i < count; i++) {
        uint8_t data[1024];
        const char *seed = seeds[random_below(sizeof(seeds) / sizeof(seeds[0]))];
        size_t len = strlen(seed);
        memcpy(data, seed, len);
        for (uint32_t n = random_below(5); n > 0; n--) {
            len = mutate(data, len, sizeof(data));
        }
        LLVMFuzzerTestOneInput(data, len);
    }
    printf("%lu inputs, %lu accepted\n", count, accepted);
    return 0;
}

#endif
