// Public and private keys: what is of all kinds, and their formats in ASN.1. See crypto_pkey.h.

#include "crypto/crypto_mbedtls.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/asn1write.h"

#include "base_base64.h"
#include "base_secret.h"
#include "base_text.h"
#include "crypto/crypto_pkey_private.h"

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define CONTEXT(number) (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | (number))

void crypto_pkey_set(
    JSContext *ctx, crypto_pkey_t *key, crypto_kind_t kind, bool is_private, const void *bytes, size_t len) {
    *key = (crypto_pkey_t){.kind = kind, .is_private = is_private, .bytes = js_malloc(ctx, len), .len = len};
    memcpy(key->bytes, bytes, len);
}

void crypto_pkey_free(JSContext *ctx, crypto_pkey_t *key) {
    if (key->bytes != NULL) {
        base_wipe(key->bytes, key->len);
    }
    js_free(ctx, key->bytes);
    key->bytes = NULL;
}

base_slice_t crypto_pkey_public(const crypto_pkey_t *key) {
    size_t before = 0;
    if (key->is_private && key->kind != CRYPTO_KIND_RSA) {
        before = crypto_kind_is_curve(key->kind) ? crypto_ec_size(key->kind) : CRYPTO_25519_SIZE;
    }
    return (base_slice_t){key->bytes + before, key->len - before};
}

void crypto_pkey_publish(JSContext *ctx, const crypto_pkey_t *key, crypto_pkey_t *public) {
    if (key->kind == CRYPTO_KIND_RSA) {
        base_slice_t numbers[CRYPTO_RSA_NUMBERS];
        crypto_rsa_numbers(key, numbers);
        (void)crypto_rsa_of_numbers(ctx, numbers, false, public);
    } else {
        base_slice_t bytes = crypto_pkey_public(key);
        crypto_pkey_set(ctx, public, key->kind, false, bytes.data, bytes.len);
    }
}

size_t crypto_pkey_sign(JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t data,
    uint8_t signature[CRYPTO_SIGNATURE_MAX]) {
    if (key->kind == CRYPTO_KIND_RSA) {
        return crypto_rsa_sign(ctx, key, scheme, data, signature);
    }
    return crypto_kind_is_curve(key->kind) ? crypto_ec_sign(ctx, key, scheme->hash, data, signature)
                                           : crypto_25519_sign(key, data, signature);
}

bool crypto_pkey_verify(JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t signature,
    base_slice_t data) {
    if (key->kind == CRYPTO_KIND_RSA) {
        return crypto_rsa_verify(ctx, key, scheme, signature, data);
    }
    return crypto_kind_is_curve(key->kind) ? crypto_ec_verify(ctx, key, scheme->hash, signature, data)
                                           : crypto_25519_verify(key, signature, data);
}

size_t crypto_pkey_memory(crypto_kind_t kind, size_t rsa_bits) {
    // Of mbedTLS' numbers, and of the table of powers that it makes for one exponentiation.
    size_t size = kind == CRYPTO_KIND_RSA ? 28 * (rsa_bits / 8) : 0;
    return crypto_kind_is_curve(kind) ? 96 * crypto_ec_size(kind) : size;
}

// ---- object identifiers ----

typedef struct _oid_t {
    const char *bytes;
    uint8_t len;
} oid_t;

#define OID(text) {text, sizeof(text) - 1}

static const oid_t rsa_oid = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), ec_oid = OID("\x2a\x86\x48\xce\x3d\x02\x01");

// Of the curve (RFC 5480, section 2.1.1.1), or of the algorithm (RFC 8410, section 3).
static const oid_t kind_oids[CRYPTO_KIND_COUNT] = {
    [CRYPTO_KIND_P256] = OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"),
    [CRYPTO_KIND_P384] = OID("\x2b\x81\x04\x00\x22"),
    [CRYPTO_KIND_P521] = OID("\x2b\x81\x04\x00\x23"),
    [CRYPTO_KIND_ED25519] = OID("\x2b\x65\x70"),
    [CRYPTO_KIND_X25519] = OID("\x2b\x65\x6e"),
};

static bool oid_is(base_slice_t found, const oid_t *oid) {
    return base_equal(found, (base_slice_t){oid->bytes, oid->len});
}

// ---- reading ----

// What is left of a DER structure.
typedef struct _der_t {
    unsigned char *at;
    const unsigned char *end;
} der_t;

static der_t der_of(base_slice_t bytes) {
    unsigned char *at = (unsigned char *)(uintptr_t)bytes.data;
    return (der_t){at, at == NULL ? NULL : at + bytes.len};
}

// Takes an element with that tag; nothing where it is not there, or not whole.
static bool pkey_take(der_t *der, int tag, base_slice_t *content) {
    size_t len;
    unsigned char *at = der->at;
    if (at == NULL || mbedtls_asn1_get_tag(&at, der->end, &len, tag) != 0) {
        return false;
    }
    *content = (base_slice_t){(const char *)at, len};
    der->at = at + len;
    return true;
}

static bool take_in(der_t *der, int tag, der_t *inside) {
    base_slice_t content;
    bool taken = pkey_take(der, tag, &content);
    *inside = der_of(taken ? content : (base_slice_t){0});
    return taken;
}

static bool at_end(const der_t *der) {
    return der->at == der->end;
}

// Takes a BIT STRING of whole bytes.
static bool take_bits(der_t *der, base_slice_t *bytes) {
    if (!pkey_take(der, MBEDTLS_ASN1_BIT_STRING, bytes) || bytes->len == 0 || bytes->data[0] != 0) {
        return false;
    }
    bytes->data++;
    bytes->len--;
    return true;
}

static bool take_small(der_t *der, int most) {
    base_slice_t number;
    return pkey_take(der, MBEDTLS_ASN1_INTEGER, &number) && number.len == 1 && (uint8_t)number.data[0] <= most;
}

// The curve that an OBJECT IDENTIFIER names.
static bool take_curve(der_t *der, crypto_kind_t *kind) {
    base_slice_t oid;
    if (!pkey_take(der, MBEDTLS_ASN1_OID, &oid)) {
        return false;
    }
    for (int i = CRYPTO_KIND_P256; i <= CRYPTO_KIND_P521; i++) {
        if (oid_is(oid, &kind_oids[i])) {
            *kind = (crypto_kind_t)i;
            return crypto_ec_size(*kind) > 0;
        }
    }
    return false;
}

// An AlgorithmIdentifier.
static bool take_algorithm(der_t *der, crypto_kind_t *kind) {
    der_t inside;
    base_slice_t oid, null;
    if (!take_in(der, SEQUENCE, &inside) || !pkey_take(&inside, MBEDTLS_ASN1_OID, &oid)) {
        return false;
    }
    if (oid_is(oid, &ec_oid)) {
        return take_curve(&inside, kind) && at_end(&inside);
    }
    if (oid_is(oid, &rsa_oid)) {
        *kind = CRYPTO_KIND_RSA;
        return pkey_take(&inside, MBEDTLS_ASN1_NULL, &null) && null.len == 0 && at_end(&inside);
    }
    *kind = oid_is(oid, &kind_oids[CRYPTO_KIND_ED25519]) ? CRYPTO_KIND_ED25519 : CRYPTO_KIND_X25519;
    return oid_is(oid, &kind_oids[*kind]) && at_end(&inside);
}

bool crypto_spki_read(JSContext *ctx, base_slice_t bytes, crypto_pkey_t *key) {
    der_t der = der_of(bytes), inside;
    crypto_kind_t kind;
    base_slice_t public;
    if (!take_in(&der, SEQUENCE, &inside) || !at_end(&der) || !take_algorithm(&inside, &kind) ||
        !take_bits(&inside, &public) || !at_end(&inside)) {
        return false;
    }
    if (kind == CRYPTO_KIND_RSA) {
        return crypto_rsa_read(ctx, public, false, key);
    }
    if (crypto_kind_is_curve(kind)) {
        return crypto_ec_of_point(ctx, kind, public, key);
    }
    if (public.len != CRYPTO_25519_SIZE) {
        return false;
    }
    crypto_pkey_set(ctx, key, kind, false, public.data, public.len);
    return true;
}

// An ECPrivateKey (RFC 5915); its curve may be known already, else it is CRYPTO_KIND_COUNT.
static bool read_ec_private(JSContext *ctx, crypto_kind_t kind, base_slice_t bytes, crypto_pkey_t *key) {
    der_t der = der_of(bytes), inside, optional;
    base_slice_t number, point = {0};
    crypto_kind_t named = kind;
    if (!take_in(&der, SEQUENCE, &inside) || !at_end(&der) || !take_small(&inside, 1) ||
        !pkey_take(&inside, MBEDTLS_ASN1_OCTET_STRING, &number)) {
        return false;
    }
    if (take_in(&inside, CONTEXT(0), &optional) && (!take_curve(&optional, &named) || !at_end(&optional))) {
        return false;
    }
    if (take_in(&inside, CONTEXT(1), &optional) && (!take_bits(&optional, &point) || !at_end(&optional))) {
        return false;
    }
    return at_end(&inside) && named != CRYPTO_KIND_COUNT && (kind == CRYPTO_KIND_COUNT || kind == named) &&
           crypto_ec_of_number(ctx, named, number, point, key);
}

// What the OCTET STRING of a PrivateKeyInfo has for a kind of key.
static bool read_private(JSContext *ctx, crypto_kind_t kind, base_slice_t bytes, crypto_pkey_t *key) {
    if (kind == CRYPTO_KIND_RSA) {
        return crypto_rsa_read(ctx, bytes, true, key);
    }
    if (crypto_kind_is_curve(kind)) {
        return read_ec_private(ctx, kind, bytes, key);
    }
    der_t content = der_of(bytes);
    base_slice_t seed;
    if (!pkey_take(&content, MBEDTLS_ASN1_OCTET_STRING, &seed) || !at_end(&content) || seed.len != CRYPTO_25519_SIZE) {
        return false;
    }
    crypto_25519_of_seed(ctx, kind, (const uint8_t *)seed.data, key);
    return true;
}

// Takes what may stand behind a private key: attributes, and in a BIT STRING the public key.
static bool take_behind_private(der_t *der, base_slice_t *public) {
    base_slice_t attributes;
    *public = (base_slice_t){0};
    (void)pkey_take(der, CONTEXT(0), &attributes);
    if (pkey_take(der, MBEDTLS_ASN1_CONTEXT_SPECIFIC | 1, public)) {
        if (public->len == 0 || public->data[0] != 0) {
            return false;
        }
        public->data++;
        public->len--;
    }
    return at_end(der);
}

static bool has_public(JSContext *ctx, const crypto_pkey_t *key, base_slice_t expected) {
    crypto_pkey_t public;
    crypto_pkey_publish(ctx, key, &public);
    bool has = base_equal(expected, (base_slice_t){public.bytes, public.len});
    crypto_pkey_free(ctx, &public);
    return has;
}

bool crypto_pkcs8_read(JSContext *ctx, base_slice_t bytes, crypto_pkey_t *key) {
    der_t der = der_of(bytes), inside;
    crypto_kind_t kind;
    base_slice_t private, public;
    if (!take_in(&der, SEQUENCE, &inside) || !at_end(&der) || !take_small(&inside, 1) ||
        !take_algorithm(&inside, &kind) || !pkey_take(&inside, MBEDTLS_ASN1_OCTET_STRING, &private) ||
        !take_behind_private(&inside, &public) || !read_private(ctx, kind, private, key)) {
        return false;
    }
    if (public.data != NULL && !has_public(ctx, key, public)) {
        crypto_pkey_free(ctx, key);
        return false;
    }
    return true;
}

// The SubjectPublicKeyInfo of a certificate (RFC 5280, section 4.1).
static bool read_certificate(JSContext *ctx, base_slice_t bytes, crypto_pkey_t *key) {
    der_t der = der_of(bytes), certificate, body;
    base_slice_t skipped;
    if (!take_in(&der, SEQUENCE, &certificate) || !take_in(&certificate, SEQUENCE, &body)) {
        return false;
    }
    (void)pkey_take(&body, CONTEXT(0), &skipped); // version
    if (!pkey_take(&body, MBEDTLS_ASN1_INTEGER, &skipped)) {
        return false;
    }
    for (int i = 0; i < 4; i++) { // signature, issuer, validity, subject
        if (!pkey_take(&body, SEQUENCE, &skipped)) {
            return false;
        }
    }
    const char *first = (const char *)body.at;
    return pkey_take(&body, SEQUENCE, &skipped) &&
           crypto_spki_read(ctx, (base_slice_t){first, (size_t)((const char *)body.at - first)}, key);
}

// ---- PEM (RFC 7468) ----

static bool read_labelled(JSContext *ctx, base_slice_t label, base_slice_t der, crypto_pkey_t *key) {
    if (base_equal_text(label.data, label.len, "PUBLIC KEY")) {
        return crypto_spki_read(ctx, der, key);
    }
    if (base_equal_text(label.data, label.len, "PRIVATE KEY")) {
        return crypto_pkcs8_read(ctx, der, key);
    }
    if (base_equal_text(label.data, label.len, "CERTIFICATE")) {
        return read_certificate(ctx, der, key);
    }
    if (base_equal_text(label.data, label.len, "EC PRIVATE KEY")) {
        return read_ec_private(ctx, CRYPTO_KIND_COUNT, der, key);
    }
    bool is_private = base_equal_text(label.data, label.len, "RSA PRIVATE KEY");
    return (is_private || base_equal_text(label.data, label.len, "RSA PUBLIC KEY")) &&
           crypto_rsa_read(ctx, der, is_private, key);
}

// Where a text begins in another, or NULL.
static const char *pkey_find(base_slice_t text, const char *wanted) {
    size_t len = strlen(wanted);
    for (size_t at = 0; at + len <= text.len; at++) {
        if (memcmp(text.data + at, wanted, len) == 0) {
            return text.data + at;
        }
    }
    return NULL;
}

static base_slice_t behind(base_slice_t text, const char *at) {
    return (base_slice_t){at, (size_t)(text.data + text.len - at)};
}

bool crypto_pem_read(JSContext *ctx, base_slice_t text, crypto_pkey_t *key) {
    static const char begin[] = "-----BEGIN ", dashes[] = "-----", last[] = "-----END ";
    const char *first = pkey_find(text, begin);
    if (first == NULL) {
        return false;
    }
    base_slice_t rest = behind(text, first + sizeof(begin) - 1), label = rest;
    const char *label_end = pkey_find(rest, dashes);
    if (label_end == NULL) {
        return false;
    }
    label.len = (size_t)(label_end - label.data);
    rest = behind(rest, label_end + sizeof(dashes) - 1);
    const char *end = pkey_find(rest, last);
    if (end == NULL) {
        return false;
    }

    size_t count = 0, len, room = (size_t)(end - rest.data) + 1;
    char *digits = js_malloc(ctx, room);
    for (const char *at = rest.data; at < end; at++) {
        if (*at != ' ' && *at != '\t' && *at != '\r' && *at != '\n') {
            digits[count++] = *at;
        }
    }
    bool ok =
        base_base64_decode(digits, &len, digits, count) && read_labelled(ctx, label, (base_slice_t){digits, len}, key);
    base_wipe(digits, room);
    js_free(ctx, digits);
    return ok;
}

// ---- writing, from the end to the front, as mbedTLS does ----

typedef struct _writer_t {
    unsigned char *start, *at;
    size_t room;
} writer_t;

static writer_t writer_new(JSContext *ctx, size_t room) {
    unsigned char *start = js_malloc(ctx, room);
    return (writer_t){start, start + room, room};
}

static void pkey_put_bytes(writer_t *writer, const void *bytes, size_t len) {
    writer->at -= len;
    memcpy(writer->at, bytes, len);
}

// Puts a header before what has been written since `end`.
static void pkey_put_header(writer_t *writer, const unsigned char *end, uint8_t tag) {
    (void)mbedtls_asn1_write_len(&writer->at, writer->start, (size_t)(end - writer->at));
    (void)mbedtls_asn1_write_tag(&writer->at, writer->start, tag);
}

static void put_oid(writer_t *writer, const oid_t *oid) {
    const unsigned char *end = writer->at;
    pkey_put_bytes(writer, oid->bytes, oid->len);
    pkey_put_header(writer, end, MBEDTLS_ASN1_OID);
}

static void put_bits(writer_t *writer, base_slice_t bytes) {
    const unsigned char *end = writer->at;
    pkey_put_bytes(writer, bytes.data, bytes.len);
    pkey_put_bytes(writer, "", 1);
    pkey_put_header(writer, end, MBEDTLS_ASN1_BIT_STRING);
}

static void put_algorithm(writer_t *writer, crypto_kind_t kind) {
    const unsigned char *end = writer->at;
    if (kind == CRYPTO_KIND_RSA) {
        pkey_put_header(writer, end, MBEDTLS_ASN1_NULL);
        put_oid(writer, &rsa_oid);
    } else {
        put_oid(writer, &kind_oids[kind]);
        if (crypto_kind_is_curve(kind)) {
            put_oid(writer, &ec_oid);
        }
    }
    pkey_put_header(writer, end, SEQUENCE);
}

static base_slice_t written(JSContext *ctx, writer_t *writer) {
    size_t len = (size_t)(writer->start + writer->room - writer->at);
    char *bytes = js_malloc(ctx, len);
    memcpy(bytes, writer->at, len);
    base_wipe(writer->start, writer->room);
    js_free(ctx, writer->start);
    return (base_slice_t){bytes, len};
}

// Room for what stands around a key's bytes.
#define AROUND (96)

base_slice_t crypto_spki_write(JSContext *ctx, const crypto_pkey_t *key) {
    base_slice_t public = crypto_pkey_public(key);
    writer_t writer = writer_new(ctx, public.len + AROUND);
    const unsigned char *end = writer.at;
    put_bits(&writer, public);
    put_algorithm(&writer, key->kind);
    pkey_put_header(&writer, end, SEQUENCE);
    return written(ctx, &writer);
}

static void put_ec_private(writer_t *writer, const crypto_pkey_t *key) {
    const unsigned char *end = writer->at;
    put_bits(writer, crypto_pkey_public(key));
    pkey_put_header(writer, end, CONTEXT(1));
    const unsigned char *number_end = writer->at;
    pkey_put_bytes(writer, key->bytes, crypto_ec_size(key->kind));
    pkey_put_header(writer, number_end, MBEDTLS_ASN1_OCTET_STRING);
    (void)mbedtls_asn1_write_int(&writer->at, writer->start, 1);
    pkey_put_header(writer, end, SEQUENCE);
}

base_slice_t crypto_pkcs8_write(JSContext *ctx, const crypto_pkey_t *key) {
    writer_t writer = writer_new(ctx, key->len + AROUND);
    const unsigned char *end = writer.at;
    if (key->kind == CRYPTO_KIND_RSA) {
        pkey_put_bytes(&writer, key->bytes, key->len);
    } else if (crypto_kind_is_curve(key->kind)) {
        put_ec_private(&writer, key);
    } else {
        pkey_put_bytes(&writer, key->bytes, CRYPTO_25519_SIZE);
        pkey_put_header(&writer, end, MBEDTLS_ASN1_OCTET_STRING);
    }
    pkey_put_header(&writer, end, MBEDTLS_ASN1_OCTET_STRING);
    put_algorithm(&writer, key->kind);
    (void)mbedtls_asn1_write_int(&writer.at, writer.start, 0);
    pkey_put_header(&writer, end, SEQUENCE);
    return written(ctx, &writer);
}
