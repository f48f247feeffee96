"""Third-party sources: real pip and apt, against an index and a mirror on this machine."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from build_helpers import DebianMirror, PackageIndex, SigningKey, tarball
from edgelet_host.errors import EdgeletError
from edgelet_host.firmware import debian, sources
from edgelet_host.firmware.sources import Other, Source, Upstream, ensure_unpacked, tree_digest

OTHER_SHA256 = "0" * 64

# A child process that brings one source, as a build does.
CHILD = """
import sys
from pathlib import Path
from edgelet_host.firmware import debian, sources
debian.KEYRING = Path(sys.argv[1])
print(sources.ensure_unpacked(eval(sys.argv[2], vars(sources))))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv("EDGELET_CACHE", str(cache))
    return cache


@pytest.fixture
def index(tmp_path, monkeypatch):
    folder = tmp_path / "index"
    folder.mkdir()
    index = PackageIndex(folder)
    for name, value in index.settings().items():
        monkeypatch.setenv(name, value)
    yield index
    index.server.stop()


@pytest.fixture(scope="module")
def key():
    key = SigningKey()
    yield key
    key.remove()


@pytest.fixture
def machine():
    """A folder for a machine's apt, which every user can read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def mirror(tmp_path, machine, monkeypatch, key):
    folder = tmp_path / "mirror"
    folder.mkdir()
    mirror = DebianMirror(folder, key)
    for name, value in mirror.machine(machine).items():
        monkeypatch.setenv(name, value)
    subprocess.run(["apt-get", "--quiet", "update"], check=True, stdout=subprocess.DEVNULL)
    monkeypatch.setattr(debian, "KEYRING", key.keyring)
    yield mirror
    mirror.server.stop()


def pypi(sha, version="1.0"):
    return Source("fake-engine", "pypi-sdist", version, sha)


def debian_source(sha, version="3.6.6", known_to_work=()):
    return Source("mbedtls", "debian-source", version, sha, "trixie", known_to_work)


def child(source, keyring="/nonexistent"):
    """Start a child process that brings a source; it leads a process group."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(keyring), repr(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(sources.__file__).parents[2])},
        start_new_session=True,
    )


def unpacked_sources(cache):
    """What lies in the cache under final names."""
    folder = cache / "sources"
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_sdist_is_unpacked_without_its_top_folder(index):
    source = pypi(index.add("fake-engine", "1.0", {"engine.c": "int x;"}))
    assert (ensure_unpacked(source) / "engine.c").read_text() == "int x;"


def test_a_cached_source_needs_no_network(index):
    source = pypi(index.add("fake-engine", "1.0", {"engine.c": "int x;"}))
    first = ensure_unpacked(source)
    index.server.stop()
    assert ensure_unpacked(source) == first


def test_an_sdist_with_another_hash_is_refused_with_both_hashes(index, cache):
    found = index.add("fake-engine", "1.0", {"engine.c": "evil"})
    with pytest.raises(EdgeletError) as refused:
        ensure_unpacked(pypi(OTHER_SHA256))
    assert found in refused.value.message
    assert OTHER_SHA256 in refused.value.message
    assert unpacked_sources(cache) == []


def test_nothing_of_an_sdist_with_another_hash_runs(index, tmp_path):
    mark = tmp_path / "ran"
    index.add("fake-engine", "1.0", {"setup.py": f"open({str(mark)!r}, 'w')"})
    with pytest.raises(EdgeletError):
        ensure_unpacked(pypi(OTHER_SHA256))
    assert not mark.exists()


def test_another_sdist_version_is_an_error_that_names_both(index, cache):
    index.add("fake-engine", "1.1", {})
    with pytest.raises(EdgeletError, match=r"fake-engine 1\.0 .*has 1\.1"):
        ensure_unpacked(pypi(OTHER_SHA256))
    assert unpacked_sources(cache) == []


@pytest.mark.slow
def test_no_index_is_an_error_that_says_what_to_do(index):
    index.server.stop()
    with pytest.raises(EdgeletError, match=r"could not be downloaded .*Check the network and run"):
        ensure_unpacked(pypi(OTHER_SHA256))


def test_a_pip_killed_in_the_middle_leaves_nothing_that_counts(index, cache):
    source = pypi(index.add("fake-engine", "1.0", {"engine.c": "x" * 100_000}))
    index.server.stall("fake_engine-1.0.tar.gz", after=100)
    killed = child(source)
    assert index.server.stalled.wait()
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert unpacked_sources(cache) == []
    index.server.go_on()
    assert (ensure_unpacked(source) / "engine.c").stat().st_size == 100_000


def test_debian_tarball_is_known_by_its_hash_whatever_the_revision(mirror, capsys):
    sha = mirror.add("mbedtls", "3.6.6-0.1~deb13u7", tarball({"tls.c": "tls"}))
    unpacked = ensure_unpacked(debian_source(sha))
    assert (unpacked / "tls.c").read_text() == "tls"
    assert "Warning" not in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_every_compression_that_debian_uses(mirror, kind):
    sha = mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": kind}, kind=kind), kind)
    assert (ensure_unpacked(debian_source(sha)) / "tls.c").read_text() == kind


def newer(mirror) -> Other:
    """A version that is known to work, which the mirror has."""
    sha = mirror.add("mbedtls", "3.6.7-1", tarball({"tls.c": "newer"}))
    return Other("3.6.7", sha, "")


def test_a_version_known_to_work_is_taken_and_said_again_offline(mirror, capsys):
    source = debian_source(OTHER_SHA256, known_to_work=(Other("3.6.8", "1" * 64, ""), newer(mirror)))
    unpacked = ensure_unpacked(source)
    said = "mbedtls 3.6.6 is no longer to be had; 3.6.7 is taken instead, which is known to work"
    assert (unpacked / "tls.c").read_text() == "newer"
    assert said in capsys.readouterr().err
    mirror.server.stop()
    assert ensure_unpacked(source) == unpacked
    assert said in capsys.readouterr().err


def test_the_pinned_tarball_is_preferred_to_one_known_to_work(mirror):
    known = newer(mirror)
    sha = mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "pinned"}))
    assert (ensure_unpacked(debian_source(sha, known_to_work=(known,))) / "tls.c").read_text() == "pinned"


def test_any_other_debian_version_is_an_error_that_names_both(mirror, cache):
    known = newer(mirror)
    mirror.add("mbedtls", "3.6.9-1", tarball({"tls.c": "unknown"}))
    with pytest.raises(EdgeletError, match=r"wants mbedtls 3\.6\.6 .* has .*3\.6\.9"):
        ensure_unpacked(debian_source(OTHER_SHA256, known_to_work=(Other(known.version, OTHER_SHA256, ""),)))
    assert unpacked_sources(cache) == []


UPSTREAM = Upstream("Authors/engine", "v1.0", "engine-1.0.tar.gz", "", "src", "LICENCE.md")


def released(folder, monkeypatch, files) -> Upstream:
    """Upstream's release in a folder that EDGELET_SOURCES names."""
    folder.mkdir()
    data = tarball(files, kind="gz")
    (folder / UPSTREAM.file).write_bytes(data)
    monkeypatch.setenv("EDGELET_SOURCES", str(folder))
    return replace(UPSTREAM, sha256=hashlib.sha256(data).hexdigest())


def used_of(tmp_path) -> str:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "engine.c").write_text("engine")
    return tree_digest(tmp_path / "used", ["*.c"])


def test_upstreams_release_in_a_folder_is_taken_without_a_network(index, tmp_path, cache, monkeypatch):
    upstream = released(tmp_path / "given", monkeypatch, {"src/engine.c": "engine", "LICENCE.md": "terms"})
    index.server.stop()
    source = replace(
        pypi(OTHER_SHA256),
        upstream=upstream,
        directory="engine-1.0",
        license_file="LICENSE",
        used=("*.c",),
        tree=used_of(tmp_path),
    )
    unpacked = ensure_unpacked(source)
    assert (unpacked / "engine-1.0" / "engine.c").read_text() == "engine"
    assert (unpacked / "LICENSE").read_text() == "terms"
    # From then on it is in the cache.
    monkeypatch.setenv("EDGELET_SOURCES", str(tmp_path / "gone"))
    assert ensure_unpacked(source) == unpacked
    assert unpacked_sources(cache) == [unpacked.name]


def test_another_file_than_upstreams_release_is_refused(tmp_path, cache, monkeypatch):
    upstream = released(tmp_path / "given", monkeypatch, {"src/engine.c": "engine"})
    source = replace(pypi(OTHER_SHA256), upstream=replace(upstream, sha256=OTHER_SHA256))
    with pytest.raises(EdgeletError, match=f"engine-1.0.tar.gz has sha256 {upstream.sha256}, .* has {OTHER_SHA256}"):
        ensure_unpacked(source)
    monkeypatch.setenv("EDGELET_SOURCES", str(tmp_path / "none"))
    with pytest.raises(EdgeletError, match=r"EDGELET_SOURCES names .*none, which is no folder"):
        ensure_unpacked(source)
    assert unpacked_sources(cache) == []


def test_what_is_used_is_compared_wherever_it_comes_from(mirror, tmp_path, cache, monkeypatch):
    wanted = used_of(tmp_path)
    upstream = replace(released(tmp_path / "given", monkeypatch, {"engine.c": "changed"}), directory=".")
    sha = mirror.add("mbedtls", "3.6.6-1", tarball({"engine.c": "changed, too"}))
    other = mirror.add("mbedtls", "3.6.7-1", tarball({"engine.c": "changed once more"}))
    for source in (
        replace(debian_source(sha), upstream=replace(upstream, license_file="")),
        debian_source(sha),
        debian_source(OTHER_SHA256, known_to_work=(Other("3.6.7", other, wanted),)),
    ):
        with pytest.raises(EdgeletError, match=f"the files that are used have the digest .* wants {wanted}"):
            ensure_unpacked(replace(source, used=("*.c",), tree=wanted))
        assert unpacked_sources(cache) == []


def test_what_is_not_to_be_had_is_told_with_three_ways_on(mirror, index):
    mirror.add("mbedtls", "3.6.9-1", tarball({"tls.c": "unknown"}))
    source = replace(debian_source(OTHER_SHA256), upstream=UPSTREAM, submodule="lib/mbedtls")
    with pytest.raises(EdgeletError) as refused:
        ensure_unpacked(source)
    told = refused.value.message
    assert "Three ways on: put upstream's engine-1.0.tar.gz (Authors/engine at GitHub, tag v1.0)" in told
    assert "a folder that EDGELET_SOURCES names; build from an upstream checkout" in told
    assert told.endswith("or take a newer edgelet.")
    assert "\n" not in told
    index.add("fake-engine", "2.0", {"engine.c": "x"})
    with pytest.raises(EdgeletError, match=r"the package index has 2\.0.*Three ways on: .* install edgelet's package"):
        ensure_unpacked(replace(pypi(OTHER_SHA256), upstream=UPSTREAM))


def test_every_source_names_upstreams_release_and_what_is_used_of_it():
    for source in sources.read_sources().values():
        assert source.upstream
        assert source.upstream.project.count("/") == 1
        assert source.used
        assert {len(source.tree), len(source.upstream.sha256), len(source.sha256)} == {64}
        assert all(len(one.tree) == len(one.sha256) == 64 for one in source.known_to_work)


def test_the_pinned_version_with_another_hash_is_an_error_that_names_both_hashes(mirror):
    found = mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "changed"}))
    with pytest.raises(EdgeletError) as refused:
        ensure_unpacked(debian_source(OTHER_SHA256))
    assert found in refused.value.message
    assert OTHER_SHA256 in refused.value.message


def test_a_package_that_debian_does_not_have(mirror):
    with pytest.raises(EdgeletError, match=r"wants mbedtls 3\.6\.6 .* has none"):
        ensure_unpacked(debian_source(OTHER_SHA256))


def test_a_tarball_that_the_index_does_not_vouch_for_is_refused(mirror, cache):
    content = tarball({"tls.c": "tls"})
    sha = mirror.add("mbedtls", "3.6.6-1", content)
    evil = tarball({"tls.c": "bad"})
    (mirror.repository / "pool/mbedtls/mbedtls_3.6.6.orig.tar.gz").write_bytes(evil)
    with pytest.raises(EdgeletError, match="apt-get source failed"):
        ensure_unpacked(debian_source(sha))
    assert unpacked_sources(cache) == []


def test_an_index_signed_by_another_key_is_refused(mirror, cache):
    sha = mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "tls"}))
    stranger = SigningKey()
    mirror.key = stranger
    mirror.publish()
    stranger.remove()
    with pytest.raises(EdgeletError, match="apt-get update failed"):
        ensure_unpacked(debian_source(sha))
    assert unpacked_sources(cache) == []


def interrupt_in_the_middle(mirror, key, whom):
    """Start to bring a source and interrupt it. `whom` does that to the process."""
    content = os.urandom(20_000_000)
    source = debian_source(mirror.add("mbedtls", "3.6.6-1", tarball({"random": content})))
    # A receiving socket holds 6 MB at most (net.ipv4.tcp_rmem), the rest has been read.
    mirror.server.stall("mbedtls_3.6.6.orig.tar.gz", after=15_000_000)
    process = child(source, key.keyring)
    assert mirror.server.stalled.wait()
    whom(process)
    process.wait()
    return source, content


def finish(process, content):
    """Wait for a child process and check what it has brought."""
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert (Path(output.strip()) / "random").read_bytes() == content


@pytest.mark.slow
def test_an_interrupted_debian_download_is_resumed(mirror, key, cache):
    source, content = interrupt_in_the_middle(mirror, key, lambda p: os.killpg(p.pid, signal.SIGINT))
    assert unpacked_sources(cache) == []
    second = child(source, key.keyring)
    mirror.server.go_on()
    finish(second, content)
    whole, rest = mirror.server.ranges("mbedtls_3.6.6.orig.tar.gz")
    assert whole is None
    assert int(rest.removeprefix("bytes=").removesuffix("-")) > 1_000_000


@pytest.mark.slow
def test_a_killed_debian_download_is_not_taken_for_whole(mirror, key, cache):
    source, content = interrupt_in_the_middle(mirror, key, lambda p: os.killpg(p.pid, signal.SIGKILL))
    assert unpacked_sources(cache) == []
    mirror.server.go_on()
    finish(child(source, key.keyring), content)


def test_an_apt_that_outlives_its_build_is_waited_for(mirror, key):
    source, content = interrupt_in_the_middle(mirror, key, lambda p: p.kill())
    second = child(source, key.keyring)
    assert second.stderr.readline() == "Waiting for another download ...\n"
    mirror.server.go_on()
    finish(second, content)
    assert mirror.server.ranges("mbedtls_3.6.6.orig.tar.gz") == [None]


def test_a_damaged_partial_download_does_not_stay_in_the_way(mirror, cache):
    source = debian_source(mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "t" * 5000})))
    partial = cache / "downloads" / "mbedtls" / "mbedtls_3.6.6.orig.tar.gz"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"garbage")
    # apt goes on with what is as old as the server's file.
    published = mirror.repository / "pool" / "mbedtls" / partial.name
    os.utime(partial, (published.stat().st_atime, published.stat().st_mtime))
    with pytest.raises(EdgeletError, match=r"Hash Sum mismatch.* run again"):
        ensure_unpacked(source)
    assert (ensure_unpacked(source) / "tls.c").read_text() == "t" * 5000


def test_two_processes_download_once(mirror, key):
    source = debian_source(mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "tls"})))
    name = "mbedtls_3.6.6.orig.tar.gz"
    mirror.server.stall(name, after=10)
    first = child(source, key.keyring)
    assert mirror.server.stalled.wait()
    second = child(source, key.keyring)
    assert second.stderr.readline() == "Waiting for another download ...\n"
    mirror.server.go_on()
    outputs = [process.communicate()[0] for process in (first, second)]
    assert outputs[0] == outputs[1] != ""
    assert mirror.server.ranges(name) == [None]


def test_what_is_there_waits_for_nobodys_download(mirror, key):
    there = debian_source(mirror.add("mbedtls", "3.6.5-1", tarball({"tls.c": "before"})), "3.6.5")
    folder = ensure_unpacked(there)
    mirror.server.stall("mbedtls_3.6.6.orig.tar.gz", after=10)
    first = child(debian_source(mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "tls"}))), key.keyring)
    assert mirror.server.stalled.wait()
    second = child(there, key.keyring)
    assert second.stderr.readline() == ""
    assert second.stdout.read() == f"{folder}\n"
    second.communicate()
    mirror.server.go_on()
    first.communicate()


def test_the_machines_own_package_lists_are_not_touched(mirror, machine):
    sha = mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "tls"}))
    lists = machine / "lists"
    before = {path: path.stat().st_mtime_ns for path in lists.rglob("*") if path.is_file()}
    ensure_unpacked(debian_source(sha))
    after = {path: path.stat().st_mtime_ns for path in lists.rglob("*") if path.is_file()}
    assert before == after


def test_update_hooks_of_the_machine_do_not_run(mirror, machine, tmp_path):
    sha = mirror.add("mbedtls", "3.6.6-1", tarball({"tls.c": "tls"}))
    ran = tmp_path / "ran"
    hooks = "".join(
        f'APT::Update::{hook} {{"touch {ran}"; }};\n' for hook in ("Pre-Invoke", "Post-Invoke", "Post-Invoke-Success")
    )
    with (machine / "apt.conf").open("a") as file:
        file.write(hooks)
    ensure_unpacked(debian_source(sha))
    assert not ran.exists()


@pytest.fixture
def without_lists(mirror, machine):
    """A machine whose apt has never been updated."""
    for path in (machine / "lists").glob("*_*"):
        path.unlink()
    return mirror


def test_root_updates_a_machine_without_package_lists(without_lists):
    sha = without_lists.add("mbedtls", "3.6.6-1", tarball({"tls.c": "tls"}))
    assert (ensure_unpacked(debian_source(sha)) / "tls.c").read_text() == "tls"


def test_others_are_told_to_update_it(without_lists, unprivileged):
    with pytest.raises(EdgeletError, match=r"Run `sudo apt update` once"):
        debian.machine_mirror()


def test_micropython_tree_has_submodules_in_their_places(cache, tmp_path):
    micropython, mbedtls = tmp_path / "micropython", tmp_path / "mbedtls"
    for path in (micropython / "py", micropython / "lib" / "mbedtls", mbedtls):
        path.mkdir(parents=True)
    (micropython / "py" / "mpconfig.h").touch()
    (mbedtls / "tls.c").touch()
    tree = tmp_path / "tree"
    sources.assemble_tree(micropython, {"lib/mbedtls": mbedtls, "lib/deep/lwip": mbedtls}, tree)
    assert (tree / "py" / "mpconfig.h").exists()
    assert (tree / "lib" / "mbedtls" / "tls.c").exists()
    assert (tree / "lib" / "deep" / "lwip" / "tls.c").exists()
    assert list((micropython / "lib" / "mbedtls").iterdir()) == []


def test_a_folder_that_is_no_micropython_checkout(tmp_path):
    with pytest.raises(EdgeletError, match="is no MicroPython checkout"):
        sources.micropython_tree(["mbedtls"], tmp_path)


def test_a_checkout_without_its_submodules(tmp_path):
    (tmp_path / "py").mkdir()
    (tmp_path / "py" / "mpconfig.h").touch()
    command = f"git -C {tmp_path} submodule update --init lib/mbedtls"
    with pytest.raises(EdgeletError, match=command):
        sources.micropython_tree(["mbedtls"], tmp_path)


@pytest.mark.slow
def test_the_pinned_sources_can_be_had(cache):
    """From the real registries, with what this machine is set up with."""
    tree = sources.micropython_tree(["mbedtls", "lwip", "pico-sdk", "tinyusb-source"])
    assert (tree / "ports" / "unix" / "main.c").is_file()
    for part in ("mbedtls/library/aes.c", "lwip/src/core/tcp.c", "tinyusb/src/tusb.c"):
        assert (tree / "lib" / part).is_file()
    assert (tree / "lib" / "pico-sdk" / "src").is_dir()
    assert (sources.ensure("quickjs-ng") / "quickjs.c").is_file()
    assert (sources.ensure("zlib") / "deflate.c").is_file()
    assert (sources.ensure("pymonocypher") / "monocypher.c").is_file()
    assert (sources.ensure("microdot") / "microdot" / "microdot.py").is_file()
