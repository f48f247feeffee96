"""How the tests themselves are run."""

import subprocess
import sys

from edgelet_host.checks import PYTEST

GROUP = """
import os
from pathlib import Path
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_of_a_group(number):
    (Path(__file__).parent / str(os.getpid())).touch()
"""


def test_tests_of_a_group_share_a_process(tmp_path):
    (tmp_path / "test_group.py").write_text(GROUP)
    # With as many processes as on a machine with several processors.
    command = [sys.executable, *PYTEST, "--numprocesses=2", tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len([path for path in tmp_path.iterdir() if path.name.isdecimal()]) == 1
