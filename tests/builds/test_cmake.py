"""Our C modules in the ports of MicroPython that build with CMake, by MicroPython's own usermod.cmake."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from edgelet_host.firmware import builds, sources
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
target_include_directories(probe PUBLIC ${MICROPY_DIR} ${CMAKE_BINARY_DIR}/port ${CMAKE_BINARY_DIR}/port/library)
target_compile_definitions(probe PUBLIC MBEDTLS_CONFIG_FILE="mbedtls/port_config.h")
target_link_libraries(probe usermod)
get_target_property(LIBRARY usermod_quickjs_library INTERFACE_SOURCES)
file(WRITE ${CMAKE_BINARY_DIR}/sources.txt "${SOURCES};${LIBRARY}")
"""

# As ESP-IDF builds: the modules belong to a component, in a folder of its own, and to the program that links it.
COMPONENT = """\
cmake_minimum_required(VERSION 3.13)
project(probe C)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
file(WRITE ${CMAKE_BINARY_DIR}/program.c "")
add_subdirectory(component)
add_executable(program ${CMAKE_BINARY_DIR}/program.c)
target_link_libraries(program probe)
"""

# The places of libraries' sources, and the sources' names.
LIBRARIES = {"QUICKJS": "quickjs-ng", "ZLIB": "zlib", "MONOCYPHER": "pymonocypher", "SCRYPT": "scrypt"}


def write_project(folder, **places):
    """Make a project with our modules."""
    modules = sorted(path.parent for path in FIRMWARE.glob("*/micropython.cmake"))
    values = {place: sources.ensure(name) for place, name in LIBRARIES.items()} | places
    values |= {"TREE": sources.micropython_tree(["mbedtls"]), "MODULES": " ".join(map(str, modules))}
    text = PROJECT
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    (folder / "CMakeLists.txt").write_text(text)


def configure(folder, *options):
    """Run CMake over a project; the finished process."""
    command = ["cmake", "-S", folder, "-B", folder / "build", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def configured(tmp_path):
    write_project(tmp_path)
    done = configure(tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "build"


def flags(command):
    """What a compilation is told, but for what names its object."""
    words = shlex.split(command)
    at = words.index("-o")
    return words[:at] + words[at + 2 :]


def configure_component(folder, *options):
    """Give what CMake has made of a component with our modules and the program that links it."""
    component = folder / "component"
    component.mkdir()
    write_project(component)
    (folder / "CMakeLists.txt").write_text(COMPONENT)
    done = configure(folder, *options)
    assert done.returncode == 0, done.stderr
    return folder / "build"


def read_commands(build):
    return json.loads((build / "compile_commands.json").read_text())


@pytest.mark.slow
def test_a_component_and_its_program_compile_our_sources_alike(tmp_path):
    commands = read_commands(configure_component(tmp_path))
    for path in FIRMWARE.glob("*_module/**/*.c"):
        first, second = [flags(one["command"]) for one in commands if one["file"] == str(path)]
        assert first == second, path
        assert (path.name == "engine.c") == ("-D__DJGPP" in first)


@pytest.mark.slow
@pytest.mark.parametrize(
    "option, divided",
    [("MICROPY_SSL_MBEDTLS=1", True), ("CONFIG_MBEDTLS_ECP_RESTARTABLE=y", True), ("CONFIG_MBEDTLS_ECP_C=y", False)],
)
def test_handshakes_of_tls_are_divided_where_mbedtls_can_be_left(tmp_path, option, divided):
    build = configure_component(tmp_path, f"-D{option}")
    commands = [one["command"] for one in read_commands(build) if one["file"].endswith("tls_handshake.c")]
    assert ["-DTLS_IN_SLICES=1" in one for one in commands] == [divided] * 2
    [link] = build.glob("CMakeFiles/program.dir/link.txt")
    assert ("-Wl,--wrap=mbedtls_ssl_handshake" in link.read_text()) == divided


@pytest.mark.slow
def test_cmake_takes_every_source_of_every_module(configured):
    taken = (configured / "sources.txt").read_text().split(";")
    ours = [str(path) for path in FIRMWARE.glob("*_module/**/*.c")]
    assert sorted(taken) == sorted(ours)


@pytest.mark.slow
def test_a_port_with_an_mbedtls_of_its_own_leaves_ours_alone(configured):
    copy = sources.micropython_tree(["mbedtls"]) / "lib" / "mbedtls"
    for path in [*copy.glob("include/mbedtls/*.h"), *copy.glob("library/*.[ch]")]:
        theirs = configured / "port" / path.parent.name / path.name
        theirs.parent.mkdir(parents=True, exist_ok=True)
        theirs.write_text("#error that of the port\n")
    (configured / "port" / "mbedtls" / "port_config.h").write_text("#error that of the port\n")
    commands = read_commands(configured)
    ours = [one for one in commands if Path(one["file"]).name.startswith(("base_sha", "crypto_"))]
    assert len(ours) > 4
    for one in ours:
        subprocess.run([*shlex.split(one["command"]), "-fsyntax-only"], cwd=one["directory"], check=True)


@pytest.mark.slow
def test_cmake_and_make_agree_on_the_engine(configured, firmware):
    done = subprocess.run(
        [firmware, "-c", "import quickjs; print(quickjs.ENGINE_ID)"], capture_output=True, text=True, check=True
    )
    assert f'"{done.stdout.strip()}"' in (configured / "quickjs_module" / "engine_id.h").read_text()


@pytest.mark.parametrize("place, library", [("QUICKJS", "quickjs-ng"), ("ZLIB", "zlib"), ("MONOCYPHER", "Monocypher")])
def test_cmake_without_a_librarys_sources_says_so(tmp_path, place, library):
    write_project(tmp_path, **{place: tmp_path})
    done = configure(tmp_path)
    assert done.returncode != 0
    assert f"{place}_DIR must name the folder of {library}'s C sources" in done.stderr


NINJA = """\
[898/1200] Building C object esp-idf/log/CMakeFiles/__idf_log.dir/error.c.obj
[899/1200] Building C object esp-idf/main/CMakeFiles/__idf_main.dir/engine.c.obj
FAILED: esp-idf/main/CMakeFiles/__idf_main.dir/engine.c.obj
xtensa-esp32-elf-gcc -Werror=all -Wno-error=unused-function -Wno-error -c engine/engine.c
engine/engine.c:17:2: error: #error "engine.c needs flags"
ninja: build stopped: subcommand failed.
ninja failed with exit code 1
make: *** [Makefile:60: all] Error 2
"""


def test_of_what_ninja_prints_the_compilers_error_is_the_reason(tmp_path):
    log = tmp_path / "build.log"
    log.write_text(NINJA)
    assert "does not build: engine/engine.c:17:2: error: #error" in builds.explain_make(log)
