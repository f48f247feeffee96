// See base_fields.h.

#include "base_fields.h"

#include <string.h>

#include "base_text.h"

bool base_is_framing_field(const void *name, size_t len) {
    static const char *const names[] = {"connection", "content-length", "date", "keep-alive", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == len && base_equal_nocase(name, len, names[i])) {
            return true;
        }
    }
    return false;
}
