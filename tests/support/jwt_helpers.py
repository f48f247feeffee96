"""The built-in module jsonwebtoken in the real firmware, asked from Python."""

import base64
import json
from pathlib import Path
from typing import Any

from web_helpers import run_one

SECRET = "0123456789abcdef" * 4  # long enough for each algorithm

# Calls functions of the module: each of a list is [name, args]. Of an error: name, message, and its own properties.
CALLER = """
import jwt from "jsonwebtoken";

function attempt(name, args) {
  try {
    return { value: jwt[name](...args) };
  } catch (error) {
    const kin = error instanceof jwt.JsonWebTokenError;
    return { error: error.name, message: error.message, kin, ...error };
  }
}

export default {
  async fetch(request) {
    const calls = await request.json();
    return Response.json(calls.map(([name, args]) => attempt(name, args)));
  },
};
"""


def run_module(firmware: Path, main: str, body: bytes | None = None) -> Any:
    """What the handler in `main`, which imports jsonwebtoken, answers as JSON."""
    answer = run_one(firmware, main, method="POST", body=body)
    assert answer.status == 200, answer
    return answer.json


def call_jwt(firmware: Path, calls: list[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
    """The results of calls of the module's functions: {"value"} or {"error", "message", "kin", ...}."""
    results: list[dict[str, Any]] = run_module(firmware, CALLER, json.dumps(calls).encode())
    return results


def base64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
