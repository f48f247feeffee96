// See base_chars.h.

#include "base_chars.h"

// Letters as these rows name them: T, R, U for token, reg-name and target.
#define T BASE_TOKEN
#define R BASE_REG_NAME
#define U BASE_TARGET
#define TU (T | U)
#define RU (R | U)
#define TRU (T | R | U)

const uint8_t base_char_classes[256] = {
    ['!'] = TRU,
    ['"'] = U,
    ['#'] = T,
    ['$' ... '\''] = TRU,
    ['(' ... ')'] = RU,
    ['*' ... '+'] = TRU,
    [','] = RU,
    ['-' ... '.'] = TRU,
    ['/'] = U,
    ['0' ... '9'] = TRU | BASE_DIGIT | BASE_HEX,
    [':'] = U,
    [';'] = RU,
    ['<'] = U,
    ['='] = RU,
    ['>' ... '@'] = U,
    ['A' ... 'F'] = TRU | BASE_UPPER | BASE_HEX,
    ['G' ... 'Z'] = TRU | BASE_UPPER,
    ['[' ... ']'] = U,
    ['^'] = TU,
    ['_'] = TRU,
    ['`'] = TU,
    ['a' ... 'f'] = TRU | BASE_LOWER | BASE_HEX,
    ['g' ... 'z'] = TRU | BASE_LOWER,
    ['{'] = U,
    ['|'] = TU,
    ['}'] = U,
    ['~'] = TRU,
};
