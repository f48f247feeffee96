// NIST's curves: see crypto_pkey_private.h.

#include "crypto/crypto_mbedtls.h"

#include <string.h>

#include "mbedtls/ecdh.h"
#include "mbedtls/ecdsa.h"

#include "base_secret.h"
#include "crypto/crypto_pkey_private.h"

typedef struct _curve_t {
    uint8_t id, size;
} curve_t;

static const curve_t curves[CRYPTO_KIND_COUNT] = {
    [CRYPTO_KIND_P256] = {MBEDTLS_ECP_DP_SECP256R1, 32},
    [CRYPTO_KIND_P384] = {MBEDTLS_ECP_DP_SECP384R1, 48},
#ifdef MBEDTLS_ECP_DP_SECP521R1_ENABLED
    [CRYPTO_KIND_P521] = {MBEDTLS_ECP_DP_SECP521R1, 66},
#endif
};

size_t crypto_ec_size(crypto_kind_t kind) {
    return curves[kind].size;
}

// What every operation on a curve works with.
typedef struct _ec_t {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi number, r, s;
    size_t size;
} ec_t;

static void ec_start(JSContext *ctx, ec_t *ec, crypto_kind_t kind) {
    crypto_mbedtls_use(ctx);
    mbedtls_ecp_group_init(&ec->group);
    mbedtls_ecp_point_init(&ec->point);
    mbedtls_mpi_init(&ec->number);
    mbedtls_mpi_init(&ec->r);
    mbedtls_mpi_init(&ec->s);
    (void)mbedtls_ecp_group_load(&ec->group, (mbedtls_ecp_group_id)curves[kind].id);
    ec->size = curves[kind].size;
}

static void ec_end(ec_t *ec) {
    mbedtls_ecp_group_free(&ec->group);
    mbedtls_ecp_point_free(&ec->point);
    mbedtls_mpi_free(&ec->number);
    mbedtls_mpi_free(&ec->r);
    mbedtls_mpi_free(&ec->s);
}

static bool ec_read_point(ec_t *ec, base_slice_t point) {
    return point.len == 1 + 2 * ec->size && point.data[0] == 4 &&
           mbedtls_ecp_point_read_binary(&ec->group, &ec->point, (const unsigned char *)point.data, point.len) == 0 &&
           mbedtls_ecp_check_pubkey(&ec->group, &ec->point) == 0;
}

static void ec_read_number(ec_t *ec, base_slice_t number) {
    (void)mbedtls_mpi_read_binary(&ec->number, (const unsigned char *)number.data, number.len);
}

static void ec_write_point(const ec_t *ec, uint8_t *point) {
    size_t len;
    (void)mbedtls_ecp_point_write_binary(
        &ec->group, &ec->point, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point, 1 + 2 * ec->size);
}

static void ec_keep_private(JSContext *ctx, const ec_t *ec, crypto_kind_t kind, crypto_pkey_t *key) {
    uint8_t bytes[CRYPTO_POINT_MAX + 66];
    (void)mbedtls_mpi_write_binary(&ec->number, bytes, ec->size);
    ec_write_point(ec, bytes + ec->size);
    crypto_pkey_set(ctx, key, kind, true, bytes, ec->size + 1 + 2 * ec->size);
    base_wipe(bytes, sizeof(bytes));
}

bool crypto_ec_of_point(JSContext *ctx, crypto_kind_t kind, base_slice_t point, crypto_pkey_t *key) {
    ec_t ec;
    ec_start(ctx, &ec, kind);
    bool ok = ec_read_point(&ec, point);
    ec_end(&ec);
    if (ok) {
        crypto_pkey_set(ctx, key, kind, false, point.data, point.len);
    }
    return ok;
}

bool crypto_ec_of_number(
    JSContext *ctx, crypto_kind_t kind, base_slice_t number, base_slice_t point, crypto_pkey_t *key) {
    ec_t ec;
    ec_start(ctx, &ec, kind);
    bool ok = number.len <= ec.size;
    if (ok) {
        ec_read_number(&ec, number);
        ok = mbedtls_ecp_check_privkey(&ec.group, &ec.number) == 0 &&
             mbedtls_ecp_mul(&ec.group, &ec.point, &ec.number, &ec.group.G, crypto_mbedtls_random, NULL) == 0;
    }
    if (ok) {
        ec_keep_private(ctx, &ec, kind, key);
        if (point.len > 0 && !base_equal(point, crypto_pkey_public(key))) {
            crypto_pkey_free(ctx, key);
            ok = false;
        }
    }
    ec_end(&ec);
    return ok;
}

void crypto_ec_generate(JSContext *ctx, crypto_kind_t kind, crypto_pkey_t *key) {
    ec_t ec;
    ec_start(ctx, &ec, kind);
    (void)mbedtls_ecp_gen_keypair(&ec.group, &ec.number, &ec.point, crypto_mbedtls_random, NULL);
    ec_keep_private(ctx, &ec, kind, key);
    ec_end(&ec);
}

// ---- use ----

size_t crypto_ec_sign(
    JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t data, uint8_t *signature) {
    uint8_t digest[CRYPTO_DIGEST_MAX];
    size_t len = crypto_digest(hash, data, digest), size = 0;
    ec_t ec;
    ec_start(ctx, &ec, key->kind);
    ec_read_number(&ec, (base_slice_t){key->bytes, ec.size});
    if (mbedtls_ecdsa_sign(&ec.group, &ec.r, &ec.s, &ec.number, digest, len, crypto_mbedtls_random, NULL) == 0) {
        (void)mbedtls_mpi_write_binary(&ec.r, signature, ec.size);
        (void)mbedtls_mpi_write_binary(&ec.s, signature + ec.size, ec.size);
        size = 2 * ec.size;
    }
    ec_end(&ec);
    return size;
}

bool crypto_ec_verify(
    JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t signature, base_slice_t data) {
    uint8_t digest[CRYPTO_DIGEST_MAX];
    size_t len = crypto_digest(hash, data, digest);
    ec_t ec;
    ec_start(ctx, &ec, key->kind);
    bool ok = signature.len == 2 * ec.size && ec_read_point(&ec, crypto_pkey_public(key));
    if (ok) {
        const unsigned char *bytes = (const unsigned char *)signature.data;
        (void)mbedtls_mpi_read_binary(&ec.r, bytes, ec.size);
        (void)mbedtls_mpi_read_binary(&ec.s, bytes + ec.size, ec.size);
        ok = mbedtls_ecdsa_verify(&ec.group, digest, len, &ec.point, &ec.r, &ec.s) == 0;
    }
    ec_end(&ec);
    return ok;
}

bool crypto_ec_agree(JSContext *ctx, const crypto_pkey_t *key, const crypto_pkey_t *peer, uint8_t *secret) {
    ec_t ec;
    ec_start(ctx, &ec, key->kind);
    ec_read_number(&ec, (base_slice_t){key->bytes, ec.size});
    bool ok = ec_read_point(&ec, crypto_pkey_public(peer)) &&
              mbedtls_ecdh_compute_shared(&ec.group, &ec.r, &ec.point, &ec.number, crypto_mbedtls_random, NULL) == 0 &&
              mbedtls_mpi_write_binary(&ec.r, secret, ec.size) == 0;
    ec_end(&ec);
    return ok;
}
