"""Upstream tarballs from Debian's source packages, through an apt configuration of our own.

The machine's own package lists stay as they are: lists and caches are in a folder of ours, and
nothing needs root. The mirror is the one that the machine uses already; apt checks the archive's
signature against Debian's keyring.
"""

import email.parser
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.system import FETCH_PACKAGES, apt_get, ensure_packages

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

CONFIGURATION = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "{folder}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Acquire::Languages "none";
"""


@dataclass(frozen=True)
class Pin:
    """The upstream tarball that is wanted of a Debian release.

    version: without Debian's revision. known_to_work: other versions that will do.
    """

    release: str
    version: str
    sha256: str
    known_to_work: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """An upstream tarball that the archive has."""

    archive: "Archive"
    package: str
    debian_version: str
    version: str
    file: str
    sha256: str

    def download(self, folder: Path) -> Path:
        """Download the tarball into `folder`, going on with what an interrupted one left there."""
        request = f"{self.package}={self.debian_version}"
        self.archive.run(
            "apt-get",
            "source",
            "--only-source",
            "--download-only",
            "--tar-only",
            request,
            cwd=folder,
        )
        return folder / self.file


class Archive:
    """Debian's source packages, seen through a private apt configuration in `folder`."""

    def __init__(self, folder: Path, keyring: Path = KEYRING) -> None:
        self.folder = folder
        self.keyring = keyring

    def choose(self, package: str, pin: Pin) -> Offer:
        """Choose the tarball with the pinned sha256, else one that is known to work."""
        self.update(pin.release)
        offers = self.offers(package)
        for offer in offers:
            if offer.sha256 == pin.sha256:
                return offer
        for version in pin.known_to_work:
            for offer in offers:
                if offer.version == version:
                    return offer
        found = ", ".join(f"{offer.version} (sha256 {offer.sha256})" for offer in offers) or "none"
        raise EdgeletError(
            f"firmware/sources.toml wants {package} {pin.version} (sha256 {pin.sha256}), but "
            f"Debian {pin.release} has {found}. Take a newer edgelet, or build with --micropython DIR."
        )

    def update(self, release: str) -> None:
        """Fetch the release's index of source packages."""
        if shutil.which("apt-get") is None:
            raise EdgeletError("There is no apt here to bring MicroPython. Build with --micropython DIR.")
        ensure_packages(FETCH_PACKAGES)
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "apt.conf").write_text(CONFIGURATION.format(folder=self.folder))
        line = f"deb-src [signed-by={self.keyring}] {machine_mirror()} {release} main\n"
        (self.folder / "sources.list").write_text(line)
        self.run("apt-get", "update", "--error-on=any")

    def offers(self, package: str) -> list[Offer]:
        """List the upstream tarballs of a source package."""
        stanzas = self.run("apt-cache", "showsrc", "--only-source", package).strip().split("\n\n")
        return [offer for stanza in stanzas if (offer := self.parse(package, stanza))]

    def parse(self, package: str, stanza: str) -> Offer | None:
        """Read one stanza of a Sources index; None where the package has no upstream tarball."""
        fields = email.parser.HeaderParser().parsestr(stanza)
        tarball = re.search(
            r"^ *([0-9a-f]{64}) \d+ (\S+\.orig\.tar\.\w+)$",
            fields.get("Checksums-Sha256", ""),
            re.M,
        )
        if tarball is None:
            return None
        version = fields["Version"].split(":")[-1].rpartition("-")[0]
        return Offer(self, package, fields["Version"], version, tarball[2], tarball[1])

    def run(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """Run an apt program with the private configuration; its output."""
        done = subprocess.run(
            [program, f"--config-file={self.folder / 'apt.conf'}", "--quiet", *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
            # apt holds the lock of the sources too, should this process be killed before it.
            close_fds=False,
        )
        if done.returncode == 0:
            return done.stdout
        if "Unable to locate package" in done.stderr or "Unable to find a source package" in done.stderr:
            return ""
        reasons = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        reason = reasons[0] if reasons else done.stderr.strip()[-200:]
        raise EdgeletError(f"{program} {arguments[0]} failed ({reason}). Check the network and run again.")


def machine_mirror() -> str:
    """Give the address from which this machine gets Debian's packages."""
    address = find_mirror()
    if address is None and os.geteuid() == 0:
        apt_get("update")
        address = find_mirror()
    if address is None:
        raise EdgeletError(
            "This machine's apt knows no Debian mirror that could bring MicroPython. "
            "Run `sudo apt update` once, or build with --micropython DIR."
        )
    return address


def find_mirror() -> str | None:
    """Look for Debian's main archive in the machine's package lists."""
    targets = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"]
    shown = subprocess.run(targets, capture_output=True, text=True, check=False).stdout
    for line in shown.splitlines():
        origin, label, address = line.split("|", 2)
        if (origin, label) == ("Debian", "Debian"):
            return address
    return None
