# What every room of our C modules may use and what uses none of them: no MicroPython, no JavaScript, no allocation.

BASE_MODULE_DIR := $(USERMOD_DIR)

SRC_USERMOD_LIB_C += $(wildcard $(BASE_MODULE_DIR)/*.c)
CFLAGS_USERMOD += -I$(BASE_MODULE_DIR)
# What scans text is as fast as the rooms that call it.
$(patsubst $(BASE_MODULE_DIR)/%.c, $(BUILD)/base_module/%.o, $(wildcard $(BASE_MODULE_DIR)/*.c)): CFLAGS += -std=gnu11 $(QUICKJS_OPT)
