// See compression_inflate.c.

#include "compression/compression_zlib.h"

#include "inffast.c"
