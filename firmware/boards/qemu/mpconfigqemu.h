// The qemu port's configuration, and what edgelet needs beyond it.

#include "mpconfigport.h"

// The engine formats with widths that MicroPython's own printf does not know.
#define MICROPY_USE_INTERNAL_PRINTF (0)

// Operations carry JavaScript's numbers.
#undef MICROPY_FLOAT_IMPL
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)
