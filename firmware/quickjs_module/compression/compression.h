// CompressionStream and DecompressionStream (Compression standard), with zlib.
//
// A stream in use takes memory of the call: with a window of 32 KB, the largest, 268 KB to compress and 40 KB to
// decompress. Where less is left, windows are smaller; see compression.c.

#ifndef EDGELET_COMPRESSION_H
#define EDGELET_COMPRESSION_H

#include "isolate/extension.h"

extern extension_t compression_extension;

// All at once, of bytes that stay: a Uint8Array; an exception; or where the data is at fault a text that says how.

// The number of a format by its name (gzip, deflate or deflate-raw); -1 with a pending TypeError.
int compression_format(JSContext *ctx, JSValueConst name);
// level: 0 to 9, or -1 for zlib's own.
JSValue compression_compress(JSContext *ctx, int format, int level, base_slice_t data);
// Members of gzip that follow each other are one; what else follows is passed over. A RangeError beyond `most` bytes.
JSValue compression_decompress(JSContext *ctx, int format, base_slice_t data, uint64_t most);
// The CRC-32 of gzip; `before` is that of what comes before the data, 0 of nothing.
uint32_t compression_crc32(uint32_t before, base_slice_t data);

#endif // EDGELET_COMPRESSION_H
