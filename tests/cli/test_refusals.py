"""What devices refuse of a project, `edgelet check` refuses too, without one, and names the line."""

import ast
import io
import json
import re

import pytest
from cli_helpers import Cli, local_device
from device_helpers import write_project
from edgelet_host.device.console import DeviceError, connect
from edgelet_host.device.deployment import make_release
from edgelet_host.device.refusals import Code, check_files, estimate, possibly_too_large, surely_too_large, told
from edgelet_host.device.trial import code_size
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import ROOT
from edgelet_host.project.config import FILE, read_project
from edgelet_host.project.places import place

DEVICE = ROOT / "device" / "lib" / "edgelet"
UNKNOWN = Code(0, 0)
HELLO = "export default { fetch() { return new Response('hello'); } };\n"

# What edgelet.toml has beside the name, the line of that which is named, and what the device says of it.
REFUSED = [
    ('route = "x"', 2, "route 'x': use a path"),
    ('route = "/healthz"', 2, "route /healthz is the device's own"),
    ('host = "localhost"\nroutes = ["/a", "/metrics"]', 3, "route /metrics is the device's own"),
    ('routes = [\n  "/a",\n  "/b/",\n]', 4, "route '/b/': use a path"),
    (f"routes = {[f'/{i}' for i in range(17)]}".replace("'", '"'), 2, "routes: at most 16"),
    ('host = "Big.local"', 2, "host 'Big.local': use a name"),
    ('hosts = ["a.local", "b:80"]', 2, "host 'b:80': use a name"),
    ("# first\n[limits]\ncpu_ms = 50\nwall = 5", 5, "limits has no 'wall'; there are: "),
    ("[limits]\nwall_ms = 1000\ncpu_ms = 0", 4, "limits: cpu_ms must be a whole number from 1 to 60000"),
    ('limits = { cpu_ms = "fast" }', 2, "limits: cpu_ms must be a whole number from 1 to 60000"),
    ("[limits]\nmemory = true", 3, "limits: memory must be a whole number"),
    ('[vars]\nA = "a"\nB-C = "b"', 4, "name 'B-C': use 1 to 64 letters"),
    ("[vars]\nA = 5", 3, "variable A must be text"),
    ('[vars]\nA = "a"\n[bindings.A]\ntype = "kv"', 3, "A is a variable and a binding: rename one of them"),
    ('[bindings]\nA = { type = "kv" }\nB = { type = "d1" }', 4, "binding B: its type must be one of: "),
    ('[bindings]\nA = { type = "kv", id = 1 }', 3, "binding A has no 'id'; there are: none"),
    ('[bindings]\nA = { type = "ratelimit", limit = 5 }', 3, "binding A of type ratelimit needs: limit, period"),
    ('[bindings]\nA = { type = "ratelimit", limit = 0, period = 1 }', 3, "binding A: limit must be a whole number"),
    ('[bindings]\nA = { type = "service", function = "No" }', 3, "function name 'No': use 1 to 32"),
    ('[bindings]\nA = { type = "jwks", url = "http://a.b/c" }', 3, "url 'http://a.b/c': use one such as"),
    ('[fetch]\nallow = ["a.b",\n "https://c.d"]', 4, "fetch.allow 'https://c.d': use a host"),
    ('[fetch]\nallow = "a.b"', 3, "fetch.allow must be a list"),
    ("[fetch]\nalow = []", 3, "fetch has no 'alow'; there are: allow, roots"),
    ('client_header = "Host"', 2, "client_header 'Host': use a header's name"),
    ('[static]\nfolder = "public/../public"', 3, "file path 'public/../public': use at most 200 bytes"),
    ('[static]\nfolder = "public"\nmax_age = -1', 4, "static: max_age must be a whole number from 0 to 31536000"),
    ('[static]\nfolder = "public"\nmax = 1', 4, "static has no 'max'; there are: max_age"),
    ('main = ""', 0, "a function needs a handler or static files"),
    (f'[vars]\nA = "{"a" * 9000}"', 3, "more than 8192 bytes"),
]
# What no project file can bring about, since the command line writes manifests, and what depends on a device's state.
OF_THE_WAY = [
    "the manifest's first line is not JSON",
    "the manifest's first line is not an object",
    "the manifest's first line has more than %d bytes",  # said in other words
    "the manifest has %r, which this firmware does not know: flash a newer one",
    "the manifest's %r is missing or of the wrong type",
    "the manifest has a line that is not [path, sha256, size]",
    "file %s: its SHA-256 is not 64 lower-case hex digits",
    "file %s: its size is not a number of bytes",
    "the manifest is cut off",
    "the manifest's files are not in order of their paths, at %s",
    "a function needs a route, such as /",  # a project without one has /
]


@pytest.fixture
def project(firmware, tmp_path):
    """A project whose file has a name only. The firmware is there by then, so that nobody says that it is built."""
    (tmp_path / "public").mkdir()
    return write_project(tmp_path, "mine", {"main.js": HELLO})


def unchecked(project, firmware, monkeypatch):
    """The manifest that a project has where nothing looks at it on the way."""
    for check in ("check_header", "check_files"):
        monkeypatch.setattr(f"edgelet_host.device.deployment.{check}", lambda *given: None)
    return make_release(read_project(project), firmware)


@pytest.mark.parametrize(("text", "line", "message"), REFUSED, ids=[message for *_, message in REFUSED])
def test_what_a_device_refuses_is_refused_before_with_its_line(
    project, firmware, local, monkeypatch, text, line, message
):
    (project / FILE).write_text(f'name = "mine"\n{text}\n')
    with pytest.raises(EdgeletError) as refused:
        make_release(read_project(project), firmware)
    assert message in refused.value.message
    assert refused.value.message.startswith(f"{project / FILE}:{line}: " if line else f"{project / FILE}: ")
    assert len(refused.value.message.splitlines()) == 1
    release = unchecked(project, firmware, monkeypatch)
    with connect(local.port) as device, pytest.raises(DeviceError) as refused:
        device.write_file(f"{device.call('begin', 'mine')}/manifest", release.manifest)
        device.wait_for_job(device.call("missing", "mine"))
    assert message in str(refused.value)


def refusals(path, *functions):
    """The texts with which functions of a file of the device refuse; of all functions without names."""
    found = []
    for top in ast.walk(ast.parse(path.read_text())):
        if isinstance(top, ast.FunctionDef) and (not functions or top.name in functions):
            raised = [one.exc for one in ast.walk(top) if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call)]
            texts = [one for call in raised for one in ast.walk(call) if isinstance(one, ast.Constant)]
            found += [one.value for one in texts if isinstance(one.value, str) and " " in one.value]
    return found


def test_each_refusal_of_a_manifest_is_tried():
    """A refusal that is new in the device must be tried above."""
    texts = refusals(DEVICE / "storage" / "manifest.py") + refusals(DEVICE / "names.py")
    assert len(texts) > 25
    missing = [text for text in texts if text not in OF_THE_WAY and not is_tried(text)]
    assert missing == []
    assert not is_tried("another %s: which nobody has tried")


def is_tried(text):
    """Whether one of the messages is made of this text."""
    first, *rest = re.split("%[srd]", text)
    told = [message for *_, message in REFUSED]
    return any(one.startswith(first[: len(one)]) and all(part[:8] in one for part in rest[:1]) for one in told)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[bindings]\nA = { type = [] }", ':3: binding A: write A = { type = "kv" }'),
        ("[bindings]\nA = 5", ":3: binding A: write A"),
        ("[limits]\ncpu_ms = 2026-01-01", ":3: dates, times, inf and nan are no values here"),
        ("[fetch]\nallow = [07:32:00]", ":3: dates, times, inf and nan are no values here"),
        ("[limits]\ncpu_ms = nan", ":3: dates, times, inf and nan are no values here"),
        (f"name2 = {'[' * 3000}", "edgelet.toml: "),
        (f"[limits]\ncpu_ms = {'9' * 5000}", "edgelet.toml: "),
        ("secrets = [['a']]", ":2: name ['a']: use 1 to 64"),
        ('secrets = ["A",\n"B-C"]', ":3: name 'B-C': use 1 to 64"),
        ('secrets = ["A"]\n[bindings]\nA = { type = "kv" }', ":4: A is in bindings and in secrets: rename one of them"),
        ('main = "/etc/passwd"', ":2: /etc/passwd (main) is outside the project"),
        ('main = "../main.js"', ":2: ../main.js (main) is outside the project"),
        ('routr = "/"', ":2: unknown key 'routr'"),
        ("routes = 5", ":2: 'routes' must be a list"),
        ('[alias]\nx = "./gone.js"', ":3: alias.x: there is no file ./gone.js"),
        ('[alias]\nx = "y\\u0000"', ':3: alias.x: write module = "package"'),
        ('[alias]\n"x\\u0000" = "y"', ': write module = "package"'),
    ],
)
def test_hostile_project_files_are_refused(project, text, message):
    (project / FILE).write_text(f'name = "mine"\n{text}\n')
    assert message in Cli(project).fails("check")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["dev", "public"], "has no edgelet.toml"),
        (["check", "public"], "has no edgelet.toml"),
        (["deploy", "public"], "has no edgelet.toml"),
        (["deploy"], "no device found"),
        (["flash", "--board", "EDGELET_PICO", "--volume", "public"], "no board found"),
        (["flash", "--board", "EDGELET_PICO", "--device", "/dev/ttyACM99"], "there is no /dev/ttyACM99"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_built(project, monkeypatch, command, message):
    cache = project / "cache"
    monkeypatch.setenv("EDGELET_CACHE", str(cache))
    assert message in Cli(project).fails(*command)
    assert not (cache / "builds").exists()


def test_the_place_of_an_entry(tmp_path):
    path = tmp_path / FILE
    path.write_text('a = 1\n[t]\nb.c = 2\n"d e" = [\n  "x", # a comment\n  "y",\n]\n[t.u]\nf = 3\n')
    places = [("a",), ("t",), ("t", "b", "c"), ("t", "d e"), ("t", "u", "f"), ("t", "gone"), ("gone",)]
    assert [place(path, *keys).removeprefix(str(path)) for keys in places] == [":1", ":2", ":3", ":4", ":9", ":2", ""]
    assert place(path, "t", "d e", value="y") == f"{path}:6"


def test_what_no_device_stores_is_refused(project, firmware):
    release = make_release(read_project(project), firmware)
    header = release.manifest.splitlines()[0].decode()
    huge = json.dumps(["main.qjs", "0" * 64, (1 << 30) + 1], separators=(",", ":"))
    with pytest.raises(EdgeletError, match="no device takes more than 1073741824"):
        check_files(read_project(project), f"{header}\n{huge}\n".encode())


def test_check_tells_what_some_devices_refuse(project):
    cli = Cli(project)
    (project / "public" / "large.bin").write_bytes(bytes(300 << 10))
    (project / "main.js").write_text(f"const kept = new Uint8Array({100 << 10});\n{HELLO}")
    write_project(
        project,
        "mine",
        {},
        static={"folder": "public"},
        limits={"cpu_ms": 10000},
        bindings={"OTHER": {"type": "service", "function": "other"}},
    )
    done = cli.run("check")
    assert done.status == 0, done.err
    assert re.search(r"^mine: image \d+ KB, on a Pico about \d+ KB$", done.out, re.MULTILINE)
    warnings = [line.removeprefix("Warning: ") for line in done.err.splitlines()]
    assert warnings[:3] == [
        "file public/large.bin has 307200 bytes, boards take 262144 unless release_file_bytes is set to more",
        "limits.cpu_ms is 10000, boards take 5000 at most",
        "binding OTHER is of type service, which boards refuse: they have one arena",
    ]
    assert re.match(
        r"EDGELET_PICO and EDGELET_PICO_W would refuse it: the image would need about \d+ KB there, and there are 96",
        warnings[3],
    )
    assert len(warnings) == 4


def test_an_image_that_is_too_large_everywhere_is_refused(project):
    (project / "main.js").write_text(f"const kept = new Uint8Array({200 << 10});\n{HELLO}")
    write_project(project, "mine", {}, limits={"memory": 128 << 10})
    sizes = r"limits\.memory is 131072 bytes, the image has \d{6} on 64 bits, and on 32 about \d{3} KB"
    assert re.fullmatch(rf"Error: {sizes}: import less, or raise limits\.memory\n", Cli(project).fails("check"))


def test_a_longest_function_that_boards_cannot_read_is_told_beside_the_image(project, firmware):
    write_project(project, "mine", {}, limits={"memory": 80000})
    release = make_release(read_project(project), firmware)
    longest = r"64 bits, its longest function has 39\.1 KB of bytecode, and there are about 29"
    with pytest.raises(EdgeletError, match=longest):
        list(told(release.manifest, 87000, Code(50000, 40000), release.bundle_bytes))


def test_memory_may_be_enough_on_32_bits_only(project, firmware):
    write_project(project, "mine", {}, limits={"memory": 80000})
    release = make_release(read_project(project), firmware)
    assert list(told(release.manifest, 87000, Code(300, 200), release.bundle_bytes)) == [
        "limits.memory is 80000 bytes, the image has 87000 on 64 bits, as most Linux devices have: raise limits.memory"
    ]


@pytest.mark.slow
def test_a_function_that_does_not_start_is_refused(project):
    (project / "main.js").write_text(f"// first\nthrow new Error('no start');\n{HELLO}")
    assert "no start" in Cli(project).fails("check")
    # Its secrets are made up.
    (project / "main.js").write_text(f"if (process.env.KEY.length < 32) throw new Error('short');\n{HELLO}")
    write_project(project, "mine", {}, secrets=["KEY"])
    assert "mine: image" in Cli(project).ok("check")


@pytest.mark.slow
def test_a_dry_run_tells_what_the_device_has_no_memory_for(project, firmware, tmp_path):
    with local_device(firmware, tmp_path / "small", memory=64 << 10) as local:
        cli = Cli(project, local.port)
        message = "the image needs more than 65536 bytes, what this device has for a function"
        assert message in cli.fails("deploy", "--dry-run")
        write_project(project, "mine", {}, limits={"memory": 128 << 10})
        assert "would take it" in cli.ok("deploy", "--dry-run")
        write_project(project, "mine", {}, limits={"memory": 1 << 30})
        assert "but the arena of this device has" in cli.fails("deploy", "--dry-run")
        assert cli.ok("list") == ""


def test_images_on_boards_are_estimated_as_they_were_measured():
    """By the handlers of docs/packages.md, with their images on 64 and on 32 bits."""
    rows = [line.split("|") for line in (ROOT / "docs" / "packages.md").read_text().splitlines()]
    pairs = [(row[5].split(",")[0].strip(), row[6].split(",")[0].strip()) for row in rows if len(row) > 9]
    sizes = [(int(x64) << 10, int(x32) << 10) for x64, x32 in pairs if x64.isdecimal() and x32.isdecimal()]
    assert len(sizes) > 100
    assert all(0.84 < estimate(x64) / x32 < 1.07 for x64, x32 in sizes)
    # None that fits is refused.
    assert all(surely_too_large(x64, UNKNOWN, 0, x32, flash=0) == "" for x64, x32 in sizes)


#: Bytes of some of these: of the image on 64 bits, of the code in it, and of the image on 32 bits without its code. By
#: a simulated Cortex-M3, November 2026; those of which most and least of the bundle is code, and the largest. The last
#: three are no package: many functions of many variables, of many captured ones, and one function that is long.
WITHOUT_CODE = {
    "hono": (300804, 44691, 171600),
    "itty-router": (118204, 5858, 77492),
    "jose": (256268, 29280, 154384),
    "bcryptjs": (190348, 33129, 103384),
    "json5": (207604, 24517, 130528),
    "lru-cache": (207092, 34289, 117028),
    "marked": (736516, 69709, 570248),
    "neverthrow": (145836, 15342, 88368),
    "path-to-regexp": (136924, 8672, 91836),
    "tweetnacl": (238812, 61055, 120120),
    "yaml": (563908, 151817, 278000),
    "variables": (152340, 41177, 75520),
    "captured": (117260, 12446, 70940),
    "long": (97076, 15704, 56768),
}


def test_images_without_their_code_are_estimated_as_they_were_measured():
    for name, (x64, code, x32) in WITHOUT_CODE.items():
        assert 0.8 < estimate(x64, code) / x32 < 1.07, name


#: Likewise of functions that keep one kind of things at their top level, with the largest image that an emulated Pico
#: took. Values take half as many bytes on 32 bits, so that most of the estimate is too much.
KEPT = {
    "14 arrays of 250 numbers": (161260, 221, 96688),
    "3000 numbers in an array": (139828, 114, 85760),
    "300 objects": (146308, 177, 95112),
    "3500 numbers in a literal": (169212, 20932, 89972),
}
#: What of that size is surely too little. The regular expressions of marked take nearly as much on 32 bits.
TOO_LITTLE = dict.fromkeys(WITHOUT_CODE, 2 / 3) | {"marked": 3 / 5} | dict.fromkeys(KEPT, 4 / 5)


def test_what_a_board_takes_is_not_refused_before_and_what_is_much_too_large_is():
    for name, (x64, code, x32) in (WITHOUT_CODE | KEPT).items():
        assert surely_too_large(x64, Code(code, 0), 0, x32, flash=1) == "", name
        assert surely_too_large(x64, Code(code, 0), 0, int(x32 * TOO_LITTLE[name]), flash=1), name


def test_what_a_board_may_refuse_is_doubted():
    for name, (x64, code, x32) in (WITHOUT_CODE | KEPT).items():
        assert possibly_too_large(x64, Code(code, 0), x32 - 1, flash=1), name
        assert possibly_too_large(x64, Code(code, 0), x64 - code, flash=1) == "", name
    assert possibly_too_large(0, UNKNOWN, 1, flash=1) == ""


def test_an_image_that_a_board_may_have_no_room_for_is_a_warning(project):
    # 14 arrays, which an emulated Pico takes.
    source = "const kept = Array.from({ length: 14 }, () => Array.from({ length: 250 }, (_, i) => i / 3));"
    source += "export default { fetch: () => new Response(`${kept[3][5]}`) };"
    write_project(project, "mine", {"main.js": source})
    err = Cli(project).run("check").err
    assert re.search(r"EDGELET_PICO and EDGELET_PICO_W may refuse it: the image would need about 1\d\d KB there", err)
    assert "EDGELET_PICO2" not in err and "would refuse" not in err


#: Bytes of a limit, and of the longest function that an emulated Pico reads in it.
READ = {60 << 10: 9800, 64 << 10: 14100, 80 << 10: 30500, 96 << 10: 44000}


def test_a_function_that_a_board_reads_is_not_refused_before():
    for limit, longest in READ.items():
        assert surely_too_large(80000, Code(longest, longest), 0, limit, flash=96 << 10) == ""
        assert possibly_too_large(80000, Code(longest, longest + 5120), limit, flash=96 << 10)
        assert surely_too_large(80000, Code(longest, longest + 5120), 0, limit, flash=96 << 10)


def long_function(statements: int) -> str:
    """Give a handler with one function of so many statements, of 24 to 26 bytes of bytecode each."""
    body = "".join(f"x = x * {i % 90 + 3} + {i % 100} & 4095;" for i in range(statements))
    return f"export default {{ fetch(r) {{ let x = r.url.length; {body} return new Response(`${{x}}`); }} }};"


@pytest.mark.slow
def test_a_function_or_bundle_that_boards_cannot_read_is_told(project):
    cli = Cli(project)
    (project / "main.js").write_text(long_function(1600))
    assert "would refuse it" not in cli.run("check").err
    (project / "main.js").write_text(long_function(1740))
    (warning,) = [line for line in cli.run("check").err.splitlines() if "refuse it" in line]
    assert "EDGELET_PICO and EDGELET_PICO_W may refuse it: its longest function has 4" in warning
    assert warning.endswith("of bytecode, and there are about 43.0 KB to read it in: divide it")
    (project / "main.js").write_text(long_function(1300))
    write_project(project, "mine", {}, limits={"memory": 80 << 10})
    assert re.search(
        r"its longest function has 3\d\.\d KB of bytecode, and there are about 31\.0 KB to read it in: divide it",
        cli.fails("check"),
    )
    write_project(project, "mine", {})
    (project / "main.js").write_text(f"const text = '{'x' * (80 << 10)}';\n{HELLO}")
    (warning,) = [line for line in cli.run("check").err.splitlines() if "would refuse it" in line]
    assert "the bundle has 8" in warning and "73.0 KB" in warning


def test_a_board_that_cannot_have_the_image_is_sent_nothing(project, firmware):
    release = make_release(read_project(project), firmware)
    code = code_size(release)
    assert 0 < code.longest < code.size < release.bundle_bytes
    assert list(told(release.manifest, 85 << 10, code, release.bundle_bytes)) == []
    # Where no Linux firmware runs, by the size of the bundle, of which nearly all may be in flash.
    assert "more than" in surely_too_large(0, UNKNOWN, 60 << 10, 96 << 10, flash=0)
    assert surely_too_large(0, UNKNOWN, 40 << 10, 96 << 10, flash=0) == ""
    assert "more than" in surely_too_large(0, UNKNOWN, 150 << 10, 96 << 10, flash=96 << 10)
    assert surely_too_large(0, UNKNOWN, 130 << 10, 96 << 10, flash=96 << 10) == ""
    assert io.BytesIO(release.manifest).readline().startswith(b'{"function": "mine"')
