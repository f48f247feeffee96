// See base_utf8.h.

#include "base_utf8.h"

#include <stdint.h>

size_t base_ascii_prefix(const char *text, size_t len) {
    size_t pos = 0;
    while (pos < len && ((uint8_t)text[pos] & 0x80) == 0) {
        pos++;
    }
    return pos;
}

// Bytes that follow the lead of a sequence.
static size_t trail_length(uint8_t lead) {
    if (lead >= 0xf0) {
        return 3;
    }
    return lead >= 0xe0 ? 2 : 1;
}

// The range of the byte after the lead (table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
static void second_range(uint8_t lead, uint8_t *low, uint8_t *high) {
    *low = 0x80;
    *high = 0xbf;
    switch (lead) {
        case 0xe0:
            *low = 0xa0;
            break;
        case 0xed:
            *high = 0x9f;
            break;
        case 0xf0:
            *low = 0x90;
            break;
        case 0xf4:
            *high = 0x8f;
            break;
    }
}

// Length of the well-formed sequence at `at`, or 0 with *bad set to the length of its maximal ill-formed part and *cut
// telling whether more bytes could complete it.
static size_t sequence_length(const uint8_t *at, const uint8_t *end, size_t *bad, bool *cut) {
    uint8_t lead = *at, low, high;
    if (lead < 0x80) {
        return 1;
    }
    *bad = 1;
    *cut = false;
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }

    size_t trail = trail_length(lead);
    second_range(lead, &low, &high);
    for (size_t i = 1; i <= trail; i++) {
        if (at + i >= end || at[i] < low || at[i] > high) {
            *bad = i;
            *cut = at + i >= end;
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return trail + 1;
}

size_t base_utf8_prefix(const char *text, size_t len, size_t *bad, bool *cut) {
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + len;
    at += base_ascii_prefix(text, len);
    while (at < end) {
        size_t length = sequence_length(at, end, bad, cut);
        if (length == 0) {
            break;
        }
        at += length;
    }
    return (size_t)(at - (const uint8_t *)text);
}

bool base_is_utf8(const char *text, size_t len) {
    size_t bad;
    bool cut;
    return base_utf8_prefix(text, len, &bad, &cut) == len;
}

size_t base_utf8_cut(const char *text, size_t len, size_t room) {
    if (len <= room) {
        return len;
    }
    while (room > 0 && ((uint8_t)text[room] & 0xc0) == 0x80) {
        room--;
    }
    return room;
}
