"""Edgelet's own tests (linters and type checker, then pytest, whose lines are the last) and benches."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import builds
from edgelet_host.firmware.system import BENCH_PACKAGES, BUILD_PACKAGES, TEST_PACKAGES, ensure_packages
from edgelet_host.paths import FIRMWARE, ROOT, cache_dir
from edgelet_host.terminal import warn

# One process for each processor; tests of one `xdist_group` share one. They begin in the order of tests/conftest.py.
PYTEST = ("-m", "pytest", "--numprocesses=auto", "--dist=loadgroup", "--no-loadscope-reorder")


def run_tests(quick: bool, arguments: Sequence[str]) -> int:
    """Run all checks and the tests; 0 where all passed.

    quick: leave out tests marked `slow`. arguments: for pytest (paths, -k, ...).
    """
    ensure_packages(BUILD_PACKAGES | TEST_PACKAGES)
    builds.ensure_unix()
    failed = run_checks()
    for name in failed:
        warn(f"{name} found something, see above; the tests run all the same.")
    chosen = ["-m", "not slow"] if quick else []
    status = subprocess.run([sys.executable, *PYTEST, *chosen, *arguments], cwd=ROOT, check=False).returncode
    return status or int(bool(failed))


def run_bench(name: str, arguments: Sequence[str]) -> int:
    """Run `bench/NAME.py` with the command line's own Python; its exit status."""
    programs = sorted(path.stem for path in (ROOT / "bench").glob("*.py"))
    if name not in programs:
        raise EdgeletError(f"There is no bench/{name}.py. There are: {', '.join(programs)}.")
    ensure_packages(BUILD_PACKAGES | BENCH_PACKAGES)
    return subprocess.run([sys.executable, ROOT / "bench" / f"{name}.py", *arguments], check=False).returncode


def run_checks() -> list[str]:
    """Run linters, formatters and type checker; give the names of those that found something."""
    c_files = [str(path) for path in c_sources()]
    checks = {
        "ruff check": ["ruff", "check", "--quiet"],
        "ruff format": ["ruff", "format", "--check", "--quiet"],
        "mypy": ["mypy", "--no-error-summary", f"--cache-dir={cache_dir() / 'mypy'}"],
        "clang-format": ["clang-format", "--dry-run", "-Werror", *c_files],
    }
    # The programs of the virtual environment that runs this.
    environment = os.environ | {"RUFF_CACHE_DIR": str(cache_dir() / "ruff")}
    programs = Path(sys.executable).parent
    return [
        name
        for name, (program, *options) in checks.items()
        if subprocess.run([str(programs / program), *options], cwd=ROOT, env=environment, check=False).returncode != 0
    ]


def c_sources() -> list[Path]:
    """Give every C file of ours."""
    return sorted(path for top in (FIRMWARE, ROOT / "host", ROOT / "tests") for path in top.rglob("*.[ch]"))
