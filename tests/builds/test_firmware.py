"""`edgelet build` in a copy of this checkout, with a C module of its own to see what was built."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from build_helpers import copy_sources
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import builds as firmware_builds
from edgelet_host.firmware import sources
from edgelet_host.paths import ROOT, cache_dir
from waiting import wait_until

# All tests here share one build folder.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("test_build_firmware")]

PROBE = """\
#include <stdlib.h>
#include "py/runtime.h"

#ifndef VALUE
#define VALUE 1
#endif

static mp_obj_t probe_value(void) {
    return MP_OBJ_NEW_SMALL_INT(VALUE);
}
static MP_DEFINE_CONST_FUN_OBJ_0(probe_value_obj, probe_value);

// Reads `index` of 8 bytes on the C heap.
static mp_obj_t probe_read(mp_obj_t index) {
    volatile char *block = malloc(8);
    block[0] = 0;
    char found = block[mp_obj_get_int(index)];
    free((void *)block);
    return MP_OBJ_NEW_SMALL_INT(found);
}
static MP_DEFINE_CONST_FUN_OBJ_1(probe_read_obj, probe_read);

static mp_obj_t probe_shift(mp_obj_t bits) {
    return mp_obj_new_int(1 << mp_obj_get_int(bits));
}
static MP_DEFINE_CONST_FUN_OBJ_1(probe_shift_obj, probe_shift);

static const mp_rom_map_elem_t probe_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_value), MP_ROM_PTR(&probe_value_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&probe_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_shift), MP_ROM_PTR(&probe_shift_obj) },
};
static MP_DEFINE_CONST_DICT(probe_globals, probe_globals_table);

const mp_obj_module_t probe_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&probe_globals,
};
MP_REGISTER_MODULE(MP_QSTR_NAME, probe_module);
"""
MAKEFILE = "SRC_USERMOD_C += $(USERMOD_DIR)/NAME.c\nCFLAGS_USERMOD +=\n"


# For make, behind the variant's own: without TLS, frozen modules, file systems, optimizations, and the modules that
# nothing here uses. A compressed text is a chain of hundreds of comparisons where nothing optimizes.
SMALL = """
SRC_THIRDPARTY_C =
MICROPY_PY_SSL = 0
MICROPY_SSL_MBEDTLS = 0
MICROPY_VFS_FAT = 0
MICROPY_VFS_LFS1 = 0
MICROPY_VFS_LFS2 = 0
MICROPY_ROM_TEXT_COMPRESSION = 0
override SRC_EXTMOD_C = $(addprefix extmod/, modasyncio.c modos.c modselect.c modtime.c moductypes.c \\
    vfs.c vfs_posix.c vfs_posix_file.c vfs_reader.c)
FROZEN_MANIFEST =
COPT = -O0 -DNDEBUG
"""


class Checkout:
    """A copy of this checkout without QuickJS and with little else of what its firmware has, to be built fast."""

    def __init__(self, root):
        self.root = root
        for name in ("host", "device", "firmware/variants", "README.md", "firmware/sources.toml"):
            original, copy = ROOT / name, root / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            (copy_sources if original.is_dir() else shutil.copy)(original, copy)
        variant = root / "firmware/variants/edgelet/mpconfigvariant.mk"
        variant.write_text(variant.read_text() + SMALL)
        self.add_module("probe")
        self.add_port()
        # The real sources and MicroPython's compiler, and builds of our own.
        self.cache = root / "cache"
        self.cache.mkdir()
        for name in ("sources", "trees"):
            (self.cache / name).symlink_to(cache_dir() / name)
        for mpy_cross in (cache_dir() / "builds").glob("mpy-cross-*"):
            shutil.copytree(mpy_cross, self.cache / "builds" / mpy_cross.name)
        self.environment = os.environ | {"EDGELET_CACHE": str(self.cache), "PYTHONPATH": f"{root}/host"}

    def add_module(self, name):
        folder = self.root / "firmware" / f"{name}_module"
        folder.mkdir()
        (folder / f"{name}.c").write_text(PROBE.replace("NAME", name).replace("probe_module", f"{name}_module"))
        (folder / "micropython.mk").write_text(MAKEFILE.replace("NAME", name))

    def add_port(self):
        """What the variant has of QuickJS' module: a function that does nothing where there is no arena."""
        folder = self.root / "firmware" / "port_module"
        (folder / "port").mkdir(parents=True)
        (folder / "port" / "port.h").write_text("void port_arena_track(void);\n")
        (folder / "port.c").write_text('#include "port/port.h"\nvoid port_arena_track(void) {\n}\n')
        (folder / "micropython.mk").write_text(
            "SRC_USERMOD_C += $(USERMOD_DIR)/port.c\nCFLAGS_USERMOD += -I$(USERMOD_DIR)\n"
        )

    def remove_module(self, name):
        shutil.rmtree(self.root / "firmware" / f"{name}_module")

    @property
    def probe(self):
        return self.root / "firmware" / "probe_module" / "probe.c"

    def set_value(self, value):
        self.probe.write_text(PROBE.replace("VALUE 1", f"VALUE {value}").replace("NAME", "probe"))

    def start(self, *options):
        return subprocess.Popen(
            [sys.executable, "-m", "edgelet_host", "build", *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def build(self, *options):
        """Build; the firmware's path and what was said."""
        process = self.start(*options)
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        return output.strip(), errors

    def run(self, code, *options):
        """What the firmware prints for a script."""
        binary, _ = self.build(*options)
        return subprocess.run([binary, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    def value(self):
        return self.run("import probe; print(probe.value())")


@pytest.fixture(scope="module")
def built(firmware, tmp_path_factory):
    sources.micropython_tree(["mbedtls"])
    sources.ensure("quickjs-ng")
    sources.ensure("microdot")
    sources.ensure("zlib")
    sources.ensure("pymonocypher")
    sources.ensure("scrypt")
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    checkout.build()
    return checkout


@pytest.fixture
def checkout(built):
    """The checkout, as it was at first and built."""
    built.set_value(1)
    assert built.value() == "1"
    return built


def test_a_build_with_nothing_changed_runs_no_make(checkout):
    binary, _ = checkout.build()
    before = Path(binary).stat()
    assert checkout.build() == (binary, "")
    assert Path(binary).stat() == before


def test_a_new_time_alone_makes_nothing_stale(checkout):
    checkout.probe.touch()
    assert checkout.build()[1] == ""


def test_a_changed_file_is_built(checkout):
    checkout.set_value(2)
    assert checkout.value() == "2"


def test_a_changed_file_that_is_older_than_the_build_is_built(checkout):
    checkout.set_value(3)
    os.utime(checkout.probe, (0, 0))
    assert checkout.value() == "3"


def test_a_module_that_is_gone_is_gone_from_the_firmware(checkout):
    checkout.add_module("other")
    assert checkout.run("import other; print(other.value())") == "1"
    checkout.remove_module("other")
    assert checkout.run("try:\n    import other\nexcept ImportError:\n    print('gone')") == "gone"


def test_a_changed_makefile_is_built(checkout):
    makefile = checkout.probe.with_name("micropython.mk")
    text = makefile.read_text()
    makefile.write_text(text + "CFLAGS_USERMOD += -DVALUE=4\n")
    assert checkout.value() == "4"
    makefile.write_text(text)


def test_an_error_is_one_line_that_names_place_and_log(checkout):
    binary, _ = checkout.build()
    checkout.probe.write_text("int broken(\n")
    process = checkout.start()
    output, errors = process.communicate()
    assert process.returncode == 1
    assert output == ""
    step, error = errors.splitlines()
    assert step == "Building the Linux firmware ..."
    assert error.startswith("Error: The firmware does not build: firmware/probe_module/probe.c:1:")
    log = error.rpartition(" ")[2]
    assert "int broken(" in Path(log).read_text()
    assert subprocess.run([binary, "-c", "print(6)"], capture_output=True, check=True).stdout == b"6\n"


def test_two_builds_at_once_run_make_once(checkout):
    checkout.set_value(7)
    processes = [checkout.start() for _ in range(2)]
    results = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert results[0][0] == results[1][0]
    said = results[0][1] + results[1][1]
    assert said.count("Building the Linux firmware ...") == 1
    assert said.count("Waiting for another build of the Linux firmware ...") == 1
    assert checkout.value() == "7"


@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["edgelet", "its process group"])
def test_a_build_killed_in_the_middle_is_finished_by_the_next(checkout, kill):
    checkout.set_value(8)
    # An old file: all is built anew, so that make runs for a while.
    os.utime(checkout.probe, (0, 0))
    process = checkout.start()
    assert process.stderr.readline() == "Building the Linux firmware ...\n"
    # In the middle of what make would take for whole.
    written = partial(checkout.cache.glob, "builds/unix-*/make/*/unix/genhdr/qstr.i.last")
    wait_until(lambda: any(written()) or process.poll() is not None)
    assert process.poll() is None
    kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert checkout.value() == "8"


def test_a_running_firmware_stays_whole_while_it_is_replaced(checkout):
    binary, _ = checkout.build()
    script = "import sys, probe; sys.stdin.readline(); print(probe.value())"
    running = subprocess.Popen([binary, "-c", script], stdin=-1, stdout=-1, text=True)
    checkout.set_value(10)
    assert checkout.value() == "10"
    assert running.communicate("\n")[0] == "1\n"


def test_the_firmware_carries_the_sanitizers_when_asked(checkout):
    binary, _ = checkout.build("--sanitize")
    overflow = subprocess.run([binary, "-c", "import probe; probe.read(8)"], capture_output=True, text=True)
    assert overflow.returncode != 0
    assert "AddressSanitizer: heap-buffer-overflow" in overflow.stderr
    shift = subprocess.run([binary, "-c", "import probe; probe.shift(40)"], capture_output=True, text=True)
    assert "runtime error: shift exponent 40 is too large" in shift.stderr
    assert checkout.run("import probe; print(probe.read(0), probe.shift(4))", "--sanitize") == "0 16"


def test_an_upstream_checkout_is_built_and_stays_as_it_is(checkout, tmp_path):
    upstream = tmp_path / "micropython"
    copy_sources(sources.micropython_tree(["mbedtls"]), upstream)
    # No header: one file is to be compiled again.
    source = upstream / "py" / "modsys.c"
    set_version(source, 0, 77)
    files = sorted(upstream.rglob("*"))
    version = "import sys; print(sys.version.split(';')[0])"
    assert checkout.run(version, "--micropython", str(upstream)) == "3.4.77"
    assert checkout.build("--micropython", str(upstream))[1] == ""
    set_version(source, 77, 78)
    assert checkout.run(version, "--micropython", str(upstream)) == "3.4.78"
    assert sorted(upstream.rglob("*")) == files
    assert checkout.run(version) == "3.4.0"


def set_version(source, before, after):
    """Change the version of Python that MicroPython follows."""
    text = source.read_text()
    assert f'"3.4.{before}; "' in text
    source.write_text(text.replace(f'"3.4.{before}; "', f'"3.4.{after}; "'))


def test_in_a_terminal_the_build_shows_what_it_does(checkout):
    checkout.set_value(11)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "edgelet_host", "build"]
    environment = checkout.environment | {"TERM": "xterm", "COLUMNS": "120"}
    build = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    shown = read_to_end(master)
    assert build.wait() == 0
    # The last line of make's, as far as there is room.
    assert "/ports/unix'" in shown
    assert re.search(r"Building the Linux firmware: done in [\d.]+ \w+\r\n$", shown)


def read_to_end(terminal):
    """What a program shows in a terminal until it closes it."""
    shown = b""
    # Linux reports the closed end as an input error.
    with suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as file:
        while part := file.read(4096):
            shown += part
    return shown.decode()


def test_edgelet_test_checks_first_and_ends_with_pytests_lines(checkout):
    tests = checkout.root / "tests"
    tests.mkdir()
    settings, files = (ROOT / "pyproject.toml").read_text(), 'files = ["host"]'
    assert files in settings
    # What mypy says of all of them, the run that this one is part of has asked.
    (checkout.root / "pyproject.toml").write_text(settings.replace(files, 'files = ["host/edgelet_host/errors.py"]'))
    (tests / "test_one.py").write_text(
        "import pytest\n\n\ndef test_quick():\n    pass\n\n\n@pytest.mark.slow\ndef test_slow():\n    pass\n"
    )
    done = run_tests(checkout, "--quick")
    assert re.fullmatch(r"=+ 1 passed in .* =+", done.stdout.splitlines()[-1])
    (tests / "unformatted.py").write_text("x=1\n")
    done = run_tests(checkout)
    assert done.returncode == 1
    assert "ruff format found something" in done.stderr
    assert re.fullmatch(r"=+ 2 passed in .* =+", done.stdout.splitlines()[-1])
    (tests / "test_two.py").write_text("def test_two():\n    assert False\n")
    done = run_tests(checkout, "-k", "two")
    assert done.returncode == 1
    assert re.fullmatch(r"=+ 1 failed in .* =+", done.stdout.splitlines()[-1])


def run_tests(checkout, *arguments):
    """Run `edgelet test` in the checkout, not as a part of the pytest that runs this."""
    environment = {k: v for k, v in checkout.environment.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "edgelet_host", "test", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_blanks_in_paths_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGELET_CACHE", str(tmp_path / "my cache"))
    how = f"{tmp_path}/my cache has some, so set EDGELET_CACHE to another folder"
    with pytest.raises(EdgeletError, match=f"^make cannot work with blanks in a path: {how}$"):
        firmware_builds.ensure_unix()
