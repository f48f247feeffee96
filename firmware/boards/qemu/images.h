// Memory for images on the simulated boards, which have plenty: port_image_alloc and port_image_free of port.h.

#ifndef EDGELET_QEMU_IMAGES_H
#define EDGELET_QEMU_IMAGES_H

#include <stddef.h>

// From the board: where it is, aligned to 8, and its size in bytes.
void *qemu_image_memory(size_t *len);

#endif // EDGELET_QEMU_IMAGES_H
