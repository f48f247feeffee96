// What types of instances are made of, which MicroPython's objtype.c keeps for itself: rp2.cmake opens it.

#ifndef EDGELET_OBJTYPE_INSTANCE_H
#define EDGELET_OBJTYPE_INSTANCE_H

#include "py/obj.h"

mp_obj_t mp_obj_instance_make_new(const mp_obj_type_t *self, size_t n_args, size_t n_kw, const mp_obj_t *args);
void mp_obj_instance_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest);
void instance_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind);
mp_obj_t instance_unary_op(mp_unary_op_t op, mp_obj_t self_in);
mp_obj_t instance_binary_op(mp_binary_op_t op, mp_obj_t lhs_in, mp_obj_t rhs_in);
mp_obj_t instance_subscr(mp_obj_t self_in, mp_obj_t index, mp_obj_t value);
mp_int_t instance_get_buffer(mp_obj_t self_in, mp_buffer_info_t *bufinfo, mp_uint_t flags);

#endif
