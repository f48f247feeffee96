# What every room of our C modules may use and what uses none of them: no MicroPython, no JavaScript, no allocation.

BASE_MODULE_DIR := $(USERMOD_DIR)

BASE_C := $(wildcard $(BASE_MODULE_DIR)/*.c)
SRC_USERMOD_LIB_C += $(BASE_C)
CFLAGS_USERMOD += -I$(BASE_MODULE_DIR)
# What scans text is as fast as the rooms that call it.
$(patsubst $(BASE_MODULE_DIR)/%.c, $(BUILD)/base_module/%.o, $(BASE_C)): CFLAGS += -std=gnu11 -isystem $(TOP)/lib/mbedtls/include $(QUICKJS_OPT)

# See base_sha.h.
ifeq ($(MICROPY_PY_SSL)$(MICROPY_SSL_MBEDTLS), 11)
CFLAGS_USERMOD += -DBASE_SHA_OF_PORT=1
$(BUILD)/lib/mbedtls/library/sha256.o: CFLAGS += -DMBEDTLS_USER_CONFIG_FILE='"base_sha_port.h"'
# SHA-512 takes a fifth longer with -Os (x86-64).
$(BUILD)/lib/mbedtls/library/sha512.o: CFLAGS += $(QUICKJS_OPT)
endif
