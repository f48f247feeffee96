// The ESP32s' engines for SHA-256, by the functions and the locks of ESP-IDF's mbedTLS, which uses them for Wi-Fi and
// TLS. See port_sha256.h. Nothing here has run yet.

#if defined(ESP_PLATFORM)

#include "hal/sha_hal.h"
#include "soc/soc_caps.h"

#include "port/port_sha256.h"

#if SOC_SHA_SUPPORT_PARALLEL_ENG

#include "sha/sha_parallel_engine.h"

bool port_sha256_lock(void) {
    return esp_sha_try_lock_engine(SHA2_256);
}

void port_sha256_unlock(void) {
    esp_sha_unlock_engine(SHA2_256);
}

void port_sha256_block(const uint32_t block[16], bool first) {
    esp_sha_block(SHA2_256, block, first);
}

void port_sha256_digest(uint32_t digest[8]) {
    esp_sha_read_digest_state(SHA2_256, digest);
    for (int i = 0; i < 8; i++) {
        digest[i] = __builtin_bswap32(digest[i]);
    }
}

#else

#include "sha/sha_dma.h"

// ESP-IDF has no way to ask whether somebody has it: those who do have it for the time of a TLS record at most.
bool port_sha256_lock(void) {
    esp_sha_acquire_hardware();
    return true;
}

void port_sha256_unlock(void) {
    esp_sha_release_hardware();
}

void port_sha256_block(const uint32_t block[16], bool first) {
    sha_hal_hash_block(SHA2_256, block, 16, first);
}

// Words as they lie in memory.
void port_sha256_digest(uint32_t digest[8]) {
    sha_hal_wait_idle();
    sha_hal_read_digest(SHA2_256, digest);
}

#endif

#endif // defined(ESP_PLATFORM)
