// What Node.js' modules need that JavaScript cannot do, or not fast enough: the module edgelet:node, for the files in
// host/edgelet_host/project/node only. A bundle that does not import it pays nothing.
//
// Uses web/, crypto/ and compression/.

#ifndef EDGELET_NODE_H
#define EDGELET_NODE_H

#include "isolate/extension.h"

extern extension_t node_extension;

#endif // EDGELET_NODE_H
