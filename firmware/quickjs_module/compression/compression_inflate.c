// What of zlib decompresses: three units, as their headers can be included once only. See compression_zlib.h.

#include "compression/compression_zlib.h"

#include "inflate.c"

const size_t compression_inflate_size = sizeof(struct inflate_state);

void compression_limit_window(z_stream *stream, unsigned bits) {
    struct inflate_state *state = (struct inflate_state *)stream->state;
    if (state->window == NULL && state->wbits > bits) {
        state->wbits = bits;
    }
}
