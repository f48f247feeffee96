"""Handlers on the real firmware, from Python."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isolate_helpers import SANITIZER_OPTIONS

DRIVER = Path(__file__).with_name("web_driver.py")


@dataclass(frozen=True)
class Answer:
    """What came of a request: a response (`status`, `headers`, `body`) or an error (`kind`, `message`)."""

    state: str
    background: bool = False
    status: int = 0
    headers: bytes = b""
    body: bytes = b""
    kind: str = ""
    message: str = ""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and values of the header lines, in order."""
        lines = self.headers.decode("latin-1").split("\r\n")
        assert lines.pop() == ""
        pairs = [line.split(": ", 1) for line in lines]
        return [(name, value) for name, value in pairs]


def call(
    target: str = "/",
    method: str = "GET",
    headers: str = "",
    body: bytes | None = None,
    host: str = "pico.local",
    scheme: str = "http",
    peer: str = "192.0.2.7",
) -> dict[str, Any]:
    """One request for `run_handler`."""
    return {
        "method": method,
        "target": target,
        "headers": headers,
        "body": [body[at : at + 1000].hex() for at in range(0, len(body), 1000)] if body is not None else None,
        "host": host,
        "scheme": scheme,
        "peer": peer,
    }


def run_bundle(
    firmware: Path,
    files: dict[str, str],
    *calls: dict[str, Any],
    env: dict[str, str] | None = None,
    memory: int | None = None,
    event_2: bool = False,
) -> list[Answer]:
    """Build `files` (main.js is the handler's) and make the calls, each in a pristine image."""
    work = {"files": files, "env": env or {}, "memory": memory, "event_2": event_2, "calls": calls or [call()]}
    text = json.dumps(work)
    done = subprocess.run(
        [firmware, "-X", "heapsize=64M", DRIVER],
        input=f"{len(text)}\n{text}",
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | SANITIZER_OPTIONS,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-8000:]
    answers = []
    lines = done.stdout.splitlines()
    for line, body in zip(lines[::2], lines[1::2], strict=True):
        result = json.loads(line)
        result["headers"] = bytes.fromhex(result.get("headers", ""))
        answers.append(Answer(**result, body=bytes.fromhex(body)))
    return answers


def run_handler(firmware: Path, source: str, *calls: dict[str, Any], **options: Any) -> list[Answer]:
    """As run_bundle, for one module."""
    return run_bundle(firmware, {"main.js": source}, *calls, **options)


def run_one(firmware: Path, source: str, **request: Any) -> Answer:
    """What one request to the handler comes to."""
    (answer,) = run_handler(firmware, source, call(**request))
    return answer


def run_in_node(script: Path) -> list[str]:
    """What the script's `run` returns in Node."""
    program = f"import {{ run }} from {json.dumps(script.as_uri())}; console.log(JSON.stringify(await run()))"
    done = subprocess.run(
        ["node", "--no-warnings", "--input-type=module", "--eval", program], capture_output=True, text=True, check=True
    )
    lines: list[str] = json.loads(done.stdout)
    return lines


def run_in_firmware(firmware: Path, script: Path, function: str = "run") -> Any:
    """What a function of the script returns in a handler, as JSON tells it."""
    main = f"""
        import {{ {function} as run }} from "./{script.name}";
        export default {{ async fetch() {{ return Response.json(await run()) }} }};
    """
    (answer,) = run_bundle(firmware, {"main.js": main, script.name: script.read_text()})
    assert answer.status == 200, answer
    return answer.json
