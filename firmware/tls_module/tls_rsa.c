// A verification by RSA computes in parts.
//
// It raises the signature to the power of the key's exponent, mostly 65,537, modulo the key: some twenty Montgomery
// multiplications (left to right, binary: Handbook of Applied Cryptography, 14.79 and 14.94), each of which takes
// milliseconds on a board. mbedTLS does all of them at once. Here it may be left after each. Nothing of it is secret.
// The linker (--wrap) puts these functions in the place of mbedTLS'.

#include "py/mpconfig.h"

#if MICROPY_PY_SSL && defined(TLS_IN_SLICES)

#include "tls_private.h"

#include "mbedtls/platform.h"

#if defined(CONFIG_MBEDTLS_HARDWARE_MPI)
#include "soc/soc_caps.h"
#endif

// As OpenSSL's, see tls_rsa_is_allowed.
#define SMALL_MODULUS_BITS (3072)
#define LONG_EXPONENT_BITS (64)

typedef struct _power_t {
    mbedtls_mpi signature, exponent, modulus; // whose it is
    mbedtls_mpi base, result;                 // in Montgomery's representation, as long as the modulus
    size_t bits;                              // that are left of the exponent
} power_t;

// Of the verification that computes; NULL: there is none, or it may not be left.
static mbedtls_pk_restart_ctx *power_kept;
static bool power_is_left;

int __real_mbedtls_mpi_exp_mod(mbedtls_mpi *result, const mbedtls_mpi *base, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr);
int __wrap_mbedtls_mpi_exp_mod(mbedtls_mpi *result, const mbedtls_mpi *base, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr);

static void power_free(void *data) {
    power_t *power = data;
    mbedtls_mpi_free(&power->signature);
    mbedtls_mpi_free(&power->exponent);
    mbedtls_mpi_free(&power->modulus);
    mbedtls_mpi_free(&power->base);
    mbedtls_mpi_free(&power->result);
    mbedtls_free(power);
}

// Has mbedTLS free what is kept.
static const mbedtls_pk_info_t power_info = {
    .type = MBEDTLS_PK_RSA,
    .name = "RSA",
    .rs_free_func = power_free,
};

static power_t *power_new(void) {
    power_t *power = mbedtls_calloc(1, sizeof(power_t));
    if (power != NULL) {
        mbedtls_mpi_init(&power->signature);
        mbedtls_mpi_init(&power->exponent);
        mbedtls_mpi_init(&power->modulus);
        mbedtls_mpi_init(&power->base);
        mbedtls_mpi_init(&power->result);
        power_kept->rs_ctx = power;
        power_kept->pk_info = &power_info;
    }
    return power;
}

static bool power_is_of(
    const power_t *power, const mbedtls_mpi *signature, const mbedtls_mpi *exponent, const mbedtls_mpi *modulus) {
    return power->modulus.n == modulus->n && mbedtls_mpi_cmp_mpi(&power->modulus, modulus) == 0 &&
           mbedtls_mpi_cmp_mpi(&power->exponent, exponent) == 0 &&
           mbedtls_mpi_cmp_mpi(&power->signature, signature) == 0;
}

// rr: Montgomery's constant of the modulus. The key keeps it once it is known, as a root does for each handshake that
// follows: one that memory did not suffice for must not be taken for it.
static int power_prepare(mbedtls_mpi *rr, const mbedtls_mpi *modulus) {
    int ret = rr->p == NULL ? mbedtls_mpi_core_get_mont_r2_unsafe(rr, modulus) : mbedtls_mpi_grow(rr, modulus->n);
    if (ret != 0) {
        mbedtls_mpi_free(rr);
    }
    return ret;
}

static int power_begin(power_t *power, const mbedtls_mpi *signature, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr, mbedtls_mpi_uint *scratch) {
    int ret;
    size_t limbs = modulus->n;
    MBEDTLS_MPI_CHK(mbedtls_mpi_copy(&power->signature, signature));
    MBEDTLS_MPI_CHK(mbedtls_mpi_copy(&power->exponent, exponent));
    MBEDTLS_MPI_CHK(mbedtls_mpi_copy(&power->modulus, modulus));
    MBEDTLS_MPI_CHK(mbedtls_mpi_grow(&power->modulus, limbs));
    MBEDTLS_MPI_CHK(mbedtls_mpi_grow(&power->signature, limbs));
    MBEDTLS_MPI_CHK(mbedtls_mpi_grow(&power->base, limbs));
    MBEDTLS_MPI_CHK(power_prepare(rr, modulus));

    mbedtls_mpi_uint mm = mbedtls_mpi_core_montmul_init(modulus->p);
    mbedtls_mpi_core_montmul(power->base.p, power->signature.p, rr->p, limbs, modulus->p, limbs, mm, scratch);
    MBEDTLS_MPI_CHK(mbedtls_mpi_copy(&power->result, &power->base));
    MBEDTLS_MPI_CHK(mbedtls_mpi_grow(&power->result, limbs));
    power->bits = mbedtls_mpi_bitlen(exponent) - 1;

cleanup:
    return ret;
}

// Returns 0 when the power is known.
static int power_go_on(power_t *power, const mbedtls_mpi *modulus, mbedtls_mpi_uint *scratch) {
    mbedtls_mpi_uint mm = mbedtls_mpi_core_montmul_init(modulus->p);
    mbedtls_mpi_uint *result = power->result.p;
    while (power->bits > 0) {
        power->bits--;
        mbedtls_mpi_core_montmul(result, result, result, modulus->n, modulus->p, modulus->n, mm, scratch);
        if (mbedtls_mpi_get_bit(&power->exponent, power->bits)) {
            mbedtls_mpi_core_montmul(result, result, power->base.p, modulus->n, modulus->p, modulus->n, mm, scratch);
        }
        if (power->bits > 0 && tls_slice_is_over()) {
            power_is_left = true;
            return MBEDTLS_ERR_ECP_IN_PROGRESS;
        }
    }
    mbedtls_mpi_core_from_mont_rep(result, result, modulus->p, modulus->n, mm, scratch);
    return 0;
}

static power_t *power_find(const mbedtls_mpi *signature, const mbedtls_mpi *exponent, const mbedtls_mpi *modulus) {
    power_t *power = power_kept->rs_ctx;
    return power != NULL && power_is_of(power, signature, exponent, modulus) ? power : NULL;
}

static int power_compute(mbedtls_mpi *result, const mbedtls_mpi *signature, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr) {
    int ret = MBEDTLS_ERR_MPI_ALLOC_FAILED;
    size_t scratch_limbs = mbedtls_mpi_core_montmul_working_limbs(modulus->n);
    mbedtls_mpi_uint *scratch = mbedtls_calloc(scratch_limbs, sizeof(mbedtls_mpi_uint));
    if (scratch == NULL) {
        return ret;
    }

    power_t *power = power_find(signature, exponent, modulus);
    if (power == NULL) {
        mbedtls_pk_restart_free(power_kept); // another's
        power = power_new();
        if (power == NULL) {
            goto cleanup;
        }
        MBEDTLS_MPI_CHK(power_begin(power, signature, exponent, modulus, rr, scratch));
    }
    MBEDTLS_MPI_CHK(power_go_on(power, modulus, scratch));
    MBEDTLS_MPI_CHK(mbedtls_mpi_copy(result, &power->result));

cleanup:
    mbedtls_free(scratch);
    return ret;
}

// What mbedTLS refuses, or takes for something else, it is asked for.
static bool power_is_ordinary(
    const mbedtls_mpi *base, const mbedtls_mpi *exponent, const mbedtls_mpi *modulus, const mbedtls_mpi *rr) {
    return rr != NULL && mbedtls_mpi_cmp_int(modulus, 1) > 0 && mbedtls_mpi_get_bit(modulus, 0) == 1 &&
           mbedtls_mpi_bitlen(modulus) <= MBEDTLS_MPI_MAX_BITS && mbedtls_mpi_cmp_int(exponent, 0) > 0 &&
           mbedtls_mpi_cmp_int(base, 0) >= 0 && mbedtls_mpi_cmp_mpi(base, modulus) < 0;
}

// The engine of an ESP32 takes an ordinary exponent at once.
static bool power_has_engine(const mbedtls_mpi *exponent, const mbedtls_mpi *modulus) {
#if defined(CONFIG_MBEDTLS_HARDWARE_MPI)
    return mbedtls_mpi_bitlen(modulus) <= SOC_RSA_MAX_BIT_LEN && mbedtls_mpi_bitlen(exponent) <= 32;
#else
    (void)exponent;
    (void)modulus;
    return false;
#endif
}

static bool power_is_divided(
    const mbedtls_mpi *base, const mbedtls_mpi *exponent, const mbedtls_mpi *modulus, const mbedtls_mpi *rr) {
    return power_kept != NULL && power_is_ordinary(base, exponent, modulus, rr) && !power_has_engine(exponent, modulus);
}

int __wrap_mbedtls_mpi_exp_mod(mbedtls_mpi *result, const mbedtls_mpi *base, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr) {
    if (power_is_divided(base, exponent, modulus, rr)) {
        return power_compute(result, base, exponent, modulus, rr);
    }
    return __real_mbedtls_mpi_exp_mod(result, base, exponent, modulus, rr);
}

#if MBEDTLS_VERSION_NUMBER >= 0x03060100 // verifies by this one

int __real_mbedtls_mpi_exp_mod_unsafe(mbedtls_mpi *result, const mbedtls_mpi *base, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr);
int __wrap_mbedtls_mpi_exp_mod_unsafe(mbedtls_mpi *result, const mbedtls_mpi *base, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr);

int __wrap_mbedtls_mpi_exp_mod_unsafe(mbedtls_mpi *result, const mbedtls_mpi *base, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr) {
    if (power_is_divided(base, exponent, modulus, rr)) {
        return power_compute(result, base, exponent, modulus, rr);
    }
    return __real_mbedtls_mpi_exp_mod_unsafe(result, base, exponent, modulus, rr);
}

#endif

bool tls_rsa_is_allowed(const mbedtls_rsa_context *key, bool is_divided) {
    return (is_divided && mbedtls_mpi_bitlen(&key->N) <= SMALL_MODULUS_BITS) ||
           mbedtls_mpi_bitlen(&key->E) <= LONG_EXPONENT_BITS;
}

void tls_rsa_begin(mbedtls_pk_restart_ctx *kept) {
    power_kept = kept->pk_info == NULL || kept->pk_info == &power_info ? kept : NULL; // or a curve has its own in it
}

int tls_rsa_end(int result) {
    if (power_is_left) {
        result = MBEDTLS_ERR_ECP_IN_PROGRESS;
    } else if (power_kept != NULL && power_kept->pk_info == &power_info) {
        mbedtls_pk_restart_free(power_kept);
    }
    power_kept = NULL;
    power_is_left = false;
    return result;
}

#endif
