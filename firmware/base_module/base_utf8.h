// UTF-8 (Unicode 15, section 3.9).

#ifndef EDGELET_BASE_UTF8_H
#define EDGELET_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

// U+FFFD, which stands for what is ill-formed.
#define BASE_UTF8_REPLACEMENT "\xef\xbf\xbd"
#define BASE_UTF8_REPLACEMENT_SIZE (3)

// Length of the leading part that is ASCII.
size_t base_ascii_prefix(const char *text, size_t len);
// Length of the leading part that is well-formed UTF-8. Where that is not all: *bad is the length of the maximal
// ill-formed part that follows, *cut whether the text ends within a sequence that was well-formed so far.
size_t base_utf8_prefix(const char *text, size_t len, size_t *bad, bool *cut);
bool base_is_utf8(const char *text, size_t len);
// The length to which a text of `len` bytes is cut so that it has at most `room` and ends with a whole character.
size_t base_utf8_cut(const char *text, size_t len, size_t room);

#endif // EDGELET_BASE_UTF8_H
