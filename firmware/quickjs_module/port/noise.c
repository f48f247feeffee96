// Health tests of a noise source. See noise.h.

#include "port/noise.h"

// Section 4.4.1.
static bool repeats(noise_t *noise, uint8_t sample) {
    noise->repeats = noise->repeats > 0 && sample == noise->last ? noise->repeats + 1 : 1;
    noise->last = sample;
    return noise->repeats >= NOISE_REPEATS_MAX;
}

// Section 4.4.2.
static bool prevails(noise_t *noise, uint8_t sample) {
    if (noise->seen == 0) {
        noise->first = sample;
        noise->equal = 0;
    }
    noise->equal += sample == noise->first;
    noise->seen = (noise->seen + 1) % NOISE_WINDOW;
    return noise->equal >= NOISE_EQUAL_MAX;
}

bool noise_is_sound(noise_t *noise, uint8_t sample) {
    bool repeated = repeats(noise, sample);
    if (prevails(noise, sample) || repeated) {
        *noise = (noise_t){0};
        return false;
    }
    return true;
}
