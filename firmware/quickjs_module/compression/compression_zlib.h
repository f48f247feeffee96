// zlib, unmodified, under names that no chip's ROM or C library has (z_deflate), and without an allocator of its own:
// who makes a z_stream gives one. Not for other rooms.

#ifndef EDGELET_COMPRESSION_ZLIB_H
#define EDGELET_COMPRESSION_ZLIB_H

#include <stdint.h>
#include <string.h>

#define Z_PREFIX
#define Z_SOLO
#define ZLIB_CONST
#define HAVE_MEMCPY
#define Z_U4 uint32_t
#if UINTPTR_MAX > UINT32_MAX
#define Z_U8 uint64_t
#else
#define Z_TESTW 0 // CRC-32 byte by byte, whose table has 1 KB: those for words take 9
#endif

#include "zlib.h"

// Bytes that a stream's state takes, without windows.
extern const size_t compression_deflate_size, compression_inflate_size;

// Lets an inflating stream keep 2^bits bytes of what it has made at most, whatever its input asks for: it fails where
// it needs one before that. Nothing where it keeps some already.
void compression_limit_window(z_stream *stream, unsigned bits);

#endif // EDGELET_COMPRESSION_ZLIB_H
