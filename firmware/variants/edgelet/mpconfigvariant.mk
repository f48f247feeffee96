# One thread runs everything, so that a signal can stop JavaScript and nothing else.
MICROPY_PY_THREAD = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MBEDTLS_CONFIG_FILE = \"mbedtls_config_variant.h\"
# MicroPython optimizes for size, but for its collector and bytecode loop. To optimize what the sanitizers put into it
# takes as long as all else.
ifeq ($(findstring -fsanitize, $(CFLAGS_EXTRA)),)
COPT = -O2
else
COPT = -O1
# Libraries keep all of AddressSanitizer, which finds a null pointer too, and of UndefinedBehaviorSanitizer what is about
# numbers and indices.
$(BUILD)/lib/%.o: CFLAGS += -fno-sanitize=null,alignment,object-size,pointer-overflow
endif
# Memory for texts there is enough, and their compression looks through all sources once more.
MICROPY_ROM_TEXT_COMPRESSION = 0
# MicroPython names the sources of TLS 1.2 only. The mbedTLS that an upstream checkout of MicroPython 1.25.0 pins has no
# psa_crypto_random.c yet.
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
	$(notdir $(wildcard $(TOP)/lib/mbedtls/library/psa_crypto_random.c)) \
	psa_crypto_rsa.c \
	psa_crypto_slot_management.c \
	psa_util.c \
	ssl_tls13_client.c \
	ssl_tls13_generic.c \
	ssl_tls13_keys.c \
	ssl_tls13_server.c \
	)
# See process.c, which raises MicroPython's stack limit, heap.c and maps.c.
LDFLAGS += -Wl,--wrap=mp_cstack_init_with_sp_here
LDFLAGS += -Wl,--wrap=gc_collect,--wrap=gc_info
LDFLAGS += -Wl,--wrap=gc_alloc,--wrap=gc_free,--wrap=gc_realloc
LDFLAGS += -Wl,--wrap=mp_map_lookup
FROZEN_MANIFEST ?= $(VARIANT_DIR)/../../../device/manifest.py
