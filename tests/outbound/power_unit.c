// The power by which RSA verifies, computed in parts, is the one that mbedTLS computes at once.

#include "tls_private.h"

#include <string.h>

#include "check.h"
#include "mbedtls/platform.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

typedef struct _numbers_t {
    mbedtls_mpi base, exponent, modulus, rr, expected;
} numbers_t;

int __real_mbedtls_mpi_exp_mod(mbedtls_mpi *result, const mbedtls_mpi *base, const mbedtls_mpi *exponent,
    const mbedtls_mpi *modulus, mbedtls_mpi *rr);

static int allocated;
static int allocations_left = -1; // -1: any number

static void *count_alloc(size_t count, size_t size) {
    if (allocations_left == 0) {
        return NULL;
    }
    allocations_left -= allocations_left > 0;
    allocated++;
    return calloc(count, size);
}

static void count_free(void *memory) {
    allocated -= memory != NULL;
    free(memory);
}

bool tls_slice_is_over(void) {
    return true;
}

static int compute_part(mbedtls_pk_restart_ctx *kept, mbedtls_mpi *result, numbers_t *n) {
    tls_rsa_begin(kept);
    return tls_rsa_end(mbedtls_mpi_exp_mod(result, &n->base, &n->exponent, &n->modulus, &n->rr));
}

static int compute(mbedtls_mpi *result, numbers_t *n, int allocations) {
    mbedtls_pk_restart_ctx kept;
    mbedtls_pk_restart_init(&kept);
    allocations_left = allocations;
    int ret;
    do {
        ret = compute_part(&kept, result, n);
    } while (ret == MBEDTLS_ERR_ECP_IN_PROGRESS);
    allocations_left = -1;
    CHECK(kept.pk_info == NULL && kept.rs_ctx == NULL);
    return ret;
}

static void check_numbers(numbers_t *n) {
    mbedtls_mpi result;
    mbedtls_mpi_init(&result);
    int expected = __real_mbedtls_mpi_exp_mod(&n->expected, &n->base, &n->exponent, &n->modulus, NULL);
    int ret = MBEDTLS_ERR_MPI_ALLOC_FAILED;
    for (int allocations = 0; ret == MBEDTLS_ERR_MPI_ALLOC_FAILED; allocations++) {
        ret = compute(&result, n, allocations);
    }
    CHECK(ret == expected);
    for (int i = 0; i < 2 && expected == 0; i++) {
        CHECK(mbedtls_mpi_cmp_mpi(&result, &n->expected) == 0);
        CHECK(compute(&result, n, -1) == 0); // with the constant that is known now
    }
    mbedtls_mpi_free(&result);
}

static void choose_base(numbers_t *n, int which) {
    static const unsigned char DIGITS[] = "Nothing of it is secret.";
    CHECK(mbedtls_mpi_read_binary(&n->base, DIGITS, sizeof(DIGITS)) == 0);
    if (which <= 1) {
        CHECK(mbedtls_mpi_lset(&n->base, which) == 0);
    } else if (which == 2) {
        CHECK(mbedtls_mpi_sub_int(&n->base, &n->modulus, 1) == 0);
    } else if (which == 3) {
        CHECK(mbedtls_mpi_copy(&n->base, &n->modulus) == 0);
    }
}

// zeros: bytes in front of the modulus, as DER has one.
static void check_modulus(size_t size, size_t zeros, int last) {
    static const char *const EXPONENTS[] = {
        "0", "1", "2", "3", "10001", "8000000000000001", "123456789ABCDEF0123456789"};
    unsigned char bytes[300] = {0};
    memset(bytes + zeros, 0xA5, size);
    bytes[zeros + size - 1] = last;
    for (size_t i = 0; i < ARRAY_SIZE(EXPONENTS) * 5; i++) {
        numbers_t n = {0};
        mbedtls_mpi *const all[] = {&n.base, &n.exponent, &n.modulus, &n.rr, &n.expected};
        for (size_t at = 0; at < ARRAY_SIZE(all); at++) {
            mbedtls_mpi_init(all[at]);
        }
        CHECK(mbedtls_mpi_read_binary(&n.modulus, bytes, zeros + size) == 0);
        CHECK(mbedtls_mpi_read_string(&n.exponent, 16, EXPONENTS[i / 5]) == 0);
        choose_base(&n, i % 5);
        check_numbers(&n);
        for (size_t at = 0; at < ARRAY_SIZE(all); at++) {
            mbedtls_mpi_free(all[at]);
        }
        CHECK(allocated == 0);
    }
}

int main(void) {
    static const size_t SIZES[] = {1, 4, 8, 9, 129, 256};
    mbedtls_platform_set_calloc_free(count_alloc, count_free);
    for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++) {
        for (size_t zeros = 0; zeros <= 9; zeros += zeros == 1 ? 8 : 1) {
            check_modulus(SIZES[i], zeros, 0x7F);
            check_modulus(SIZES[i], zeros, 0xFF);
        }
    }
    check_modulus(256, 0, 0x80); // even
    check_modulus(1, 0, 1);
    check_modulus(1, 0, 0);
    return 0;
}
