# MicroPython's qemu port on Arm's MPS2 board with the AN385 image (Cortex-M3), as qemu-system-arm simulates it: the
# 32-bit, bare-metal machine that edgelet is tested on.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an385

# The linker chooses the C library by these, too.
CPU_FLAGS = -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
CFLAGS += $(CPU_FLAGS)
LDFLAGS += $(CPU_FLAGS) -Wl,--build-id
CFLAGS += -DQEMU_SOC_MPS2
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M3"'
CFLAGS += -I$(BOARD_DIR)/../qemu -DMP_CONFIGFILE='<mpconfigqemu.h>'

LDSCRIPT = $(BOARD_DIR)/mps2_an385.ld
# The port links libgcc only and names no place for more.
override LIBS = -lm -lc_nano -lgcc

vpath %.c $(BOARD_DIR) $(BOARD_DIR)/../qemu
SRC_C += images.c modbare.c semihosting.c mps2_an385.c newlib.c
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o

MPY_CROSS_FLAGS += -march=armv7m
FROZEN_MANIFEST =

# As on a microcontroller: no parser, small code, little room for what stays outside the arena.
QUICKJS_OPT = -Os
QUICKJS_DEFINES = -DQJS_DISABLE_PARSER -DISOLATE_LOG_SIZE=2048
