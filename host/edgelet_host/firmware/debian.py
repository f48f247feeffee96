"""Files of Debian's packages, through an apt configuration of our own.

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
from email.message import Message
from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.firmware.system import FETCH_PACKAGES, apt_get, ensure_packages

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


class MissingError(EdgeletError):
    """Debian does not have, or no longer, what is wanted."""


@dataclass(frozen=True)
class Pin:
    """The file that is wanted of a Debian release.

    version: of an upstream tarball without Debian's revision. others: SHA-256 of files that will do, too.
    """

    release: str
    version: str
    sha256: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A file that the archive has. request: how apt is asked for it."""

    request: str
    version: str
    file: str
    sha256: str


class Archive:
    """One kind of files of Debian's archive, seen through a private apt configuration in `folder`.

    entry: the kind of the entry in sources.list. show: how apt-cache is asked for a package.
    get: how apt-get is asked for a file.
    """

    entry: str
    show: tuple[str, ...]
    get: tuple[str, ...]

    def __init__(self, folder: Path) -> None:
        self.folder = folder / self.entry

    def parse(self, package: str, stanza: Message) -> Offer | None:
        """Read what one stanza of the index offers."""
        raise NotImplementedError

    def choose(self, package: str, pin: Pin) -> Offer:
        """Choose the file with the pinned sha256, else another that will do. Raises MissingError."""
        self.update(pin.release)
        offers = self.offers(package)
        for sha256 in (pin.sha256, *pin.others):
            for offer in offers:
                if offer.sha256 == sha256:
                    return offer
        found = ", ".join(f"{offer.version} (sha256 {offer.sha256})" for offer in offers) or "none"
        raise MissingError(
            f"firmware/sources.toml wants {package} {pin.version} (sha256 {pin.sha256}), but "
            f"Debian {pin.release} has {found}."
        )

    def update(self, release: str) -> None:
        """Fetch the release's index."""
        if shutil.which("apt-get") is None:
            raise MissingError("There is no apt here to bring MicroPython and zlib.")
        ensure_packages(FETCH_PACKAGES)
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "apt.conf").write_text(CONFIGURATION.format(folder=self.folder), "utf-8")
        line = f"{self.entry} [signed-by={KEYRING}] {machine_mirror()} {release} main\n"
        (self.folder / "sources.list").write_text(line, "utf-8")
        self.run("apt-get", "update", "--error-on=any")

    def offers(self, package: str) -> list[Offer]:
        """List the files that the archive has of a package."""
        parser = email.parser.HeaderParser()
        stanzas = self.run("apt-cache", *self.show, package).strip().split("\n\n")
        offers = [self.parse(package, parser.parsestr(stanza)) for stanza in stanzas if stanza]
        return [offer for offer in offers if offer]

    def download(self, offer: Offer, folder: Path) -> Path:
        """Download a file into `folder`, going on with what an interrupted download left there."""
        try:
            self.run("apt-get", *self.get, offer.request, cwd=folder)
        except EdgeletError as error:
            if "Hash Sum mismatch" in error.message:
                # What an interrupted download left may be damaged: the next run starts anew.
                (folder / offer.file).unlink(missing_ok=True)
            raise
        return folder / offer.file

    def run(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """Run an apt program with the private configuration; its output."""
        done = subprocess.run(
            [program, f"--config-file={self.folder / 'apt.conf'}", "--quiet", *arguments],
            cwd=cwd,
            capture_output=True,
            encoding="utf-8",
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


class SourceArchive(Archive):
    """Upstream tarballs of source packages."""

    entry = "deb-src"
    show = ("showsrc", "--only-source")
    get = ("source", "--only-source", "--download-only", "--tar-only")

    def parse(self, package: str, stanza: Message) -> Offer | None:
        """Read a stanza of a Sources index; None where the package has no upstream tarball."""
        tarball = re.compile(r"^ *([0-9a-f]{64}) \d+ (\S+\.orig\.tar\.\w+)$", re.MULTILINE)
        found = tarball.search(stanza.get("Checksums-Sha256", ""))
        if found is None:
            return None
        version = stanza["Version"].split(":")[-1].rpartition("-")[0]
        return Offer(f"{package}={stanza['Version']}", version, found[2], found[1])


class PackageArchive(Archive):
    """Binary packages."""

    entry = "deb"
    show = ("show",)
    get = ("download",)

    def parse(self, package: str, stanza: Message) -> Offer | None:
        """Read a stanza of a Packages index."""
        version, file = stanza["Version"], stanza["Filename"].rpartition("/")[2]
        return Offer(f"{package}={version}", version, file, stanza["SHA256"])


def machine_mirror() -> str:
    """Give the address from which this machine gets Debian's packages."""
    address = find_mirror()
    if address is None and os.geteuid() == 0:
        apt_get("update")
        address = find_mirror()
    if address is None:
        raise EdgeletError(
            "This machine's apt knows no Debian mirror that could bring MicroPython and zlib. "
            "Run `sudo apt update` once."
        )
    return address


def find_mirror() -> str | None:
    """Look for Debian's main archive in the machine's package lists."""
    targets = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"]
    shown = subprocess.run(targets, capture_output=True, encoding="utf-8", check=False).stdout
    for line in shown.splitlines():
        origin, label, address = line.split("|", 2)
        if (origin, label) == ("Debian", "Debian"):
            return address
    return None
