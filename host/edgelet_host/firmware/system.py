"""The system packages that building and testing need.

They are installed where that is allowed, and named where it is not.
"""

import os
import shutil
import subprocess

from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import step

# Debian packages, each with the program by which one knows that it is there, whoever installed it.
Packages = dict[str, str | None]
BUILD_PACKAGES: Packages = {"gcc": "gcc", "libc6-dev": None, "make": "make"}
FETCH_PACKAGES: Packages = {"debian-archive-keyring": None}
BOARD_PACKAGES: Packages = BUILD_PACKAGES | {
    "cmake": "cmake",
    "gcc-arm-none-eabi": "arm-none-eabi-gcc",
    "libnewlib-arm-none-eabi": None,
}
RISCV_PACKAGES: Packages = BUILD_PACKAGES | {
    "gcc-riscv64-unknown-elf": "riscv64-unknown-elf-gcc",
    "picolibc-riscv64-unknown-elf": None,
}
TEST_PACKAGES: Packages = (
    BOARD_PACKAGES
    | RISCV_PACKAGES
    | {
        "caddy": "caddy",
        "ccache": "ccache",
        "chromium-headless-shell": "chromium-headless-shell",
        "clang": "clang",
        "fonts-dejavu-core": None,
        "gcc-multilib": None,
        "gcc-xtensa-lx106": "xtensa-lx106-elf-gcc",
        "gdb-minimal": "gdb",
        "gpg": "gpg",
        "gpg-agent": "gpg-agent",
        "libclang-rt-dev": None,
        "nginx-light": "nginx",
        "nodejs": "node",
        "npm": "npm",
        "openssl": "openssl",
        "qemu-system-arm": "qemu-system-arm",
        "qemu-system-misc": "qemu-system-riscv32",
        "systemd": "systemd-analyze",
        "valgrind": "valgrind",
    }
)
BENCH_PACKAGES: Packages = {"nginx-light": "nginx", "nodejs": "node", "npm": "npm", "wrk": "wrk"}


def ensure_packages(packages: Packages) -> None:
    """Make sure that programs and Debian packages are there.

    Root installs them with apt; anyone else gets an error with the command that does it.
    """
    absent = {name: program for name, program in packages.items() if not (program and shutil.which(program))}
    if shutil.which("dpkg-query") is None:
        if programs := [program for program in absent.values() if program]:
            raise EdgeletError(f"Not found: {', '.join(programs)}. Install them with this system's package manager.")
        return
    missing = missing_packages(list(absent))
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise EdgeletError(f"System packages are missing. Install them: sudo apt install {' '.join(missing)}")
    install_packages(missing)


def missing_packages(names: list[str]) -> list[str]:
    """Give those of `names` that dpkg does not know as installed."""
    if not names:
        return []
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    shown = subprocess.run(query, capture_output=True, encoding="utf-8", check=False).stdout
    installed = {line.removesuffix(" installed") for line in shown.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def install_packages(names: list[str]) -> None:
    """Install Debian packages with apt, as root."""
    with step(f"Installing {' '.join(names)}"):
        apt_get("update")
        apt_get("install", "--yes", "--no-install-recommends", *names)


def apt_get(*arguments: str) -> None:
    """Run apt-get on this machine, as root, without questions."""
    command = ["apt-get", "--quiet", "--option=DPkg::Lock::Timeout=300", *arguments]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        reasons = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        raise EdgeletError(f"This failed: {' '.join(command)} ({reasons[0] if reasons else done.stderr[-200:]})")
