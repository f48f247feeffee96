"""Those modules of the device's runtime that say what both sides must know: names, limits, the console's protocol.

They are the very files that are frozen into the firmware, in an installed command line too (`paths`).
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from typing import Any

from edgelet_host.paths import ROOT

# By hand, and not by sys.path, where a folder `edgelet` of a user's would come first.
_spec = ModuleSpec("edgelet", None, is_package=True)
_spec.submodule_search_locations = [str(ROOT / "device" / "lib" / "edgelet")]
sys.modules["edgelet"] = importlib.util.module_from_spec(_spec)

_PLACES = {
    "config": "edgelet.storage.config",
    "limits": "edgelet.limits",
    "manifest": "edgelet.storage.manifest",
    "names": "edgelet.names",
    "network": "edgelet.board.network",
    "protocol": "edgelet.console.protocol",
}


def __getattr__(name: str) -> Any:
    """Load a module when it is first asked for: most commands need few."""
    if name not in _PLACES:
        raise AttributeError(name)
    return importlib.import_module(_PLACES[name])
