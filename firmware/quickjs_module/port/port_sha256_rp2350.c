// RP2350's engine for SHA-256 (its datasheet, section 12.13). See port_sha256.h.

#if PICO_RP2350

#include "hardware/structs/sha256.h"
#include "pico/bootrom/lock.h"

#include "port/port_sha256.h"

// The lock that the chip's boot ROM and the SDK's pico_sha256 take: it is hardware, and holds between the cores, too.
bool port_sha256_lock(void) {
    if (!bootrom_try_acquire_lock(BOOTROM_LOCK_SHA_256)) {
        return false;
    }
    // Whatever it was left in, an error too, it begins anew and is ready at once. It takes words in the order of
    // memory.
    sha256_hw->csr = SHA256_CSR_BSWAP_BITS | SHA256_CSR_ERR_WDATA_NOT_RDY_BITS | SHA256_CSR_START_BITS;
    if ((sha256_hw->csr & SHA256_CSR_WDATA_RDY_BITS) == 0) {
        port_sha256_unlock();
        return false;
    }
    return true;
}

void port_sha256_unlock(void) {
    bootrom_release_lock(BOOTROM_LOCK_SHA_256);
}

static void rp2350_wait(uint32_t flag) {
    while ((sha256_hw->csr & flag) == 0) {
        // 57 clock cycles at most.
    }
}

void port_sha256_block(const uint32_t block[16], bool first) {
    if (first) {
        sha256_hw->csr = SHA256_CSR_BSWAP_BITS | SHA256_CSR_START_BITS;
    }
    rp2350_wait(SHA256_CSR_WDATA_RDY_BITS);
    for (int i = 0; i < 16; i++) {
        sha256_hw->wdata = block[i];
    }
}

void port_sha256_digest(uint32_t digest[8]) {
    rp2350_wait(SHA256_CSR_SUM_VLD_BITS);
    for (int i = 0; i < 8; i++) {
        digest[i] = __builtin_bswap32(sha256_hw->sum[i]);
    }
}

#endif // PICO_RP2350
