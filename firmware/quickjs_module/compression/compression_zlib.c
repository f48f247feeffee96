// What of zlib compresses, and what both ways share. See compression_zlib.h.

#include "compression/compression_zlib.h"

#include "adler32.c"
#include "crc32.c"
#include "deflate.c"
#include "trees.c"
#include "zutil.c"

const size_t compression_deflate_size = sizeof(deflate_state);
