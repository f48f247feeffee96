"""The modules for ports that build with CMake: MicroPython's own usermod.cmake takes them, and they compile."""

import subprocess

import pytest
from edgelet_host import sources
from edgelet_host.paths import FIRMWARE

# What a port's CMakeLists.txt does with user C modules, but for what needs MicroPython's generated headers.
PROJECT = """
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
    (tmp_path / "CMakeLists.txt").write_text(PROJECT)
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
