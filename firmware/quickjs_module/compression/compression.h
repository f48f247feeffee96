// CompressionStream and DecompressionStream (Compression standard), with zlib.
//
// A stream in use takes memory of the call: with a window of 32 KB, the largest, 268 KB to compress and 40 KB to
// decompress. Where less is left, windows are smaller; see compression.c.

#ifndef EDGELET_COMPRESSION_H
#define EDGELET_COMPRESSION_H

#include "isolate/extension.h"

extern extension_t compression_extension;

#endif // EDGELET_COMPRESSION_H
