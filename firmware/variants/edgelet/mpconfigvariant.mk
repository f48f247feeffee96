# One thread runs everything, so that a signal can stop JavaScript and nothing else.
MICROPY_PY_THREAD = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MBEDTLS_CONFIG_FILE = \"mbedtls_config_variant.h\"
# MicroPython optimizes for size, but for its collector and bytecode loop. With the sanitizers that takes less time to build.
ifeq ($(findstring -fsanitize, $(CFLAGS_EXTRA)),)
COPT = -O2
endif
# MicroPython names the sources of TLS 1.2 only.
SRC_THIRDPARTY_C += $(addprefix lib/mbedtls/library/,\
	hkdf.c \
	psa_crypto.c \
	psa_crypto_aead.c \
	psa_crypto_cipher.c \
	psa_crypto_client.c \
	psa_crypto_driver_wrappers_no_static.c \
	psa_crypto_ecp.c \
	psa_crypto_ffdh.c \
	psa_crypto_hash.c \
	psa_crypto_mac.c \
	psa_crypto_pake.c \
	psa_crypto_random.c \
	psa_crypto_rsa.c \
	psa_crypto_slot_management.c \
	psa_util.c \
	ssl_tls13_client.c \
	ssl_tls13_generic.c \
	ssl_tls13_keys.c \
	ssl_tls13_server.c \
	)
# See process.c, which raises MicroPython's stack limit, and heap.c.
LDFLAGS += -Wl,--wrap=mp_cstack_init_with_sp_here
LDFLAGS += -Wl,--wrap=gc_collect,--wrap=gc_info
LDFLAGS += -Wl,--wrap=gc_alloc,--wrap=gc_free,--wrap=gc_realloc
FROZEN_MANIFEST ?= $(VARIANT_DIR)/../../../device/manifest.py
