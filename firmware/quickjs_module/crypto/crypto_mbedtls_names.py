#!/usr/bin/env python3
"""Writes crypto_mbedtls_names.h: other names for mbedTLS' functions, so that our copy meets no port's.

What hashes keeps its names, which base_sha.h decides about, and so does what crypto_mbedtls_config.h defines.

Usage: crypto_mbedtls_names.py MBEDTLS_DIR OUTPUT
"""

import re
import sys
from pathlib import Path

_KEPT = re.compile(r"mbedtls_(internal_)?sha(1|256|512)(_|$)|mbedtls_(calloc|free|platform_zeroize)$")


def names(mbedtls: Path) -> list[str]:
    """Every name of a function or variable that the headers and sources have."""
    found: set[str] = set()
    for folder in ("include/mbedtls", "library"):
        for path in (mbedtls / folder).glob("*.[ch]"):
            found.update(re.findall(r"\bmbedtls_[a-z0-9_]+\b", path.read_text()))
    return sorted(name for name in found if not _KEPT.match(name))


def main() -> None:
    """Write the header, leaving it untouched where it says the same already."""
    mbedtls, output = Path(sys.argv[1]), Path(sys.argv[2])
    text = "".join(f"#define {name} crypto_{name}\n" for name in names(mbedtls))
    if not output.exists() or output.read_text() != text:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)


if __name__ == "__main__":
    main()
