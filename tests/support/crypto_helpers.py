"""Web Cryptography in the real firmware, asked from Python."""

import json
from pathlib import Path
from typing import Any

from web_helpers import call, run_bundle, run_handler

# Makes cases, and says what becomes of them: in the firmware, in Node.js, and by its like in Python (crypto_oracle.py).
SCRIPT = Path(__file__).parents[1] / "crypto" / "crypto_exchange.js"

# Does a list of operations: each is a list of name, hash and arguments, where bytes are hexadecimal digits.
CALCULATOR = """
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const { subtle } = crypto;
const importRaw = (secret, algorithm, usages) => subtle.importKey("raw", bytes(secret), algorithm, false, usages);

const operations = {
  digest: (hash, data) => subtle.digest(hash, bytes(data)),
  async hmac(hash, secret, data) {
    const key = await importRaw(secret, { name: "HMAC", hash }, ["sign", "verify"]);
    const mac = await subtle.sign("HMAC", key, bytes(data));
    if (!(await subtle.verify("HMAC", key, mac, bytes(data)))) {
      throw new Error("its own MAC is not verified");
    }
    return mac;
  },
  async pbkdf2(hash, password, salt, iterations, length) {
    const key = await importRaw(password, "PBKDF2", ["deriveBits"]);
    return subtle.deriveBits({ name: "PBKDF2", hash, salt: bytes(salt), iterations }, key, length * 8);
  },
  async hkdf(hash, secret, salt, info, length) {
    const key = await importRaw(secret, "HKDF", ["deriveBits"]);
    return subtle.deriveBits({ name: "HKDF", hash, salt: bytes(salt), info: bytes(info) }, key, length * 8);
  },
};

export default {
  async fetch(request) {
    const results = [];
    for (const [name, ...args] of await request.json()) {
      results.push(hex(await operations[name](...args)));
    }
    return Response.json(results);
  },
};
"""


def calculate(firmware: Path, operations: list[list[Any]]) -> list[str]:
    """The results of CALCULATOR's operations, in one request."""
    body = json.dumps(operations).encode()
    (answer,) = run_handler(firmware, CALCULATOR, call(method="POST", body=body))
    assert answer.status == 200, answer
    results: list[str] = answer.json
    return results


def on_device(firmware: Path, function: str, value: Any) -> Any:
    """What a function of the script answers in a handler."""
    main = f"""
        import {{ {function} }} from "./{SCRIPT.name}";
        export default {{ async fetch(request) {{ return Response.json(await {function}(await request.json())) }} }};
    """
    files = {"main.js": main, SCRIPT.name: SCRIPT.read_text()}
    (answer,) = run_bundle(firmware, files, call(method="POST", body=json.dumps(value).encode()))
    assert answer.status == 200, answer
    return answer.json


def stricter(case: dict[str, Any], ours: str, _: str) -> bool:
    """Whether a damaged key is refused that others take: one with bytes behind it, or whose numbers contradict it."""
    keys = [case[name] for name in ("key", "peer") if name in case]
    return ours == "refused" and any(key.get("damaged") for key in keys)
