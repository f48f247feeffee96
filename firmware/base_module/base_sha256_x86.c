// SHA-256's compression by the SHA extensions of x86-64 processors (Intel 64 Architectures Software Developer's Manual,
// volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2), where there are any, in the place of mbedTLS' own
// (MBEDTLS_SHA256_PROCESS_ALT): a fifth of its time. mbedTLS 3.6 has those of Arm only (base_sha_port.h).

#if BASE_SHA_OF_PORT && defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include "base_sha.h"
#include "base_sha256_x86.h"

#define WITH_EXTENSIONS __attribute__((target("sha,sse4.1")))

// FIPS 180-4, section 4.2.2.
static const uint32_t sha256_constants[64] = {
    0x428a2f98,
    0x71374491,
    0xb5c0fbcf,
    0xe9b5dba5,
    0x3956c25b,
    0x59f111f1,
    0x923f82a4,
    0xab1c5ed5, //
    0xd807aa98,
    0x12835b01,
    0x243185be,
    0x550c7dc3,
    0x72be5d74,
    0x80deb1fe,
    0x9bdc06a7,
    0xc19bf174, //
    0xe49b69c1,
    0xefbe4786,
    0x0fc19dc6,
    0x240ca1cc,
    0x2de92c6f,
    0x4a7484aa,
    0x5cb0a9dc,
    0x76f988da, //
    0x983e5152,
    0xa831c66d,
    0xb00327c8,
    0xbf597fc7,
    0xc6e00bf3,
    0xd5a79147,
    0x06ca6351,
    0x14292967, //
    0x27b70a85,
    0x2e1b2138,
    0x4d2c6dfc,
    0x53380d13,
    0x650a7354,
    0x766a0abb,
    0x81c2c92e,
    0x92722c85, //
    0xa2bfe8a1,
    0xa81a664b,
    0xc24b8b70,
    0xc76c51a3,
    0xd192e819,
    0xd6990624,
    0xf40e3585,
    0x106aa070, //
    0x19a4c116,
    0x1e376c08,
    0x2748774c,
    0x34b0bcb5,
    0x391c0cb3,
    0x4ed8aa4a,
    0x5b9cca4f,
    0x682e6ff3, //
    0x748f82ee,
    0x78a5636f,
    0x84c87814,
    0x8cc70208,
    0x90befffa,
    0xa4506ceb,
    0xbef9a3f7,
    0xc67178f2, //
};

// The working variables as the instructions take them.
typedef struct {
    __m128i abef;
    __m128i cdgh;
} sha256_words_t;

static inline __m128i sha256_load(const void *bytes) {
    return _mm_loadu_si128((const __m128i *)bytes);
}

// Four rounds, the one of `constants` first.
WITH_EXTENSIONS static inline void sha256_rounds(sha256_words_t *words, __m128i schedule, const uint32_t *constants) {
    __m128i sum = _mm_add_epi32(schedule, sha256_load(constants));
    words->cdgh = _mm_sha256rnds2_epu32(words->cdgh, words->abef, sum);
    words->abef = _mm_sha256rnds2_epu32(words->abef, words->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

// The next four words of the message schedule, of the sixteen before.
WITH_EXTENSIONS static inline __m128i sha256_next(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(sum, w12);
}

WITH_EXTENSIONS void base_sha256_x86(uint32_t state[8], const unsigned char block[64]) {
    __m128i cdab = _mm_shuffle_epi32(sha256_load(state), 0xb1);
    __m128i efgh = _mm_shuffle_epi32(sha256_load(state + 4), 0x1b);
    const sha256_words_t before = {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
    sha256_words_t words = before;

    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i w0 = _mm_shuffle_epi8(sha256_load(block), big_endian);
    __m128i w4 = _mm_shuffle_epi8(sha256_load(block + 16), big_endian);
    __m128i w8 = _mm_shuffle_epi8(sha256_load(block + 32), big_endian);
    __m128i w12 = _mm_shuffle_epi8(sha256_load(block + 48), big_endian);
    for (const uint32_t *constants = sha256_constants;; constants += 16) {
        sha256_rounds(&words, w0, constants);
        sha256_rounds(&words, w4, constants + 4);
        sha256_rounds(&words, w8, constants + 8);
        sha256_rounds(&words, w12, constants + 12);
        if (constants == sha256_constants + 48) {
            break;
        }
        w0 = sha256_next(w0, w4, w8, w12);
        w4 = sha256_next(w4, w8, w12, w0);
        w8 = sha256_next(w8, w12, w0, w4);
        w12 = sha256_next(w12, w0, w4, w8);
    }

    __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(words.abef, before.abef), 0x1b);
    __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(words.cdgh, before.cdgh), 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

bool base_sha256_x86_is_there(void) {
    unsigned int eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & bit_SSE4_1) == 0 || (ecx & bit_SSSE3) == 0) {
        return false;
    }
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA) != 0;
}

int mbedtls_internal_sha256_process(mbedtls_sha256_context *ctx, const unsigned char data[64]) {
    static enum { SHA256_UNKNOWN, SHA256_PORTABLE, SHA256_EXTENSIONS } way;
    if (way == SHA256_UNKNOWN) {
        way = base_sha256_x86_is_there() ? SHA256_EXTENSIONS : SHA256_PORTABLE;
    }
    if (way == SHA256_PORTABLE) {
        return base_sha256_process(ctx, data);
    }
    base_sha256_x86(ctx->state, data);
    return 0;
}

#endif
