# The isolates as a MicroPython user C module:
# make USER_C_MODULES=.../firmware QUICKJS_DIR=<quickjs-ng's C sources> ZLIB_DIR=<zlib's>
#     MONOCYPHER_DIR=<Monocypher's> SCRYPT_DIR=<Tarsnap's scrypt>

QUICKJS_MODULE_DIR := $(USERMOD_DIR)

ifeq ($(wildcard $(QUICKJS_DIR)/quickjs.c),)
$(error QUICKJS_DIR must name the folder of quickjs-ng's C sources (./edgelet build does so))
endif

ifeq ($(wildcard $(ZLIB_DIR)/zlib.h),)
$(error ZLIB_DIR must name the folder of zlib's C sources (./edgelet build does so))
endif

ifeq ($(wildcard $(MONOCYPHER_DIR)/monocypher.h),)
$(error MONOCYPHER_DIR must name the folder of Monocypher's C sources (./edgelet build does so))
endif

ifeq ($(wildcard $(SCRYPT_DIR)/lib/crypto/crypto_scrypt_smix.c),)
$(error SCRYPT_DIR must name the folder of scrypt's C sources (./edgelet build does so))
endif

# What the engine is compiled with: see engine.c. engine_id.py lists the same definitions. The engine takes int and
# uint32_t for one type, which they are not where uint32_t is long (newlib): string iterators then never end.
QUICKJS_FLAGS = -D__SANITIZE_ADDRESS__=1 -D__DJGPP -DNDEBUG -fno-strict-aliasing
QUICKJS_OPT ?= -O2
# A microcontroller's firmware adds QJS_DISABLE_PARSER.
QUICKJS_DEFINES ?=

QUICKJS_ENGINE_ID_H := $(BUILD)/quickjs_module/engine_id.h
$(if $(shell $(PYTHON) $(QUICKJS_MODULE_DIR)/engine/engine_id.py $(QUICKJS_DIR) $(QUICKJS_ENGINE_ID_H) || echo failed), $(error engine_id.py failed))
QUICKJS_MBEDTLS_NAMES_H := $(BUILD)/quickjs_module/crypto_mbedtls_names.h
$(if $(shell $(PYTHON) $(QUICKJS_MODULE_DIR)/crypto/crypto_mbedtls_names.py $(TOP)/lib/mbedtls $(QUICKJS_MBEDTLS_NAMES_H) || echo failed), $(error crypto_mbedtls_names.py failed))

SRC_USERMOD_C += $(QUICKJS_MODULE_DIR)/modquickjs.c
SRC_USERMOD_LIB_C += $(wildcard $(QUICKJS_MODULE_DIR)/*/*.c)

# -isystem, searched last: no header of the engine's hides one of MicroPython's.
CFLAGS_USERMOD += -I$(QUICKJS_MODULE_DIR) -isystem $(QUICKJS_DIR) $(QUICKJS_DEFINES)
QUICKJS_OBJ = $(patsubst $(QUICKJS_MODULE_DIR)/%.c, $(BUILD)/quickjs_module/%.o, $(wildcard $(QUICKJS_MODULE_DIR)/*.c $(QUICKJS_MODULE_DIR)/*/*.c))
$(QUICKJS_OBJ): CFLAGS += -std=gnu11 -D_GNU_SOURCE -I$(BUILD)/quickjs_module -isystem $(TOP)/lib/mbedtls/include $(QUICKJS_OPT)
$(BUILD)/quickjs_module/engine/engine.o: CFLAGS += $(QUICKJS_FLAGS)
$(filter $(BUILD)/quickjs_module/compression/%, $(QUICKJS_OBJ)): CFLAGS += -isystem $(ZLIB_DIR)
$(filter $(BUILD)/quickjs_module/crypto/%, $(QUICKJS_OBJ)): CFLAGS += -isystem $(TOP) -isystem $(MONOCYPHER_DIR)
$(BUILD)/quickjs_module/crypto/crypto_scrypt.o: CFLAGS += -isystem $(SCRYPT_DIR)/lib/crypto -isystem $(SCRYPT_DIR)/libcperciva/util
$(BUILD)/quickjs_module/engine/engine.o: $(QUICKJS_ENGINE_ID_H)

ifneq ($(findstring -fsanitize=address, $(CFLAGS_EXTRA)),)
# Under AddressSanitizer the arena shows it which bytes are free.
CFLAGS_USERMOD += -DARENA_POISON=1
# The engine is one unit of 80,000 lines. It keeps all of AddressSanitizer, which finds a null pointer too, and of
# UndefinedBehaviorSanitizer what is about numbers and indices: shifts, overflow, division, bounds, bool, enum, unreachable
# ends, builtins. With the checks of each pointer (and -O2) it compiles many times as long.
QUICKJS_OPT = -O1
QUICKJS_SANITIZE = -fno-sanitize=null,alignment,object-size,pointer-overflow
$(BUILD)/quickjs_module/engine/engine.o: CFLAGS += $(QUICKJS_SANITIZE)
endif
