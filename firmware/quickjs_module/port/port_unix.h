// What the files of the port to Linux share. See port.h.

#ifndef EDGELET_PORT_UNIX_H
#define EDGELET_PORT_UNIX_H

#include "port/port.h"

// port_run has been left, perhaps from a stack of port_fiber_new.
void unix_fiber_abandoned(void);

#endif // EDGELET_PORT_UNIX_H
