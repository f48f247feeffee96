"""The bill of materials of a release: an SPDX 2.3 document (github.com/spdx/spdx-spec), in JSON.

It names what is inside the firmware and the Python packages, with the SHA-256 of the archives that they were made from,
and the packages that pip installs beside them.
"""

import hashlib
import re
import time
import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path
from typing import Any

from edgelet_host import __version__
from edgelet_host.firmware.sources import Source
from edgelet_host.paths import ROOT

_NONE = "NOASSERTION"
_EDGELET = "SPDXRef-edgelet"
_DOCUMENT = "SPDXRef-DOCUMENT"
# What only the package for any computer needs.
_OF_SOME = ("wasmtime",)


def bill_of_materials(sources: Iterable[Source], files: Sequence[Path], commit: str, made: int) -> dict[str, Any]:
    """Give the document. files: of the release. commit, made: what it is made from, and seconds since the epoch."""
    firmware = [_source(source) for source in sources]
    python = [_python_package(name) for name in sorted({*_dependencies("edgelet"), *_OF_SOME})]
    ours = [_file(path) for path in files]
    known = "".join(one["checksums"][-1]["checksumValue"] for one in ours)
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": f"edgelet-{__version__}",
        "documentNamespace": uuid.uuid5(uuid.NAMESPACE_OID, known).urn,
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made)),
            "creators": [f"Tool: edgelet-{__version__}"],
        },
        "packages": [_edgelet(commit), *firmware, *python],
        "files": ours,
        "relationships": [
            _relation(_DOCUMENT, "DESCRIBES", _EDGELET),
            *[_relation(_EDGELET, "CONTAINS", one["SPDXID"]) for one in firmware],
            *[_relation(_EDGELET, "DEPENDS_ON", one["SPDXID"]) for one in python],
            *[_relation(one["SPDXID"], "GENERATED_FROM", _EDGELET) for one in ours],
        ],
    }


def _id(kind: str, name: str) -> str:
    return f"SPDXRef-{kind}-{re.sub(r'[^A-Za-z0-9.-]', '-', name)}"


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def _package(ref: str, name: str, version: str, terms: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "SPDXID": ref,
        "name": name,
        "versionInfo": version,
        "downloadLocation": _NONE,
        "filesAnalyzed": False,
        "licenseConcluded": _NONE,
        "licenseDeclared": terms,
        "copyrightText": _NONE,
        **more,
    }


def _url(text: str) -> dict[str, Any]:
    """Give the field by which a package says what it is to those that look for known flaws."""
    return {
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": text},
        ]
    }


def _edgelet(commit: str) -> dict[str, Any]:
    return _package(_EDGELET, "edgelet", __version__, "MIT", {"sourceInfo": f"git commit {commit}"})


def _source(source: Source) -> dict[str, Any]:
    version = source.version.replace("+", "%2B")
    if source.kind.startswith("debian"):
        kind = "source" if source.kind == "debian-source" else "all"
        url = f"pkg:deb/debian/{source.name}@{version}?arch={kind}&distro={source.release}"
    else:
        url = f"pkg:pypi/{source.name}@{version}"
    checksums = {"checksums": [{"algorithm": "SHA256", "checksumValue": source.sha256}]}
    return _package(_id("source", source.name), source.name, source.version, source.license, checksums | _url(url))


def _python_package(name: str) -> dict[str, Any]:
    about = metadata(name)
    # Older packages have a text there that is no expression.
    terms = str(about.json.get("license_expression", _NONE))
    version = about["Version"]
    return _package(_id("python", name), name, version, terms, _url(f"pkg:pypi/{name}@{version}"))


def _file(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    digests = {"SHA1": hashlib.sha1(content), "SHA256": hashlib.sha256(content)}
    return {
        "SPDXID": _id("file", path.name),
        "fileName": f"./{path.name}",
        "checksums": [{"algorithm": name, "checksumValue": one.hexdigest()} for name, one in digests.items()],
        "licenseConcluded": _NONE,
        "copyrightText": _NONE,
    }


def _dependencies(name: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """Give the names of all packages that pip installs for one, as far as they are installed here."""
    for line in _requirements(name):
        wanted = re.match(r"[\w.-]+", line)
        assert wanted is not None
        dependency = re.sub(r"[-_.]+", "-", wanted[0]).lower()
        if dependency not in known and "extra ==" not in line and _is_installed(dependency):
            known = _dependencies(dependency, known | {dependency})
    return known


def _requirements(name: str) -> list[str]:
    if name != "edgelet":
        return requires(name) or []
    lines: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return lines


def _is_installed(name: str) -> bool:
    try:
        return bool(metadata(name))
    except PackageNotFoundError:
        return False
