"""What a worker may not: it is tried in a process that is confined as workers are."""

import json
import subprocess

# Prints what each thing that is tried has come to: its errno, or "done".
SCRIPT = """
import errno, json, os, socket, sys
import _workers

root = sys.argv[1]
outside = open(root + "/kv/secret", "rb")
names = _workers.confine([root + "/releases"])
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


attempt("read", lambda: open(root + "/releases/manifest").read())
attempt("list", lambda: os.listdir(root + "/releases"))
attempt("inherited", outside.read)
attempt("outside", lambda: open(root + "/kv/secret"))
attempt("passwd", lambda: open("/etc/passwd"))
attempt("write", lambda: open(root + "/releases/manifest", "w"))
attempt("create", lambda: open(root + "/releases/new", "w"))
attempt("remove", lambda: os.remove(root + "/releases/manifest"))
attempt("rename", lambda: os.rename(root + "/releases/manifest", root + "/releases/other"))
attempt("folder", lambda: os.mkdir(root + "/releases/folder"))
attempt("listen", listen)
attempt("unix", lambda: socket.socket(socket.AF_UNIX))
attempt("netlink", lambda: socket.socket(16))
attempt("packet", lambda: socket.socket(17))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("fork", _workers.fork)
attempt("pair", lambda: _workers.pair(False))
try:
    tried["program"] = "done" if os.system("true") == 0 else "failed"
except OSError as e:
    tried["program"] = "failed"
print(json.dumps([names, tried]))
"""


def test_a_confined_process_reads_what_it_needs_and_can_do_nothing_else(firmware, tmp_path):
    for folder in ("releases", "kv"):
        (tmp_path / folder).mkdir()
    (tmp_path / "releases" / "manifest").write_text("{}")
    (tmp_path / "kv" / "secret").write_text("kept")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([firmware, script, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names, tried = json.loads(done.stdout)
    assert "no_new_privs" in names
    for allowed in ("read", "list", "inherited", "udp"):
        assert tried.pop(allowed) == "done"
    by_calls = {"listen", "unix", "netlink", "packet", "fork", "pair", "program"}
    refused = {name for name in tried if name not in by_calls and "landlock" in names}
    refused |= {name for name in tried if name in by_calls and "seccomp" in names}
    assert {name: tried[name] for name in refused if tried[name] == "done"} == {}
    assert (tmp_path / "releases" / "manifest").read_text() == "{}" or "landlock" not in names
