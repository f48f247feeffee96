# One thread runs everything, so that a signal can stop JavaScript and nothing else.
MICROPY_PY_THREAD = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
# Certificates come in PEM, and only that holds a chain.
CFLAGS += -DMBEDTLS_PEM_PARSE_C -DMBEDTLS_BASE64_C
# See process.c, which raises MicroPython's stack limit, and heap.c.
LDFLAGS += -Wl,--wrap=mp_cstack_init_with_sp_here
LDFLAGS += -Wl,--wrap=gc_collect,--wrap=gc_info
LDFLAGS += -Wl,--wrap=gc_alloc,--wrap=gc_free,--wrap=gc_realloc
FROZEN_MANIFEST ?= $(VARIANT_DIR)/../../../device/manifest.py
