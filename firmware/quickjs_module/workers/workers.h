// What handlers find in `env` as on Cloudflare's Workers: the objects of bindings.

#ifndef EDGELET_WORKERS_H
#define EDGELET_WORKERS_H

#include "isolate/extension.h"

extern extension_t workers_extension;

#endif // EDGELET_WORKERS_H
