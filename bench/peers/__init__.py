"""The servers that are compared: a file for each family. Their applications are in `apps/`."""

from .bun import Bun
from .deno import Deno
from .edgelet import Edgelet
from .isolated_vm import IsolatedVm
from .micropython import Microdot, NewRuntime
from .node import Node
from .workerd import Workerd

#: By the name that the command line has for them; the first is ours.
PEERS = {
    "edgelet": Edgelet,
    "node": Node,
    "workerd": Workerd,
    "deno": Deno,
    "bun": Bun,
    "isolated-vm": IsolatedVm,
    "new-runtime": NewRuntime,
    "microdot": Microdot,
}
