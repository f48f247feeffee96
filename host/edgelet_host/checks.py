"""Edgelet's own tests (linters and type checker, then pytest, whose lines are the last) and benches."""

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import builds
from edgelet_host.firmware.system import BENCH_PACKAGES, BUILD_PACKAGES, TEST_PACKAGES, ensure_packages
from edgelet_host.paths import FIRMWARE, ROOT, cache_dir
from edgelet_host.terminal import warn

# Three processes for two processors, since a third of a test's time is waiting for a device; tests of one `xdist_group`
# share one. They begin in the order of tests/conftest.py.
_PROCESSORS = os.cpu_count() or 1
if sys.platform == "linux":
    _PROCESSORS = len(os.sched_getaffinity(0))
PROCESSES = max(2, _PROCESSORS * 3 // 2)
PYTEST = ("-m", "pytest", f"--numprocesses={PROCESSES}", "--dist=loadgroup", "--no-loadscope-reorder")


def run_tests(quick: bool, arguments: Sequence[str]) -> int:
    """Run all checks and the tests; 0 where all passed.

    quick: leave out tests marked `slow`. arguments: for pytest (paths, -k, ...).
    """
    ensure_packages(BUILD_PACKAGES | TEST_PACKAGES)
    with ThreadPoolExecutor() as pool:
        checks = pool.submit(run_checks)
        builds.ensure_unix()
    failed = checks.result()
    for name, found in failed.items():
        print(found, end="", file=sys.stderr)
        warn(f"{name} found something, see above; the tests run all the same.")
    chosen = ["-m", "not slow"] if quick else []
    status = subprocess.run([sys.executable, *PYTEST, *chosen, *arguments], cwd=ROOT, check=False).returncode
    return status or int(bool(failed))


def run_bench(name: str, arguments: Sequence[str]) -> int:
    """Run `bench/NAME.py` with the command line's own Python; its exit status."""
    program = _bench_program(name)
    ensure_packages(BUILD_PACKAGES | BENCH_PACKAGES)
    return subprocess.run([sys.executable, program, *arguments], check=False).returncode


def bench_help(name: str) -> str:
    """Give what a program of bench/ says of itself."""
    return ast.get_docstring(ast.parse(_bench_program(name).read_text("utf-8"))) or ""


def _bench_program(name: str) -> Path:
    programs = {path.stem: path for path in sorted((ROOT / "bench").glob("*.py"))}
    if name not in programs:
        raise EdgeletError(f"There is no bench/{name}.py. There are: {', '.join(programs)}.")
    return programs[name]


def run_checks() -> dict[str, str]:
    """Run linters, formatters and type checker; give what those that found something printed, by their names."""
    c_files = [str(path) for path in c_sources()]
    checks = {
        "ruff check": ["ruff", "check", "--quiet"],
        "ruff format": ["ruff", "format", "--check", "--quiet"],
        "mypy": ["mypy", "--no-error-summary", f"--cache-dir={cache_dir() / 'mypy'}"],
        "clang-format": ["clang-format", "--dry-run", "-Werror", *c_files],
        "shellcheck": ["shellcheck", "edgelet", "gateway/install.sh"],
        "actionlint": ["actionlint"],
        "hadolint": ["hadolint", "gateway/Containerfile"],
    }
    # The programs of the virtual environment that runs this.
    environment = os.environ | {"RUFF_CACHE_DIR": str(cache_dir() / "ruff")}
    programs = Path(sys.executable).parent
    found = {}
    for name, (program, *options) in checks.items():
        command = [str(programs / program), *options]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            found[name] = done.stdout
    return found


def c_sources() -> list[Path]:
    """Give every C file of ours."""
    return sorted(path for top in (FIRMWARE, ROOT / "host", ROOT / "tests") for path in top.rglob("*.[ch]"))
