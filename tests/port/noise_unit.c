// noise.c on the host. Prints the numbers of its header, and ends with status 0 or says which check failed.

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "port/noise.h"

#define MANY (1000000)

// 1 with a probability of `thousandths`, and the same at each run of this program.
static uint8_t sample(unsigned thousandths) {
    static uint64_t state = 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % 1000 < thousandths;
}

// Samples until one fails, that one included, or 0 after MANY.
static unsigned until_failure(noise_t *noise, unsigned thousandths) {
    for (unsigned i = 1; i <= MANY; i++) {
        if (!noise_is_sound(noise, sample(thousandths))) {
            return i;
        }
    }
    return 0;
}

static void check_stuck(uint8_t value) {
    noise_t noise = {0};
    for (int failures = 0; failures < 3; failures++) {
        for (int i = 1; i < NOISE_REPEATS_MAX; i++) {
            CHECK(noise_is_sound(&noise, value));
        }
        CHECK(!noise_is_sound(&noise, value));
    }
}

// A source that prevails, and is interrupted before it has repeated itself too often.
static void check_prevailing(uint8_t value) {
    noise_t noise = {0};
    int last = NOISE_EQUAL_MAX + 2; // two samples of it are others
    for (int i = 1; i < last; i++) {
        CHECK(noise_is_sound(&noise, i % 400 == 0 ? !value : value));
    }
    CHECK(!noise_is_sound(&noise, value));
}

int main(void) {
    for (uint8_t value = 0; value < 2; value++) {
        check_stuck(value);
        check_prevailing(value);
    }
    noise_t noise = {0};
    CHECK(until_failure(&noise, 500) == 0);
    CHECK(until_failure(&noise, 100) == 0);
    CHECK(until_failure(&noise, 900) == 0);
    CHECK(until_failure(&noise, 5) != 0);
    CHECK(until_failure(&noise, 995) != 0);
    printf("%d %d %d %d\n", NOISE_SAMPLES_PER_BIT, NOISE_REPEATS_MAX, NOISE_WINDOW, NOISE_EQUAL_MAX);
    return 0;
}
