"""Our C files with ESP-IDF's headers, for an ESP32-C3. Needs ESP-IDF, in the folder that IDF_PATH names."""

import re
import subprocess
from pathlib import Path

import pytest
from edgelet_host.paths import FIRMWARE
from esp_idf import COMPILER, MACHINE, EspIdf

pytestmark = [pytest.mark.esp_idf, pytest.mark.slow]

SOURCES = sorted(FIRMWARE.glob("*_module/**/*.c"))
WARNINGS = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-old-style-declaration"]
# What MicroPython gives, by the names that its headers declare.
MICROPYTHON = re.compile(r"(?:mp|m|nlr|vstr|qstr|utf8|gc)_\w+")
# What picolibc leaves to an operating system, and Espressif's C library has.
C_LIBRARY = {"_exit", "getpid", "gettimeofday", "kill", "stderr"}
KB = 1024


@pytest.fixture(scope="module")
def idf(tmp_path_factory):
    return EspIdf(tmp_path_factory.mktemp("esp_idf"))


@pytest.fixture(scope="module")
def objects(idf):
    """{source: its object}, and what the compiler said of it."""
    made = {}
    for source in [*SOURCES, FIRMWARE / "boards" / "lwip" / "modnameservers.c"]:
        into = idf.folder / f"{source.parent.name}-{source.stem}.o"
        made[source] = into, idf.compile(source, into, *WARNINGS)
    return made


def test_every_file_compiles_without_a_warning(objects):
    assert {source.name: text for source, (_, text) in objects.items() if text} == {}


def test_micropythons_espnow_finds_one_configuration(idf):
    assert idf.compile(idf.tree / "ports" / "esp32" / "modespnow.c", idf.folder / "espnow.o", "-Wall") == ""


def undefined(path):
    done = subprocess.run(["riscv64-unknown-elf-nm", "-u", path], capture_output=True, text=True, check=True)
    return [line.split()[-1].removeprefix("__real_") for line in done.stdout.splitlines()]


def symbols(path):
    """What an object defines for others."""
    command = ["riscv64-unknown-elf-nm", "--extern-only", "--defined-only", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split()[-1] for line in done.stdout.splitlines()]


HANDSHAKE = FIRMWARE / "tls_module" / "tls_handshake.c"
RSA = FIRMWARE / "tls_module" / "tls_rsa.c"


def test_a_handshake_is_divided_where_esp_idfs_mbedtls_begins_it_and_can_be_left(idf, objects):
    made = {}
    for name in ("ssl_msg", "x509_crt", "ssl_tls12_client", "rsa", "ecp"):
        made[name] = idf.folder / f"{name}.o"
        assert idf.compile(idf.mbedtls / "library" / f"{name}.c", made[name]) == ""
    # What the linker puts ours around: a read or write begins the handshake, that checks signatures, and they compute.
    around = {"ssl_msg": "mbedtls_ssl_handshake", "x509_crt": "mbedtls_pk_verify_ext"}
    around |= {"ssl_tls12_client": "mbedtls_pk_verify_restartable", "rsa": "mbedtls_mpi_exp_mod"}
    wrapped = [name for source in (HANDSHAKE, RSA) for name in symbols(objects[source][0]) if "__wrap_" in name]
    assert sorted(wrapped) == sorted(f"__wrap_{name}" for name in around.values())
    assert [name for made_of, name in around.items() if name not in undefined(made[made_of])] == []
    assert "mbedtls_ecp_set_max_ops" in symbols(made["ecp"])


def test_a_handshake_is_divided_by_the_structures_of_esp_idfs_mbedtls(idf):
    rules = idf.folder / "tls_handshake.d"
    assert idf.compile(HANDSHAKE, rules, "-M") == ""
    taken = [Path(word) for word in rules.read_text().split() if word.endswith(("/ssl_misc.h", "/ssl.h"))]
    assert sorted(taken) == [idf.mbedtls / "include" / "mbedtls" / "ssl.h", idf.mbedtls / "library" / "ssl_misc.h"]


@pytest.fixture(scope="module")
def linked(idf, objects):
    """A program of our objects, the C library, and a stand-in for each function that MicroPython or ESP-IDF has."""
    headers = [*idf.tree.glob("py/*.h"), *idf.tree.glob("ports/esp32/*.h"), *idf.tree.glob("shared/**/*.h")]
    micropython = "\n".join(path.read_text() for path in headers)
    together = idf.folder / "together.o"
    command = [COMPILER, *MACHINE, "-nostdlib", "-r", "-o", together, *(into for into, _ in objects.values())]
    subprocess.run(command, check=True)
    theirs = [
        name
        for name in undefined(together)
        if (MICROPYTHON.fullmatch(name) and re.search(rf"\b{name}\b", micropython)) or idf.defines(name)
    ]
    stubs = idf.folder / "stubs.s"
    names = [*theirs, *C_LIBRARY]
    stubs.write_text("".join(f".global {name}, __real_{name}\n{name}:\n__real_{name}: ret\n" for name in names))
    program = idf.folder / "program.elf"
    command = [COMPILER, *MACHINE, "--specs=picolibc.specs", "-nostartfiles", "-Wl,--no-gc-sections", "-Wl,-e,port_run"]
    done = subprocess.run(
        [*command, together, stubs, "-lm", "-o", program], capture_output=True, text=True, check=False
    )
    return program, done.stderr, theirs


def test_nothing_is_missing_that_neither_micropython_nor_esp_idf_has(linked):
    _, text, theirs = linked
    assert re.findall(r"undefined reference to `(\w+)'", text) == []
    assert {"esp_timer_start_periodic", "heap_caps_aligned_alloc", "xTaskCreatePinnedToCore", "mp_call_function_0"} <= {
        *theirs
    }


def test_wifi_has_as_few_buffers_as_the_calculation_has(idf):
    """docs/boards.md, "RAM of the ESP32s"."""
    found = re.findall(
        r"CONFIG_ESP_WIFI_(STATIC_RX|DYNAMIC_RX|DYNAMIC_TX)_BUFFER_NUM (\d+)", idf.configuration.read_text()
    )
    assert dict(found) == {"STATIC_RX": "4", "DYNAMIC_RX": "8", "DYNAMIC_TX": "8"}


def test_static_ram_is_what_the_calculation_has(objects):
    """docs/boards.md, "RAM of the ESP32s": 26 KB, of which 24 are the stack of JavaScript."""
    command = ["riscv64-unknown-elf-size", *(into for into, _ in objects.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    sizes = [line.split() for line in done.stdout.splitlines()[1:]]
    assert 24 * KB < sum(int(data) + int(bss) for _, data, bss, *_ in sizes) < 28 * KB
