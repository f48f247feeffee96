"""Tries an installed package on any system, without a device.

    python anywhere.py [SHA256 [CACHE]]

It is for the hosted CI's computers.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

EDGELET = [sys.executable, "-m", "edgelet_host"]
# Every system makes the same bundle of it.
SOURCE = 'import { b } from "./lib/b.js";\nexport default { fetch: () => new Response(`${b} grüß 😀 ${1e21}`) };\n'


def run(*args: str, status: int = 0) -> str:
    """Run a command that must end so; what it printed."""
    done = subprocess.run([*EDGELET, *args], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == status, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def bundle_of(folder: Path) -> bytes:
    """Compile a project as the command line does."""
    from edgelet_host.firmware.builds import ensure_compiler
    from edgelet_host.project.bundle import compile_project
    from edgelet_host.project.config import read_project

    return compile_project(read_project(folder), ensure_compiler()).data


def main(digest: str = "", cache: str = "cache") -> None:
    """Try the commands. digest: SHA-256 of the bundle that Linux' firmware makes. cache: the folder EDGELET_CACHE."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
        os.environ |= {"EDGELET_CACHE": str(Path(temporary, cache)), "XDG_RUNTIME_DIR": temporary}
        print(run("--version").strip())
        for template in ("hello", "login", "static"):
            run("new", template, "--template", template, "--javascript")
            print(run("check", template).strip())
        Path("hello", "lib").mkdir()
        Path("hello", "lib", "b.js").write_text("export const b = -0;\n", "utf-8", newline="\n")
        Path("hello", "main.js").write_text(SOURCE, "utf-8", newline="\n")
        made = hashlib.sha256(bundle_of(Path("hello"))).hexdigest()
        assert digest in ("", made), f"this computer's bundle differs from Linux': {digest}"
        Path("hello", "main.js").write_text("export default {", "utf-8")
        assert "main.js:1:17: SyntaxError" in run("check", "hello", status=1)
        assert "No device" in run("devices")
        assert "no board found" in run("flash", "--board", "EDGELET_PICO", status=1)
        assert "there is no COM77" in run("status", "--device", "COM77", status=1)
    print(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
