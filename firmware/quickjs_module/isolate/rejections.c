// Promises that were rejected and that nobody handles. See isolate_private.h.

#include "isolate/isolate_private.h"

// Of so many at a time; a promise takes memory for as long as it is noted.
#define REJECTIONS_MAX (16)

struct _isolate_rejection_t {
    isolate_rejection_t *next;
    JSValue promise;
};

static void rejection_free(JSContext *ctx, isolate_rejection_t *rejection) {
    JS_FreeValue(ctx, rejection->promise);
    js_free(ctx, rejection);
}

void isolate_note_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool is_handled, void *opaque) {
    (void)reason, (void)opaque;
    isolate_t *iso = host_of(ctx)->isolate;
    isolate_rejection_t **at = &iso->rejections;
    if (!is_handled) {
        if (iso->rejection_count == REJECTIONS_MAX) {
            return;
        }
        iso->rejection_count++;
        isolate_rejection_t *rejection = js_malloc(ctx, sizeof(*rejection));
        *rejection = (isolate_rejection_t){*at, JS_DupValue(ctx, promise)};
        *at = rejection;
        return;
    }
    // Most are handled at once, and the latest comes first.
    while (*at != NULL && JS_VALUE_GET_PTR((*at)->promise) != JS_VALUE_GET_PTR(promise)) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        isolate_rejection_t *rejection = *at;
        *at = rejection->next;
        iso->rejection_count--;
        rejection_free(ctx, rejection);
    }
}

// The list the other way round, which is the order in which they were rejected.
static isolate_rejection_t *reversed(isolate_rejection_t *first) {
    isolate_rejection_t *result = NULL;
    while (first != NULL) {
        isolate_rejection_t *next = first->next;
        first->next = result;
        result = first;
        first = next;
    }
    return result;
}

void isolate_log_rejections(isolate_t *iso) {
    JSContext *ctx = iso->ctx;
    isolate_rejection_t *first = reversed(iso->rejections);
    iso->rejections = NULL;
    iso->rejection_count = 0;
    while (first != NULL && iso->killed == ISOLATE_OK) {
        isolate_rejection_t *rejection = first;
        first = rejection->next;
        JS_Throw(ctx, JS_PromiseResult(ctx, rejection->promise));
        rejection_free(ctx, rejection);
        (void)host_log_exception(ctx, "Uncaught (in promise)"); // where it fails, the call is killed
    }
}
