"""The certificates that a function or a device trusts over https: PEM files here, DER on the device."""

import os
import re
import ssl
from collections.abc import Callable
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, Project

# As docs/limits.md has them. A board reads all of them for each connection.
COUNT = 16
BYTES = 32 << 10

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")
_READ = 256 << 10  # bytes of a file, which may have comments


def read_roots(project: Project) -> bytes:
    """Give the certificates that `[fetch] roots` names, one after the other. Raises EdgeletError."""
    found = [der for name in _names(project) for der in _read(project, name)]
    return _joined(found, lambda text: _error(project, f"has {text} in fetch.allow"))


def read_device_roots(file: str) -> bytes:
    """Give the certificates of a PEM file, one after the other. Raises EdgeletError."""
    found = _certificates(Path(file), lambda text: EdgeletError(f"--roots names {file}, {text}"))
    return _joined(found, lambda text: EdgeletError(f"--roots names {file}, which has {text} that functions may reach"))


def _joined(found: list[bytes], too_many: Callable[[str], EdgeletError]) -> bytes:
    data = b"".join(found)
    if len(found) > COUNT or len(data) > BYTES:
        have = f"{len(found)} certificates of {len(data)} bytes, at most {COUNT} of {BYTES} may be"
        raise too_many(f"{have}: name only those that sign for the hosts")
    return data


def _error(project: Project, text: str) -> EdgeletError:
    return EdgeletError(f"{project.folder / FILE}: fetch.roots {text}")


def _names(project: Project) -> list[str]:
    names = project.fetch["roots"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise _error(project, 'must be a list of files with certificates in PEM, such as ["ca.pem"]')
    return names


def _read(project: Project, name: str) -> list[bytes]:
    def wrong(text: str) -> EdgeletError:
        return _error(project, f"names {name}, {text}")

    try:
        path = Path(os.path.realpath(project.folder / name))
        if not path.is_relative_to(project.folder.resolve()):
            raise wrong("which is outside the project: put a copy in its place")
    except OSError as e:
        raise wrong(f"which cannot be read: {e.strerror}") from None
    except ValueError:
        raise _error(project, f"names {name!a}, which is no file name") from None
    return _certificates(path, wrong)


def _certificates(path: Path, wrong: Callable[[str], EdgeletError]) -> list[bytes]:
    """Give the certificates of a PEM file in DER. wrong: makes the error, of a text that goes on behind its name."""
    try:
        if not path.is_file():
            raise wrong("but there is no such file")
        with path.open("rb") as file:
            text = file.read(_READ + 1).decode("ascii", errors="replace")
    except OSError as e:
        raise wrong(f"which cannot be read: {e.strerror}") from None
    if len(text) > _READ:
        raise wrong(f"which has more than {_READ >> 10} KiB: name only what signs for the hosts")
    if "PRIVATE KEY-----" in text:
        raise wrong("which has a private key: name a file with certificates only")
    found = _PEM.findall(text)
    if not found:
        raise wrong("which has no certificate in PEM (-----BEGIN CERTIFICATE-----)")
    return [_der(i, pem, wrong) for i, pem in enumerate(found, 1)]


def _der(number: int, pem: str, wrong: Callable[[str], EdgeletError]) -> bytes:
    """Give one certificate in DER, whose length the device reads in two bytes (X.690, section 8.1.3.5)."""
    try:
        ssl.create_default_context(cadata=pem)
        der = ssl.PEM_cert_to_DER_cert(pem)
        if der[:2] == b"\x30\x82" and int.from_bytes(der[2:4], "big") + 4 == len(der):
            return der
    except (ssl.SSLError, ValueError):
        pass
    raise wrong(f"whose certificate {number} is damaged")
