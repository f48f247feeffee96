// What edgelet needs of RP2040 and RP2350: clocks, a tick, random bytes and faults. See port_bare.h.

#if PICO_ON_DEVICE

#include <string.h>

#include "py/mphal.h"

#include "hardware/exception.h"
#include "hardware/irq.h"
#include "hardware/structs/rosc.h"
#include "hardware/timer.h"
#include "pico/unique_id.h"
#include "pico/rand.h"

#include "base_secret.h"
#include "base_sha.h"
#include "port/noise.h"
#include "port/port.h"
#include "port/port_bare.h"
#include "port/port_cortexm.h"

// Of the four hardware alarms the SDK uses number 3 and MicroPython number 2.
#define ALARM (0)
#define TICK_US (1000)

#if PICO_RP2040
#define GUARD_EXCEPTION HARDFAULT_EXCEPTION
#else
#define GUARD_EXCEPTION USAGEFAULT_EXCEPTION
#endif

// Samples of the ring oscillator's random bit that are mixed in for each request of random bytes, and at first: 256
// bits of entropy. The datasheet (RP2040, section 2.17.5) warns that the bit is biased, and the SDK's own generator
// waits so long from one to the next, since the oscillator may tick a few times a microsecond only.
#define FIRST_SAMPLES (256 * NOISE_SAMPLES_PER_BIT)
#define SAMPLES (256)
#define SAMPLE_US (PICO_RAND_MIN_ROSC_BIT_SAMPLE_TIME_US)
// The oscillator is given up when it has failed so often on the way.
#define FAILURES_MAX (100)

static volatile bool rp2_ticking;

// PendSV runs lwIP and the radio's driver. It must give way to every other interrupt, which MicroPython sees to only
// where it has threads (pendsv_init).
void port_rp2_startup(void) {
    exception_set_priority(PENDSV_EXCEPTION, PICO_LOWEST_IRQ_PRIORITY);
}

uint64_t port_time_us(void) {
    return mp_hal_time_ns() / 1000;
}

uint64_t port_ticks_us(void) {
    return time_us_64();
}

static uint8_t sample_rosc(void) {
    busy_wait_us_32(SAMPLE_US);
    return rosc_hw->randombit & 1;
}

// Mixes `count` samples in that the health tests let pass one after the other.
static void mix_samples(mbedtls_sha256_context *sha, size_t count) {
    static noise_t noise;
    int failures = 0;
    uint32_t samples = 0;
    for (size_t i = 1; i <= count; i++) {
        uint8_t sample = sample_rosc();
        if (!noise_is_sound(&noise, sample)) {
            if (++failures == FAILURES_MAX) {
                panic("edgelet: the ring oscillator gives no random bits");
            }
            i = 0;
            continue;
        }

        samples = samples << 1 | sample;
        if (i % 32 == 0) {
            (void)mbedtls_sha256_update(sha, (const uint8_t *)&samples, sizeof(samples));
        }
    }
}

static void mix_device(mbedtls_sha256_context *sha) {
    pico_unique_board_id_t id;
    pico_get_unique_board_id(&id);
    (void)mbedtls_sha256_update(sha, id.id, sizeof(id.id));
    uint64_t now[] = {time_us_64(), mp_hal_time_ns()};
    (void)mbedtls_sha256_update(sha, (const uint8_t *)now, sizeof(now));
#if PICO_RP2350
    // From the true random number generator.
    rng_128_t random;
    get_rand_128(&random);
    (void)mbedtls_sha256_update(sha, (const uint8_t *)&random, sizeof(random));
#endif
}

static void start(mbedtls_sha256_context *sha) {
    mbedtls_sha256_init(sha);
    (void)mbedtls_sha256_starts(sha, 0);
}

static void hash_block(const uint8_t pool[32], uint32_t number, uint8_t digest[32]) {
    mbedtls_sha256_context sha;
    start(&sha);
    (void)mbedtls_sha256_update(&sha, pool, 32);
    (void)mbedtls_sha256_update(&sha, (const uint8_t *)&number, sizeof(number));
    (void)mbedtls_sha256_finish(&sha, digest);
}

// A pool of which SHA-256 keeps what was ever mixed in, and from which it derives the output. Block 0 becomes the next
// pool, so that one that is found out tells nothing about what was given before.
void port_random(void *buf, size_t len) {
    static uint8_t pool[32];
    static bool seeded;
    mbedtls_sha256_context sha;
    start(&sha);
    (void)mbedtls_sha256_update(&sha, pool, sizeof(pool));
    mix_device(&sha);
    mix_samples(&sha, seeded ? SAMPLES : FIRST_SAMPLES);
    (void)mbedtls_sha256_finish(&sha, pool);
    seeded = true;

    uint8_t block[32];
    uint8_t *to = buf;
    for (uint32_t number = 1; len > 0; number++) {
        size_t n = len < sizeof(block) ? len : sizeof(block);
        hash_block(pool, number, block);
        memcpy(to, block, n);
        to += n;
        len -= n;
    }

    hash_block(pool, 0, block);
    memcpy(pool, block, sizeof(pool));
    base_wipe(block, sizeof(block));
}

static void rp2_set_alarm(void) {
    while (rp2_ticking && hardware_alarm_set_target(ALARM, make_timeout_time_us(TICK_US))) {
        // That time has passed already.
    }
}

static void alarm(unsigned int number) {
    (void)number;
    bare_tick();
    rp2_set_alarm();
}

void cortexm_board_init(void) {
    cortexm_next_fault = exception_get_vtable_handler(GUARD_EXCEPTION);
    exception_set_exclusive_handler(GUARD_EXCEPTION, cortexm_fault);
    hardware_alarm_claim(ALARM);
    hardware_alarm_set_callback(ALARM, alarm);
}

void bare_board_tick_start(void) {
    rp2_ticking = true;
    rp2_set_alarm();
}

void bare_board_tick_stop(void) {
    rp2_ticking = false;
    hardware_alarm_cancel(ALARM);
}

// There is no RAM for images: they are in the flash.
void *port_image_alloc(size_t size) {
    (void)size;
    return NULL;
}

void port_image_free(void *block, size_t size) {
    (void)block;
    (void)size;
}

#endif // PICO_ON_DEVICE
