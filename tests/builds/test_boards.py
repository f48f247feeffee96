"""`edgelet build --board`: real firmware of RP2040 and RP2350, and what it says where it cannot build."""

import ast
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from edgelet_host.firmware import sources, uf2
from edgelet_host.firmware.boards import board_build, board_names, read_definitions, write_outputs
from edgelet_host.paths import FIRMWARE, ROOT
from edgelet_host.runtime import limits

FLASH, RAM = 0x10000000, 0x20000000
CHIPS = {"EDGELET_PICO": "RP2040", "EDGELET_PICO2": "RP2350"}


def build(folder, *arguments, **variables):
    """Run `edgelet build` in a folder; the finished process."""
    return edgelet(folder, "build", *arguments, **variables)


def edgelet(folder, *arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if name != "EDGELET_MICROPYTHON"}
    return subprocess.run(
        [sys.executable, "-m", "edgelet_host", *arguments],
        env=environment | {"PYTHONPATH": str(ROOT / "host")} | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


class Built:
    """The firmware of a board: its folder, the report, and what the compiler's own tools say about it."""

    def __init__(self, board, folder):
        self.board, self.folder = board, folder
        done = build(folder, "--board", board, "--json")
        assert done.returncode == 0, done.stderr
        self.report = json.loads(done.stdout)
        self.elf = board_build(board).firmware
        sizes = subprocess.run(["arm-none-eabi-size", "-A", self.elf], capture_output=True, text=True, check=True)
        rows = [line.split() for line in sizes.stdout.splitlines() if line.startswith(".")]
        self.sections = {name: (int(size), int(address)) for name, size, address in rows}
        symbols = subprocess.run(["arm-none-eabi-nm", self.elf], capture_output=True, text=True, check=True)
        self.symbols = {line.split()[-1]: int(line.split()[0], 16) for line in symbols.stdout.splitlines()}

    def file(self, suffix):
        return self.folder / "build" / f"{self.board}.{suffix}"


@pytest.fixture(scope="module", params=sorted(CHIPS))
def built(request, tmp_path_factory):
    return Built(request.param, tmp_path_factory.mktemp(request.param))


# What needs the firmware of a board. To build it takes minutes, the first time.
slow = pytest.mark.slow


@slow
def test_the_report_agrees_with_the_compilers_tools(built):
    report, sections = built.report, built.sections
    assert report["data"] == sections[".data"][0]
    # The guard of the JavaScript stack is aligned to its size.
    assert sections[".bss"][0] <= report["bss"] < sections[".bss"][0] + 256
    in_flash = [size for name, (size, address) in sections.items() if FLASH <= address < RAM and name != ".flash_end"]
    loaded = sum(in_flash) + sections[".data"][0]
    # Alignment between sections, and RP2350's block at the end.
    assert loaded <= report["flash_used"] < loaded + 512
    assert report["flash_used"] == built.file("bin").stat().st_size
    assert report["flash_used"] + report["flash_free"] == report["flash_size"]


@slow
def test_flash_and_ram_are_divided_without_a_gap(built):
    numbers = {name: int(value) for name, value in read_definitions(built.board).items() if value.isdigit()}
    report = built.report
    images = sum(number * size for number, size in report["slots"])
    parts = report["flash_size"] + images + report["filesystem"]
    assert parts == numbers["EDGELET_FLASH_BYTES"]
    assert report["arena"] == numbers["EDGELET_ARENA_BYTES"]
    assert {size % 4096 for _, size in report["slots"]} == {report["flash_size"] % 4096} == {0}
    assert built.symbols["__GcHeapStart"] + report["heap"] == built.symbols["__GcHeapEnd"]
    # What the linker lets the firmware have is what the report says.
    [linker_map] = built.elf.parent.glob("make/*/rp2/firmware.elf.map")
    region = re.search(r"^FLASH +0x0*10000000 +0x([0-9a-f]+)", linker_map.read_text(), re.MULTILINE)
    assert int(region[1], 16) == report["flash_size"]


@slow
def test_a_uf2_file_and_checksums_are_written(built):
    image = uf2.parse(built.file("uf2").read_bytes(), "firmware")
    assert image.chip == CHIPS[built.board]
    [(address, content)] = image.parts
    binary = built.file("bin").read_bytes()
    # The format fills its last block.
    assert (address, content[: len(binary)]) == (FLASH, binary)
    assert content[len(binary) :].strip(b"\0") == b""
    checked = subprocess.run(["sha256sum", "--check", built.file("sha256").name], cwd=built.folder / "build")
    assert checked.returncode == 0


@slow
def test_several_write_the_same_files_at_once(built, tmp_path):
    def write_and_read(_):
        image, _, checksums = write_outputs(board_build(built.board), tmp_path)
        assert checksums.read_text().split()[0] == hashlib.sha256(image.read_bytes()).hexdigest()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_and_read, range(12)))
    assert len(list(tmp_path.iterdir())) == 3  # and nothing of how they were made


@slow
def test_what_a_board_must_have_is_in_its_firmware(built):
    # The C library and the double arithmetic are in flash; there is no parser, and the SDK's double arithmetic is not
    # in the place of the compiler's.
    assert FLASH < built.symbols["__aeabi_dadd"] < RAM
    assert FLASH < built.symbols["pow"] < RAM
    assert RAM <= built.symbols["arena_block"] < RAM + (1 << 20)
    assert built.symbols["arena_block"] % 8 == 0
    assert "__wrap___aeabi_dadd" not in built.symbols
    assert not [name for name in built.symbols if name.startswith("js_parse_s")]
    # ELF's note of a build id: size of the name, of the id, type, name.
    note = built.file("bin").read_bytes()[built.symbols["bare_build_id_note"] - FLASH :]
    assert note.startswith(struct.pack("<3I4s", 4, 20, 3, b"GNU"))


@slow
def test_an_rp2350_has_its_hashing_engine_and_looks_for_psram(built):
    has = CHIPS[built.board] == "RP2350"
    assert ("port_sha256_block" in built.symbols) == has
    assert ("__wrap_psram_init" in built.symbols) == has


KB = 1024
# An application on hono on 32 bits, by calculation (docs/packages.md): its image, and what a request takes behind it.
LARGE_IMAGE, LARGE_REQUEST, LARGE_STACK = 224 * KB, 24 * KB, 24 * KB
# MicroPython's heap on an RP2040: what edgelet and one function take of it, and what a request that waits does
# (docs/architecture.md, "Parking").
TAKEN, WAITING = 49 * KB, 4400


def rp2350_boards():
    return [name for name in board_names() if read_definitions(name).get("PICO_PLATFORM", "").startswith("rp2350")]


def test_an_rp2350_runs_a_function_with_an_image_of_224_kb():
    boards = rp2350_boards()
    assert len(boards) == 3
    for board in boards:
        sizes = {name: int(value) for name, value in read_definitions(board).items() if value.isdigit()}
        assert sizes["EDGELET_ARENA_BYTES"] >= LARGE_IMAGE + LARGE_REQUEST, board
        assert sizes["EDGELET_STACK_BYTES"] >= LARGE_STACK, board


@slow
def test_the_heap_holds_as_many_requests_as_may_wait(built):
    defaults = {name: default for name, default, _, _ in limits.of("", False, CHIPS[built.board] == "RP2350")}
    assert built.report["heap"] >= TAKEN + defaults["waiting_requests"] * WAITING


FROZEN_FUNCTIONS = FIRMWARE / "boards" / "rp2" / "frozen_functions.py"


def is_constant(default):
    """Whether the default of an argument needs no code: None, False, True, a small number, or a text that is a name."""
    if isinstance(default, ast.UnaryOp):
        return isinstance(default.op, ast.USub) and is_constant(default.operand)
    if not isinstance(default, ast.Constant):
        return False
    if isinstance(default.value, str):
        return re.fullmatch(r"\w*", default.value) is not None
    return default.value is None or isinstance(default.value, int)


def is_plain(statement):
    """Whether a statement of a class is a function or property without closure, or default that is computed."""
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    defaults = statement.args.defaults
    has_one_kind = [ast.unparse(decorator) for decorator in statement.decorator_list] in ([], ["property"])
    return has_one_kind and "super" not in names and all(map(is_constant, defaults))


class Compiled(ast.NodeTransformer):
    """A module as MicroPython's compiler has it: constants in the place of names that const() has given them."""

    def __init__(self, module):
        assigned = [node for node in module.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
        self._constants = {
            node.targets[0].id: node.value.args[0] for node in assigned if ast.unparse(node.value.func) == "const"
        }

    def visit_Name(self, node):
        return self._constants.get(node.id, node)


def plain_classes():
    """{class: its functions}, in C's names, for each class of the runtime that has nothing but plain functions."""
    found = {}
    library = ROOT / "device" / "lib"
    for path in library.rglob("*.py"):
        if "processes" in path.parts:
            continue  # Linux's
        module = "_".join(path.relative_to(library).with_suffix("").parts)
        parsed = ast.parse(path.read_text())
        for node in Compiled(parsed).visit(parsed).body:
            if isinstance(node, ast.ClassDef):
                has_text = isinstance(node.body[0], ast.Expr)
                if node.body[has_text:] and all(map(is_plain, node.body[has_text:])):
                    found[f"{module}_{node.name}"] = [one.name for one in node.body[has_text:]]
    return found


@slow
def test_functions_of_frozen_modules_are_in_flash(built):
    # Each would take 16 bytes of MicroPython's heap or more, and 8 in its class.
    [content] = built.elf.parent.glob("make/*/rp2/frozen_content.c")
    frozen = re.findall(r"// frozen bytecode for file (\S+), scope (\S+)", content.read_text())
    modules = {file for file, _ in frozen}
    header = content.with_name("frozen_functions.h").read_text()
    made = re.findall(r"\{&mp_type_\w+\}, &contexts\[(\d+)\], .*fun_data_\w+", header)
    bodies = re.findall(r"\{&body_type\}, &contexts\[(\d+)\], .*fun_data_\w+", header)
    assert 800 < len(made) < len(frozen) - len(modules)
    assert len(bodies) == len(set(bodies)) == len(modules) > 70
    tables = re.findall(r"const mp_obj_fun_bc_t (?:\*const )?((?:function_|functions_|longer_)\w+)(?:\[\])? =", header)
    assert len(tables) > len(modules)
    assert all(FLASH < built.symbols[name] < RAM for name in tables)
    assert FLASH < built.symbols["contexts"] < RAM < built.symbols["globals"]


@slow
def test_members_of_frozen_classes_are_in_flash(built):
    [header] = built.elf.parent.glob("make/*/rp2/frozen_functions.h")
    tables = re.findall(r"mp_rom_map_elem_t members_edgelet_(\w+)\[\] = \{\n((?:    .*\n)*)", header.read_text())
    found = {f"edgelet_{scope}": re.findall(r"MP_QSTR_(\w+)", text) for scope, text in tables}
    assert found == plain_classes()
    assert len(found) > 35
    assert all(FLASH < built.symbols[f"members_{scope}"] < RAM for scope in found)


ERRORS = {"BaseException", "Exception", "ValueError"}


def constant_classes():
    """Those of `plain_classes`, and those without members, that inherit from nothing or from an error."""
    plain, library = plain_classes(), ROOT / "device" / "lib"
    for path in library.rglob("*.py"):
        module = "_".join(path.relative_to(library).with_suffix("").parts)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.decorator_list and "processes" not in path.parts:
                is_empty = all(isinstance(statement, (ast.Expr, ast.Pass)) for statement in node.body)
                name = f"{module}_{node.name}"
                if (name in plain or is_empty) and {ast.unparse(base) for base in node.bases} <= ERRORS:
                    yield name


@slow
def test_types_of_frozen_classes_are_in_flash(built):
    # Each would take 64 bytes of MicroPython's heap.
    assert len(classes := set(constant_classes())) > 50
    assert all(FLASH < built.symbols[f"type_{name}"] < RAM for name in classes)


@slow
def test_constant_names_of_frozen_modules_are_in_flash(built):
    # Each would take 8 bytes of MicroPython's heap, and of what it has for them a quarter is room to grow.
    [header] = built.elf.parent.glob("make/*/rp2/frozen_functions.h")
    tables = re.findall(r"mp_rom_map_elem_t (names_\d+)\[\] = \{\n((?:    .*\n)*)", header.read_text())
    assert sum(text.count("\n") for _, text in tables) > 1000
    assert all(FLASH < built.symbols[name] < RAM for name, _ in tables)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "functions were not found: all"),
        (
            "// frozen bytecode for file a.py, scope a_f\nstatic const byte fun_data_a_f[8] = {\n",
            "functions were not found: a_f",
        ),
    ],
)
def test_frozen_content_in_another_form_ends_the_build(content, problem, tmp_path):
    frozen = tmp_path / "frozen_content.c"
    frozen.write_text(content)
    command = [sys.executable, FROZEN_FUNCTIONS, frozen, tmp_path, tmp_path / "frozen_functions.h"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"{frozen} is not as expected: {problem}: frozen_functions.py must learn about it\n"
    assert not (tmp_path / "frozen_functions.h").exists()


@slow
def test_a_build_that_is_there_is_taken(built, tmp_path):
    done = build(tmp_path, "--board", built.board)
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"build/{built.board}.uf2" in done.stdout
    assert (tmp_path / "build" / f"{built.board}.bin").read_bytes() == built.file("bin").read_bytes()


def test_every_board_says_which_chip_it_has():
    for board in board_names():
        definitions = read_definitions(board)
        assert ("PICO_PLATFORM" in definitions) != ("IDF_TARGET" in definitions), board


def test_an_unknown_board_is_an_error_with_the_list(tmp_path):
    done = build(tmp_path, "--board", "PICO")
    assert done.returncode == 1
    assert done.stderr == f"Error: There is no board PICO; there are: {', '.join(board_names())}.\n"


@pytest.mark.parametrize("board", ["EDGELET_PICO_W", "EDGELET_PICO2_W"])
def test_a_radio_needs_its_driver(board, tmp_path):
    done = build(tmp_path, "--board", board)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "lib/cyw43-driver" in done.stderr
    assert "EDGELET_MICROPYTHON" in done.stderr


def test_an_emulated_radio_needs_its_driver_too(tmp_path):
    done = edgelet(tmp_path, "dev", "--board", "pico-w", ROOT / "examples" / "hello")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "EDGELET_MICROPYTHON" in done.stderr


@pytest.mark.parametrize("board", ["EDGELET_ESP32", "EDGELET_ESP32_C3", "EDGELET_ESP32_S3"])
def test_esp32_needs_esp_idf_and_a_checkout(board, tmp_path):
    done = build(tmp_path, "--board", board, PATH="/usr/bin:/bin")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "ESP-IDF" in done.stderr
    (tmp_path / "idf.py").write_text("#!/bin/sh\n")
    (tmp_path / "idf.py").chmod(0o755)
    done = build(tmp_path, "--board", board, PATH=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "lib/berkeley-db-1.xx" in done.stderr
    assert "EDGELET_MICROPYTHON" in done.stderr


@pytest.mark.parametrize("board", ["EDGELET_PICO_W", "EDGELET_PICO2_W"])
@pytest.mark.parametrize(
    ("fetched", "missing"),
    [
        pytest.param(["lwip", "mbedtls", "pico-sdk", "tinyusb-source"], "lib/cyw43-driver", marks=pytest.mark.slow),
        ([], "lib/lwip lib/mbedtls lib/pico-sdk lib/tinyusb lib/cyw43-driver"),
    ],
)
def test_an_incomplete_checkout_says_how_to_fetch_what_it_lacks(board, fetched, missing, tmp_path):
    tree = sources.micropython_tree(fetched)
    done = build(tmp_path, "--board", board, "--micropython", str(tree))
    assert done.returncode == 1
    assert done.stderr == f"Error: Submodules are missing: git -C {tree} submodule update --init {missing}\n"


def test_a_sanitizer_is_for_linux(tmp_path):
    done = build(tmp_path, "--board", "EDGELET_PICO", "--sanitize")
    assert done.returncode == 1
    assert "--sanitize is for Linux only" in done.stderr
