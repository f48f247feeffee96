// What has left a queue of asyncio does not refer to what was behind it.
//
// py/pairheap.c leaves the `child_last` of a node that has no children any more as it was. A task that waits for long
// kept the one that was last behind it, with its coroutine's frame, and that one the next: some KB of ended requests,
// for as long as the first waits. The linker (--wrap) puts these functions around MicroPython's.

#include "py/pairheap.h"

mp_pairheap_t *__real_mp_pairheap_pairing(mp_pairheap_lt_t lt, mp_pairheap_t *child);
mp_pairheap_t *__wrap_mp_pairheap_pairing(mp_pairheap_lt_t lt, mp_pairheap_t *child);
mp_pairheap_t *__real_mp_pairheap_delete(mp_pairheap_lt_t lt, mp_pairheap_t *heap, mp_pairheap_t *node);
mp_pairheap_t *__wrap_mp_pairheap_delete(mp_pairheap_lt_t lt, mp_pairheap_t *heap, mp_pairheap_t *node);

// The parent of a node; NULL for the top, and for what is in no heap.
static mp_pairheap_t *pairheap_parent(const mp_pairheap_t *node) {
    const void *next = node->next;
    while (next != NULL && !((uintptr_t)next & 1)) {
        next = ((const mp_pairheap_t *)next)->next;
    }
    return (mp_pairheap_t *)((uintptr_t)next & ~(uintptr_t)1);
}

mp_pairheap_t *__wrap_mp_pairheap_pairing(mp_pairheap_lt_t lt, mp_pairheap_t *child) {
    if (child != NULL) {
        pairheap_parent(child)->child_last = NULL;
    }
    return __real_mp_pairheap_pairing(lt, child);
}

mp_pairheap_t *__wrap_mp_pairheap_delete(mp_pairheap_lt_t lt, mp_pairheap_t *heap, mp_pairheap_t *node) {
    mp_pairheap_t *parent = pairheap_parent(node);
    heap = __real_mp_pairheap_delete(lt, heap, node);

    node->child_last = NULL;
    if (parent != NULL && parent->child == NULL) {
        parent->child_last = NULL;
    }
    return heap;
}
