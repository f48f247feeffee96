// The esp32 port's configuration, and what edgelet needs beyond it. A board's own is in its mpconfigboard.h.

#define MICROPY_PY_BLUETOOTH (0)

#include "mpconfigport.h"

#undef MICROPY_PY_WEBREPL
#define MICROPY_PY_WEBREPL (0)

// Operations carry JavaScript's numbers.
#undef MICROPY_FLOAT_IMPL
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)
