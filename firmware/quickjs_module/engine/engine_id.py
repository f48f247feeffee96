#!/usr/bin/env python3
"""Writes engine_id.h: the id that bytecode and engine must share.

The id covers what decides how bytecode is written and read: the engine's sources (atoms and opcodes among them) and
the flags that change them. It does not cover the target: the engine writes the same bytes on all of them.

Usage: engine_id.py QUICKJS_DIR OUTPUT
"""

import hashlib
import sys
from pathlib import Path

SOURCES = (
    "quickjs.c",
    "quickjs.h",
    "quickjs-atom.h",
    "quickjs-opcode.h",
    "libregexp.c",
    "libregexp.h",
    "libregexp-opcode.h",
    "dtoa.c",
)
# Flags that every build shares (micropython.mk). QJS_DISABLE_PARSER is not among them: it leaves out code that writes
# bytecode and changes none.
FLAGS = ("__SANITIZE_ADDRESS__=1", "__DJGPP", "NDEBUG")


def engine_id(quickjs: Path) -> str:
    """16 hex digits over sources and flags."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(hashlib.sha256((quickjs / name).read_bytes()).digest())
    digest.update(" ".join(FLAGS).encode())
    return digest.hexdigest()[:16]


def main() -> None:
    """Write the header, leaving it untouched where it says the same already."""
    quickjs, output = Path(sys.argv[1]), Path(sys.argv[2])
    text = f'#define EDGELET_ENGINE_ID "{engine_id(quickjs)}"\n'
    if not output.exists() or output.read_text() != text:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)


if __name__ == "__main__":
    main()
