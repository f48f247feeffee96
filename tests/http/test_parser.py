"""The head parser's C tests, each built for 64 and 32 bits, plain and with sanitizers; and their own test."""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULE = HERE.parents[1] / "firmware" / "http_module"
BASE = HERE.parents[1] / "firmware" / "base_module"

FLAGS = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror"]
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# The fuzzer allocates some hundred times for an input, so that AddressSanitizer's notes of who did, and the memory that
# it touches before it gives a freed block out again, are most of the cost.
FUZZING = os.environ | {"ASAN_OPTIONS": "malloc_context_size=0:quarantine_size_mb=16"}
BUILDS = {
    "gcc": ["gcc"],
    "gcc-32": ["gcc", "-m32"],
    "gcc-sanitized": ["gcc", *SANITIZED],
    "gcc-32-sanitized": ["gcc", "-m32", *SANITIZED],
    "clang-sanitized": ["clang", *SANITIZED],
}

# What a strict parser must not forget: each of these edits of it has to be noticed by the unit tests.
MISTAKES = [
    ("http_head.c", "end == at || buf[end - 1] != '\\r'", "end == at"),
    ("http_head.c", "if (is_blank(line[0])) {", "if (false) {"),
    ("http_head.c", "line[at] != ':'", "(line[at] != ':' && line[at] != ' ')"),
    ("http_head.c", "if (h->have_length || n == 0", "if (n == 0"),
    ("http_head.c", "if (h->have_length) {", "if (false) {"),
    ("http_head.c", "if (h->have_host ||", "if ("),
    ("http_head.c", "if (h->coding_chunked) {", "if (false) {"),
    ("http_head.c", "!h->coding_chunked || h->minor == 0", "!h->coding_chunked"),
    ("http_head.c", "!h->have_host && h->minor == 1", "false"),
    ("http_head.c", "if (h->absolute) {", "if (false) {"),
    ("http_head.c", "if (!secure) {", "if (secure) {"),
    ("http_head.c", "len < limits->head ?", "len <= limits->head ?"),
    ("http_head.c", "end - target > limits->target", "end - target >= limits->target"),
    ("http_chunked.c", "if (c->digits == 8) {", "if (c->digits == 9) {"),
    ("http_chunked.c", "c->state = b == '\"' ? QUOTED : EXTENSION;", ""),
    ("http_chunked.c", "c->state = ESCAPED;", ""),
    ("http_chunked.c", "b == '\\n' ? go(c, SIZE)", "b ? go(c, SIZE)"),
    ("http_chunked.c", "++c->extra <= HTTP_CHUNK_EXTRA_MAX", "++c->extra <= HTTP_CHUNK_EXTRA_MAX + 1"),
]


def build(compiler, program, target, module=MODULE):
    sources = [HERE / program, module / "http_head.c", module / "http_chunked.c"]
    sources += [BASE / "base_chars.c", BASE / "base_fields.c"]
    command, *options = compiler
    subprocess.run([command, *FLAGS, *options, f"-I{module}", f"-I{BASE}", *sources, "-o", target], check=True)
    return target


@pytest.mark.parametrize(
    "name", [name if name == "gcc" else pytest.param(name, marks=pytest.mark.slow) for name in BUILDS]
)
def test_units(name, tmp_path):
    subprocess.run([build(BUILDS[name], "http_unit.c", tmp_path / "unit")], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gcc-sanitized", "gcc-32-sanitized"])
def test_fuzz(name, tmp_path):
    program = build(BUILDS[name], "http_fuzz.c", tmp_path / "fuzz")
    subprocess.run([program, "1", "20000"], check=True, env=FUZZING)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_fuzz_long(seed, tmp_path):
    """Of the mistakes above, each that 500,000 inputs of each seed find, 100,000 of each find, too."""
    program = build(BUILDS["gcc-sanitized"], "http_fuzz.c", tmp_path / "fuzz")
    subprocess.run([program, str(seed), "125000"], check=True, env=FUZZING)


@pytest.mark.slow
def test_libfuzzer(tmp_path):
    program = build(["clang", "-fsanitize=fuzzer", *SANITIZED, "-DLIBFUZZER"], "http_fuzz.c", tmp_path / "fuzz")
    subprocess.run([program, "-seed=1", "-runs=300000", "-max_len=600"], check=True, cwd=tmp_path, env=FUZZING)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "old", "new"), MISTAKES, ids=[old for _, old, _ in MISTAKES])
def test_a_mistake_is_noticed(file, old, new, tmp_path):
    for source in MODULE.glob("http_*"):
        text = source.read_text()
        if source.name == file:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / source.name).write_text(text)
    program = build(["gcc", "-O0"], "http_unit.c", tmp_path / "unit", tmp_path)
    assert subprocess.run([program], stdout=subprocess.DEVNULL).returncode == 1
