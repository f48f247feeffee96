// Unit tests of firmware/base_module: exits with 1 and says what differs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base_base64.h"
#include "base_bytes.h"
#include "base_fields.h"
#include "base_secret.h"
#include "base_text.h"
#include "base_utf8.h"

static int failures;

static void check(bool ok, const char *what, int which) {
    if (!ok) {
        failures++;
        printf("FAIL %s: %d\n", what, which);
    }
}

// The classes as their standards list them.
static void test_classes(void) {
    static const char alpha[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int c = 0; c < 256; c++) {
        bool letter = c != 0 && strchr(alpha, c) != NULL;
        bool digit = c != 0 && strchr("0123456789", c) != NULL;
        const char *hex = c == 0 ? NULL : strchr("0123456789abcdef0123456789ABCDEF", c);
        check(base_is((uint8_t)c, BASE_ALPHA) == letter, "alpha", c);
        check(base_is((uint8_t)c, BASE_UPPER) == (c >= 'A' && c <= 'Z'), "upper", c);
        check(base_is((uint8_t)c, BASE_DIGIT) == digit, "digit", c);
        check(base_is((uint8_t)c, BASE_HEX) == (hex != NULL), "hex", c);
        check(base_hex_digit((uint8_t)c) == (hex == NULL ? -1 : (int)strtol((char[]){(char)c, 0}, NULL, 16)),
            "hex digit", c);
        check(base_lower((uint8_t)c) == (c >= 'A' && c <= 'Z' ? c + 32 : c), "lower", c);

        bool token = letter || digit || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
        bool name = letter || digit || (c != 0 && strchr("-._~!$&'()*+,;=%", c) != NULL);
        check(base_is((uint8_t)c, BASE_TOKEN) == token, "token", c);
        check(base_is((uint8_t)c, BASE_REG_NAME) == name, "reg-name", c);
        check(base_is((uint8_t)c, BASE_TARGET) == (c > 0x20 && c < 0x7f && c != '#'), "target", c);
    }
}

static void test_equal_nocase(void) {
    check(base_equal_nocase("Content-Type", 12, "content-type"), "nocase", 1);
    check(base_equal_nocase("content-type", 12, "CONTENT-TYPE"), "nocase", 2);
    check(base_equal_nocase("", 0, ""), "nocase", 3);
    check(!base_equal_nocase("content-type", 11, "content-type"), "nocase", 4);
    check(!base_equal_nocase("content-typed", 13, "content-type"), "nocase", 5);
    // Pairs that differ by the bit that tells the cases apart, and are no letters.
    check(!base_equal_nocase("@", 1, "`"), "nocase", 6);
    check(!base_equal_nocase("[", 1, "{"), "nocase", 7);
    check(!base_equal_nocase("\r", 1, "-"), "nocase", 8);
    check(!base_equal_nocase("a\0b", 3, "a"), "nocase", 9);
    check(!base_equal_nocase("\0", 1, " "), "nocase", 10);
}

static void expect_decoded(const char *text, bool plus, const char *expected, int which) {
    char out[32];
    size_t len = base_percent_decode(out, text, strlen(text), plus);
    check(len == strlen(expected) && memcmp(out, expected, len) == 0, "percent", which);
}

static void test_percent_decode(void) {
    expect_decoded("a%20b+c", false, "a b+c", 1);
    expect_decoded("a%20b+c", true, "a b c", 2);
    expect_decoded("%e2%82%AC", false, "\xe2\x82\xac", 3);
    expect_decoded("%", false, "%", 4);
    expect_decoded("%4", false, "%4", 5);
    expect_decoded("%4g%41", false, "%4gA", 6);
    expect_decoded("%%41", false, "%A", 7);
    expect_decoded("%2541", false, "%41", 8);
    char text[] = "x%3dy";
    size_t len = base_percent_decode(text, text, 5, false);
    check(len == 3 && memcmp(text, "x=y", 3) == 0, "in place", 0);
}

static void test_numbers(void) {
    static const uint32_t numbers[] = {0, 7, 10, 80, 443, 65535, 1000000000, UINT32_MAX};
    for (int i = 0; i < 8; i++) {
        char out[BASE_DECIMAL_MAX], expected[16];
        snprintf(expected, sizeof(expected), "%u", (unsigned)numbers[i]);
        size_t len = base_put_decimal(out, numbers[i]);
        check(len == strlen(expected) && memcmp(out, expected, len) == 0, "decimal", i);
    }
    uint8_t p[9] = {0};
    check(base_put_u32_le(base_put_u16_le(p, 0x0102), 0xa3040506) == p + 6, "little endian end", 0);
    check(memcmp(p, "\x02\x01\x06\x05\x04\xa3", 6) == 0, "little endian", 0);
    check(base_get_u16_le(p) == 0x0102 && base_get_u32_le(p + 2) == 0xa3040506, "read back", 0);
    check(base_put_u64_be(p, 0xf102030405060708) == p + 8, "big endian end", 0);
    check(memcmp(p, "\xf1\x02\x03\x04\x05\x06\x07\x08", 9) == 0, "big endian", 0);
}

static void test_uuid(void) {
    uint8_t random[16];
    char text[BASE_UUID_SIZE];
    memset(random, 0xff, sizeof(random));
    base_put_uuid(text, random);
    check(memcmp(text, "ffffffff-ffff-4fff-bfff-ffffffffffff", 36) == 0, "uuid", 1);
    memset(random, 0, sizeof(random));
    base_put_uuid(text, random);
    check(memcmp(text, "00000000-0000-4000-8000-000000000000", 36) == 0, "uuid", 2);
    for (int i = 0; i < 16; i++) {
        random[i] = (uint8_t)(i << 4 | (15 - i));
    }
    base_put_uuid(text, random);
    check(memcmp(text, "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0", 36) == 0, "uuid", 3);
}

static void test_secrets(void) {
    char a[] = "secret", b[] = "secret";
    check(base_equal_secret(a, b, 6) && base_equal_secret(a, "x", 0), "equal", 1);
    b[5] ^= 1;
    check(!base_equal_secret(a, b, 6) && base_equal_secret(a, b, 5), "equal", 2);
    base_wipe(a, 6);
    check(memcmp(a, "\0\0\0\0\0\0", 6) == 0, "wipe", 0);
}

static void expect_prefix(const char *text, size_t good, size_t bad, bool cut, int which) {
    size_t found_bad = 0;
    bool found_cut = false;
    size_t len = base_utf8_prefix(text, strlen(text), &found_bad, &found_cut);
    check(len == good, "prefix", which);
    check(good == strlen(text) || (found_bad == bad && found_cut == cut), "what follows the prefix", which);
    check(base_is_utf8(text, strlen(text)) == (good == strlen(text)), "is utf8", which);
}

static void test_utf8(void) {
    expect_prefix("", 0, 0, false, 1);
    expect_prefix("abc", 3, 0, false, 2);
    expect_prefix("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, 0, false, 3);
    expect_prefix("a\xc0\x80", 1, 1, false, 4);    // overlong
    expect_prefix("\xe0\x9f\xbf", 0, 1, false, 5); // overlong
    expect_prefix("\xed\xa0\x80", 0, 1, false, 6); // a surrogate
    expect_prefix("\xed\x9f\xbf\xee\x80\x80", 6, 0, false, 7);
    expect_prefix("\xf4\x90\x80\x80", 0, 1, false, 8); // beyond U+10FFFF
    expect_prefix("\xf4\x8f\xbf\xbf", 4, 0, false, 9);
    expect_prefix("x\xf0\x9f\x98", 1, 3, true, 10);
    expect_prefix("x\xf0\x9f\x98y", 1, 3, false, 11);
    expect_prefix("\xff", 0, 1, false, 12);
    check(base_ascii_prefix("ab\x80", 3) == 2, "ascii prefix", 0);

    static const char text[] = "a\xe2\x82\xac\xf0\x9f\x98\x80";
    static const size_t cuts[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    for (size_t room = 0; room < 10; room++) {
        check(base_utf8_cut(text, 8, room) == cuts[room], "cut", (int)room);
    }
}

static void expect_base64(const char *bytes, size_t len, const char *padded, const char *url, int which) {
    char text[BASE_BASE64_SIZE(8)], back[8];
    size_t back_len;
    size_t digits = base_base64_encode(text, bytes, len);
    check(digits == strlen(padded) && memcmp(text, padded, digits) == 0, "base64", which);
    check(base_base64_decode(back, &back_len, text, digits) && back_len == len && memcmp(back, bytes, len) == 0,
        "base64 back", which);
    digits = base_base64url_encode(text, bytes, len);
    check(digits == strlen(url) && memcmp(text, url, digits) == 0, "base64url", which);
    check(base_base64url_decode(back, &back_len, text, digits) && back_len == len && memcmp(back, bytes, len) == 0,
        "base64url back", which);
}

static void test_base64(void) {
    char out[16];
    size_t len;
    expect_base64("", 0, "", "", 1);
    expect_base64("f", 1, "Zg==", "Zg", 2);
    expect_base64("fo", 2, "Zm8=", "Zm8", 3);
    expect_base64("foo", 3, "Zm9v", "Zm9v", 4);
    expect_base64("\xfb\xff\xfe", 3, "+//+", "-__-", 5);
    check(!base_base64_decode(out, &len, "Zg==x", 5), "no base64", 1);
    check(!base_base64_decode(out, &len, "Z", 1), "no base64", 2);
    check(base_base64_decode(out, &len, "-__-", 4), "either alphabet", 0);
    static const char *const refused[] = {"Zg==", "+//+", "Zh", "Zm9", "Z", "Z g", "Zm9v="};
    for (int i = 0; i < 7; i++) {
        check(!base_base64url_decode(out, &len, refused[i], strlen(refused[i])), "no base64url", i);
    }
    check(base_base64url_decode(out, &len, NULL, 0) && len == 0, "nothing", 0);
}

static void test_framing_fields(void) {
    static const char *const framing[] = {"connection", "content-length", "DATE", "Keep-Alive", "proxy-connection",
        "TE", "trailer", "Transfer-Encoding", "upgrade"};
    static const char *const others[] = {"", "connections", "content-type", "dat", "t", "tea", "trailers", "host"};
    for (int i = 0; i < 9; i++) {
        check(base_is_framing_field(framing[i], strlen(framing[i])), framing[i], i);
    }
    for (int i = 0; i < 8; i++) {
        check(!base_is_framing_field(others[i], strlen(others[i])), others[i], i);
    }
}

int main(void) {
    test_classes();
    test_equal_nocase();
    test_percent_decode();
    test_numbers();
    test_uuid();
    test_secrets();
    test_utf8();
    test_base64();
    test_framing_fields();
    return failures != 0;
}
