"""The rooms of our C modules: what each may use, by the symbols that objects define and use, and by includes."""

import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from edgelet_host.paths import FIRMWARE

# From the bottom to the top: each may use itself and those before it. What stands beside the rooms, in
# firmware/quickjs_module itself, is the binding.
ORDER = [
    "base",
    "port",
    "engine",
    "isolate",
    "events",
    "streams",
    "web",
    "workers",
    "crypto",
    "jsonwebtoken",
    "compression",
    "node",
    "binding",
]
BELOW = {room: set(ORDER[: i + 1]) for i, room in enumerate(ORDER)}
BELOW |= {"asyncio": {"asyncio"}, "http": {"base", "http"}, "log": {"base", "log"}, "stdin": {"stdin"}, "tls": {"tls"}}


def room_of(path):
    """The room of a source or object by its path from the modules' folder: "web" for quickjs_module/web/web.o."""
    module, *folders, _ = path.parts
    name = module.removesuffix("_module")
    if name == "quickjs":
        return folders[0] if folders else "binding"
    return name


def objects_of(firmware):
    """The objects that the firmware is linked from: path from the build's folder, and path."""
    engines = (firmware.parent / "make").rglob("quickjs_module/engine/engine.o")
    build = max(engines, key=lambda path: path.stat().st_mtime).parents[2]
    paths = {path.relative_to(build): path for path in build.glob("*_module/**/*.o")}
    # An older build may have left what has no source any more.
    return {name: path for name, path in paths.items() if (FIRMWARE / name.with_suffix(".c")).exists()}


def symbols(path):
    """The names that an object defines for others, and those that it takes from others."""
    done = subprocess.run(["nm", "-gP", path], capture_output=True, text=True, check=True)
    pairs = [line.split()[:2] for line in done.stdout.splitlines()]
    return {name for name, kind in pairs if kind not in "Uw"}, {name for name, kind in pairs if kind in "Uw"}


def upward_symbols(objects):
    """A line for each use of a symbol that a room above defines."""
    definers = defaultdict(set)
    uses = {}
    for name, path in objects.items():
        defined, uses[name] = symbols(path)
        for symbol in defined:
            definers[symbol].add(name)
    return sorted(
        f"{name} uses {symbol} of {definer}"
        for name, used in uses.items()
        for symbol in used
        for definer in definers[symbol]
        if room_of(definer) not in BELOW[room_of(name)]
    )


def files_of(pattern):
    """Our modules' files of that kind: path from the modules' folder, and path."""
    return {path.relative_to(FIRMWARE): path for path in sorted(FIRMWARE.glob(f"*_module/**/{pattern}"))}


def included(name, path):
    """The headers of ours that a file includes, by their paths from the modules' folder."""
    # Modules are on the compiler's path, rooms are not.
    headers = {str(Path(*header.parts[1:])): header for header in files_of("*.h")}
    headers |= {os.path.relpath(header, name.parent): header for header in files_of("*.h")}
    written = re.findall(r'^ *# *include ["<]([^">]+)[">]', path.read_text(), re.MULTILINE)
    return [headers[one] for one in map(os.path.normpath, written) if one in headers]


def upward_includes(files):
    """A line for each #include of a header of a room above."""
    return [
        f"{name} includes {header}"
        for name, path in files.items()
        for header in included(name, path)
        if room_of(header) not in BELOW[room_of(name)]
    ]


def foreign_includes(files):
    """A line for each #include of what another room keeps to itself."""
    return [
        f"{name} includes {header}"
        for name, path in files.items()
        for header in included(name, path)
        if header.stem.endswith("_private") and room_of(header) != room_of(name)
    ]


def test_every_room_is_known():
    assert {room_of(name) for name in files_of("*.c")} == set(BELOW)


def test_no_object_uses_a_room_above(firmware):
    objects = objects_of(firmware)
    # A board's input is no part of the Linux firmware.
    assert {room_of(name) for name in objects} == set(BELOW) - {"stdin"}
    assert upward_symbols(objects) == []


def test_no_file_includes_a_room_above():
    """Files of all boards, of which a build has those of one."""
    assert upward_includes(files_of("*.[ch]")) == []


@pytest.mark.slow
def test_an_upward_call_is_found(firmware, tmp_path):
    source = tmp_path / "upward.c"
    source.write_text("extern char web_extension[];\nchar *upward(void) { return web_extension; }\n")
    subprocess.run(["gcc", "-c", source, "-o", source.with_suffix(".o")], check=True)
    name = Path("quickjs_module/isolate/upward.o")
    found = upward_symbols(objects_of(firmware) | {name: source.with_suffix(".o")})
    assert found == ["quickjs_module/isolate/upward.o uses web_extension of quickjs_module/web/web.o"]


@pytest.mark.parametrize("written", ['"isolate/host.h"', '"../isolate/host.h"', "<isolate/host.h>"])
def test_an_upward_include_is_found(tmp_path, written):
    source = tmp_path / "upward.c"
    source.write_text(f'#include "engine/engine.h"\n#include {written}\n')
    name = Path("quickjs_module/engine/upward.c")
    assert upward_includes({name: source}) == [f"{name} includes quickjs_module/isolate/host.h"]


def test_no_file_includes_what_is_private_to_another_room():
    assert foreign_includes(files_of("*.[ch]")) == []


def test_an_include_of_a_foreign_private_header_is_found(tmp_path):
    source = tmp_path / "foreign.c"
    source.write_text('#include "crypto/crypto_private.h"\n#include "web/web_private.h"\n')
    name = Path("quickjs_module/crypto/foreign.c")
    assert foreign_includes({name: source}) == [f"{name} includes quickjs_module/web/web_private.h"]
