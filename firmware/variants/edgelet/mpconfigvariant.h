// The Linux ("unix") firmware of edgelet: the local device that people develop on, and the home gateway.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#include "variants/mpconfigvariant_common.h"

// The keyboard interrupt's longjmp out of a signal handler would leave dead JavaScript and Python frames behind.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

// The engine formats with widths that MicroPython's own printf does not know (the year of a date).
#define MICROPY_USE_INTERNAL_PRINTF (0)

// Objects that the collector notes while it marks; beyond them it walks the heap's tables once more.
#define MICROPY_ALLOC_GC_STACK_SIZE (4096)

// Where attributes and globals were found last, a byte for each name's hash: the request's way has more of them than
// 128.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE (1024)
