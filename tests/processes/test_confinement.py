"""What a worker may not: it is tried in a process that is confined as workers are, and in one that is not."""

import json
import os
import subprocess
from pathlib import Path

# Prints what each thing that is tried has come to: its errno, or "done".
SCRIPT = """
import errno, json, os, socket, sys
import _workers

root = sys.argv[1]
outside = open(root + "/kv/secret", "rb")
names = _workers.confine([root + "/releases"]) if sys.argv[2] == "confined" else []
tried = {}


def attempt(name, action):
    try:
        action()
        tried[name] = "done"
    except OSError as e:
        tried[name] = errno.errorcode.get(e.errno, str(e.errno))


def listen():
    sock = socket.socket()
    sock.bind(socket.getaddrinfo("127.0.0.1", 0)[0][-1])
    sock.listen(1)


def fork():
    if not _workers.fork()[0]:
        _workers.leave(0)


attempt("read", lambda: open(root + "/releases/manifest").read())
attempt("list", lambda: os.listdir(root + "/releases"))
attempt("inherited", outside.read)
attempt("outside", lambda: open(root + "/kv/secret"))
attempt("passwd", lambda: open("/etc/passwd"))
attempt("write", lambda: open(root + "/releases/manifest", "w"))
attempt("create", lambda: open(root + "/releases/new", "w"))
attempt("rename", lambda: os.rename(root + "/releases/manifest", root + "/releases/other"))
attempt("remove", lambda: os.remove(root + "/releases/file"))
attempt("folder", lambda: os.mkdir(root + "/releases/folder"))
attempt("listen", listen)
attempt("unix", lambda: socket.socket(socket.AF_UNIX))
attempt("netlink", lambda: socket.socket(16, socket.SOCK_RAW))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("fork", fork)
attempt("pair", lambda: _workers.pair(False))
try:
    tried["program"] = "done" if os.system("true") == 0 else "failed"
except OSError as e:
    tried["program"] = "failed"
print(json.dumps([names, tried]))
"""


def tried(firmware: Path, root: Path, kind: str) -> tuple[list[str], dict[str, str]]:
    """Tell what confines a process of that kind, and what each thing that it has tried has come to."""
    for folder in ("releases", "kv"):
        (root / folder).mkdir(parents=True)
    (root / "releases" / "manifest").write_text("{}")
    (root / "releases" / "file").write_text("")
    (root / "kv" / "secret").write_text("kept")
    script = root / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([firmware, script, root, kind], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names, found = json.loads(done.stdout)
    return names, found


def test_a_confined_process_reads_what_it_needs_and_can_do_nothing_else(firmware, tmp_path):
    names, found = tried(firmware, tmp_path, "confined")
    assert "no_new_privs" in names
    for allowed in ("read", "list", "inherited", "udp"):
        assert found.pop(allowed) == "done"
    by_calls = {"listen", "unix", "netlink", "packet", "fork", "pair", "program"}
    refused = {name for name in found if name not in by_calls and "landlock" in names}
    refused |= {name for name in found if name in by_calls and "seccomp" in names}
    assert {name: found[name] for name in refused if found[name] == "done"} == {}
    assert "landlock" not in names or (tmp_path / "releases" / "manifest").read_text() == "{}"


def test_a_process_that_is_not_confined_can_do_all_that(firmware, tmp_path):
    _, found = tried(firmware, tmp_path, "free")
    if os.geteuid():
        del found["packet"]  # only root has these
    assert set(found.values()) == {"done"}, found
