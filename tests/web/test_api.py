"""docs/api.md has every global and member that handlers find, and those that only Workers have."""

import shutil
import tempfile
from pathlib import Path

import api_helpers


def test_the_document_has_every_global_with_its_members(firmware):
    # Not pytest's folder: the name of a Unix socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="workerd-"))
    try:
        workers = api_helpers.ask_workerd(folder)
        found = api_helpers.described(firmware, workers)
    finally:
        shutil.rmtree(folder)
    assert set(api_helpers.language()) <= found.keys()
    assert api_helpers.listed("Of Workers' globals these are not there") == sorted(workers.keys() - found.keys())
    expected = {row.name: (row.members, row.lacks) for row in api_helpers.merged(found)}
    assert {name: (row.members, row.lacks) for name, row in api_helpers.documented().items()} == expected
    assert all(row.bytes.isdecimal() for row in api_helpers.documented().values())
