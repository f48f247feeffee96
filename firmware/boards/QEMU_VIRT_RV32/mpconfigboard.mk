# MicroPython's qemu port on the "virt" machine with a 32-bit RISC-V processor, as qemu-system-riscv32 simulates it: the
# instruction set of an ESP32-C3 (RV32IMC), without that chip's peripherals.
QEMU_ARCH = riscv32
QEMU_MACHINE = virt

# Debian's compiler finds its libraries for rv32imc, but not for rv32imc_zicsr; version 2.2 of the instruction set has
# the control registers' instructions (Zicsr) in its base.
RV32_ARCH = rv32imc
AFLAGS += -misa-spec=2.2
CFLAGS += -DQEMU_SOC_VIRT
CFLAGS += -DMICROPY_HW_MCU_NAME='"$(RV32_ARCH)"'
CFLAGS += -I$(BOARD_DIR)/../qemu -DMP_CONFIGFILE='<mpconfigqemu.h>'

# The port's entrypoint.s starts the machine.
LDFLAGS += -nostartfiles -Wl,--build-id
LDSCRIPT = $(BOARD_DIR)/virt_rv32.ld
override LIBS = -lm -lc -lgcc

vpath %.c $(BOARD_DIR) $(BOARD_DIR)/../qemu
SRC_C += images.c modbare.c semihosting.c virt_rv32.c
SRC_BOARD_O += shared/runtime/gchelper_native.o shared/runtime/gchelper_rv32i.o

MPY_CROSS_FLAGS += -march=rv32imc
FROZEN_MANIFEST =

# As on a microcontroller: no parser, small code, little room for what stays outside the arena.
QUICKJS_OPT = -Os
QUICKJS_DEFINES = -DQJS_DISABLE_PARSER -DISOLATE_LOG_SIZE=2048
