// See bundle.h.

#include "engine/bundle.h"

#include <string.h>

#include "base_bytes.h"
#include "base_sha.h"

void bundle_sha256(uint8_t digest[32], const bundle_piece_t *pieces, size_t count) {
    mbedtls_sha256_context sha;
    mbedtls_sha256_init(&sha);
    (void)mbedtls_sha256_starts(&sha, 0);
    for (size_t i = 0; i < count; i++) {
        (void)mbedtls_sha256_update(&sha, pieces[i].data, pieces[i].len);
    }
    (void)mbedtls_sha256_finish(&sha, digest);
}

bool bundle_next(const bundle_t *bundle, size_t *at, bundle_module_t *module) {
    const uint8_t *p = bundle->data + BUNDLE_HEADER_SIZE + *at;
    size_t left = bundle->len - BUNDLE_HEADER_SIZE - BUNDLE_DIGEST_SIZE - *at;
    if (left < 2) {
        return false;
    }
    module->name_len = base_get_u16_le(p);
    module->name = (const char *)p + 2;
    if (left - 2 < module->name_len + 4) {
        return false;
    }

    module->code = p + 2 + module->name_len + 4;
    module->code_len = base_get_u32_le(module->code - 4);
    if (left - 2 - module->name_len - 4 < module->code_len) {
        return false;
    }

    *at += 2 + module->name_len + 4 + module->code_len;
    return true;
}

static bool modules_fill_the_bundle(const bundle_t *bundle) {
    bundle_module_t module;
    size_t at = 0;
    unsigned count = 0;
    while (bundle_next(bundle, &at, &module)) {
        if (module.name_len == 0 || module.code_len == 0) {
            return false;
        }
        count++;
    }
    return count == bundle->modules && at == bundle->len - BUNDLE_HEADER_SIZE - BUNDLE_DIGEST_SIZE;
}

const char *bundle_open(bundle_t *bundle, const uint8_t *data, size_t len) {
    if (len < 5 || memcmp(data, "EJSB", 4) != 0) {
        return "not a bundle: compile the sources with quickjs.compile or ./edgelet deploy";
    }
    if (data[4] != BUNDLE_VERSION) {
        return "bundle of another format version: deploy the function again";
    }
    if (len < BUNDLE_HEADER_SIZE + BUNDLE_DIGEST_SIZE ||
        base_get_u32_le(data + 56) > len - BUNDLE_HEADER_SIZE - BUNDLE_DIGEST_SIZE) {
        return "bundle is truncated: deploy the function again";
    }

    uint8_t digest[BUNDLE_DIGEST_SIZE];
    bundle_sha256(digest, &(bundle_piece_t){data, len - BUNDLE_DIGEST_SIZE}, 1);
    if (memcmp(digest, data + len - BUNDLE_DIGEST_SIZE, BUNDLE_DIGEST_SIZE) != 0 ||
        base_get_u32_le(data + 56) != len - BUNDLE_HEADER_SIZE - BUNDLE_DIGEST_SIZE) {
        return "bundle is damaged: its digest does not match; deploy the function again";
    }

    bundle->data = data;
    bundle->len = len;
    bundle->flags = data[5];
    bundle->modules = base_get_u16_le(data + 6);
    memcpy(bundle->engine, data + 8, 16);
    bundle->engine[16] = '\0';
    bundle->source_hash = data + 24;
    if ((data[5] & ~(BUNDLE_STRIPPED | BUNDLE_EVENT_2)) != 0 || bundle->modules == 0 ||
        bundle->modules > BUNDLE_MODULES_MAX || !modules_fill_the_bundle(bundle)) {
        return "bundle is malformed: deploy the function again";
    }
    return NULL;
}
