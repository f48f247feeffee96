"""Those modules of the device's runtime that say what both sides must know: names, limits, the console's protocol.

They are the very files that are frozen into the firmware, in an installed command line too (`paths`).
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec

from edgelet_host.paths import ROOT

# By hand, and not by sys.path, where a folder `edgelet` of a user's would come first.
_spec = ModuleSpec("edgelet", None, is_package=True)
_spec.submodule_search_locations = [str(ROOT / "device" / "lib" / "edgelet")]
sys.modules["edgelet"] = importlib.util.module_from_spec(_spec)

from edgelet import limits, names  # noqa: E402
from edgelet.board import network  # noqa: E402
from edgelet.console import protocol  # noqa: E402
from edgelet.storage import config, manifest  # noqa: E402

__all__ = ["config", "limits", "manifest", "names", "network", "protocol"]
