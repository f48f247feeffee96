// Integers as bytes in either order, at any address.

#ifndef EDGELET_BASE_BYTES_H
#define EDGELET_BASE_BYTES_H

#include <stdint.h>

// Little endian. The put functions return what follows.

static inline uint16_t base_get_u16_le(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t base_get_u32_le(const uint8_t *p) {
    return base_get_u16_le(p) | (uint32_t)base_get_u16_le(p + 2) << 16;
}

static inline uint8_t *base_put_u16_le(uint8_t *p, uint16_t value) {
    *p++ = (uint8_t)value;
    *p++ = (uint8_t)(value >> 8);
    return p;
}

static inline uint8_t *base_put_u32_le(uint8_t *p, uint32_t value) {
    return base_put_u16_le(base_put_u16_le(p, (uint16_t)value), (uint16_t)(value >> 16));
}

// Big endian.

// The number whose bytes lie in memory as those of `value` in this order.
static inline uint32_t base_u32_be(uint32_t value) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap32(value);
#else
    return value;
#endif
}

static inline uint8_t *base_put_u32_be(uint8_t *p, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        *p++ = (uint8_t)(value >> shift);
    }
    return p;
}

static inline uint8_t *base_put_u64_be(uint8_t *p, uint64_t value) {
    return base_put_u32_be(base_put_u32_be(p, (uint32_t)(value >> 32)), (uint32_t)value);
}

#endif // EDGELET_BASE_BYTES_H
