// The rp2 port's configuration, and what edgelet needs beyond it. A board's own is in its mpconfigboard.h.

// One thread runs everything, so that a tick can stop JavaScript and nothing else.
#define MICROPY_PY_THREAD (0)

// The engine formats with widths that MicroPython's own printf does not know.
#define MICROPY_USE_INTERNAL_PRINTF (0)

#define MICROPY_HW_FLASH_STORAGE_BYTES (PICO_FLASH_SIZE_BYTES - EDGELET_FIRMWARE_BYTES)

// Short texts of a command, which may be secret, are no names to be kept for good: see characters.c.
#define MICROPY_ALLOC_PARSE_INTERN_STRING_LEN (0)

#define MICROPY_PY_NETWORK (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "edgelet"
#define MICROPY_PY_WEBREPL (0)

#if PICO_RP2350
// MicroPython's heap is what RAM there is beside the arena, and the PSRAM of boards that have some: see psram.c.
#define MICROPY_HW_ENABLE_PSRAM (1)
#define MICROPY_HW_PSRAM_CS_PIN (47)
#endif

// In port_rp2.c.
void port_rp2_startup(void);
#define MICROPY_BOARD_STARTUP() port_rp2_startup()

#if MICROPY_PY_NETWORK_PPP_LWIP
// In lwip_thread.c.
void lwip_thread_soft_reset(void);
#define MICROPY_BOARD_END_SOFT_RESET() lwip_thread_soft_reset()
#endif

#include "mpconfigport.h"

// Operations carry JavaScript's numbers.
#undef MICROPY_FLOAT_IMPL
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)

// The file system is littlefs.
#undef MICROPY_VFS_FAT
#define MICROPY_VFS_FAT (0)
