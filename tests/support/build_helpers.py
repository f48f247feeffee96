"""A package index and a Debian mirror on this machine, for the real pip and the real apt."""

import hashlib
import http.server
import io
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
from email.utils import formatdate
from pathlib import Path


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder on the loopback interface, with ranges; can stop in the middle of a file."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.requests = []
        self.stall_at = {}
        self.stalled = threading.Event()
        self.going_on = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stall(self, name, after):
        """Send `after` bytes of the file `name`, set `stalled`, and send the rest after `go_on`."""
        self.stall_at[name] = after

    def go_on(self):
        self.stall_at.clear()
        self.going_on.set()

    def ranges(self, name):
        """The Range headers of the requests for a file, None for a whole one."""
        return [range_ for path, range_ in self.requests if path.endswith(name)]

    def stop(self):
        self.go_on()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        # Little stays in the connection: what a stalled server has sent, the client has read but for
        # what its own socket holds.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        super().setup()

    def do_GET(self):
        path = self.server.folder / self.path.strip("/").replace("%2b", "+")
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        modified = formatdate(path.stat().st_mtime, usegmt=True)
        wanted = self.headers.get("Range")
        if self.headers.get("If-Range", modified) != modified:
            wanted = None
        self.server.requests.append((self.path, wanted))
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Last-Modified", modified)
        self.send_header("Content-Type", "text/html" if path.suffix == ".html" else "text/plain")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        pause = self.server.stall_at.get(path.name, len(content))
        self.wfile.write(content[start:pause])
        if pause < len(content):
            self.wfile.flush()
            self.server.stalled.set()
            self.server.going_on.wait()
        self.wfile.write(content[max(start, pause) :])

    def log_message(self, *arguments):
        pass


def tarball(files, top="source-1.0", kind="gz"):
    """The bytes of a tarball with files (text or bytes) below `top`."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode=f"w:{kind}") as tar:
        for name, text in files.items():
            content = text if isinstance(text, bytes) else text.encode()
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return output.getvalue()


def copy_sources(folder, copy):
    """Copy a folder without Python's caches, into which whoever runs its programs writes files for a moment."""
    shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


# Whoever needs a proxy reaches a server of ours without.
NO_PROXY = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1")


class PackageIndex:
    """A PyPI-like index with source distributions."""

    def __init__(self, folder):
        self.server = Server(folder)
        self.folder = folder

    def add(self, name, version, files):
        """Publish an sdist; its sha256."""
        module = name.replace("-", "_")
        build = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        project = f'{build}[project]\nname = "{name}"\nversion = "{version}"\n'
        project += "[tool.setuptools]\npackages = []\n"
        information = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        files = {"pyproject.toml": project, "PKG-INFO": information, **files}
        content = tarball(files, f"{module}-{version}")
        page = self.folder / "simple" / name
        page.mkdir(parents=True, exist_ok=True)
        (page / f"{module}-{version}.tar.gz").write_bytes(content)
        links = [f'<a href="{path.name}">{path.name}</a>' for path in sorted(page.glob("*.gz"))]
        (page / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")
        return sha256(content)

    def settings(self):
        """What tells pip to use this index and no other."""
        none = dict.fromkeys(("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"), "")
        return none | NO_PROXY | {"PIP_INDEX_URL": f"{self.server.url}/simple", "PIP_CONFIG_FILE": os.devnull}


class SigningKey:
    """An OpenPGP key in a keyring of its own."""

    def __init__(self):
        # A gpg-agent's socket must have a short name.
        self.home = Path(tempfile.mkdtemp(prefix="gpg-"))
        self.gpg("--passphrase", "", "--quick-gen-key", "mirror", "ed25519", "sign", "never")
        self.keyring = self.home / "public.gpg"
        self.keyring.write_bytes(self.gpg("--export"))
        for path in (self.home, self.keyring):
            path.chmod(0o755)

    def gpg(self, *arguments, text=b""):
        command = ["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-permission-warning"]
        return subprocess.run([*command, *arguments], input=text, stdout=-1, stderr=-1, check=True).stdout

    def remove(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=True)
        shutil.rmtree(self.home)


class DebianMirror:
    """A Debian mirror with source packages of one release, and a machine whose apt uses it."""

    def __init__(self, folder, key, release="trixie"):
        self.folder, self.key, self.release = folder, key, release
        self.repository = folder / "debian"
        self.server = Server(folder)
        self.stanzas = []
        self.publish()

    def add(self, package, version, content, kind="gz"):
        """Publish a source package (`version` with Debian's revision); its tarball's sha256."""
        upstream = version.rpartition("-")[0]
        pool = self.repository / "pool" / package
        pool.mkdir(parents=True, exist_ok=True)
        description, orig = pool / f"{package}_{version}.dsc", pool / f"{package}_{upstream}.orig.tar.{kind}"
        description.write_text("Format: 3.0 (quilt)\n")
        orig.write_bytes(content)
        files = (description, orig)
        lines = [(path.read_bytes(), path.name) for path in files]
        stanza = [f"Package: {package}", f"Binary: {package}", f"Version: {version}", "Format: 3.0 (quilt)"]
        stanza += ["Architecture: any", f"Directory: pool/{package}", "Files:"]
        stanza += [f" {hashlib.md5(text).hexdigest()} {len(text)} {name}" for text, name in lines]
        stanza += ["Checksums-Sha256:", *(f" {sha256(text)} {len(text)} {name}" for text, name in lines)]
        self.stanzas.append("\n".join(stanza))
        self.publish()
        return sha256(content)

    def publish(self):
        """Write and sign the index of the release."""
        sources = "\n\n".join(self.stanzas).encode() + b"\n"
        index = self.repository / "dists" / self.release / "main" / "source" / "Sources"
        index.parent.mkdir(parents=True, exist_ok=True)
        index.write_bytes(sources)
        date = formatdate(time.time(), usegmt=True).replace("GMT", "UTC")
        lines = ["Origin: Debian", "Label: Debian", f"Codename: {self.release}", f"Date: {date}"]
        lines += ["Components: main", "Architectures: amd64", "SHA256:"]
        lines += [f" {sha256(sources)} {len(sources)} main/source/Sources", ""]
        signed = self.key.gpg("--clearsign", text="\n".join(lines).encode())
        (index.parents[2] / "InRelease").write_bytes(signed)

    def machine(self, folder):
        """What makes apt believe that it is on a machine that uses this mirror."""
        (folder / "lists" / "partial").mkdir(parents=True)
        (folder / "cache" / "archives" / "partial").mkdir(parents=True)
        line = f"deb-src [signed-by={self.key.keyring}] {self.server.url}/debian {self.release} main\n"
        (folder / "sources.list").write_text(line)
        (folder / "apt.conf").write_text(
            f'Dir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::lists "{folder}/lists";\nDir::Cache "{folder}/cache";\n'
        )
        return NO_PROXY | {"APT_CONFIG": str(folder / "apt.conf")}
