// Unit tests of firmware/http_module: exits with 1 and says what differs where the parser is wrong.
#include "http_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const http_limits_t limits = {.target = 200, .head = 2000};
static int failures;

static const char *const names[] = {
#define NAME(name, status, text) #name,
    HTTP_RESULTS(NAME)};

static void check(bool ok, const char *what, const char *input) {
    if (!ok) {
        failures++;
        printf("FAIL %s: %s\n", what, input);
    }
}

static http_result_t parse(http_head_t *head, const char *text) {
    http_head_init(head);
    return http_head_parse(head, (const uint8_t *)text, strlen(text), &limits);
}

static void expect(http_result_t expected, const char *text) {
    http_head_t head;
    http_result_t result = parse(&head, text);
    if (result != expected) {
        failures++;
        printf("FAIL %s instead of %s:\n%s\n", names[result], names[expected], text);
    }
}

static void expect_span(const char *text, http_span_t span, const char *expected) {
    bool ok = span.len == strlen(expected) && memcmp(text + span.at, expected, span.len) == 0;
    if (!ok) {
        printf("%.*s instead of %s\n", (int)span.len, text + span.at, expected);
    }
    check(ok, "span", text);
}

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

static void test_request_line(void) {
    expect(HTTP_DONE, GET HOST "\r\n");
    expect(HTTP_DONE, "\r\n\r\n" GET HOST "\r\n");
    expect(HTTP_DONE, "M-SEARCH /a?b=%20|{}^\"<>[]\\` HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(HTTP_DONE, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(HTTP_DONE, "GET / HTTP/1.0\r\n\r\n");
    expect(HTTP_DONE, "GET / HTTP/1.9\r\nHost: a\r\n\r\n");
    expect(HTTP_MORE, "GET / HTTP/1.1\r\nHost: a\r\n");
    expect(HTTP_MORE, "");
    expect(HTTP_MORE, "\r");
    expect(HTTP_BAD_LINE_END, "\n");
    expect(HTTP_BAD_LINE_END, "GET / HTTP/1.1\n");
    expect(HTTP_BAD_LINE_END, GET "Host: a\n\r\n");
    expect(HTTP_BAD_LINE_END, GET HOST "\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET /\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET  / HTTP/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET /  HTTP/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET / HTTP/1.1 \r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET / x HTTP/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET\t/ HTTP/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, " GET / HTTP/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "G(T / HTTP/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "G\x80T / HTTP/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET / http/1.1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET / HTTP/1.\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET / HTTP/1.10\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "GET / HTTP/1,1\r\n");
    expect(HTTP_BAD_REQUEST_LINE, "\rGET / HTTP/1.1\r\n");
    expect(HTTP_UNKNOWN_VERSION, "GET / HTTP/2.0\r\n");
    expect(HTTP_UNKNOWN_VERSION, "GET / HTTP/0.9\r\n");
    expect(HTTP_UNKNOWN_VERSION, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect(HTTP_UNKNOWN_METHOD, "CONNECT a:80 HTTP/1.1\r\n");
    expect(HTTP_DONE, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.0\r\n\r\n");
    expect(HTTP_UNKNOWN_METHOD, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.0\r\n");
    expect(HTTP_UNKNOWN_METHOD, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG");
}

static void test_targets(void) {
    expect(HTTP_BAD_TARGET, "GET * HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "OPTIONS ** HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET a HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET /#a HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET /\x7f HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET /\x01 HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET /\t HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET /\xc3\xa9 HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET ftp://a/ HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http:/a HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http:// HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http:///a HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http://:80/ HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http://u@a/ HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http://u:p@a/ HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http://a:b/ HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http://a:99999/ HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http://[::1/ HTTP/1.1\r\n");
    expect(HTTP_BAD_TARGET, "GET http://a\\b/ HTTP/1.1\r\n");
    expect(HTTP_NO_HOST, "GET http://a/ HTTP/1.1\r\n\r\n");
    static const struct {
        const char *text, *target, *host;
    } good[] = {
        {"GET http://B.c:8080/p?q HTTP/1.1\r\nHost: other\r\n\r\n", "/p?q", "B.c:8080"},
        {"GET HTTP://b HTTP/1.1\r\nHost: other\r\n\r\n", "", "b"},
        {"GET http://b?q HTTP/1.1\r\nHost: other\r\n\r\n", "?q", "b"},
        {"GET http://[::1]:80/ HTTP/1.1\r\nHost: other\r\n\r\n", "/", "[::1]:80"},
        {"GET http://b/ HTTP/1.0\r\n\r\n", "/", "b"},
        {"GET //x/y HTTP/1.1\r\nHost: other\r\n\r\n", "//x/y", "other"},
        {"GET /http://x/ HTTP/1.1\r\nHost:\tother \t\r\n\r\n", "/http://x/", "other"},
        {"GET / HTTP/1.0\r\n\r\n", "/", ""},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        http_head_t head;
        check(parse(&head, good[i].text) == HTTP_DONE, "absolute form", good[i].text);
        expect_span(good[i].text, head.target, good[i].target);
        expect_span(good[i].text, head.host, good[i].host);
        bool replaced = good[i].text[4] != '/' && strstr(good[i].text, "other") != NULL;
        expect_span(good[i].text, head.old_host, replaced ? "Host: other\r\n" : "");
    }
}

static void test_https(void) {
    static const char text[] = "GET HTTPS://b/x HTTP/1.1\r\nHost: b\r\n\r\n";
    http_limits_t secure = limits;
    http_head_t head;
    secure.secure = true;
    expect(HTTP_WRONG_SCHEME, text);
    http_head_init(&head);
    check(http_head_parse(&head, (const uint8_t *)text, strlen(text), &secure) == HTTP_DONE, "https with TLS", text);
    expect_span(text, head.target, "/x");
}

static void test_fields(void) {
    expect(HTTP_DONE, GET HOST "x:\r\nY!#$%&'*+-.^_`|~0:\t v \xff\"\t\r\n\r\n");
    expect(HTTP_BAD_FOLD, GET " Host: a\r\n");
    expect(HTTP_BAD_FOLD, GET HOST "X: 1\r\n 2\r\n");
    expect(HTTP_BAD_FOLD, GET HOST "X: 1\r\n\t2\r\n");
    expect(HTTP_BAD_FIELD, GET "Host : a\r\n");
    expect(HTTP_BAD_FIELD, GET "Host\t: a\r\n");
    expect(HTTP_BAD_FIELD, GET ": a\r\n");
    expect(HTTP_BAD_FIELD, GET "Host\r\n");
    expect(HTTP_BAD_FIELD, GET "Ho(st: a\r\n");
    expect(HTTP_BAD_FIELD, GET "Ho\x80st: a\r\n");
    expect(HTTP_BAD_VALUE, GET HOST "X: a\rb\r\n");
    expect(HTTP_BAD_VALUE, GET HOST "X: a\x01\r\n");
    expect(HTTP_BAD_VALUE, GET HOST "X: 12345678\x7f\r\n");
    expect(HTTP_BAD_VALUE, GET HOST "X: 1234567\x1f"
                                    "89012345\r\n");
    expect(HTTP_BAD_VALUE, GET HOST "X: \r\r\n");
    static const char nul[] = GET HOST "X: a\0b\r\n\r\n";
    http_head_t head;
    http_head_init(&head);
    check(http_head_parse(&head, (const uint8_t *)nul, sizeof(nul) - 1, &limits) == HTTP_BAD_VALUE, "NUL", nul);
    expect(HTTP_NO_HOST, GET "\r\n");
    expect(HTTP_DONE, GET "Host:\r\n\r\n");
    expect(HTTP_DONE, GET "hOST: a-b_c.~%41!$&'()*+,;=:65535\r\n\r\n");
    expect(HTTP_DONE, GET "Host: [fe80::1.2.3.4]\r\n\r\n");
    expect(HTTP_BAD_HOST, GET HOST HOST "\r\n");
    expect(HTTP_BAD_HOST, GET "Host: a b\r\n");
    expect(HTTP_BAD_HOST, GET "Host: a/b\r\n");
    expect(HTTP_BAD_HOST, GET "Host: a@b\r\n");
    expect(HTTP_BAD_HOST, GET "Host: a:\xb9\r\n");
    expect(HTTP_BAD_HOST, GET "Host: a:65536\r\n");
    expect(HTTP_BAD_HOST, GET "Host: a:000080\r\n");
    expect(HTTP_BAD_HOST, GET "Host: a%4\r\n");
    expect(HTTP_BAD_HOST, GET "Host: []\r\n");
    expect(HTTP_BAD_HOST, GET "Host: [::1]x\r\n");
    expect(HTTP_BAD_HOST, "GET / HTTP/1.0\r\nHost: a b\r\n");
    expect(HTTP_BAD_EXPECTATION, POST "Expect: tea\r\n");
    expect(HTTP_DONE, "POST / HTTP/1.0\r\nExpect: tea\r\n\r\n");
}

static void test_framing(void) {
    expect(HTTP_DONE, POST "Content-Length: 0\r\n\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: 1\r\nContent-Length: 1\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: 1\r\ncontent-length: 2\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: 1, 1\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length:\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: +1\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: -1\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: 0x1\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: 1 1\r\n");
    expect(HTTP_BAD_LENGTH, POST "Content-Length: \xb2\r\n");
    expect(HTTP_DONE, POST "Transfer-Encoding: chunked\r\n\r\n");
    expect(HTTP_DONE, POST "Transfer-Encoding: , CHUNKED ,\r\n\r\n");
    expect(HTTP_LENGTH_AND_CODING, POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(HTTP_LENGTH_AND_CODING, POST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n");
    expect(HTTP_LENGTH_AND_CODING, POST "Transfer-Encoding: gzip, chunked\r\nContent-Length: 1\r\n\r\n");
    expect(HTTP_UNKNOWN_CODING, POST "Transfer-Encoding: gzip, chunked\r\n\r\n");
    expect(HTTP_UNKNOWN_CODING, POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: gzip\r\n\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: identity\r\n\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding:\r\n\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: xchunked\r\n\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: chunked;x=1\r\n\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: \"chunked\"\r\n\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: chunked, chunked\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n");
    expect(HTTP_BAD_CODING, POST "Transfer-Encoding: chunked, gzip\r\n");
    expect(HTTP_BAD_CODING, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(HTTP_BAD_FIELD, POST "Transfer-Encoding : chunked\r\n");
    expect(HTTP_BAD_VALUE, POST "Transfer-Encoding:\x0b"
                                "chunked\r\n");
}

static void test_values(void) {
    static const struct {
        const char *fields;
        uint32_t length;
    } lengths[] = {{"Content-Length: 007\r\n", 7}, {"Content-Length: 1073741822\r\n", HTTP_LENGTH_MAX - 1},
        {"Content-Length: 1073741823\r\n", HTTP_LENGTH_MAX}, {"Content-Length: 1073741824\r\n", HTTP_LENGTH_MAX},
        {"Content-Length: 18446744073709551621\r\n", HTTP_LENGTH_MAX},
        {"Content-Length: 99999999999999999999999999999999\r\n", HTTP_LENGTH_MAX}, {"", 0}};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char text[200];
        http_head_t head;
        snprintf(text, sizeof(text), POST "%s\r\nrest", lengths[i].fields);
        check(parse(&head, text) == HTTP_DONE && head.length == lengths[i].length, "length", text);
        check(head.size == strlen(text) - 4 && head.fields.at == 17, "size", text);
        check(head.fields.len == strlen(text) - 4 - 2 - 17, "fields", text);
    }
    static const struct {
        const char *text;
        bool persistent;
    } connections[] = {{GET HOST "\r\n", true}, {GET HOST "Connection: close\r\n\r\n", false},
        {GET HOST "Connection: x, CLOSE\r\nConnection: keep-alive\r\n\r\n", false},
        {GET HOST "Connection: closed\r\n\r\n", true}, {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false}};
    for (size_t i = 0; i < sizeof(connections) / sizeof(connections[0]); i++) {
        http_head_t head;
        check(parse(&head, connections[i].text) == HTTP_DONE && head.persistent == connections[i].persistent,
            "persistent", connections[i].text);
    }
    http_head_t head;
    check(parse(&head, POST "Expect: 100-Continue\r\n\r\n") == HTTP_DONE && head.expect_continue, "expect", "");
    check(parse(&head, POST "Transfer-Encoding: chunked\r\n\r\n") == HTTP_DONE && head.chunked, "chunked", "");
    check(parse(&head, "GET / HTTP/1.0\r\n\r\n") == HTTP_DONE && head.minor == 0, "minor", "1.0");
}

// From both sides: at the limit it passes, one byte more and it does not, whether the rest has arrived or not.
static void test_limits(void) {
    for (uint32_t extra = 0; extra < 2; extra++) {
        char text[4000] = "GET /";
        memset(text + 5, 'a', limits.target - 1 + extra);
        text[4 + limits.target + extra] = '\0';
        http_result_t expected = extra ? HTTP_TARGET_TOO_LONG : HTTP_MORE;
        expect(expected, text);
        strcat(text, " HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(extra ? HTTP_TARGET_TOO_LONG : HTTP_DONE, text);

        strcpy(text, GET HOST "X: ");
        size_t used = strlen(text);
        memset(text + used, 'a', limits.head + extra - used);
        strcpy(text + limits.head + extra - 4, "\r\n\r\n");
        expect(extra ? HTTP_HEAD_TOO_LARGE : HTTP_DONE, text);
        text[limits.head - 1] = '\0';
        expect(HTTP_MORE, text);
        memset(text, '\n', limits.head);
        for (uint32_t i = 0; i < limits.head; i += 2) {
            text[i] = '\r';
        }
        expect(HTTP_HEAD_TOO_LARGE, text);
    }
}

// The response as `status` says, and for every result a text.
static void test_results(void) {
    for (http_result_t result = HTTP_DONE; result < HTTP_RESULT_COUNT; result++) {
        check(strlen(http_result_text(result)) > 5, "text", names[result]);
        check(http_result_status(result) >= 100 && http_result_status(result) < 600, "status", names[result]);
    }
    check(http_result_status(HTTP_TARGET_TOO_LONG) == 414, "status", "414");
    check(http_result_status(HTTP_HEAD_TOO_LARGE) == 431, "status", "431");
    check(http_result_status(HTTP_UNKNOWN_CODING) == 501, "status", "501");
    check(http_result_status(HTTP_UNKNOWN_VERSION) == 505, "status", "505");
    check(http_result_status(HTTP_LENGTH_AND_CODING) == 400, "status", "400");
}

static void expect_chunked(http_result_t expected, const char *text, const char *body, const char *rest) {
    uint8_t buf[10000];
    http_chunked_t chunked;
    size_t used, produced, len = strlen(text);
    memcpy(buf, text, len);
    http_chunked_init(&chunked);
    http_result_t result = http_chunked_decode(&chunked, buf, len, &used, &produced);
    if (result != expected) {
        failures++;
        printf("FAIL %s instead of %s: %s\n", names[result], names[expected], text);
    }
    if (result == HTTP_DONE || result == HTTP_MORE) {
        check(produced == strlen(body) && memcmp(buf, body, produced) == 0, "chunked body", text);
        check(strcmp(text + used, rest) == 0, "rest", text);
    }
}

static void test_chunked(void) {
    expect_chunked(HTTP_DONE, "0\r\n\r\n", "", "");
    expect_chunked(HTTP_DONE, "3\r\nabc\r\n0A\r\n0123456789\r\n0000\r\n\r\nGET", "abc0123456789", "GET");
    expect_chunked(HTTP_DONE, "3;a=b;c=\"d e\"\r\nabc\r\n1 \t;x\r\nd\r\n0\r\nX: 1\r\nY:\r\n\r\n", "abcd", "");
    expect_chunked(HTTP_MORE, "3\r\nab", "ab", "");
    expect_chunked(HTTP_MORE, "0\r\nX: 1\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, ";x\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "0x3\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "+3\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "-3\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, " 3\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3 \r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3 4\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "g\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "000000003\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "100000000\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3\r\nabcd\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3\r\nabc\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3;a\nb\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3;\x01\r\n", "", "");
    // A quoted string has an end, before its line has (RFC 9110, section 5.6.4).
    expect_chunked(HTTP_DONE, "1;a=\"b;\\\"\\\\\";c\r\nx\r\n0;d=\"\"\r\n\r\n", "x", "");
    expect_chunked(HTTP_BAD_CHUNK, "3;a=\"b\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3;a=\"b\\\"\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3;a=\"b\\\r\n", "", "");
    expect_chunked(HTTP_BAD_CHUNK, "3;a=\"\x01\"\r\n", "", "");
    expect_chunked(HTTP_BAD_LINE_END, "3\rx", "", "");
    expect_chunked(HTTP_BAD_LINE_END, "3;a\rb", "", "");
    expect_chunked(HTTP_BAD_LINE_END, "3\r\nabc\rx", "", "");
    expect_chunked(HTTP_BAD_LINE_END, "0\r\n\rx", "", "");
    expect_chunked(HTTP_BAD_LINE_END, "0\r\nX: 1\rx", "", "");
    expect_chunked(HTTP_BAD_FIELD, "0\r\n\n", "", "");
    expect_chunked(HTTP_BAD_FIELD, "0\r\n X: 1\r\n", "", "");
    expect_chunked(HTTP_BAD_FIELD, "0\r\n: 1\r\n", "", "");
    expect_chunked(HTTP_BAD_FIELD, "0\r\nX : 1\r\n", "", "");
    expect_chunked(HTTP_BAD_FIELD, "0\r\nX\r\n", "", "");
    expect_chunked(HTTP_BAD_VALUE, "0\r\nX: 1\n", "", "");
    expect_chunked(HTTP_BAD_VALUE, "0\r\nX: \x7f\r\n", "", "");
}

static void test_chunked_limits(void) {
    for (int extra = 0; extra < 2; extra++) {
        char text[HTTP_CHUNK_EXTRA_MAX + 100] = "0;";
        // The ";" is not counted, the CR is.
        memset(text + 2, 'a', HTTP_CHUNK_EXTRA_MAX - 1 + extra);
        strcpy(text + 2 + HTTP_CHUNK_EXTRA_MAX - 1 + extra, "\r\n");
        expect_chunked(extra ? HTTP_BAD_EXTENSION : HTTP_MORE, text, "", "");
        strcpy(text, "0\r\nX:");
        memset(text + 5, 'a', HTTP_CHUNK_EXTRA_MAX - 5 + extra);
        strcpy(text + HTTP_CHUNK_EXTRA_MAX + extra, "\r\n\r\n");
        expect_chunked(extra ? HTTP_TRAILER_TOO_LARGE : HTTP_DONE, text, "", "");
    }
}

static void test_strip(void) {
    static const struct {
        const char *lines, *own;
    } cases[] = {{"", ""}, {"a: b\r\n", "a: b\r\n"}, {"Date: x\r\n", ""}, {"te: x\r\nte: y\r\n", ""},
        {"Connection: x\r\na: b\r\ncontent-length: 1\r\ndates: c\r\nte:\r\n", "a: b\r\ndates: c\r\n"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char lines[100];
        strcpy(lines, cases[i].lines);
        size_t size = http_fields_strip((uint8_t *)lines, strlen(lines));
        check(size == strlen(cases[i].own) && memcmp(lines, cases[i].own, size) == 0, "strip", cases[i].lines);
    }
}

static void test_scan(void) {
    static const struct {
        const char *lines;
        unsigned int flags;
    } cases[] = {{"", 0}, {"a: b\r\nset-cookie: c\r\nset-cookie: d\r\n", 0}, {"a: b", HTTP_FIELDS_BAD},
        {"a: b\n", HTTP_FIELDS_BAD}, {"\r\n", HTTP_FIELDS_BAD}, {"a: b\r\n\r\n", HTTP_FIELDS_BAD},
        {"a: b\rc: d\r\n", HTTP_FIELDS_BAD}, {"a b: c\r\n", HTTP_FIELDS_BAD}, {" a: c\r\n", HTTP_FIELDS_BAD},
        {"\n", HTTP_FIELDS_BAD}, {"Content-Length: 1\r\n", HTTP_FIELDS_FRAMING},
        {"a: b\r\nTRANSFER-encoding: x\r\n", HTTP_FIELDS_FRAMING}, {"date: x\r\n", HTTP_FIELDS_FRAMING},
        {"connection: x\r\n", HTTP_FIELDS_FRAMING}, {"te: x\r\n", HTTP_FIELDS_FRAMING}, {"dates: x\r\n", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *lines = cases[i].lines;
        check(http_fields_scan((const uint8_t *)lines, strlen(lines)) == cases[i].flags, "scan", lines);
    }
}

int main(void) {
    test_request_line();
    test_targets();
    test_https();
    test_fields();
    test_framing();
    test_values();
    test_limits();
    test_results();
    test_chunked();
    test_chunked_limits();
    test_scan();
    test_strip();
    printf("%d failures\n", failures);
    return failures != 0;
}
