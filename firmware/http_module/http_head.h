// The head of an HTTP/1.x request (RFC 9112), and the chunked transfer coding of its body (section 7.1).
//
// Pure C: no allocation, no input or output, no state but what the caller holds. Strict: what RFC 9112 lets a server
// repair or guess (bare LF, folded lines, a space before the colon, a repeated Content-Length) is an error, because
// two parsers that repair differently are a request-smuggling hole.
#ifndef EDGELET_HTTP_HEAD_H
#define EDGELET_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Lengths of bodies and chunks stop counting here: a small integer on every MicroPython port, beyond any body limit.
#define HTTP_LENGTH_MAX ((uint32_t)0x3fffffff)

// The longest method; the longest registered one, UPDATEREDIRECTREF, has 17 letters.
#define HTTP_METHOD_MAX (32)

// Bytes of chunk extensions and trailer lines one body may bring along.
#define HTTP_CHUNK_EXTRA_MAX (4096)

// What ends a parse: name, the status code that answers it, and a line for the client and the log.
#define HTTP_RESULTS(X)                                                                                                \
    X(HTTP_DONE, 200, "complete")                                                                                      \
    X(HTTP_MORE, 100, "more bytes are needed")                                                                         \
    X(HTTP_BAD_REQUEST_LINE, 400, "malformed request line: send METHOD SP target SP HTTP/1.1")                         \
    X(HTTP_BAD_TARGET, 400, "malformed request target: send a path or an http URL, percent-encoded")                   \
    X(HTTP_BAD_LINE_END, 400, "a line does not end with CR LF")                                                        \
    X(HTTP_BAD_FOLD, 400, "folded header lines are obsolete: send each field on one line")                             \
    X(HTTP_BAD_FIELD, 400, "malformed header line: send name, colon, value")                                           \
    X(HTTP_BAD_VALUE, 400, "control character in a header value")                                                      \
    X(HTTP_NO_HOST, 400, "a Host header is required")                                                                  \
    X(HTTP_BAD_HOST, 400, "malformed or repeated Host")                                                                \
    X(HTTP_BAD_LENGTH, 400, "malformed or repeated Content-Length")                                                    \
    X(HTTP_LENGTH_AND_CODING, 400, "Content-Length and Transfer-Encoding exclude each other")                          \
    X(HTTP_BAD_CODING, 400, "Transfer-Encoding must end with one chunked, and needs HTTP/1.1")                         \
    X(HTTP_BAD_CHUNK, 400, "malformed chunk")                                                                          \
    X(HTTP_BAD_EXTENSION, 400, "chunk extensions are too long")                                                        \
    X(HTTP_TARGET_TOO_LONG, 414, "request target is too long")                                                         \
    X(HTTP_BAD_EXPECTATION, 417, "only the expectation 100-continue is known")                                         \
    X(HTTP_WRONG_SCHEME, 421, "an https URL is for a connection with TLS")                                             \
    X(HTTP_HEAD_TOO_LARGE, 431, "request head is too large")                                                           \
    X(HTTP_TOO_MANY_FIELDS, 431, "too many header lines: send at most 256")                                            \
    X(HTTP_TRAILER_TOO_LARGE, 431, "trailer fields are too large")                                                     \
    X(HTTP_UNKNOWN_METHOD, 501, "method is not implemented")                                                           \
    X(HTTP_UNKNOWN_CODING, 501, "transfer coding is not implemented: use chunked alone")                               \
    X(HTTP_UNKNOWN_VERSION, 505, "send HTTP/1.1 or HTTP/1.0")

// Most header lines of a request: each is looked at, and takes time. No browser sends a third of that.
#define HTTP_FIELDS_MAX (256)

#define HTTP_RESULT_NAME(name, status, text) name,
typedef enum { HTTP_RESULTS(HTTP_RESULT_NAME) HTTP_RESULT_COUNT } http_result_t;
#undef HTTP_RESULT_NAME

// The status code that answers a result, and its one-line text.
uint16_t http_result_status(http_result_t result);
const char *http_result_text(http_result_t result);

// `len` bytes from offset `at` of the buffer that was parsed.
typedef struct {
    uint32_t at;
    uint32_t len;
} http_span_t;

// What a head must keep to.
typedef struct {
    uint32_t target; // most bytes of the request target (414)
    uint32_t head;   // of the whole head with its final empty line (431)
    bool secure;     // the connection has TLS, without which no https URL is asked for (421)
} http_limits_t;

// One head. Everything but the private part is valid once http_head_parse() has returned HTTP_DONE.
typedef struct {
    http_span_t method;
    http_span_t target; // path and query; for the absolute form without scheme and authority, may then lack its "/"
    http_span_t host;   // name and optional port: of the absolute form, else of the Host field; empty where neither is
    http_span_t fields; // all header lines, each with its CR LF
    http_span_t old_host; // the line of a Host field that the host of the absolute form replaces; empty where none is
    uint32_t size;        // bytes of the head, empty lines before and after it included
    uint32_t length;      // Content-Length, at most HTTP_LENGTH_MAX; 0 where there is none
    uint8_t minor;        // HTTP/1.minor: 0 or 1
    bool chunked;
    bool expect_continue; // the client waits for 100 (Continue)
    bool persistent;      // the connection may carry another request (RFC 9112 section 9.3)

    // private
    uint32_t scanned; // no line end before this offset is left to find
    uint32_t line;    // where the current line begins
    bool have_request_line, have_host, have_length, have_coding;
    bool absolute, close, keep_alive, coding_known, coding_chunked;
    uint16_t field_count;
} http_head_t;

void http_head_init(http_head_t *head);

// Parses the head at the start of `buf`, of which `len` bytes have arrived. HTTP_MORE: call again when there are more;
// what was looked at is not looked at again, and the buffer may have moved. HTTP_DONE: the head is complete and valid.
// Anything else is an error, found as early as the offending line; the connection is of no more use.
http_result_t http_head_parse(http_head_t *head, const uint8_t *buf, size_t len, const http_limits_t *limits);

// What http_fields_scan() says of header lines.
#define HTTP_FIELDS_BAD (1)     // not lines of "name: value CR LF"
#define HTTP_FIELDS_FRAMING (2) // a field that only the connection may set (base_fields.h)

// Checks the header lines of a response: a set of HTTP_FIELDS_ flags.
unsigned int http_fields_scan(const uint8_t *buf, size_t len);

// Takes the fields that only the connection may set out of header lines that are sound; how many bytes are left.
size_t http_fields_strip(uint8_t *buf, size_t len);

// The reason phrase of a status code (RFC 9110 section 15, RFC 6585), which is optional: "" for other codes.
const char *http_reason(unsigned int status);

// A chunked body being decoded.
typedef struct {
    uint32_t left;  // bytes of the current chunk still to come
    uint32_t extra; // bytes of extensions and trailers so far
    uint8_t state;
    uint8_t digits;
} http_chunked_t;

void http_chunked_init(http_chunked_t *chunked);

// Decodes in place the `len` bytes of `buf` that have arrived: the body's bytes move to its front and `*produced` is
// their number; `*used` is how many were consumed: all of them unless the result is HTTP_DONE or an error. Trailer
// fields are checked and dropped.
http_result_t http_chunked_decode(http_chunked_t *chunked, uint8_t *buf, size_t len, size_t *used, size_t *produced);

#endif
