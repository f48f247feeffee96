// Health tests of a noise source that gives a bit a sample, without hardware: NIST SP 800-90B, section 4.4.

#ifndef EDGELET_NOISE_H
#define EDGELET_NOISE_H

#include <stdbool.h>
#include <stdint.h>

// Samples that are assumed to hold a bit of entropy together. What follows from it: a source that is as good as that
// fails once in 2^30 samples (repetition count) and windows (adaptive proportion).
#define NOISE_SAMPLES_PER_BIT (16)
// So many equal samples one after the other fail: 1 + 30 * NOISE_SAMPLES_PER_BIT.
#define NOISE_REPEATS_MAX (481)
// Samples of a window, and so many equal to its first one fail: 1 + the binomial distribution's quantile for 1 - 2^-30,
// with a probability of 2^(-1 / NOISE_SAMPLES_PER_BIT).
#define NOISE_WINDOW (1024)
#define NOISE_EQUAL_MAX (1014)

// All 0 at first.
typedef struct _noise_t {
    uint16_t repeats; // samples equal to the last one, that one included
    uint16_t seen;    // samples of the window
    uint16_t equal;   // of these, equal to its first one
    uint8_t last, first;
} noise_t;

// Tells the tests of a sample, 0 or 1. False when one of them fails: what the source has given is worth nothing then.
// The tests begin anew.
bool noise_is_sound(noise_t *noise, uint8_t sample);

#endif // EDGELET_NOISE_H
