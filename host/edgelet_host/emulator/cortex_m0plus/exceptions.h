// Exceptions and the stacks (Armv6-M Architecture Reference Manual, section B1.5). To enter one takes no time here.
#ifndef EDGELET_EXCEPTIONS_H
#define EDGELET_EXCEPTIONS_H

#include "processor.h"

enum { SP = 13, LR = 14, PC = 15 };

// Takes the exception that is pending, where its priority allows, or ends the waiting for it.
void look_at_exceptions(processor_t *self);

// Goes back to where an exception was taken. kind: the value that it found in LR.
void return_from_exception(processor_t *self, uint32_t kind);

// Gives the program status register, and sets its flags.
uint32_t program_status(const processor_t *self);
void set_flags(processor_t *self, uint32_t status);

// Changes between main and process stack.
void use_stack(processor_t *self, bool process);

#endif
