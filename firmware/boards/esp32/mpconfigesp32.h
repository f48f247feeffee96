// The esp32 port's configuration, and what edgelet needs beyond it. A board's own is in its mpconfigboard.h.

#define MICROPY_PY_BLUETOOTH (0)
#define MICROPY_PY_ESPNOW (0)

// MicroPython's modespnow.c includes the port's configuration itself, once more: not after an #import, else it would
// undo what stands below, with warnings. GCC warns of an #import, except in what it takes for a system's header.
#pragma GCC system_header
#import "mpconfigport.h"

#undef MICROPY_PY_WEBREPL
#define MICROPY_PY_WEBREPL (0)

// Operations carry JavaScript's numbers.
#undef MICROPY_FLOAT_IMPL
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)
