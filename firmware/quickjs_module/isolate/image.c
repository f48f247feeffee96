// Images: taking, saving, loading, restoring and erasing them. See isolate.h.

#include "isolate/isolate_private.h"

#include <string.h>

#include "base_secret.h"
#include "engine/bundle.h"
#include "port/port.h"

// A request may have used much more of a large arena than others will: that is given back.
static void erase(isolate_t *iso) {
    port_arena_untrack(iso->arena);
    arena_erase_below(iso->arena, port_arena_give_back(iso->arena, arena_extent(iso->arena)));
}

void isolate_erase_arena(isolate_t *iso) {
    erase(iso);
    iso->resident = NULL;
    iso->ctx = NULL;
    iso->host = NULL;
}

void isolate_wipe(isolate_t *iso) {
    isolate_erase_arena(iso);
    iso->arena = arena_init(iso->arena, iso->size);
}

bool isolate_take_image(isolate_t *iso, isolate_place_t place, isolate_image_t *image) {
    if (!arena_seal(iso->arena)) {
        isolate_set_error(iso, ISOLATE_MEMORY, "the image fills the arena");
        return false;
    }
    image->size = arena_image_size(iso->arena);
    image->place = place;
    image->parked_calls = 0;
    image->parked_bytes = 0;
    if (place == ISOLATE_IMAGE_DRAFT) {
        image->bytes = arena_image(iso->arena);
        return true;
    }

    uint8_t *copy = port_image_alloc(image->size);
    if (copy == NULL) {
        isolate_set_error(iso, ISOLATE_MEMORY, "no memory for the image");
        return false;
    }
    arena_save(iso->arena, copy);
    image->bytes = copy;
    return true;
}

void isolate_restore(isolate_t *iso, isolate_image_t *image) {
    arena_copy_t *copy = port_arena_copy_again;
    if (iso->resident != image) {
        // Another function was here: nothing of its requests may stay behind the image.
        erase(iso);
        iso->resident = image;
        copy = port_arena_copy;
    }
    arena_restore_by(copy, iso->arena, image->bytes, image->size);
    iso->ctx = image->ctx;
    iso->code = image->code;
    iso->host = image->host;
    iso->host->isolate = iso;
    iso->limits = image->limits;
    iso->name = image->name;
}

bool isolate_has_draft(const isolate_t *iso, const isolate_image_t *image) {
    return image->place == ISOLATE_IMAGE_DRAFT && image->bytes != NULL && iso->resident == image;
}

void isolate_erase(isolate_t *iso, isolate_image_t *image) {
    if (image->bytes == NULL) {
        return;
    }
    isolate_drop_parked(iso, image);
    if (iso->resident == image && iso->arena != NULL) {
        isolate_abandon(iso);
        isolate_wipe(iso);
    }
    if (image->place == ISOLATE_IMAGE_KEPT) {
        uint8_t *bytes = (uint8_t *)image->bytes;
        base_wipe(bytes, image->size);
        port_image_free(bytes, image->size);
    }
    image->bytes = NULL;
    // What its calls have logged and thrown. Lines of the log that are yet to be picked up stay.
    base_wipe(iso->log + iso->log_used, sizeof(iso->log) - iso->log_used);
    base_wipe(&iso->error, sizeof(iso->error));
}

// Saved images

typedef struct _saved_header_t {
    uint8_t digest[BUNDLE_DIGEST_SIZE]; // over the rest of the header, the image and its code
    char magic[4];
    uint32_t size; // of the image
    uint8_t firmware[8];
    uintptr_t arena, arena_size; // address and size
    uintptr_t ctx, host;
    uintptr_t code, code_size; // address and size
    isolate_limits_t limits;
    uint32_t handler_kind;
    char name[ISOLATE_NAME_MAX + 1];
} saved_header_t;

static void digest_saved(
    const saved_header_t *header, const uint8_t *bytes, base_slice_t code, uint8_t digest[BUNDLE_DIGEST_SIZE]) {
    bundle_piece_t pieces[] = {
        {(const uint8_t *)header + BUNDLE_DIGEST_SIZE, sizeof(*header) - BUNDLE_DIGEST_SIZE},
        {bytes, header->size},
        {(const uint8_t *)code.data, code.len},
    };
    bundle_sha256(digest, pieces, 3);
}

size_t isolate_saved_size(const isolate_image_t *image) {
    return sizeof(saved_header_t) + image->size;
}

static void make_header(const isolate_t *iso, const isolate_image_t *image, saved_header_t *header) {
    // Padding too, since the digest covers it.
    memset(header, 0, sizeof(*header));
    memcpy(header->magic, "EJSI", 4);
    header->size = (uint32_t)image->size;
    header->arena = (uintptr_t)iso->arena;
    header->arena_size = iso->size;
    header->ctx = (uintptr_t)image->ctx;
    header->host = (uintptr_t)image->host;
    header->code = (uintptr_t)image->code.data;
    header->code_size = image->code.len;
    header->limits = image->limits;
    header->handler_kind = image->handler_kind;
    port_firmware_id(header->firmware);
    memcpy(header->name, image->name, sizeof(header->name));
    digest_saved(header, image->bytes, image->code, header->digest);
}

void isolate_save(const isolate_t *iso, const isolate_image_t *image, size_t offset, uint8_t *to, size_t len) {
    saved_header_t header;
    if (offset < sizeof(header)) {
        size_t n = len < sizeof(header) - offset ? len : sizeof(header) - offset;
        make_header(iso, image, &header);
        memcpy(to, (const uint8_t *)&header + offset, n);
        offset += n;
        to += n;
        len -= n;
    }
    if (len > 0) {
        memcpy(to, image->bytes + offset - sizeof(header), len);
    }
}

// Whether an object of `size` bytes can lie at an address in the image.
static bool lies_in_image(const isolate_t *iso, const saved_header_t *header, uintptr_t address, size_t size) {
    size_t offset = address - (uintptr_t)iso->arena;
    return address % ARENA_ALIGN == 0 && offset >= arena_overhead(iso->size) && offset < header->size &&
           size <= header->size - offset;
}

static bool are_valid_limits(const isolate_t *iso, const isolate_limits_t *limits) {
    return limits->cpu_ms >= ISOLATE_CPU_MS_MIN && limits->cpu_ms <= ISOLATE_CPU_MS_MAX &&
           limits->memory >= ISOLATE_MEMORY_MIN && limits->memory <= iso->size && limits->stack >= ISOLATE_STACK_MIN &&
           limits->stack <= port_stack_max();
}

// What the digest cannot tell: it says that a header is whole, not who made it.
static bool is_consistent(const isolate_t *iso, const saved_header_t *header, const uint8_t *bytes) {
    // Of a JSContext all that is known here is that it has more than a pointer.
    return arena_is_image(bytes, header->size, iso->size) && lies_in_image(iso, header, header->ctx, sizeof(void *)) &&
           lies_in_image(iso, header, header->host, iso->host_size) && are_valid_limits(iso, &header->limits) &&
           header->handler_kind >= 1 && header->handler_kind <= UINT8_MAX &&
           memchr(header->name, '\0', sizeof(header->name)) != NULL;
}

static const char *check_saved(
    const isolate_t *iso, const saved_header_t *header, const uint8_t *bytes, base_slice_t code) {
    if (memcmp(header->magic, "EJSI", 4) != 0) {
        return "not a whole saved image: build it anew";
    }
    uint8_t firmware[8];
    port_firmware_id(firmware);
    if (memcmp(header->firmware, firmware, sizeof(firmware)) != 0) {
        return "image was made by another firmware build: build it anew";
    }
    if (header->arena != (uintptr_t)iso->arena || header->arena_size != iso->size) {
        return "image was made for another arena: build it anew";
    }
    if (header->code_size > code.len || (header->code_size > 0 && header->code != (uintptr_t)code.data)) {
        return "image was made with its code elsewhere: build it anew";
    }

    uint8_t digest[BUNDLE_DIGEST_SIZE];
    digest_saved(header, bytes, (base_slice_t){code.data, header->code_size}, digest);
    if (memcmp(digest, header->digest, sizeof(digest)) != 0 || !is_consistent(iso, header, bytes)) {
        return "saved image is damaged: build it anew";
    }
    return NULL;
}

// A saved image's bytes where they shall lie; NULL when there is no memory.
static const uint8_t *place_saved(const uint8_t *bytes, size_t size, isolate_place_t place) {
    if (place == ISOLATE_IMAGE_MAPPED) {
        return bytes;
    }
    uint8_t *copy = port_image_alloc(size);
    return copy != NULL ? memcpy(copy, bytes, size) : NULL;
}

bool isolate_load(
    isolate_t *iso, base_slice_t saved, base_slice_t code, isolate_place_t place, isolate_image_t *image) {
    saved_header_t header;
    const uint8_t *bytes = (const uint8_t *)saved.data + sizeof(header);
    const char *wrong = "not a whole saved image: build it anew";
    if (saved.len > sizeof(header)) {
        memcpy(&header, saved.data, sizeof(header));
        if (header.size == saved.len - sizeof(header)) {
            wrong = check_saved(iso, &header, bytes, code);
        }
    }
    if (wrong == NULL && place == ISOLATE_IMAGE_MAPPED && (uintptr_t)saved.data % sizeof(uint32_t) != 0) {
        wrong = "a mapped image must lie at a multiple of 4 bytes";
    }

    iso->error.stack[0] = '\0';
    if (wrong != NULL) {
        isolate_note_error(iso, ISOLATE_STALE, wrong);
        return false;
    }

    image->bytes = place_saved(bytes, header.size, place);
    if (image->bytes == NULL) {
        isolate_note_error(iso, ISOLATE_MEMORY, "no memory for the image");
        return false;
    }
    image->place = place;
    image->size = header.size;
    image->ctx = (JSContext *)header.ctx;
    image->host = (isolate_host_t *)header.host;
    image->code = (base_slice_t){code.data, header.code_size};
    image->limits = header.limits;
    image->handler_kind = (uint8_t)header.handler_kind;
    memcpy(image->name, header.name, sizeof(image->name));
    image->parked_calls = 0;
    image->parked_bytes = 0;
    return true;
}
