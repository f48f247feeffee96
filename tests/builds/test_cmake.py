"""Our C modules in the ports of MicroPython that build with CMake, by MicroPython's own usermod.cmake."""

import json
import subprocess
from pathlib import Path

import pytest
from edgelet_host.firmware import sources
from edgelet_host.paths import FIRMWARE

PROJECT = """\
cmake_minimum_required(VERSION 3.13)
project(probe C)
set(MICROPY_DIR "@TREE@")
set(QUICKJS_DIR "@QUICKJS@")
set(ZLIB_DIR "@ZLIB@")
set(MONOCYPHER_DIR "@MONOCYPHER@")
set(SCRYPT_DIR "@SCRYPT@")
set(USER_C_MODULES @MODULES@)
include(${MICROPY_DIR}/py/usermod.cmake)
usermod_gather_sources(SOURCES INCLUDES FOUND usermod)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
file(WRITE ${CMAKE_BINARY_DIR}/probe.c "")
add_library(probe ${CMAKE_BINARY_DIR}/probe.c)
target_include_directories(probe PRIVATE ${MICROPY_DIR} ${CMAKE_BINARY_DIR}/port)
target_compile_definitions(probe PRIVATE MBEDTLS_CONFIG_FILE="mbedtls/port_config.h")
target_link_libraries(probe usermod)
get_target_property(LIBRARY usermod_quickjs_library INTERFACE_SOURCES)
file(WRITE ${CMAKE_BINARY_DIR}/sources.txt "${SOURCES};${LIBRARY}")
"""

# The places of libraries' sources, and the sources' names.
LIBRARIES = {"QUICKJS": "quickjs-ng", "ZLIB": "zlib", "MONOCYPHER": "pymonocypher", "SCRYPT": "scrypt"}


def configure(folder, **places):
    """Run CMake over a project with our modules; the finished process."""
    modules = sorted(path.parent for path in FIRMWARE.glob("*/micropython.cmake"))
    values = {place: sources.ensure(name) for place, name in LIBRARIES.items()} | places
    values |= {"TREE": sources.micropython_tree(["mbedtls"]), "MODULES": " ".join(map(str, modules))}
    text = PROJECT
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    (folder / "CMakeLists.txt").write_text(text)
    command = ["cmake", "-S", folder, "-B", folder / "build"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def configured(tmp_path):
    done = configure(tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "build"


def test_cmake_takes_every_source_of_every_module(configured):
    taken = (configured / "sources.txt").read_text().split(";")
    ours = [str(path) for path in FIRMWARE.glob("*_module/**/*.c")]
    assert sorted(taken) == sorted(ours)


def test_a_port_with_an_mbedtls_of_its_own_leaves_ours_alone(configured):
    for name in ("sha1", "sha256", "sha512", "private_access", "build_info", "platform", "port_config"):
        header = configured / "port" / "mbedtls" / f"{name}.h"
        header.parent.mkdir(parents=True, exist_ok=True)
        header.write_text("#error that of the port\n")
    commands = json.loads((configured / "compile_commands.json").read_text())
    ours = [one for one in commands if Path(one["file"]).name.startswith("base_sha")]
    assert len(ours) == 3
    for one in ours:
        subprocess.run(one["command"], shell=True, cwd=one["directory"], check=True)


def test_cmake_and_make_agree_on_the_engine(configured, firmware):
    done = subprocess.run(
        [firmware, "-c", "import quickjs; print(quickjs.ENGINE_ID)"], capture_output=True, text=True, check=True
    )
    assert f'"{done.stdout.strip()}"' in (configured / "quickjs_module" / "engine_id.h").read_text()


@pytest.mark.parametrize("place, library", [("QUICKJS", "quickjs-ng"), ("ZLIB", "zlib"), ("MONOCYPHER", "Monocypher")])
def test_cmake_without_a_librarys_sources_says_so(tmp_path, place, library):
    done = configure(tmp_path, **{place: tmp_path})
    assert done.returncode != 0
    assert f"{place}_DIR must name the folder of {library}'s C sources" in done.stderr
