"""Our C modules in the ports of MicroPython that build with CMake, by MicroPython's own usermod.cmake."""

import subprocess

import pytest
from edgelet_host import sources
from edgelet_host.paths import FIRMWARE

PROJECT = """\
cmake_minimum_required(VERSION 3.13)
project(probe C)
set(MICROPY_DIR "@TREE@")
set(QUICKJS_DIR "@QUICKJS@")
set(USER_C_MODULES @MODULES@)
include(${MICROPY_DIR}/py/usermod.cmake)
usermod_gather_sources(SOURCES INCLUDES FOUND usermod)
file(WRITE ${CMAKE_BINARY_DIR}/sources.txt "${SOURCES}")
"""


def configure(folder, quickjs):
    """Run CMake over a project with our modules; the finished process."""
    modules = sorted(path.parent for path in FIRMWARE.glob("*/micropython.mk"))
    values = {"TREE": sources.micropython_tree(["mbedtls"]), "QUICKJS": quickjs, "MODULES": " ".join(map(str, modules))}
    text = PROJECT
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    (folder / "CMakeLists.txt").write_text(text)
    command = ["cmake", "-S", folder, "-B", folder / "build"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def configured(tmp_path):
    done = configure(tmp_path, sources.ensure("quickjs-ng"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "build"


def test_cmake_takes_every_source_of_every_module(configured):
    taken = (configured / "sources.txt").read_text().split(";")
    ours = [str(path) for module in FIRMWARE.glob("*/micropython.mk") for path in module.parent.glob("*.c")]
    assert sorted(taken) == sorted(ours)


def test_cmake_and_make_agree_on_the_engine(configured, firmware):
    done = subprocess.run(
        [firmware, "-c", "import quickjs; print(quickjs.ENGINE_ID)"], capture_output=True, text=True, check=True
    )
    assert f'"{done.stdout.strip()}"' in (configured / "quickjs_module" / "engine_id.h").read_text()


def test_cmake_without_the_engines_sources_says_so(tmp_path):
    done = configure(tmp_path, tmp_path)
    assert done.returncode != 0
    assert "QUICKJS_DIR must name the folder of quickjs-ng's C sources" in done.stderr


# What a port's CMakeLists.txt does with user C modules, but for what needs MicroPython's generated headers.
COMPILED_PROJECT = """
cmake_minimum_required(VERSION 3.18)
project(port C)
set(CMAKE_C_FLAGS "-Wall -Wextra -Werror -Wno-error=cpp -fsyntax-only -Os")
include(${MICROPY_DIR}/py/usermod.cmake)
message("qstr sources: ${MICROPY_SOURCE_USERMOD}")
get_target_property(all usermod_quickjs INTERFACE_SOURCES)
list(FILTER all EXCLUDE REGEX "modquickjs.c$")
add_library(port OBJECT ${all})
target_include_directories(port PRIVATE ${MICROPY_DIR})
foreach(property INCLUDE_DIRECTORIES COMPILE_DEFINITIONS)
    set_property(TARGET port APPEND PROPERTY ${property} $<TARGET_PROPERTY:usermod_quickjs,INTERFACE_${property}>)
endforeach()
target_include_directories(port SYSTEM PRIVATE
    $<TARGET_PROPERTY:usermod_quickjs,INTERFACE_SYSTEM_INCLUDE_DIRECTORIES>)
"""


@pytest.mark.slow
def test_a_port_that_builds_with_cmake_takes_the_modules(tmp_path):
    tree = sources.micropython_tree(["mbedtls"])
    (tmp_path / "CMakeLists.txt").write_text(COMPILED_PROJECT)
    configured = subprocess.run(
        [
            *("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DMICROPY_DIR={tree}"),
            f"-DUSER_C_MODULES={FIRMWARE / 'micropython.cmake'}",
            f"-DQUICKJS_DIR={sources.ensure('quickjs-ng')}",
        ],
        capture_output=True,
        text=True,
    )
    assert configured.returncode == 0, configured.stderr
    assert "modquickjs.c" in configured.stderr
    assert "modhttpparse.c" in configured.stderr
    built = subprocess.run(
        ["cmake", "--build", tmp_path / "build", "--parallel", "2", "--", "-k"], capture_output=True, text=True
    )
    assert "engine.c.o" in built.stdout
    assert "error:" not in built.stderr + built.stdout, built.stderr
    # -fsyntax-only leaves no objects, which is the only thing that make may complain about.
    assert (tmp_path / "build" / "quickjs_module" / "engine_id.h").read_text().startswith("#define EDGELET_ENGINE_ID")
