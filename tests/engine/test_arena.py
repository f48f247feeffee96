"""The arena allocator's C tests, each built for 64 and 32 bits, plain and with sanitizers."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULE = HERE.parents[1] / "firmware" / "quickjs_module"
BASE = HERE.parents[1] / "firmware" / "base_module"
SUPPORT = HERE.parent / "support"

FLAGS = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror"]
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DARENA_POISON=1"]
PLAIN_BUILDS = {
    "gcc": ["gcc"],
    "gcc-32": ["gcc", "-m32"],
    "clang": ["clang"],
}
SANITIZED_BUILDS = {
    "gcc-sanitized": ["gcc", *SANITIZED],
    "gcc-32-sanitized": ["gcc", "-m32", *SANITIZED],
    "clang-sanitized": ["clang", *SANITIZED],
}
BUILDS = PLAIN_BUILDS | SANITIZED_BUILDS


def named(builds):
    return [
        pytest.param(compiler, id=name, marks=[] if name == "gcc" else [pytest.mark.slow])
        for name, compiler in builds.items()
    ]


MISTAKES = [
    "overflow-by-one",
    "overflow-far",
    "underflow",
    "read-behind-shrunk",
    "read-far-behind-shrunk",
    "use-after-free",
    "use-after-move",
    "double-free",
    "realloc-after-free",
    "beyond-top",
]


def build(compiler, name, directory):
    program = directory / name
    sources = [HERE / f"{name}.c", *sorted((MODULE / "engine").glob("arena*.c")), BASE / "base_secret.c"]
    command = [*compiler, *FLAGS, f"-I{MODULE}", f"-I{BASE}", f"-I{SUPPORT}", *sources, "-o", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


def run(program, *arguments):
    command = [program, *arguments]
    return subprocess.run(command, check=False, cwd=program.parent, capture_output=True, text=True, errors="replace")


@pytest.mark.parametrize("compiler", named(BUILDS))
def test_unit(compiler, tmp_path):
    done = run(build(compiler, "arena_unit", tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("compiler", named(BUILDS))
def test_against_model(compiler, tmp_path):
    done = run(build(compiler, "arena_fuzz", tmp_path), "1", "500")
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


@pytest.mark.slow
def test_against_model_with_libfuzzer(tmp_path):
    """The same operations, steered by coverage; the seed makes the run repeatable."""
    compiler = ["clang", *SANITIZED, "-fsanitize=fuzzer", "-DARENA_LIBFUZZER=1"]
    program = build(compiler, "arena_fuzz", tmp_path)
    done = run(program, "-seed=1", "-runs=4000", "-max_len=4096", "-len_control=0")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", params=named(SANITIZED_BUILDS))
def planted(request, tmp_path_factory):
    return build(request.param, "arena_planted", tmp_path_factory.mktemp("planted"))


@pytest.mark.parametrize("state", ["", "saved-", "restored-"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_planted_mistake_is_reported(planted, state, mistake):
    done = run(planted, state + mistake)
    assert done.returncode != 0 and "returned" not in done.stdout
    assert "AddressSanitizer: use-after-poison" in done.stderr


@pytest.mark.parametrize("state", ["", "saved-", "restored-"])
def test_sound_program_is_not_reported(planted, state):
    done = run(planted, state + "none")
    assert (done.returncode, done.stdout, done.stderr) == (0, "returned\n", "")
